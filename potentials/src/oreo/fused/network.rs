//! The whole network, forward and reverse, for a batch of molecules.

use super::embedding::Embedding;
use super::layer::{Layer, LayerState};
use super::layer_forward::Vectors;
use super::layer_reverse::Gradients;
use super::memory::{fit, Placed};
use super::norm::LayerNorm;
use super::pairs::{Measure, Pairs};
use super::readout::{Readout, ReadoutState};
use super::simd::{Real, Row, Stored};
use super::team::Team;
use super::work::{Batch, Work};
use crate::oreo::basis::RadialBasis;
use oreo_core::{Request, Vec3};

/// All weights, packed. The same for every thread.
pub struct Network<W: Stored> {
    pub(super) measure: Measure,
    pub(super) basis: RadialBasis,
    pub(super) embedding: Embedding<W>,
    pub(super) layers: Vec<Layer<W>>,
    pub(super) out_norm: LayerNorm<W::Scalar>,
    pub(super) readout: Readout<W>,
    /// B
    pub(super) panels: usize,
    pub(super) std: f64,
    pub(super) mean: f64,
}

/// Memory of one evaluation; one for each thread that evaluates.
pub struct Memory<T: Real> {
    pairs: Pairs<T>,
    /// (B, N)
    x: Vec<Row<T>>,
    /// Before each layer and after the last, (B, 3N); the first is empty
    vec: Vec<Placed<Row<T>>>,
    states: Vec<LayerState<T>>,
    out: LayerState<T>,
    readout: ReadoutState<T>,
    /// ∂E/∂x, (B, N)
    gx: Vec<Row<T>>,
    /// ∂E/∂vec after and before a layer, (B, 3N)
    g_vec: [Placed<Row<T>>; 2],
    work: Work<T>,
}

impl<W: Stored> Network<W> {
    /// Of the filter tables.
    pub fn table_intervals(&self) -> Option<usize> {
        self.measure.spacing.map(|spacing| spacing.intervals())
    }

    /// For [`Network::evaluate`].
    pub fn memory(&self) -> Memory<W::Scalar> {
        let alternating = |layer: usize| Placed::at(1024 * (layer % 2));
        Memory {
            pairs: Pairs::default(),
            x: Vec::new(),
            vec: (0..=self.layers.len()).map(alternating).collect(),
            states: self.layers.iter().map(|_| LayerState::default()).collect(),
            out: LayerState::default(),
            readout: ReadoutState::default(),
            gx: Vec::new(),
            g_vec: [Placed::at(2048), Placed::at(3072)],
            work: Work::new(self.panels),
        }
    }

    /// Adds energies, forces and virials of all requests.
    pub fn evaluate(
        &self,
        team: Team,
        requests: &mut [Request<'_>],
        memory: &mut Memory<W::Scalar>,
    ) {
        memory.pairs.fill(requests, &self.measure);
        let pairs = std::mem::take(&mut memory.pairs);
        if pairs.atoms() > 0 {
            let batch = Batch {
                team,
                pairs: &pairs.pairs,
                atoms: pairs.atoms(),
            };
            if self.measure.spacing.is_none() {
                let distances = pairs.geometry.iter().map(|pair| pair.distance);
                memory.work.radial.fill(&self.basis, distances);
            }
            self.forward(&batch, &pairs.elements, memory);
            self.reverse(&batch, &pairs.elements, memory);
        }
        self.add_energies(requests, &pairs, &memory.readout.energies);
        self.add_forces(requests, &pairs, &memory.work);
        memory.pairs = pairs;
    }

    fn forward(
        &self,
        batch: &Batch<'_, W::Scalar>,
        elements: &[u8],
        memory: &mut Memory<W::Scalar>,
    ) {
        let (rows, atoms) = (self.panels * batch.atoms, batch.atoms);
        memory.work.begin(batch);
        let x = fit(&mut memory.x, rows);
        self.embedding.forward(batch, elements, x, &mut memory.work);
        for (at, (layer, state)) in self.layers.iter().zip(&mut memory.states).enumerate() {
            let (before, after) = memory.vec.split_at_mut(at + 1);
            let vec = match at {
                0 => &[],
                _ => before[at].get(3 * rows),
            };
            let next_vec = after[0].fit(3 * rows);
            let vectors = Vectors {
                before: vec,
                after: next_vec,
            };
            layer.forward(batch, x, vectors, state, &mut memory.work);
        }
        let normalized = fit(&mut memory.out.normalized, rows);
        let scales = fit(&mut memory.out.scales, atoms);
        let out = self.readout.input(atoms, &mut memory.readout);
        self.out_norm
            .forward(&batch.team, x, normalized, scales, out);
        let vec = memory.vec[self.layers.len()].get(3 * rows);
        self.readout
            .forward(&batch.team, atoms, vec, &mut memory.readout);
    }

    fn reverse(
        &self,
        batch: &Batch<'_, W::Scalar>,
        elements: &[u8],
        memory: &mut Memory<W::Scalar>,
    ) {
        let (rows, atoms) = (self.panels * batch.atoms, batch.atoms);
        let [g_vec, g_vec_before] = &mut memory.g_vec;
        let (mut after, mut before) = (g_vec.fit(3 * rows), g_vec_before.fit(3 * rows));
        self.readout
            .reverse(&batch.team, atoms, &mut memory.readout, after);
        let gx = fit(&mut memory.gx, rows);
        gx.fill(Row::default());
        let g_out = &*self.readout.input(atoms, &mut memory.readout);
        let normalized = &memory.out.normalized[..rows];
        let scales = &memory.out.scales[..atoms];
        self.out_norm
            .reverse(&batch.team, normalized, scales, g_out, gx);
        for (at, (layer, state)) in self.layers.iter().zip(&memory.states).enumerate().rev() {
            let vec = match at {
                0 => &[],
                _ => memory.vec[at].get(3 * rows),
            };
            let gradients = Gradients {
                x: gx,
                vec: after,
                vec_before: before,
            };
            layer.reverse(batch, vec, state, gradients, &mut memory.work);
            std::mem::swap(&mut after, &mut before);
        }
        self.embedding
            .reverse(batch, elements, gx, &mut memory.work);
    }

    /// Summed in f64: total energies have more digits than f32 holds. An atom at NaN has no neighbours, so that the
    /// network would give its molecule an energy; it gets NaN.
    fn add_energies(
        &self,
        requests: &mut [Request<'_>],
        pairs: &Pairs<W::Scalar>,
        energies: &[W::Scalar],
    ) {
        let mut start = 0;
        for (request, &end) in requests.iter_mut().zip(&pairs.atom_ends) {
            let sum: f64 = energies[start..end].iter().map(|e| e.to_f64()).sum();
            *request.energy += match is_finite(request.positions) {
                true => self.std * sum + self.mean,
                false => f64::NAN,
            };
            start = end;
        }
    }

    /// With r_p = r_j − r_i: F_i += ∂E/∂r_p, F_j −= ∂E/∂r_p, and W −= r_p ⊗ ∂E/∂r_p, since the force on j due to i is
    /// −∂E/∂r_p.
    fn add_forces(
        &self,
        requests: &mut [Request<'_>],
        pairs: &Pairs<W::Scalar>,
        work: &Work<W::Scalar>,
    ) {
        let (mut pair, mut start) = (0, 0);
        let ends = pairs.pair_ends.iter().zip(&pairs.atom_ends);
        for (request, (&pair_end, &atom_end)) in requests.iter_mut().zip(ends) {
            for p in pair..pair_end {
                let [i, j] = [pairs.pairs[p].i, pairs.pairs[p].j].map(|n| n as usize - start);
                let gradient = self.pair_gradient(pairs, work, p);
                request.forces[i] += gradient;
                request.forces[j] -= gradient;
                if let Some(virial) = request.virial.as_deref_mut() {
                    *virial -= pairs.geometry[p].vector * gradient.transpose();
                }
            }
            (pair, start) = (pair_end, atom_end);
        }
    }

    /// ∂E/∂r_p, the panels added up in f64 in their order.
    fn pair_gradient(&self, pairs: &Pairs<W::Scalar>, work: &Work<W::Scalar>, p: usize) -> Vec3 {
        let (mut by_t, mut by_cutoff, mut by_unit) = (0.0, 0.0, Vec3::zeros());
        for panel in &work.panels {
            let [t, x, y, z] = panel.g_pairs[p].map(|g| g.to_f64());
            by_t += t;
            by_unit += Vec3::new(x, y, z);
            by_cutoff += panel.g_cutoffs[p].to_f64();
        }
        self.std * pairs.geometry[p].gradient(by_t, by_cutoff, by_unit)
    }
}

fn is_finite(positions: &[Vec3]) -> bool {
    positions.iter().all(|r| r.iter().all(|x| x.is_finite()))
}
