//! Where everything lies that an evaluation works on.

use super::arena::{Allocator, Region, Work};
use super::backend;
use crate::oreo::Config;
use oreo_core::PotentialError;

/// The largest batch that some memory has room for. Kernels are launched for the capacity and end early beyond what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capacity {
    /// Molecules.
    pub molecules: usize,
    /// N of all molecules.
    pub atoms: usize,
    /// Directed pairs of the neighbour list, and a self loop for each atom.
    pub edges: usize,
}

impl Capacity {
    /// True if a batch of that size fits.
    pub fn holds(&self, other: &Self) -> bool {
        self.molecules >= other.molecules && self.atoms >= other.atoms && self.edges >= other.edges
    }

    /// With room for the neighbour list to change: a quarter more edges.
    pub fn with_room(&self) -> Self {
        Self {
            edges: (self.edges + self.edges / 4).next_multiple_of(64),
            ..*self
        }
    }
}

/// What a layer leaves for the way back.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerMemory {
    /// q, k, s, b, a, (N, 5, C)
    pub projections: Work,
    /// v1, v2, v3, (3N, 3, C); 0 in the first layer
    pub products: Work,
    /// l, (E, heads)
    pub logits: Work,
    /// o1, o2, o3, (N, 3, C)
    pub outputs: Work,
}

/// The arrays of one evaluation, for batches up to a capacity.
#[derive(Debug, Clone)]
pub struct Memory {
    pub(super) capacity: Capacity,
    /// Molecules, atoms, edges: i32
    pub(super) counts: Work,
    /// (molecules + 1), i32
    pub(super) first_atoms: Work,
    /// (N + 1), i32
    pub(super) first_edges: Work,
    /// Z, (N), i32
    pub(super) elements: Work,
    /// Receiver, sender, reverse, (E, 3), i32
    pub(super) links: Work,
    /// Å, (E, 3), f64
    pub(super) shifts: Work,
    /// Å, (N, 3), f64
    pub(super) positions: Work,
    /// `Edge` of `prelude.h`, (E)
    pub(super) edges: Work,
    /// Those within the cutoff, each atom's from its first edge on, (E), i32
    pub(super) active: Work,
    /// How many, (N), i32
    pub(super) active_counts: Work,
    /// By t and û, (E, 4)
    pub(super) g_edges: Work,
    /// By c, (E)
    pub(super) g_cutoffs: Work,
    /// n of the embedding, and its gradient, (N, C)
    pub(super) sums: Work,
    /// Before each layer and after the last, (N, C)
    pub(super) x: Vec<Work>,
    /// The same, (3N, C); 0 before the first
    pub(super) vec: Vec<Work>,
    pub(super) layers: Vec<LayerMemory>,
    /// x̂, and its gradient, (N, C)
    pub(super) x_hat: Work,
    /// (3N, C)
    pub(super) v_hat: Work,
    /// W1 vec and W2 vec of the head, (3N, 3C/2)
    pub(super) vectors: Work,
    /// Before silu, (N, C)
    pub(super) first_hidden: Work,
    /// x before silu, and g, (N, C)
    pub(super) gates: Work,
    /// W1 vec of the second block, (3N, C/2)
    pub(super) second_vectors: Work,
    /// Before silu, (N, C/2)
    pub(super) second_hidden: Work,
    /// e_i, (N)
    pub(super) atom_energies: Work,
    /// By x and v1 of the second block, (N, C)
    pub(super) g_second_inputs: Work,
    /// By g ⊙ v2, (3N, C/2)
    pub(super) g_gated: Work,
    /// (N, C)
    pub(super) g_first_hidden: Work,
    /// By x and v1 of the first block, (N, 2C)
    pub(super) g_first_inputs: Work,
    /// ∂E/∂x, (N, C)
    pub(super) gx: Work,
    /// ∂E/∂vec after and before a layer, in turns, (3N, C)
    pub(super) g_vec: [Work; 2],
    /// (E, heads)
    pub(super) g_logits: Work,
    /// (N, 5, C)
    pub(super) g_projections: Work,
    /// By the output of a norm, in five parts, (5, N, C)
    pub(super) g_normed: Work,
    /// eV, (N, 3, 3), f64
    pub(super) atom_virials: Work,
    /// eV before `std` and `mean`, (molecules), f64
    pub(super) energies: Work,
    /// eV, (molecules, 3, 3), f64
    pub(super) virials: Work,
    /// eV/Å, (N, 3), f64
    pub(super) forces: Work,
    places: Allocator,
}

/// Bytes of a number.
const I32: usize = 4;
const F32: usize = 4;
const F64: usize = 8;
/// Bytes of `Edge` in `prelude.h`.
const EDGE: usize = 32;
/// Parts of a projection: q, k, s, b, a.
pub(super) const PARTS: usize = 5;

impl Memory {
    /// # Errors
    /// When the kernels cannot count so far; see [`Memory::bytes`] for what it takes.
    pub fn new(config: &Config, capacity: Capacity) -> Result<Self, PotentialError> {
        let (c, heads) = (config.channels, config.heads);
        let Capacity {
            molecules,
            atoms,
            edges,
        } = capacity;
        let largest = (9 * atoms.saturating_mul(c)).max(edges.saturating_mul(heads.max(4)));
        if largest > i32::MAX as usize {
            return Err(backend(format!(
                "{atoms} atoms with {edges} directed pairs are more than the kernels count; evaluate fewer at a time"
            )));
        }
        let mut places = Allocator::default();
        let mut take = |count: usize, size: usize| Work(places.take(count, size));
        let layer = |take: &mut dyn FnMut(usize, usize) -> Work| LayerMemory {
            projections: take(atoms * PARTS * c, F32),
            products: take(3 * atoms * 3 * c, F32),
            logits: take(edges * heads, F32),
            outputs: take(atoms * 3 * c, F32),
        };
        Ok(Self {
            capacity,
            counts: take(3, I32),
            first_atoms: take(molecules + 1, I32),
            first_edges: take(atoms + 1, I32),
            elements: take(atoms, I32),
            links: take(edges * 3, I32),
            shifts: take(edges * 3, F64),
            positions: take(atoms * 3, F64),
            edges: take(edges, EDGE),
            active: take(edges, I32),
            active_counts: take(atoms, I32),
            g_edges: take(edges * 4, F32),
            g_cutoffs: take(edges, F32),
            sums: take(atoms * c, F32),
            x: (0..=config.layers).map(|_| take(atoms * c, F32)).collect(),
            vec: (0..=config.layers)
                .map(|_| take(3 * atoms * c, F32))
                .collect(),
            layers: (0..config.layers).map(|_| layer(&mut take)).collect(),
            x_hat: take(atoms * c, F32),
            v_hat: take(3 * atoms * c, F32),
            vectors: take(3 * atoms * (c + c / 2), F32),
            first_hidden: take(atoms * c, F32),
            gates: take(atoms * c, F32),
            second_vectors: take(3 * atoms * (c / 2), F32),
            second_hidden: take(atoms * (c / 2), F32),
            atom_energies: take(atoms, F32),
            g_second_inputs: take(atoms * c, F32),
            g_gated: take(3 * atoms * (c / 2), F32),
            g_first_hidden: take(atoms * c, F32),
            g_first_inputs: take(atoms * 2 * c, F32),
            gx: take(atoms * c, F32),
            g_vec: [take(3 * atoms * c, F32), take(3 * atoms * c, F32)],
            g_logits: take(edges * heads, F32),
            g_projections: take(atoms * PARTS * c, F32),
            g_normed: take(PARTS * atoms * c, F32),
            atom_virials: take(atoms * 9, F64),
            energies: take(molecules, F64),
            virials: take(molecules * 9, F64),
            forces: take(atoms * 3, F64),
            places,
        })
    }

    /// In all.
    pub fn bytes(&self) -> usize {
        self.places.bytes()
    }

    /// For which batches.
    pub fn capacity(&self) -> Capacity {
        self.capacity
    }

    /// All arrays, in the order of memory; what lies between them is never written.
    pub fn regions(&self) -> &[Region] {
        self.places.regions()
    }

    /// What must be 0 before the first evaluation; no kernel writes it. Everything else may hold anything.
    pub fn zeros(&self) -> [Region; 2] {
        [self.vec[0].0, self.layers[0].products.0]
    }

    /// Energies, virials and forces.
    pub fn results(&self) -> Region {
        let (first, last) = (self.energies.0, self.forces.0);
        Region {
            offset: first.offset,
            bytes: last.offset + last.bytes - first.offset,
        }
    }
}
