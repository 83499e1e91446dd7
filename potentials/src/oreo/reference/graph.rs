//! Which atom belongs to which molecule and who sends to whom, as index tensors.
//!
//! Every undirected pair p = (i, j) is listed once; the network is given r_p = r_j − r_i for it. Attention runs over
//! directed edges made from the pairs, E = 2P + N of them, in this order:
//!
//! | edges | receiver | sender | unit vector | filters |
//! |---|---|---|---|---|
//! | 0..P | i | j | û_p | of pair p |
//! | P..2P | j | i | −û_p | of pair p |
//! | 2P..2P + N | i | i | 0 | of r = 0 |
//!
//! Vectors are kept with their Cartesian component in front: row `axis · N + atom` of a (3N, C) tensor. So whatever acts
//! on channels is one product, and nothing is ever summed or broadcast over an inner dimension.

use super::quantity::Quantity;
use candle_core::{Device, Result, Tensor};

/// The connectivity of one batch of molecules. Constant as long as the same pairs are within the cutoff.
pub struct Graph {
    pub(super) atoms: usize,
    pub(super) molecules: usize,
    pub(super) pairs: usize,
    /// Z, (N,) u32
    pub(super) atomic_numbers: Tensor,
    /// (N,) u32
    pub(super) molecule: Tensor,
    /// (E,) u32
    pub(super) receivers: Tensor,
    /// (E,) u32
    pub(super) senders: Tensor,
    /// Rows of (3N, C), (3E,) u32
    pub(super) receivers_xyz: Tensor,
    /// Rows of (3N, C), (3E,) u32
    pub(super) senders_xyz: Tensor,
    /// The atom of each row of (3N, C), (3N,) u32
    pub(super) atom_of_row: Tensor,
}

impl Graph {
    /// `atomic_numbers` and `molecule` have one entry per atom, N; molecules are numbered from 0 to `molecules` − 1;
    /// `pairs` lists every pair (i, j) within the cutoff once, not both ways.
    pub fn new(
        atomic_numbers: &[u32],
        molecule: &[u32],
        molecules: usize,
        pairs: &[[u32; 2]],
        device: &Device,
    ) -> Result<Self> {
        let atoms = atomic_numbers.len();
        let first = || pairs.iter().map(|pair| pair[0]);
        let second = || pairs.iter().map(|pair| pair[1]);
        let loops = || 0..atoms as u32;
        let receivers: Vec<u32> = first().chain(second()).chain(loops()).collect();
        let senders: Vec<u32> = second().chain(first()).chain(loops()).collect();
        let rows = |edges: &[u32]| -> Vec<u32> {
            (0..3)
                .flat_map(|axis| edges.iter().map(move |&atom| axis * atoms as u32 + atom))
                .collect()
        };
        let index = |values: &[u32]| Tensor::from_slice(values, values.len(), device);
        Ok(Self {
            atoms,
            molecules,
            pairs: pairs.len(),
            atomic_numbers: index(atomic_numbers)?,
            molecule: index(molecule)?,
            receivers_xyz: index(&rows(&receivers))?,
            senders_xyz: index(&rows(&senders))?,
            receivers: index(&receivers)?,
            senders: index(&senders)?,
            atom_of_row: index(&(0..3).flat_map(|_| loops()).collect::<Vec<_>>())?,
        })
    }

    /// Σ over the edges that an atom receives: (E, C) → (N, C).
    pub(super) fn sum_scalars<Q: Quantity>(&self, messages: &Q) -> Result<Q> {
        messages.linear(|m| self.zeros(self.atoms, m)?.index_add(&self.receivers, m, 0))
    }

    /// Σ over the edges that an atom receives: (3E, C) → (3N, C).
    pub(super) fn sum_vectors<Q: Quantity>(&self, messages: &Q) -> Result<Q> {
        messages.linear(|m| {
            self.zeros(3 * self.atoms, m)?
                .index_add(&self.receivers_xyz, m, 0)
        })
    }

    /// Σ over x, y, z: (3N, C) → (N, C).
    pub(super) fn sum_components<Q: Quantity>(&self, products: &Q) -> Result<Q> {
        products.linear(|p| {
            self.zeros(self.atoms, p)?
                .index_add(&self.atom_of_row, p, 0)
        })
    }

    /// Σ over the atoms of each molecule: (N,) → (B,).
    pub(super) fn sum_molecules<Q: Quantity>(&self, atom_energies: &Q) -> Result<Q> {
        atom_energies.linear(|e| {
            Tensor::zeros(self.molecules, e.dtype(), e.device())?.index_add(&self.molecule, e, 0)
        })
    }

    fn zeros(&self, rows: usize, like: &Tensor) -> Result<Tensor> {
        Tensor::zeros((rows, like.dim(1)?), like.dtype(), like.device())
    }
}

/// One copy for each of x, y, z: (rows, C) → (3 rows, C).
pub(super) fn for_each_component<Q: Quantity>(scalars: &Q) -> Result<Q> {
    Q::cat(&[scalars, scalars, scalars], 0)
}
