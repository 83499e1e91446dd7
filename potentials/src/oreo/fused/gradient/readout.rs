//! The head of a network that is trained, forward and reverse; the formulas are those of `fused/readout.rs`, but nothing
//! is overwritten.

use super::modes::{Map, Mode};
use super::parts::part;
use crate::oreo::fused::gates::{Gate, Norms, ReverseGate, ReverseNorms, ReverseSilu, Silu};
use crate::oreo::fused::matrix::Destination;
use crate::oreo::fused::memory::fit;
use crate::oreo::fused::readout::{Block, Readout};
use crate::oreo::fused::simd::{Kernel, Plain, Real, Row, Vector, PANEL};
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

/// W1 (and W2) and U of a block, and which parts they are.
fn maps<P: Plain>(block: &Block<P>, parts: [usize; 2]) -> [Map<'_, P>; 2] {
    let vectors = Map {
        matrix: &block.vectors,
        bias: &[],
        part: parts[0],
    };
    let hidden = Map {
        matrix: &block.hidden,
        bias: &block.hidden_bias,
        part: parts[1],
    };
    [vectors, hidden]
}

const FIRST: [usize; 2] = [part::FIRST_VECTORS, part::FIRST_HIDDEN];
const SECOND: [usize; 2] = [part::SECOND_VECTORS, part::SECOND_HIDDEN];

fn gates<P: Plain>(readout: &Readout<P>) -> Map<'_, P> {
    Map {
        matrix: &readout.gates,
        bias: &readout.gate_bias,
        part: part::GATES,
    }
}

impl<T: Real> BlockState<T> {
    /// `x` (panels, N), `vec` (panels, 3N)
    fn forward(
        &mut self,
        block: &Block<T::Plain>,
        parts: [usize; 2],
        team: &Team,
        atoms: usize,
        [x, vec]: [&[Row<T>]; 2],
        mode: &mut impl Mode<T>,
    ) {
        let [vectors_of, hidden_of] = maps(block, parts);
        let norms_panels = hidden_of.matrix.inputs() - x.len() / atoms;
        let vectors = vectors_of.matrix.outputs() * 3 * atoms;
        let vectors = fit(&mut self.vectors, vectors);
        mode.forward(team, vectors_of, vec, vectors);
        let inputs = fit(&mut self.inputs, hidden_of.matrix.inputs() * atoms);
        let (own, norms) = inputs.split_at_mut(x.len());
        own.copy_from_slice(x);
        team.run(Norms {
            vectors: &vectors[..norms_panels * 3 * atoms],
            smoothing: T::fixed(block.smoothing),
            norms,
        });
        let hidden = fit(&mut self.hidden, hidden_of.matrix.outputs() * atoms);
        mode.forward(team, hidden_of, inputs, hidden);
        let to = fit(&mut self.activated, hidden.len());
        team.run(Silu { from: hidden, to });
    }

    /// From ∂E/∂activated, in `g_hidden`, to x (the first rows of `g_inputs`) and, in `g_vectors`, to W1 vec.
    fn reverse(
        &mut self,
        block: &Block<T::Plain>,
        parts: [usize; 2],
        team: &Team,
        atoms: usize,
        mode: &mut impl Mode<T>,
    ) {
        let [vectors_of, hidden_of] = maps(block, parts);
        let hidden = hidden_of.matrix.outputs() * atoms;
        let inputs = hidden_of.matrix.inputs() * atoms;
        let gradient = &mut self.g_hidden[..hidden];
        team.run(ReverseSilu {
            from: &self.hidden[..hidden],
            gradient,
        });
        let g_inputs = fit(&mut self.g_inputs, inputs);
        let gradients = [&self.inputs[..inputs], &*gradient];
        mode.reverse(team, hidden_of, gradients, Destination::Replace, g_inputs);
        let norms = inputs - vectors_of.matrix.inputs() * atoms;
        let vectors = vectors_of.matrix.outputs() * 3 * atoms;
        let g_vectors = fit(&mut self.g_vectors, vectors);
        team.run(ReverseNorms {
            vectors: &self.vectors[..3 * norms],
            smoothing: T::fixed(block.smoothing),
            g_norms: &g_inputs[inputs - norms..],
            g_vectors: &mut g_vectors[..3 * norms],
        });
    }
}

impl<T: Real> HeadState<T> {
    /// e_i from x (B, N) after the last norm and vec (B, 3N): the features.
    pub fn forward(
        &mut self,
        readout: &Readout<T::Plain>,
        team: &Team,
        atoms: usize,
        features: [&[Row<T>]; 2],
        mode: &mut impl Mode<T>,
    ) {
        let halves = readout.second.vectors.inputs();
        self.first
            .forward(&readout.first, FIRST, team, atoms, features, mode);
        let activated = &self.first.activated[..readout.gates.inputs() * atoms];
        let both = fit(&mut self.gates, 2 * halves * atoms);
        mode.forward(team, gates(readout), activated, both);
        let (from, g) = both.split_at(halves * atoms);
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
        let features = [&*x, &*gated];
        self.second
            .forward(&readout.second, SECOND, team, atoms, features, mode);
        team.run(Energies {
            weights: &readout.energy,
            bias: T::fixed(readout.energy_bias),
            activated: &self.second.activated,
            energies: fit(&mut self.energies, atoms),
        });
    }

    /// From ∂E/∂e_i to x (the first rows returned) and vec (B, 3N), replaced.
    pub fn reverse(
        &mut self,
        readout: &Readout<T::Plain>,
        team: &Team,
        by_energy: &[T],
        vec: &[Row<T>],
        g_vec: &mut [Row<T>],
        mode: &mut impl Mode<T>,
    ) -> &[Row<T>] {
        let atoms = by_energy.len();
        let halves = readout.second.vectors.inputs();
        let rows = halves * atoms;
        let gradient = fit(&mut self.second.g_hidden, rows);
        team.run(Spread {
            weights: &readout.energy,
            by_energy,
            gradient,
        });
        for (at, activated) in self.second.activated[..rows].iter().enumerate() {
            mode.multiple(part::ENERGY, at / atoms, activated, by_energy[at % atoms]);
        }
        for &by in by_energy {
            mode.number(part::ENERGY + part::BIAS, 0, by);
        }
        let [vectors_of, _] = maps(&readout.second, SECOND);
        (self.second).reverse(&readout.second, SECOND, team, atoms, mode);
        let gradients = [&self.vec[..3 * rows], &self.second.g_vectors[..3 * rows]];
        let g_gated = fit(&mut self.g_vec, 3 * rows);
        mode.reverse(team, vectors_of, gradients, Destination::Replace, g_gated);
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
        let gradient = fit(&mut self.first.g_hidden, inner);
        let gradients = [activated, &*g_gates];
        mode.reverse(
            team,
            gates(readout),
            gradients,
            Destination::Replace,
            gradient,
        );
        let [vectors_of, _] = maps(&readout.first, FIRST);
        (self.first).reverse(&readout.first, FIRST, team, atoms, mode);
        let gradients = [vec, &self.first.g_vectors[..v2 + 3 * rows]];
        mode.reverse(team, vectors_of, gradients, Destination::Replace, g_vec);
        &self.first.g_inputs[..readout.first.vectors.inputs() * atoms]
    }
}

/// W2's panels come after those of W1.
fn v2_of<P: Plain>(readout: &Readout<P>) -> usize {
    readout.first.vectors.outputs() - readout.second.vectors.inputs()
}

/// e_i = w · silu(hidden) + b
struct Energies<'a, T: Real> {
    weights: &'a [Row<T::Plain>],
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
                    let weight = V::get_constant(weight, v);
                    sum = activated.get::<V>(v).mul_add_constant(weight, sum);
                }
            }
            let zero = V::zero();
            *energy = V::sums([sum, zero, zero, zero])[0] + self.bias;
        }
    }
}

/// ∂E/∂activated = w ∂E/∂e_i
struct Spread<'a, T: Real> {
    weights: &'a [Row<T::Plain>],
    by_energy: &'a [T],
    /// (panels, N), replaced
    gradient: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for Spread<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let atoms = self.by_energy.len();
        for (at, gradient) in self.gradient.iter_mut().enumerate() {
            let by = V::splat(self.by_energy[at % atoms]);
            for v in 0..PANEL / V::LANES {
                gradient.set(v, by.times(V::get_constant(&self.weights[at / atoms], v)));
            }
        }
    }
}
