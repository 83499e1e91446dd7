//! Hyper-parameters of the ET, as the weights file states them.

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
    /// `neighbor_embedding`
    pub neighbor_embedding: bool,
    /// `distance_influence`
    pub distance_influence: DistanceInfluence,
    /// `rbf_type`
    pub radial_basis: RadialBasis,
    /// `activation` (everywhere but in the attention weights)
    pub activation: Activation,
    /// `attn_activation`
    pub attention_activation: Activation,
}

/// Which products a distance filter enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DistanceInfluence {
    Both,
    Keys,
    Values,
    None,
}

/// The radial functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RadialBasis {
    ExpNorm,
    Gaussian,
}

/// Pointwise nonlinearities TorchMD-NET offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Activation {
    Silu,
    ShiftedSoftplus,
    Tanh,
    Sigmoid,
    Mish,
    SwishBeta,
}
