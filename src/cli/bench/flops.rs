//! How many floating-point operations one energy-and-forces call of the ET usefully needs.
//!
//! A multiplication and an addition are one operation each. C channels, L layers, N atoms, P undirected pairs within
//! the cutoff.
//!
//! **Nodes**: the matrix products that the definition demands, forward, and the same again for the gradient by the inputs
//! (the weights are constants in dynamics). Multiply-adds, forward, per atom:
//!
//! | where | products |
//! |---|---|
//! | neighbour embedding | W_c, right half (the left one is a table of elements): C² |
//! | each layer | q, k, v: 2C² + 3C² |
//! | | W_o: 3C² |
//! | | W_vec on x, y, z: 3·3C² |
//! | first layer, where vec = 0 | instead: q, k, two thirds of v, a third of W_o: 5C² |
//! | head, C → C/2 | W1: 3C², W2: 3C²/2, MLP: 2C² + C² |
//! | head, C/2 → 1 | W1: 3C²/4, MLP: C²/2 + C/2 (vectors do not reach the energy) |
//!
//! **Edges**: the arithmetic per pair and channel, with filters *interpolated from a table of degree five* instead of
//! multiplied out as matrix products: 10 operations for a value, 18 with its slope (Horner). Both directions of a pair
//! are counted:
//!
//! | where | forward | reverse |
//! |---|---|---|
//! | neighbour embedding | message 4, one filter 10 | message 5, one filter with slope 18 |
//! | first layer (vec = 0, no a part) | logits 6, scalar messages 6, b part 14, three filters 30 | s 16, b 32, k 18, product with slopes 6, three filters with slopes 54 |
//! | each other layer | logits 6, scalar messages 6, a part 14, b part 14, four filters 40 | s 16, a 32, b 32, k 18, product with slopes 8, four filters with slopes 72 |
//!
//! which is 37, 182 and 258. Here s, a, b are the three parts of the values, k the keys.
//!
//! Not counted: norms, activations, cutoff and radial functions, neighbour lists. Nor what an
//! implementation does twice or could save: the reference path multiplies the filters out as matrices and therefore does
//! more than is counted. The count is the same for all paths, so their shares of the peak can be compared.

use oreo_potentials::oreo::Config;

/// Of an interpolation: the value, and the value with its slope.
const VALUE: f64 = 10.0;
const WITH_SLOPE: f64 = 18.0;

/// Per pair and channel, forward and reverse.
const NEIGHBOR_EMBEDDING: [f64; 2] = [4.0 + VALUE, 5.0 + WITH_SLOPE];
const FIRST_LAYER: [f64; 2] = [
    6.0 + 6.0 + 14.0 + 3.0 * VALUE,
    16.0 + 32.0 + 18.0 + 6.0 + 3.0 * WITH_SLOPE,
];
const LAYER: [f64; 2] = [
    6.0 + 6.0 + 14.0 + 14.0 + 4.0 * VALUE,
    16.0 + 32.0 + 32.0 + 18.0 + 8.0 + 4.0 * WITH_SLOPE,
];

/// Operations of energy and forces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Work {
    /// Matrix products of the atoms.
    pub nodes: f64,
    /// Messages and their filters.
    pub edges: f64,
}

impl Work {
    /// Of one molecule of `atoms` with `pairs` undirected pairs within the cutoff.
    pub fn of(config: &Config, atoms: usize, pairs: usize) -> Self {
        Self {
            nodes: atoms as f64 * per_atom(config),
            edges: pairs as f64 * per_pair(config),
        }
    }

    /// Of several equal molecules.
    pub fn times(self, copies: u32) -> Self {
        Self {
            nodes: self.nodes * f64::from(copies),
            edges: self.edges * f64::from(copies),
        }
    }

    /// Nodes and edges.
    pub fn total(self) -> f64 {
        self.nodes + self.edges
    }
}

/// Operations; the first table above.
pub fn per_atom(config: &Config) -> f64 {
    let c = config.channels as f64;
    let layer = 17.0 * c * c;
    let first_layer = 5.0 * c * c;
    let head = 7.5 * c * c + 1.25 * c * c + 0.5 * c;
    let products = c * c + first_layer + (config.layers as f64 - 1.0) * layer + head;
    // Multiplication and addition; forward and reverse.
    4.0 * products
}

/// Operations; the second table above.
pub fn per_pair(config: &Config) -> f64 {
    let both = |[forward, reverse]: [f64; 2]| forward + reverse;
    let others = config.layers as f64 - 1.0;
    let per_channel = both(NEIGHBOR_EMBEDDING) + both(FIRST_LAYER) + others * both(LAYER);
    config.channels as f64 * per_channel
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand for C = 2, L = 2: per atom 4 (4 + 20 + 68 + 35 + 1) = 512, per pair 2 (37 + 182 + 258) = 954. Catches a
    /// layer too many, a forgotten factor of two, and edges counted for each direction again.
    #[test]
    fn a_tiny_network_by_hand() {
        let config = Config {
            channels: 2,
            heads: 1,
            radial_functions: 3,
            layers: 2,
            ..Config::et_oreo()
        };
        let work = |atoms, pairs| Work::of(&config, atoms, pairs);
        assert_eq!((work(1, 0).nodes, work(1, 0).edges), (512.0, 0.0));
        assert_eq!((work(0, 1).nodes, work(0, 1).edges), (0.0, 954.0));
        assert_eq!(work(3, 2).total(), 3.0 * 512.0 + 2.0 * 954.0);
        assert_eq!(work(3, 2).times(4).total(), 4.0 * work(3, 2).total());
    }

    /// By hand: 35.1 million per atom, and 256 (37 + 182 + 7 · 258) = 518,400 per pair.
    #[test]
    fn the_network_of_the_paper() {
        let config = Config::et_oreo();
        let atom = per_atom(&config) * 1e-6;
        assert!((atom - 35.06).abs() < 0.01, "{atom}");
        assert_eq!(per_pair(&config), 518_400.0);
    }
}
