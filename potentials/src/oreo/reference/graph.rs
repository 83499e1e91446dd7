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
use super::rows::{Rows, Sums};
use candle_core::{Device, Result, Tensor};

/// The connectivity of one batch of molecules. Constant as long as the same pairs are within the cutoff.
pub struct Graph {
    pub(super) atoms: usize,
    elements: Elements,
    /// Atom → molecule
    molecule: Rows,
    /// Edge → atom
    pub(super) receivers: Rows,
    /// Edge → atom
    pub(super) senders: Rows,
    /// The same without self loops
    pub(super) pair_receivers: Rows,
    /// The same without self loops
    pub(super) pair_senders: Rows,
    /// 3E → rows of (3N, C)
    receivers_xyz: Rows,
    /// 3E → rows of (3N, C)
    pub(super) senders_xyz: Rows,
    /// Row of (3N, C) → atom
    atom_of_row: Rows,
}

/// Which row of a table of elements is whose.
enum Elements {
    /// Z, (N,) u32
    Numbers(Tensor),
    /// 1 at Z, (N, largest Z + 1) f32: the reverse pass is a product and not a sum in turn
    OneHot(Tensor),
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
        let sums = Sums::on(device);
        Self::with_sums(atomic_numbers, (molecule, molecules), pairs, sums, device)
    }

    /// Either way to sum on any device.
    pub(super) fn with_sums(
        atomic_numbers: &[u32],
        (molecule, molecules): (&[u32], usize),
        pairs: &[[u32; 2]],
        sums: Sums,
        device: &Device,
    ) -> Result<Self> {
        let atoms = atomic_numbers.len();
        let first = || pairs.iter().map(|pair| pair[0]);
        let second = || pairs.iter().map(|pair| pair[1]);
        let loops = || 0..atoms as u32;
        let receivers: Vec<u32> = first().chain(second()).chain(loops()).collect();
        let senders: Vec<u32> = second().chain(first()).chain(loops()).collect();
        let xyz = |edges: &[u32]| -> Vec<u32> {
            (0..3)
                .flat_map(|axis| edges.iter().map(move |&atom| axis * atoms as u32 + atom))
                .collect()
        };
        let rows = |targets: &[u32], count| Rows::new(targets, count, sums, device);
        let both_ways = 2 * pairs.len();
        Ok(Self {
            atoms,
            elements: Elements::new(atomic_numbers, sums, device)?,
            molecule: rows(molecule, molecules)?,
            receivers_xyz: rows(&xyz(&receivers), 3 * atoms)?,
            senders_xyz: rows(&xyz(&senders), 3 * atoms)?,
            pair_receivers: rows(&receivers[..both_ways], atoms)?,
            pair_senders: rows(&senders[..both_ways], atoms)?,
            receivers: rows(&receivers, atoms)?,
            senders: rows(&senders, atoms)?,
            atom_of_row: rows(&(0..3).flat_map(|_| loops()).collect::<Vec<_>>(), atoms)?,
        })
    }

    /// The row of each atom's element: (max_z, C) → (N, C).
    pub(super) fn of_elements(&self, table: &Tensor) -> Result<Tensor> {
        match &self.elements {
            Elements::Numbers(numbers) => table.index_select(numbers, 0),
            Elements::OneHot(one_hot) => {
                let known = table.narrow(0, 0, one_hot.dim(1)?)?;
                one_hot.to_dtype(table.dtype())?.matmul(&known)
            }
        }
    }

    /// Σ over the edges that an atom receives: (E, C) → (N, C).
    pub(super) fn sum_scalars<Q: Quantity>(&self, messages: &Q) -> Result<Q> {
        self.receivers.sum(messages)
    }

    /// Σ over the edges that an atom receives: (3E, C) → (3N, C).
    pub(super) fn sum_vectors<Q: Quantity>(&self, messages: &Q) -> Result<Q> {
        self.receivers_xyz.sum(messages)
    }

    /// Σ over x, y, z: (3N, C) → (N, C).
    pub(super) fn sum_components<Q: Quantity>(&self, products: &Q) -> Result<Q> {
        self.atom_of_row.sum(products)
    }

    /// Σ over the atoms of each molecule: (N,) → (B,).
    pub(super) fn sum_molecules<Q: Quantity>(&self, atom_energies: &Q) -> Result<Q> {
        self.molecule.sum(atom_energies)
    }
}

impl Elements {
    fn new(atomic_numbers: &[u32], sums: Sums, device: &Device) -> Result<Self> {
        let atoms = atomic_numbers.len();
        match sums {
            Sums::InTurn => Tensor::from_slice(atomic_numbers, atoms, device).map(Self::Numbers),
            Sums::Selected => {
                let columns = atomic_numbers.iter().max().map_or(0, |&z| z as usize + 1);
                let mut values = vec![0_f32; atoms * columns];
                for (atom, &z) in atomic_numbers.iter().enumerate() {
                    values[atom * columns + z as usize] = 1.0;
                }
                Tensor::from_vec(values, (atoms, columns), device).map(Self::OneHot)
            }
        }
    }
}

/// One copy for each of x, y, z: (rows, C) → (3 rows, C).
pub(super) fn for_each_component<Q: Quantity>(scalars: &Q) -> Result<Q> {
    Q::cat(&[scalars, scalars, scalars], 0)
}
