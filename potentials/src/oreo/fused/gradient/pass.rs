//! One batch through a network that is trained: forward, and back to forces or to weights.

use super::embedding::EmbeddingState;
use super::filters::reverse_radial;
use super::layer::{self, Flow, TrainedState, Vec3s};
use super::modes::Mode;
use super::network::Trained;
use super::parts::part;
use super::readout::HeadState;
use crate::oreo::fused::memory::fit;
use crate::oreo::fused::pairs::Pairs;
use crate::oreo::fused::simd::{Real, Row};
use crate::oreo::fused::team::Team;
use crate::oreo::fused::work::{Batch, Work};
use oreo_core::Vec3;

/// Memory of one thread.
pub struct Passage<T: Real> {
    pub pairs: Pairs<T>,
    /// r of all pairs and 0 for the self loops, (R,)
    pub distances: Vec<T>,
    /// ṙ along the direction, (R,)
    pub speeds: Vec<T::Plain>,
    /// ∂E/∂e_i, (N,)
    pub by_energy: Vec<T>,
    pub work: Work<T>,
    embedding: EmbeddingState<T>,
    layers: Vec<TrainedState<T>>,
    pub head: HeadState<T>,
    x: Vec<Row<T>>,
    /// Before each layer and after the last, (B, 3N); the first stays empty
    vec: Vec<Vec<Row<T>>>,
    normalized: Vec<Row<T>>,
    scales: Vec<T>,
    out: Vec<Row<T>>,
    gx: Vec<Row<T>>,
    g_vec: [Vec<Row<T>>; 2],
    g_radial: Vec<Row<T>>,
}

impl<T: Real> Passage<T> {
    pub fn new(network: &Trained<T::Plain>) -> Self {
        let layers = network.layers.len();
        Self {
            pairs: Pairs::default(),
            distances: Vec::new(),
            speeds: Vec::new(),
            by_energy: Vec::new(),
            work: Work::new(network.panels),
            embedding: EmbeddingState::default(),
            layers: (0..layers).map(|_| TrainedState::default()).collect(),
            head: HeadState::default(),
            x: Vec::new(),
            vec: vec![Vec::new(); layers + 1],
            normalized: Vec::new(),
            scales: Vec::new(),
            out: Vec::new(),
            gx: Vec::new(),
            g_vec: [Vec::new(), Vec::new()],
            g_radial: Vec::new(),
        }
    }

    /// Pairs, distances and radial functions must be there. Fills `head.energies`.
    pub fn forward(&mut self, network: &Trained<T::Plain>, team: Team, mode: &mut impl Mode<T>) {
        let pairs = std::mem::take(&mut self.pairs);
        let batch = batch(&pairs, team);
        let rows = network.panels * batch.atoms;
        self.work.begin(&batch);
        let x = fit(&mut self.x, rows);
        let embedding = &mut self.embedding;
        network.embed(&batch, &pairs.elements, embedding, &self.work, x, mode);
        for (at, (layer, state)) in network.layers.iter().zip(&mut self.layers).enumerate() {
            let (before, after) = self.vec.split_at_mut(at + 1);
            let vec = Vec3s {
                before: match at {
                    0 => &[],
                    _ => &before[at][..3 * rows],
                },
                after: fit(&mut after[0], 3 * rows),
            };
            let part = part::LAYERS + at * part::OF_LAYER;
            layer::forward(
                layer,
                &batch,
                x,
                vec,
                state,
                &mut self.work,
                (part, &mut *mode),
            );
        }
        let normalized = fit(&mut self.normalized, rows);
        let scales = fit(&mut self.scales, batch.atoms);
        let out = fit(&mut self.out, rows);
        (network.out_norm).forward(&team, x, normalized, scales, out);
        let vec = &self.vec[network.layers.len()][..3 * rows];
        (self.head).forward(&network.readout, &team, batch.atoms, [out, vec], mode);
        self.pairs = pairs;
    }

    /// From `by_energy`; after [`Self::forward`] of the same batch.
    pub fn reverse<M: Mode<T>>(&mut self, network: &Trained<T::Plain>, team: Team, mode: &mut M) {
        let pairs = std::mem::take(&mut self.pairs);
        let batch = batch(&pairs, team);
        let rows = network.panels * batch.atoms;
        let count = network.layers.len();
        let [g_vec, g_vec_before] = &mut self.g_vec;
        let (mut after, mut before) = (fit(g_vec, 3 * rows), fit(g_vec_before, 3 * rows));
        let vec = &self.vec[count][..3 * rows];
        let by_energy = &self.by_energy[..batch.atoms];
        let g_out = (self.head).reverse(&network.readout, &team, by_energy, vec, after, mode);
        let gx = fit(&mut self.gx, rows);
        gx.fill(Row::default());
        let normalized = &self.normalized[..rows];
        mode.norm(part::OUT_NORM, g_out, normalized);
        let scales = &self.scales[..batch.atoms];
        (network.out_norm).reverse(&team, normalized, scales, g_out, gx);
        let g_radial = fit(
            &mut self.g_radial,
            network.radial[0].len() * self.work.radial.count,
        );
        g_radial.fill(Row::default());
        for (at, (layer, state)) in network
            .layers
            .iter()
            .zip(&mut self.layers)
            .enumerate()
            .rev()
        {
            let vec = match at {
                0 => &[],
                _ => &self.vec[at][..3 * rows],
            };
            let flow = Flow {
                gx,
                g_vec: after,
                g_vec_before: before,
                g_radial,
            };
            let of_layer = part::LAYERS + at * part::OF_LAYER;
            let work = &mut self.work;
            layer::reverse(
                layer,
                &batch,
                vec,
                state,
                flow,
                work,
                (of_layer, &mut *mode),
            );
            std::mem::swap(&mut after, &mut before);
        }
        let (embedding, elements) = (&mut self.embedding, &pairs.elements);
        let rest = (&mut *g_radial, &mut *mode);
        network.reverse_embed(&batch, elements, embedding, &mut self.work, gx, rest);
        if M::TRAINS {
            let [means, betas] = &network.radial;
            reverse_radial(
                &self.distances,
                network.basis.cutoff,
                [means, betas],
                network.basis.means.len(),
                &self.work.radial,
                g_radial,
                mode,
            );
        }
        self.pairs = pairs;
    }
}

impl<T: Real> Passage<T> {
    /// ∂/∂r_j of what the way back started from, by the distance and direction of pair `p`; ∂/∂r_i is its opposite.
    pub fn force(&self, p: usize) -> Vec3 {
        let (mut by_t, mut by_cutoff, mut by_unit) = (0.0, 0.0, Vec3::zeros());
        for panel in &self.work.panels {
            let [t, x, y, z] = panel.g_pairs[p].map(|g| g.to_f64());
            by_t += t;
            by_unit += Vec3::new(x, y, z);
            by_cutoff += panel.g_cutoffs[p].to_f64();
        }
        self.pairs.geometry[p].gradient(by_t, by_cutoff, by_unit)
    }
}

fn batch<T>(pairs: &Pairs<T>, team: Team) -> Batch<'_, T> {
    Batch {
        team,
        pairs: &pairs.pairs,
        atoms: pairs.elements.len(),
    }
}
