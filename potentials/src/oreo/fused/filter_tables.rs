//! The filter tables of a network channel by channel, for those that do not compute in panels.

use super::channels::Channels;
use super::filters::{Filters, Spacing, COEFFICIENTS, KINDS};
use super::network::Network;
use super::options;
use super::simd::InstructionSet;
use super::team::Team;
use crate::oreo::Weights;
use oreo_core::PotentialError;

/// The same numbers as the fast path interpolates with.
pub(in crate::oreo) struct FilterTables {
    /// Of the intervals.
    pub spacing: Spacing,
    /// (intervals, coefficients, C)
    pub embedding: Vec<f32>,
    /// Of each layer, (intervals, kinds, coefficients, C); kinds in the order of `filters/mod.rs`, 0 where there is none
    pub layers: Vec<Vec<f32>>,
}

impl FilterTables {
    /// Tables whose slopes are right to `bound`, as [`options::Filters::Table`] says.
    ///
    /// # Errors
    /// When no table is as exact as asked for.
    pub fn new(weights: &Weights, bound: f64) -> Result<Self, PotentialError> {
        let team = Team::alone(InstructionSet::detect());
        let filters = options::Filters::Table { bound };
        let network = Network::<f32>::new(&team, weights, filters)?;
        let spacing = network.measure.spacing.ok_or_else(no_tables)?;
        let places = Channels::of_heads(&weights.config);
        let layers = network.layers.iter();
        let layers = layers.map(|layer| by_channel(&layer.filters, &places, &spacing));
        Ok(Self {
            embedding: by_channel(&network.embedding.filters, &places, &spacing)?,
            layers: layers.collect::<Result<_, _>>()?,
            spacing,
        })
    }
}

fn no_tables() -> PotentialError {
    super::potential::backend("the network was made without filter tables")
}

/// (intervals, K, coefficients, C) from panels of padded channels.
fn by_channel<const K: usize>(
    filters: &Filters<f32, K>,
    places: &Channels,
    spacing: &Spacing,
) -> Result<Vec<f32>, PotentialError> {
    let Filters::Table(table) = filters else {
        return Err(no_tables());
    };
    let width = places.all().iter().flatten().count();
    let mut numbers = Vec::with_capacity(spacing.intervals() * K * COEFFICIENTS * width);
    for interval in 0..spacing.intervals() {
        for kind in 0..K {
            for power in 0..COEFFICIENTS {
                for panel in 0..places.panels() {
                    let row = &table.at(panel).polynomial(interval, kind)[power];
                    let lanes = places.panel(panel).iter().zip(row.0);
                    numbers.extend(lanes.filter(|(channel, _)| channel.is_some()).map(|l| l.1));
                }
            }
        }
    }
    Ok(numbers)
}

const _: () = assert!(KINDS == 4, "as the kernels for GPUs count them");
