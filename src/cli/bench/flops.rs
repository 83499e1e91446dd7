//! How many floating-point operations one energy-and-forces call of the ET needs.
//!
//! Counted are the matrix products, a multiplication and an addition for each element, that the definition demands:
//! forward, and the same again for the gradient by the inputs (the weights are constants in dynamics). C channels, K
//! radial functions, L layers, N atoms, P undirected pairs within the cutoff; multiply-adds, forward:
//!
//! | where | products | per |
//! |---|---|---|
//! | neighbour embedding | W_d: K·C | pair |
//! | | W_c, right half (the left one is a table of elements): C² | atom |
//! | each layer | filters of keys and values: K·C + K·3C | pair |
//! | | q, k, v: 2C² + 3C² | atom |
//! | | W_o: 3C² | atom |
//! | | W_vec on x, y, z: 3·3C² | atom |
//! | first layer, where vec = 0 | instead: q, k, two thirds of v, a third of W_o: 5C² | atom |
//! | head, C → C/2 | W1: 3C², W2: 3C²/2, MLP: 2C² + C² | atom |
//! | head, C/2 → 1 | W1: 3C²/4, MLP: C²/2 + C/2 (vectors do not reach the energy) | atom |
//!
//! Not counted: everything element by element (radial functions, attention, messages, norms), which takes time but
//! little arithmetic, and work that an implementation does twice or could save with a table. The share of the peak
//! that follows is therefore that of useful products, a lower bound.

use oreo_potentials::oreo::Config;

/// For one molecule of `atoms` with `pairs` undirected pairs within the cutoff: energy and forces.
pub fn energy_and_forces(config: &Config, atoms: usize, pairs: usize) -> f64 {
    let (c, k) = (config.channels as f64, config.radial_functions as f64);
    let layers = config.layers as f64;
    let layer = 17.0 * c * c;
    let first_layer = 5.0 * c * c;
    let head = 7.5 * c * c + 1.25 * c * c + 0.5 * c;
    let per_atom = c * c + first_layer + (layers - 1.0) * layer + head;
    let per_pair = k * c + layers * 4.0 * k * c;
    // Multiplication and addition; forward and reverse.
    4.0 * (atoms as f64 * per_atom + pairs as f64 * per_pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand for C = 2, K = 3, L = 2: per atom 4 + 20 + 68 + 35 + 1 = 128, per pair 6 + 48 = 54. Catches a layer
    /// too many and a forgotten factor of two.
    #[test]
    fn a_tiny_network_by_hand() {
        let config = Config {
            channels: 2,
            heads: 1,
            radial_functions: 3,
            layers: 2,
            ..Config::et_oreo()
        };
        assert_eq!(energy_and_forces(&config, 1, 0), 4.0 * 128.0);
        assert_eq!(energy_and_forces(&config, 0, 1), 4.0 * 54.0);
        assert_eq!(
            energy_and_forces(&config, 3, 2),
            4.0 * (3.0 * 128.0 + 108.0)
        );
    }

    /// About 35 million per atom and 2 million per pair, as a count by another hand found for this network.
    #[test]
    fn the_network_of_the_paper() {
        let config = Config::et_oreo();
        let atom = energy_and_forces(&config, 1, 0) * 1e-6;
        let pair = energy_and_forces(&config, 0, 1) * 1e-6;
        assert!((atom - 35.6).abs() < 1.0, "{atom}");
        assert!((pair - 2.1).abs() < 0.1, "{pair}");
    }
}
