//! From the tensors of a weights file to the parts of the network.

use super::channels::Channels;
use super::embedding::Embedding;
use super::filters::{intervals_for, Activation, ExactFilters, Filters, Radial, Spacing, Table};
use super::layer::{by_panel, value_row, Layer, A, B, S};
use super::network::Network;
use super::norm::LayerNorm;
use super::options;
use super::packing::{bias, matrix, Outputs, Source};
use super::pairs::Measure;
use super::potential::backend;
use super::readout::Readout;
use super::simd::{rows, Plain, Real, Row, Stored};
use super::team::Team;
use crate::oreo::basis::RadialBasis;
use crate::oreo::{Config, Weights};
use oreo_core::PotentialError;

impl<W: Stored> Network<W> {
    /// `weights` must be such as [`Weights::load`] accepts.
    ///
    /// # Errors
    /// When no table is as exact as asked for.
    pub fn new(
        team: &Team,
        weights: &Weights,
        filters: options::Filters,
    ) -> Result<Self, PotentialError> {
        let config = &weights.config;
        let root = Source::new(weights);
        let source = root.at("representation_model");
        let channels = Channels::of_heads(config);
        let basis = RadialBasis {
            cutoff: config.cutoff_upper,
            means: source.values("distance_expansion.means").to_vec(),
            betas: source.values("distance_expansion.betas").to_vec(),
        };
        let spacing = spacing(team, &source, &channels, config, &basis, filters)?;
        let make = Make {
            team,
            source: &source,
            channels: &channels,
            config,
            basis: &basis,
            spacing: spacing.as_ref(),
        };
        Ok(Self {
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
        })
    }
}

/// Intervals enough for the filters of every layer.
fn spacing(
    team: &Team,
    source: &Source<'_>,
    channels: &Channels,
    config: &Config,
    basis: &RadialBasis,
    filters: options::Filters,
) -> Result<Option<Spacing>, PotentialError> {
    let options::Filters::Table { bound } = filters else {
        return Ok(None);
    };
    let mut all = vec![embedding_filters::<f64>(source, channels, config)];
    all.extend((0..config.layers).map(|layer| layer_filters(source, channels, config, layer)));
    let intervals = intervals_for(team, &all, basis, bound).map_err(backend)?;
    Ok(Some(Spacing::new(basis.cutoff, intervals)))
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
    fn embedding_filters<T: Plain>(&self) -> Filters<T, 1> {
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

    fn filters<T: Plain, const K: usize>(
        &self,
        exact: ExactFilters<f64>,
        own: impl FnOnce() -> ExactFilters<T>,
    ) -> Filters<T, K> {
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

pub(super) fn embedding_filters<T: Plain>(
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
pub(super) fn layer_filters<T: Plain>(
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

fn exact<T: Plain>(
    outputs: &[Outputs<'_>],
    functions: usize,
    kinds: usize,
    activation: Activation,
) -> ExactFilters<T> {
    let inputs = Channels::plain(functions);
    ExactFilters::new(matrix(outputs, &inputs), bias(outputs), kinds, activation)
}
