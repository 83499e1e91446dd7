//! The head, forward and reverse: two gated equivariant blocks take (x, vec) to one number per atom. Schütt et al. 2021
//! (PaiNN), fig. 3.
//!
//! First block, C → C/2: v1 = ‖W1 vec‖ (smoothed as the config says), v2 = W2 vec, h = silu(U [x; v1] + b), [x, g] = V h + b, x = silu(x),
//! vec = g ⊙ v2. Second block, C/2 → 1: the same without v2 and g, since vectors do not reach the energy.

use super::channels::Channels;
use super::gates::{Gate, Norms, ReverseGate, ReverseNorms, ReverseSilu, Silu};
use super::matrix::{Destination, Matrix};
use super::memory::fit;
use super::packing::{bias, gather, matrix, Source};
use super::simd::{Kernel, Real, Row, Stored, Vector, PANEL};
use super::team::Team;
use super::work::panel;
use crate::oreo::Config;

/// `output_model.output_network`. B panels of C, H panels of C/2.
pub struct Readout<W: Stored> {
    pub(super) first: Block<W>,
    /// Of x and g: outputs (2H)
    pub(super) gates: Matrix<W>,
    pub(super) gate_bias: Vec<Row<W::Scalar>>,
    pub(super) second: Block<W>,
    /// One output of the second block, (H)
    pub(super) energy: Vec<Row<W::Scalar>>,
    pub(super) energy_bias: W::Scalar,
}

/// What both blocks begin with.
pub struct Block<W: Stored> {
    /// W1, and in the first block W2
    pub(super) vectors: Matrix<W>,
    /// U: inputs x and v1
    pub(super) hidden: Matrix<W>,
    pub(super) hidden_bias: Vec<Row<W::Scalar>>,
    /// ε of the lengths
    pub(super) smoothing: W::Scalar,
}

/// Of one block with I panels of inputs.
#[derive(Default)]
struct BlockState<T> {
    /// W1 vec, and in the first block W2 vec, (I + H or I, 3N)
    vectors: Vec<Row<T>>,
    /// x and v1, (2I, N)
    inputs: Vec<Row<T>>,
    /// Before silu, (I, N)
    hidden: Vec<Row<T>>,
}

/// What the way back needs of the way forward, and memory for both.
#[derive(Default)]
pub struct ReadoutState<T> {
    first: BlockState<T>,
    /// x before silu, and g, (2H, N)
    gates: Vec<Row<T>>,
    /// vec after the first block, (H, 3N)
    vec: Vec<Row<T>>,
    second: BlockState<T>,
    /// silu(hidden), and gradients, (B, N)
    scratch: Vec<Row<T>>,
    /// Gradients, (B + H, 3N)
    vector_scratch: Vec<Row<T>>,
    /// e_i, (N)
    pub energies: Vec<T>,
}

impl<W: Stored> Block<W> {
    fn new(
        source: &Source<'_>,
        inputs: &Channels,
        width: usize,
        gated: Option<&Channels>,
        smoothing: f64,
    ) -> Self {
        let mut vectors = vec![source.outputs("vec1_proj", width, inputs.all(), |c| c)];
        vectors.extend(gated.map(|half| source.outputs("vec2_proj", width, half.all(), |c| c)));
        let network = source.at("update_net.layers");
        let hidden = [network.outputs("0", 2 * width, inputs.all(), |c| c)];
        Self {
            vectors: matrix(&vectors, inputs),
            hidden: matrix(&hidden, &inputs.clone().and(inputs.shifted(width))),
            hidden_bias: bias(&hidden),
            smoothing: W::Scalar::from_f64(smoothing),
        }
    }

    /// Fills `state` from x in its inputs and vec (I, 3N), and `activated` = silu(hidden) (I, N).
    fn forward(
        &self,
        team: &Team,
        atoms: usize,
        vec: &[Row<W::Scalar>],
        state: &mut BlockState<W::Scalar>,
        activated: &mut [Row<W::Scalar>],
    ) {
        let panels = self.hidden.outputs();
        let vectors = &mut state.vectors[..self.vectors.outputs() * 3 * atoms];
        self.vectors.forward(team, vec, &[], vectors);
        let inputs = &mut state.inputs[..2 * panels * atoms];
        let norms = &mut inputs[panels * atoms..];
        team.for_each((norms, atoms), |at, norms| {
            let vectors = panel(vectors, at, 3 * atoms);
            team.run(Norms {
                vectors,
                smoothing: self.smoothing,
                norms,
            });
        });
        let hidden = &mut state.hidden[..panels * atoms];
        self.hidden.forward(team, inputs, &self.hidden_bias, hidden);
        team.run(Silu {
            from: hidden,
            to: activated,
        });
    }

    /// From ∂E/∂activated (I, N), which is used up, to ∂E/∂x (written over x in the state's inputs) and ∂E/∂(W1 vec)
    /// in the first I panels of `g_vectors`.
    fn reverse(
        &self,
        team: &Team,
        atoms: usize,
        state: &mut BlockState<W::Scalar>,
        gradient: &mut [Row<W::Scalar>],
        g_vectors: &mut [Row<W::Scalar>],
    ) {
        let panels = self.hidden.outputs();
        let from = &state.hidden[..panels * atoms];
        team.run(ReverseSilu { from, gradient });
        let inputs = &mut state.inputs[..2 * panels * atoms];
        self.hidden
            .reverse(team, gradient, Destination::Replace, inputs);
        let g_norms = &inputs[panels * atoms..];
        team.for_each(
            (&mut g_vectors[..panels * 3 * atoms], 3 * atoms),
            |at, g_vectors| {
                team.run(ReverseNorms {
                    vectors: panel(&state.vectors, at, 3 * atoms),
                    smoothing: self.smoothing,
                    g_norms: panel(g_norms, at, atoms),
                    g_vectors,
                });
            },
        );
    }

    fn fit(&self, state: &mut BlockState<W::Scalar>, atoms: usize) {
        let panels = self.hidden.outputs();
        fit(&mut state.vectors, self.vectors.outputs() * 3 * atoms);
        fit(&mut state.inputs, 2 * panels * atoms);
        fit(&mut state.hidden, panels * atoms);
    }
}

impl<W: Stored> Readout<W> {
    /// Below `output_model.output_network`.
    pub fn new(source: &Source<'_>, channels: &Channels, config: &Config) -> Self {
        let (c, half) = (config.channels, config.channels / 2);
        let halves = Channels::plain(half);
        let last = source.at("0.update_net.layers");
        let gates = [
            last.outputs("2", c, halves.all(), |channel| channel),
            last.outputs("2", c, halves.all(), |channel| half + channel),
        ];
        let smoothing = config.vector_smoothing;
        let energy = source.at("1.update_net.layers.2");
        let weights = energy.values("weight");
        let weight = |place| halves.at(place).map(|c| W::store(weights[c]).widen());
        Self {
            first: Block::new(&source.at("0"), channels, c, Some(&halves), smoothing),
            gates: matrix(&gates, channels),
            gate_bias: bias(&gates),
            second: Block::new(&source.at("1"), &halves, half, None, smoothing),
            energy: gather(halves.panels(), weight),
            energy_bias: W::Scalar::from_f64(energy.values("bias")[0]),
        }
    }

    /// Where [`Readout::forward`] expects x, (B, N).
    pub fn input<'a>(
        &self,
        atoms: usize,
        state: &'a mut ReadoutState<W::Scalar>,
    ) -> &'a mut [Row<W::Scalar>] {
        let (panels, halves) = (self.first.hidden.outputs(), self.second.hidden.outputs());
        self.first.fit(&mut state.first, atoms);
        self.second.fit(&mut state.second, atoms);
        fit(&mut state.gates, 2 * halves * atoms);
        fit(&mut state.vec, halves * 3 * atoms);
        fit(&mut state.scratch, panels.max(halves) * atoms);
        fit(&mut state.vector_scratch, (panels + halves) * 3 * atoms);
        fit(&mut state.energies, atoms);
        &mut state.first.inputs[..panels * atoms]
    }

    /// vec (B, 3N); fills `state.energies`.
    pub fn forward(
        &self,
        team: &Team,
        atoms: usize,
        vec: &[Row<W::Scalar>],
        state: &mut ReadoutState<W::Scalar>,
    ) {
        let (panels, halves) = (self.first.hidden.outputs(), self.second.hidden.outputs());
        let activated = &mut state.scratch[..panels * atoms];
        self.first
            .forward(team, atoms, vec, &mut state.first, activated);
        let gates = &mut state.gates[..2 * halves * atoms];
        self.gates.forward(team, activated, &self.gate_bias, gates);
        let (x, g) = gates.split_at(halves * atoms);
        team.run(Silu {
            from: x,
            to: &mut state.second.inputs[..halves * atoms],
        });
        let v2 = &state.first.vectors[panels * 3 * atoms..];
        let vec = &mut state.vec[..halves * 3 * atoms];
        team.for_each((&mut *vec, 3 * atoms), |at, gated| {
            team.run(Gate {
                gates: panel(g, at, atoms),
                vectors: panel(v2, at, 3 * atoms),
                gated,
            });
        });
        let activated = &mut state.scratch[..halves * atoms];
        self.second
            .forward(team, atoms, vec, &mut state.second, activated);
        team.run(Energies {
            readout: self,
            activated,
            energies: &mut state.energies[..atoms],
        });
    }

    /// ∂(Σ e_i)/∂vec (B, 3N) replaced; ∂(Σ e_i)/∂x is left where [`Readout::input`] had x.
    pub fn reverse(
        &self,
        team: &Team,
        atoms: usize,
        state: &mut ReadoutState<W::Scalar>,
        g_vec: &mut [Row<W::Scalar>],
    ) {
        let (panels, halves) = (self.first.hidden.outputs(), self.second.hidden.outputs());
        let gradient = &mut state.scratch[..halves * atoms];
        for (gradient, weight) in gradient.chunks_mut(atoms).zip(&self.energy) {
            gradient.fill(*weight);
        }
        let g_vectors = &mut state.vector_scratch[..halves * 3 * atoms];
        self.second
            .reverse(team, atoms, &mut state.second, gradient, g_vectors);
        let g_gated = &mut g_vec[..halves * 3 * atoms];
        self.second
            .vectors
            .reverse(team, g_vectors, Destination::Replace, g_gated);
        let (x, gates) = state.gates[..2 * halves * atoms].split_at_mut(halves * atoms);
        let g_x = &mut state.second.inputs[..halves * atoms];
        team.run(ReverseSilu {
            from: x,
            gradient: g_x,
        });
        x.copy_from_slice(g_x);
        let g_vectors = &mut state.vector_scratch[..(panels + halves) * 3 * atoms];
        let v2 = &state.first.vectors[panels * 3 * atoms..];
        let g_v2 = &mut g_vectors[panels * 3 * atoms..];
        team.for_each_2((gates, atoms), (g_v2, 3 * atoms), |at, gates, g_vectors| {
            team.run(ReverseGate {
                g_gated: panel(g_gated, at, 3 * atoms),
                vectors: panel(v2, at, 3 * atoms),
                gates,
                g_vectors,
            });
        });
        let gradient = &mut state.scratch[..panels * atoms];
        let g_gates = &state.gates[..2 * halves * atoms];
        self.gates
            .reverse(team, g_gates, Destination::Replace, gradient);
        self.first
            .reverse(team, atoms, &mut state.first, gradient, g_vectors);
        self.first
            .vectors
            .reverse(team, g_vectors, Destination::Replace, g_vec);
    }
}

/// e_i = w · silu(hidden) + b
struct Energies<'a, W: Stored> {
    readout: &'a Readout<W>,
    activated: &'a [Row<W::Scalar>],
    energies: &'a mut [W::Scalar],
}

impl<W: Stored> Kernel<W::Scalar> for Energies<'_, W> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = W::Scalar>>(self) {
        let atoms = self.energies.len();
        for (atom, energy) in self.energies.iter_mut().enumerate() {
            let mut sum = V::zero();
            for (panel, weight) in self.readout.energy.iter().enumerate() {
                let activated = &self.activated[panel * atoms + atom];
                for v in 0..PANEL / V::LANES {
                    sum = weight.get::<V>(v).mul_add(activated.get(v), sum);
                }
            }
            let zero = V::zero();
            *energy = V::sums([sum, zero, zero, zero])[0] + self.readout.energy_bias;
        }
    }
}
