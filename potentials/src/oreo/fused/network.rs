//! The whole network, forward and reverse, for a batch of molecules.

use super::channels::Channels;
use super::embedding::Embedding;
use super::filters::{
    intervals_for, Activation, ExactFilters, Filters, Radial, Spacing, Table,
};
use super::layer::{by_panel, value_row, Layer, LayerState, A, B, S};
use super::layer_reverse::Gradients;
use super::memory::fit;
use super::norm::LayerNorm;
use super::options;
use super::packing::{bias, matrix, Outputs, Source};
use super::pairs::{Measure, Pairs};
use super::readout::{Readout, ReadoutState};
use super::simd::{rows, Real, Row, Stored};
use super::team::Team;
use super::work::{Batch, Work};
use crate::oreo::basis::RadialBasis;
use crate::oreo::{Config, Weights};
use oreo_core::{Request, Vec3};

/// All weights, packed. The same for every thread.
pub struct Network<W: Stored> {
    measure: Measure,
    basis: RadialBasis,
    embedding: Embedding<W>,
    layers: Vec<Layer<W>>,
    out_norm: LayerNorm<W::Scalar>,
    readout: Readout<W>,
    panels: usize,
    std: f64,
    mean: f64,
}

/// Memory of one evaluation; one for each thread that evaluates.
pub struct Memory<T: Real> {
    pairs: Pairs<T>,
    /// (B, N)
    x: Vec<Row<T>>,
    /// Before each layer and after the last, (B, 3N); the first is empty
    vec: Vec<Vec<Row<T>>>,
    states: Vec<LayerState<T>>,
    out: LayerState<T>,
    readout: ReadoutState<T>,
    /// ∂E/∂x, (B, N)
    gx: Vec<Row<T>>,
    /// ∂E/∂vec after and before a layer, (B, 3N)
    g_vec: [Vec<Row<T>>; 2],
    work: Work<T>,
}

impl<W: Stored> Network<W> {
    /// `weights` must be such as [`Weights::load`] accepts.
    pub fn new(team: &Team, weights: &Weights, filters: options::Filters) -> Self {
        let config = &weights.config;
        let root = Source::new(weights);
        let source = root.at("representation_model");
        let channels = Channels::of_heads(config);
        let basis = RadialBasis {
            cutoff: config.cutoff_upper,
            means: source.values("distance_expansion.means").to_vec(),
            betas: source.values("distance_expansion.betas").to_vec(),
        };
        let spacing = spacing(team, &source, &channels, config, &basis, filters);
        let make = Make {
            team,
            source: &source,
            channels: &channels,
            config,
            basis: &basis,
            spacing: spacing.as_ref(),
        };
        Self {
            embedding: Embedding::new(&source, &channels, config, make.embedding_filters()),
            layers: (0..config.layers).map(|layer| make.layer(layer)).collect(),
            out_norm: LayerNorm::new(&source.at("out_norm"), &channels),
            readout: Readout::new(&root.at("output_model.output_network"), &channels, config),
            panels: channels.panels(),
            std: root.scalar("std"),
            mean: root.scalar("mean"),
            measure: Measure {
                cutoff: config.cutoff_upper,
                vector_cutoff: config.vector_cutoff,
                spacing,
            },
            basis,
        }
    }

    /// Of the filter tables.
    pub fn table_intervals(&self) -> Option<usize> {
        self.measure.spacing.map(|spacing| spacing.intervals())
    }

    /// For [`Network::evaluate`].
    pub fn memory(&self) -> Memory<W::Scalar> {
        let default = |count| (0..count).map(|_| Vec::new()).collect();
        Memory {
            pairs: Pairs::default(),
            x: Vec::new(),
            vec: default(self.layers.len() + 1),
            states: self.layers.iter().map(|_| LayerState::default()).collect(),
            out: LayerState::default(),
            readout: ReadoutState::default(),
            gx: Vec::new(),
            g_vec: [Vec::new(), Vec::new()],
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
                _ => &before[at][..3 * rows],
            };
            let next_vec = fit(&mut after[0], 3 * rows);
            layer.forward(batch, x, (vec, next_vec), state, &mut memory.work);
        }
        let normalized = fit(&mut memory.out.normalized, rows);
        let scales = fit(&mut memory.out.scales, atoms);
        let out = self.readout.input(atoms, &mut memory.readout);
        self.out_norm
            .forward(&batch.team, x, normalized, scales, out);
        let vec = &memory.vec[self.layers.len()][..3 * rows];
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
        let (mut after, mut before) = (fit(g_vec, 3 * rows), fit(g_vec_before, 3 * rows));
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
                _ => &memory.vec[at][..3 * rows],
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

/// Intervals enough for the filters of every layer.
fn spacing(
    team: &Team,
    source: &Source<'_>,
    channels: &Channels,
    config: &Config,
    basis: &RadialBasis,
    filters: options::Filters,
) -> Option<Spacing> {
    let options::Filters::Table { bound } = filters else {
        return None;
    };
    let mut all = vec![embedding_filters::<f64>(source, channels, config)];
    all.extend((0..config.layers).map(|layer| layer_filters(source, channels, config, layer)));
    #[cfg(test)]
    if std::env::var("SCAN").is_ok() { super::filters::scan(team, &all, basis); }
    let intervals = intervals_for(team, &all, basis, bound);
    Some(Spacing::new(basis.cutoff, intervals))
}

/// What parts of the network are made from.
struct Make<'a> {
    team: &'a Team,
    source: &'a Source<'a>,
    channels: &'a Channels,
    config: &'a Config,
    basis: &'a RadialBasis,
    spacing: Option<&'a Spacing>,
}

impl Make<'_> {
    fn embedding_filters<T: Real>(&self) -> Filters<T> {
        self.filters(
            embedding_filters(self.source, self.channels, self.config),
            || embedding_filters(self.source, self.channels, self.config),
        )
    }

    fn layer<W: Stored>(&self, layer: usize) -> Layer<W> {
        let Self {
            team,
            source,
            channels,
            config,
            ..
        } = *self;
        let exact = layer_filters::<f64>(source, channels, config, layer);
        let self_filters = at_zero(team, &exact, self.basis);
        let filters = self.filters(exact, || layer_filters(source, channels, config, layer));
        let source = source.at(&format!("attention_layers.{layer}"));
        Layer::new(&source, channels, config, filters, self_filters, layer == 0)
    }

    fn filters<T: Real>(
        &self,
        exact: ExactFilters<f64>,
        own: impl FnOnce() -> ExactFilters<T>,
    ) -> Filters<T> {
        match self.spacing {
            Some(spacing) => Filters::Table(Table::new(self.team, &exact, self.basis, spacing)),
            None => Filters::Exact(own()),
        }
    }
}

/// D(0) of every panel and kind: the same for every self loop.
fn at_zero<T: Real>(team: &Team, exact: &ExactFilters<f64>, basis: &RadialBasis) -> Vec<Row<T>> {
    let mut radial = Radial::default();
    radial.fill(basis, [0.0].into_iter());
    let (mut values, mut slopes) = (rows(exact.outputs()), rows(exact.outputs()));
    exact.evaluate(team, &radial, &mut values, &mut slopes);
    let number = |row: &Row<f64>| Row(row.0.map(T::from_f64));
    values.iter().map(number).collect()
}

fn embedding_filters<T: Real>(
    source: &Source<'_>,
    channels: &Channels,
    config: &Config,
) -> ExactFilters<T> {
    let functions = config.radial_functions;
    let source = source.at("neighbor_embedding");
    let outputs = [source.outputs("distance_proj", functions, channels.all(), |c| c)];
    exact(&outputs, functions, 1, Activation::Cut)
}

/// In the order of `filters/mod.rs`: k, s, b, and a except in the first layer.
fn layer_filters<T: Real>(
    source: &Source<'_>,
    channels: &Channels,
    config: &Config,
    layer: usize,
) -> ExactFilters<T> {
    let functions = config.radial_functions;
    let source = source.at(&format!("attention_layers.{layer}"));
    let all = [None, Some(S), Some(B), Some(A)];
    let kinds = if layer == 0 { &all[..3] } else { &all };
    let outputs = by_panel(channels, kinds, |channels, part| match *part {
        None => source.outputs("dk_proj", functions, channels, |c| c),
        Some(part) => source.outputs("dv_proj", functions, channels, value_row(config, part)),
    });
    let cut = config.vector_cutoff;
    exact(&outputs, functions, kinds.len(), Activation::Silu { cut })
}

fn exact<T: Real>(
    outputs: &[Outputs<'_>],
    functions: usize,
    kinds: usize,
    activation: Activation,
) -> ExactFilters<T> {
    let inputs = Channels::plain(functions);
    ExactFilters::new(matrix(outputs, &inputs), bias(outputs), kinds, activation)
}
