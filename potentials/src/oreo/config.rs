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
}
