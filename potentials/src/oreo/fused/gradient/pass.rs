//! One batch through a network that is trained: forward, and back to forces or to weights.

use super::collect::Collect;
use super::embedding::EmbeddingState;
use super::filters::reverse_radial;
use super::layer::{self, Flow, TrainedState, Vec3s};
use super::network::Trained;
use super::parts::part;
use super::readout::HeadState;
use crate::oreo::fused::memory::fit;
use crate::oreo::fused::pairs::Pairs;
use crate::oreo::fused::simd::{Real, Row, Stored};
use crate::oreo::fused::team::Team;
use crate::oreo::fused::work::{Batch, Work};

/// Memory of one thread.
pub struct Passage<T: Real> {
    pub pairs: Pairs<T>,
    /// r of all pairs and 0 for the self loops, (R,)
    pub distances: Vec<T>,
    /// Their derivatives along the direction, (R,)
    pub tangents: Vec<f64>,
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
    pub fn new<W: Stored<Scalar = T>>(network: &Trained<W>) -> Self {
        let layers = network.layers.len();
        Self {
            pairs: Pairs::default(),
            distances: Vec::new(),
            tangents: Vec::new(),
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
    pub fn forward<W: Stored<Scalar = T>, const TRAINS: bool>(
        &mut self,
        network: &Trained<W>,
        team: Team,
    ) {
        let pairs = std::mem::take(&mut self.pairs);
        let batch = batch(&pairs, team);
        let rows = network.panels * batch.atoms;
        self.work.begin(&batch);
        let x = fit(&mut self.x, rows);
        let embedding = &mut self.embedding;
        network.embed::<TRAINS>(&batch, &pairs.elements, embedding, &self.work, x);
        for (at, (layer, state)) in network.layers.iter().zip(&mut self.layers).enumerate() {
            let (before, after) = self.vec.split_at_mut(at + 1);
            let vec = Vec3s {
                before: match at {
                    0 => &[],
                    _ => &before[at][..3 * rows],
                },
                after: fit(&mut after[0], 3 * rows),
            };
            layer::forward::<W, TRAINS>(layer, &batch, x, vec, state, &mut self.work);
        }
        let normalized = fit(&mut self.normalized, rows);
        let scales = fit(&mut self.scales, batch.atoms);
        let out = fit(&mut self.out, rows);
        (network.out_norm).forward(&team, x, normalized, scales, out);
        let vec = &self.vec[network.layers.len()][..3 * rows];
        (self.head).forward(&network.readout, &team, batch.atoms, out, vec);
        self.pairs = pairs;
    }

    /// From `by_energy`; after [`Self::forward`] of the same batch.
    pub fn reverse<W: Stored<Scalar = T>, C: Collect<T>>(
        &mut self,
        network: &Trained<W>,
        team: Team,
        collect: &mut C,
    ) {
        let pairs = std::mem::take(&mut self.pairs);
        let batch = batch(&pairs, team);
        let rows = network.panels * batch.atoms;
        let count = network.layers.len();
        let [g_vec, g_vec_before] = &mut self.g_vec;
        let (mut after, mut before) = (fit(g_vec, 3 * rows), fit(g_vec_before, 3 * rows));
        let vec = &self.vec[count][..3 * rows];
        let by_energy = &self.by_energy[..batch.atoms];
        let g_out = (self.head).reverse(&network.readout, &team, by_energy, vec, after, collect);
        let gx = fit(&mut self.gx, rows);
        gx.fill(Row::default());
        let normalized = &self.normalized[..rows];
        collect.norm(part::OUT_NORM, g_out, normalized);
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
            layer::reverse(layer, &batch, vec, state, flow, work, (of_layer, collect));
            std::mem::swap(&mut after, &mut before);
        }
        let (embedding, elements) = (&mut self.embedding, &pairs.elements);
        let rest = (&mut *g_radial, &mut *collect);
        network.reverse_embed(&batch, elements, embedding, &mut self.work, gx, rest);
        if C::TRAINS {
            let [means, betas] = &network.radial;
            reverse_radial(
                &self.distances,
                network.basis.cutoff,
                [means, betas],
                network.basis.means.len(),
                &self.work.radial,
                g_radial,
                collect,
            );
        }
        self.pairs = pairs;
    }
}

fn batch<T>(pairs: &Pairs<T>, team: Team) -> Batch<'_, T> {
    Batch {
        team,
        pairs: &pairs.pairs,
        atoms: pairs.elements.len(),
    }
}
