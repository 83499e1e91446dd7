//! The head of a network that is trained, forward and reverse; the formulas are those of `fused/readout.rs`, but nothing
//! is overwritten.

use super::collect::Collect;
use super::parts::part;
use crate::oreo::fused::gates::{Gate, Norms, ReverseGate, ReverseNorms, ReverseSilu, Silu};
use crate::oreo::fused::matrix::Destination;
use crate::oreo::fused::memory::fit;
use crate::oreo::fused::readout::{Block, Readout};
use crate::oreo::fused::simd::{Kernel, Real, Row, Stored, Vector, PANEL};
use crate::oreo::fused::team::Team;

/// Of one gated block.
#[derive(Default)]
struct BlockState<T> {
    /// W1 vec, then (in the first) W2 vec, (panels, 3N)
    vectors: Vec<Row<T>>,
    /// x and ‖W1 vec‖
    inputs: Vec<Row<T>>,
    /// U [x; v1] + b
    hidden: Vec<Row<T>>,
    /// silu of it
    activated: Vec<Row<T>>,
    g_hidden: Vec<Row<T>>,
    g_inputs: Vec<Row<T>>,
    g_vectors: Vec<Row<T>>,
}

/// What the way back needs of the way forward, and memory for both. H panels of C/2.
#[derive(Default)]
pub struct HeadState<T> {
    first: BlockState<T>,
    /// x and g, (2H, N)
    gates: Vec<Row<T>>,
    /// g ⊙ v2, (H, 3N)
    vec: Vec<Row<T>>,
    second: BlockState<T>,
    g_gates: Vec<Row<T>>,
    g_vec: Vec<Row<T>>,
    /// e_i, (N,)
    pub energies: Vec<T>,
}

/// W1 (and W2) and U of a block, among the parts.
struct BlockParts {
    vectors: usize,
    hidden: usize,
}

const FIRST: BlockParts = BlockParts {
    vectors: part::FIRST_VECTORS,
    hidden: part::FIRST_HIDDEN,
};
const SECOND: BlockParts = BlockParts {
    vectors: part::SECOND_VECTORS,
    hidden: part::SECOND_HIDDEN,
};

impl<T: Real> BlockState<T> {
    /// `x` (panels, N), `vec` (panels, 3N)
    fn forward<W: Stored<Scalar = T>>(
        &mut self,
        block: &Block<W>,
        team: &Team,
        atoms: usize,
        x: &[Row<T>],
        vec: &[Row<T>],
    ) {
        let norms_panels = block.hidden.inputs() - x.len() / atoms;
        let vectors = fit(&mut self.vectors, block.vectors.outputs() * 3 * atoms);
        block.vectors.forward(team, vec, &[], vectors);
        let inputs = fit(&mut self.inputs, block.hidden.inputs() * atoms);
        let (own, norms) = inputs.split_at_mut(x.len());
        own.copy_from_slice(x);
        team.run(Norms {
            vectors: &vectors[..norms_panels * 3 * atoms],
            norms,
        });
        let hidden = fit(&mut self.hidden, block.hidden.outputs() * atoms);
        block
            .hidden
            .forward(team, inputs, &block.hidden_bias, hidden);
        let to = fit(&mut self.activated, hidden.len());
        team.run(Silu { from: hidden, to });
    }

    /// From ∂E/∂activated, in `g_hidden`, to x (the first rows of `g_inputs`) and, in `g_vectors`, to W1 vec.
    fn reverse<W: Stored<Scalar = T>, C: Collect<T>>(
        &mut self,
        block: &Block<W>,
        team: &Team,
        atoms: usize,
        (parts, collect): (&BlockParts, &mut C),
    ) {
        let (hidden, inputs) = (
            block.hidden.outputs() * atoms,
            block.hidden.inputs() * atoms,
        );
        let gradient = &mut self.g_hidden[..hidden];
        team.run(ReverseSilu {
            from: &self.hidden[..hidden],
            gradient,
        });
        collect.matrix_and_bias(team, parts.hidden, gradient, &self.inputs[..inputs]);
        let g_inputs = fit(&mut self.g_inputs, inputs);
        (block.hidden).reverse(team, gradient, Destination::Replace, g_inputs);
        let norms = inputs - block.vectors.inputs() * atoms;
        let vectors = block.vectors.outputs() * 3 * atoms;
        let g_vectors = fit(&mut self.g_vectors, vectors);
        team.run(ReverseNorms {
            vectors: &self.vectors[..3 * norms],
            g_norms: &g_inputs[inputs - norms..],
            g_vectors: &mut g_vectors[..3 * norms],
        });
    }
}

impl<T: Real> HeadState<T> {
    /// e_i from x (B, N) after the last norm and vec (B, 3N).
    pub fn forward<W: Stored<Scalar = T>>(
        &mut self,
        readout: &Readout<W>,
        team: &Team,
        atoms: usize,
        x: &[Row<T>],
        vec: &[Row<T>],
    ) {
        let halves = readout.second.vectors.inputs();
        self.first.forward(&readout.first, team, atoms, x, vec);
        let activated = &self.first.activated[..readout.gates.inputs() * atoms];
        let gates = fit(&mut self.gates, 2 * halves * atoms);
        (readout.gates).forward(team, activated, &readout.gate_bias, gates);
        let (from, g) = gates.split_at(halves * atoms);
        let v2 = &self.first.vectors[v2_of(readout) * 3 * atoms..][..halves * 3 * atoms];
        let gated = fit(&mut self.vec, halves * 3 * atoms);
        team.run(Gate {
            gates: g,
            vectors: v2,
            gated,
        });
        // Room for x of the second block, which its own `forward` copies.
        let x = fit(&mut self.g_gates, 2 * halves * atoms);
        let x = &mut x[..halves * atoms];
        team.run(Silu { from, to: x });
        self.second.forward(&readout.second, team, atoms, x, gated);
        team.run(Energies {
            weights: &readout.energy,
            bias: readout.energy_bias,
            activated: &self.second.activated,
            energies: fit(&mut self.energies, atoms),
        });
    }

    /// From ∂E/∂e_i to x (the first rows returned) and vec (B, 3N), replaced.
    pub fn reverse<W: Stored<Scalar = T>, C: Collect<T>>(
        &mut self,
        readout: &Readout<W>,
        team: &Team,
        by_energy: &[T],
        vec: &[Row<T>],
        g_vec: &mut [Row<T>],
        collect: &mut C,
    ) -> &[Row<T>] {
        let atoms = by_energy.len();
        let halves = readout.second.vectors.inputs();
        let rows = halves * atoms;
        let gradient = fit(&mut self.second.g_hidden, rows);
        for at in 0..rows {
            let by = by_energy[at % atoms];
            let (weight, activated) = (&readout.energy[at / atoms], &self.second.activated[at]);
            gradient[at] = Row(weight.0.map(|w| w * by));
            if C::TRAINS {
                let product = Row(activated.0.map(|a| a * by));
                collect.rows(part::ENERGY, at / atoms, &[product]);
            }
        }
        for &by in by_energy {
            collect.number(part::ENERGY + part::BIAS, 0, by);
        }
        self.second
            .reverse(&readout.second, team, atoms, (&SECOND, collect));
        let g_vectors = &self.second.g_vectors[..3 * rows];
        collect.matrix(team, SECOND.vectors, g_vectors, &self.vec[..3 * rows]);
        let g_gated = fit(&mut self.g_vec, 3 * rows);
        (readout.second.vectors).reverse(team, g_vectors, Destination::Replace, g_gated);
        let g_gates = fit(&mut self.g_gates, 2 * rows);
        g_gates.copy_from_slice(&self.gates[..2 * rows]);
        let (g_x, g_g) = g_gates.split_at_mut(rows);
        g_x.copy_from_slice(&self.second.g_inputs[..rows]);
        team.run(ReverseSilu {
            from: &self.gates[..rows],
            gradient: g_x,
        });
        let v2 = v2_of(readout) * 3 * atoms;
        let g_vectors = fit(&mut self.first.g_vectors, v2 + 3 * rows);
        team.run(ReverseGate {
            g_gated,
            vectors: &self.first.vectors[v2..v2 + 3 * rows],
            gates: g_g,
            g_vectors: &mut g_vectors[v2..],
        });
        let inner = readout.gates.inputs() * atoms;
        let activated = &self.first.activated[..inner];
        collect.matrix_and_bias(team, part::GATES, g_gates, activated);
        let gradient = fit(&mut self.first.g_hidden, inner);
        (readout.gates).reverse(team, g_gates, Destination::Replace, gradient);
        self.first
            .reverse(&readout.first, team, atoms, (&FIRST, collect));
        let g_vectors = &self.first.g_vectors[..v2 + 3 * rows];
        collect.matrix(team, FIRST.vectors, g_vectors, vec);
        (readout.first.vectors).reverse(team, g_vectors, Destination::Replace, g_vec);
        &self.first.g_inputs[..readout.first.vectors.inputs() * atoms]
    }
}

/// W2's panels come after those of W1.
fn v2_of<W: Stored>(readout: &Readout<W>) -> usize {
    readout.first.vectors.outputs() - readout.second.vectors.inputs()
}

/// e_i = w · silu(hidden) + b
struct Energies<'a, T> {
    weights: &'a [Row<T>],
    bias: T,
    activated: &'a [Row<T>],
    energies: &'a mut [T],
}

impl<T: Real> Kernel<T> for Energies<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let atoms = self.energies.len();
        for (atom, energy) in self.energies.iter_mut().enumerate() {
            let mut sum = V::zero();
            for (panel, weight) in self.weights.iter().enumerate() {
                let activated = &self.activated[panel * atoms + atom];
                for v in 0..PANEL / V::LANES {
                    sum = weight.get::<V>(v).mul_add(activated.get(v), sum);
                }
            }
            let zero = V::zero();
            *energy = V::sums([sum, zero, zero, zero])[0] + self.bias;
        }
    }
}
