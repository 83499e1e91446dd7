//! The weights of a network that is trained: those of the fast path with nothing folded or tabulated.

use super::parts::{part, Numbers};
use crate::oreo::basis::RadialBasis;
use crate::oreo::fused::assembly::{embedding_filters, layer_filters};
use crate::oreo::fused::channels::Channels;
use crate::oreo::fused::embedding::by_element;
use crate::oreo::fused::filters::{ExactFilters, Filters};
use crate::oreo::fused::layer::Layer;
use crate::oreo::fused::matrix::Matrix;
use crate::oreo::fused::norm::LayerNorm;
use crate::oreo::fused::packing::{bias, gather, matrix, Source};
use crate::oreo::fused::readout::Readout;
use crate::oreo::fused::simd::{Real, Row, Stored, PANEL};
use crate::oreo::Weights;

/// B panels of channels.
pub struct Trained<W: Stored> {
    pub basis: RadialBasis,
    /// μ and β, (panels of functions) each
    pub radial: [Vec<Row<W::Scalar>>; 2],
    /// A(z), (B, max_z)
    pub elements: Vec<Row<W::Scalar>>,
    /// B(z), (B, max_z)
    pub neighbors: Vec<Row<W::Scalar>>,
    pub max_z: usize,
    /// W_d g + b_d
    pub distances: ExactFilters<W::Scalar>,
    /// W_c; inputs A(z) and n
    pub combine: Matrix<W>,
    pub combine_bias: Vec<Row<W::Scalar>>,
    pub layers: Vec<Layer<W>>,
    pub out_norm: LayerNorm<W::Scalar>,
    pub readout: Readout<W>,
    pub panels: usize,
    pub vector_cutoff: bool,
    pub std: f64,
    pub mean: f64,
}

impl<W: Stored> Trained<W> {
    pub fn new(weights: &Weights) -> Self {
        let config = &weights.config;
        let root = Source::new(weights);
        let source = root.at("representation_model");
        let channels = Channels::of_heads(config);
        let c = config.channels;
        let neighbor = source.at("neighbor_embedding");
        let table = |values: &[f64]| {
            by_element(&channels, config.max_z, |z, channel| {
                values[z * c + channel]
            })
        };
        let combine = [neighbor.outputs("combine", 2 * c, channels.all(), |channel| channel)];
        let expansion = source.at("distance_expansion");
        let functions = Channels::plain(config.radial_functions);
        let radial = ["means", "betas"].map(|name| {
            let values = expansion.values(name);
            gather(functions.panels(), |place| {
                functions.at(place).map(|k| values[k])
            })
        });
        Self {
            basis: RadialBasis {
                cutoff: config.cutoff_upper,
                means: expansion.values("means").to_vec(),
                betas: expansion.values("betas").to_vec(),
            },
            radial,
            elements: table(source.values("embedding.weight")),
            neighbors: table(neighbor.values("embedding.weight")),
            max_z: config.max_z,
            distances: embedding_filters(&source, &channels, config),
            combine: matrix(&combine, &channels.clone().and(channels.shifted(c))),
            combine_bias: bias(&combine),
            layers: (0..config.layers)
                .map(|layer| {
                    let filters = layer_filters(&source, &channels, config, layer);
                    let source = source.at(&format!("attention_layers.{layer}"));
                    let filters = Filters::Exact(filters);
                    Layer::new(&source, &channels, config, filters, Vec::new(), layer == 0)
                })
                .collect(),
            out_norm: LayerNorm::new(&source.at("out_norm"), &channels),
            readout: Readout::new(&root.at("output_model.output_network"), &channels, config),
            panels: channels.panels(),
            vector_cutoff: config.vector_cutoff,
            std: root.scalar("std"),
            mean: root.scalar("mean"),
        }
    }

    /// All numbers, part by part in the order of [`part`].
    pub fn for_each_part(&mut self, mut visit: impl FnMut(usize, Numbers<'_, W>)) {
        let Readout {
            first,
            gates,
            gate_bias,
            second,
            energy,
            energy_bias,
        } = &mut self.readout;
        let [means, betas] = &mut self.radial;
        let distances = &mut self.distances;
        let mut all = vec![
            Numbers::Rows(means),
            Numbers::Rows(betas),
            Numbers::Rows(&mut self.elements),
            Numbers::Rows(&mut self.neighbors),
            own(distances.matrix.numbers()),
            Numbers::Rows(&mut distances.bias),
            Numbers::Weights(self.combine.numbers()),
            Numbers::Rows(&mut self.combine_bias),
            Numbers::Rows(&mut self.out_norm.weight),
            Numbers::Rows(&mut self.out_norm.bias),
            Numbers::Weights(first.vectors.numbers()),
            Numbers::Weights(first.hidden.numbers()),
            Numbers::Rows(&mut first.hidden_bias),
            Numbers::Weights(gates.numbers()),
            Numbers::Rows(gate_bias),
            Numbers::Weights(second.vectors.numbers()),
            Numbers::Weights(second.hidden.numbers()),
            Numbers::Rows(&mut second.hidden_bias),
            Numbers::Rows(energy),
            Numbers::One(energy_bias),
        ];
        debug_assert_eq!(all.len(), part::LAYERS);
        for layer in &mut self.layers {
            let Filters::Exact(filters) = &mut layer.filters else {
                unreachable!("training has no tables");
            };
            all.extend([
                Numbers::Rows(&mut layer.norm.weight),
                Numbers::Rows(&mut layer.norm.bias),
                Numbers::Weights(layer.projections.numbers()),
                Numbers::Rows(&mut layer.projection_bias),
                Numbers::Weights(layer.output.numbers()),
                Numbers::Rows(&mut layer.output_bias),
                own(filters.matrix.numbers()),
                Numbers::Rows(&mut filters.bias),
                match &mut layer.products {
                    Some(products) => Numbers::Weights(products.numbers()),
                    None => Numbers::Nothing,
                },
            ]);
        }
        for (part, numbers) in all.into_iter().enumerate() {
            visit(part, numbers);
        }
    }

    /// After the numbers have changed.
    pub fn refresh(&mut self) {
        let [means, betas] = &self.radial;
        for k in 0..self.basis.means.len() {
            self.basis.means[k] = means[k / PANEL].0[k % PANEL].to_f64();
            self.basis.betas[k] = betas[k / PANEL].0[k % PANEL].to_f64();
        }
    }
}

/// Filters keep their weights as they keep their results.
fn own<W: Stored>(rows: &mut [Row<W::Scalar>]) -> Numbers<'_, W> {
    Numbers::Rows(rows)
}
