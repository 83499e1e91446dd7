//! Hyper-parameters of the ET, as the weights file states them.

use super::layout::layout;

/// Everything that shapes the network; names as in TorchMD-NET's `hyper_parameters`.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// C, `embedding_dimension`
    pub channels: usize,
    /// `num_layers`
    pub layers: usize,
    /// `num_heads`; C / heads channels each
    pub heads: usize,
    /// K, `num_rbf`
    pub radial_functions: usize,
    /// Å, `cutoff_lower`
    pub cutoff_lower: f64,
    /// Å, `cutoff_upper`
    pub cutoff_upper: f64,
    /// Rows of the embedding; elements with Z < `max_z`
    pub max_z: usize,
    /// Where the cosine cutoff acts in a layer: on v_j (true: scalar and vector messages vanish at the cutoff) or on
    /// a_ij (false: the 2023 and paper behaviour; energy and forces can jump when a pair crosses the cutoff)
    pub vector_cutoff: bool,
    /// ε of the head's lengths of vectors, √(v² + ε²) − ε, in units of its features; 0 as in TorchMD-NET. A length has no
    /// derivative where its vector vanishes, as all vectors of an atom do on which enough mirror planes or axes meet (the
    /// carbon of methane): with ε = 0 the energy has a kink there, and its force a direction that only rounding decides
    pub vector_smoothing: f64,
}

impl Config {
    /// The network of the ET-OREO paper (2023), 6.9 million parameters, with the cutoff that conserves energy.
    pub fn et_oreo() -> Self {
        Self {
            channels: 256,
            layers: 8,
            heads: 8,
            radial_functions: 64,
            cutoff_lower: 0.0,
            cutoff_upper: 5.0,
            max_z: 100,
            vector_cutoff: true,
            vector_smoothing: 0.0,
        }
    }

    /// C / heads
    pub fn head_width(&self) -> usize {
        self.channels / self.heads
    }

    /// What no implementation here computes, in one line.
    pub fn problem(&self) -> Option<String> {
        let Self {
            channels, heads, ..
        } = *self;
        let (lower, upper) = (self.cutoff_lower, self.cutoff_upper);
        if self.layers == 0 {
            return Some("num_layers = 0 leaves no attention; give at least 1".into());
        }
        if heads == 0 || channels == 0 || channels % heads != 0 || channels % 2 != 0 {
            return Some(format!(
                "embedding_dimension = {channels} must be even and a multiple of num_heads = {heads}"
            ));
        }
        if lower != 0.0 || !(upper > 0.0 && upper.is_finite()) {
            return Some(format!(
                "cutoffs from {lower} to {upper} Å: only 0 to a positive number is implemented"
            ));
        }
        if !(self.vector_smoothing >= 0.0 && self.vector_smoothing.is_finite()) {
            return Some(format!(
                "vector_smoothing = {} must be 0 or a positive number",
                self.vector_smoothing
            ));
        }
        None
    }

    /// Trainable numbers of the whole network, radial functions and output head included.
    pub fn parameter_count(&self) -> usize {
        layout(self)
            .iter()
            .filter(|entry| entry.trainable)
            .map(|entry| entry.count())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TorchMD-NET 3.1.0 counts the same numbers. Forgetting the head's biases or the radial functions fails here.
    #[test]
    fn parameter_counts_are_those_of_torchmd_net() {
        let full = Config::et_oreo();
        assert_eq!(full.parameter_count(), 6_865_026);
        assert_eq!(full.head_width(), 32);
        let small = Config {
            channels: 32,
            layers: 2,
            heads: 4,
            radial_functions: 16,
            ..full
        };
        assert_eq!(small.parameter_count(), 42_146);
        let peer = Config {
            channels: 128,
            layers: 4,
            heads: 8,
            radial_functions: 32,
            ..small
        };
        assert_eq!(peer.parameter_count(), 943_170);
    }
}
