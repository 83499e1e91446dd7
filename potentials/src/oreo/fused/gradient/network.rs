//! The weights of a network that is trained: those of the fast path with nothing folded or tabulated.

use super::parts::part;
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
use crate::oreo::fused::simd::{Plain, Row, PANEL};
use crate::oreo::Weights;

/// B panels of channels.
pub struct Trained<P: Plain> {
    pub basis: RadialBasis,
    /// μ and β, (panels of functions) each
    pub radial: [Vec<Row<P>>; 2],
    /// A(z), (B, max_z)
    pub elements: Vec<Row<P>>,
    /// B(z), (B, max_z)
    pub neighbors: Vec<Row<P>>,
    pub max_z: usize,
    /// W_d g + b_d
    pub distances: ExactFilters<P>,
    /// W_c; inputs A(z) and n
    pub combine: Matrix<P>,
    pub combine_bias: Vec<Row<P>>,
    pub layers: Vec<Layer<P>>,
    pub out_norm: LayerNorm<P>,
    pub readout: Readout<P>,
    pub panels: usize,
    pub vector_cutoff: bool,
    pub std: f64,
    pub mean: f64,
}

impl<P: Plain> Trained<P> {
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
    pub fn for_each_part(&mut self, mut visit: impl FnMut(usize, &mut [Row<P>])) {
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
        let mut last_bias = [Row::default()];
        last_bias[0].set_lane(0, *energy_bias);
        let parts: [&mut [Row<P>]; part::LAYERS] = [
            means,
            betas,
            &mut self.elements,
            &mut self.neighbors,
            distances.matrix.numbers(),
            &mut distances.bias,
            self.combine.numbers(),
            &mut self.combine_bias,
            &mut self.out_norm.weight,
            &mut self.out_norm.bias,
            first.vectors.numbers(),
            first.hidden.numbers(),
            &mut first.hidden_bias,
            gates.numbers(),
            gate_bias,
            second.vectors.numbers(),
            second.hidden.numbers(),
            &mut second.hidden_bias,
            energy,
            &mut last_bias,
        ];
        for (part, rows) in parts.into_iter().enumerate() {
            visit(part, rows);
        }
        *energy_bias = last_bias[0].lane(0);
        for (layer, first) in (self.layers.iter_mut()).zip((part::LAYERS..).step_by(part::OF_LAYER))
        {
            let Filters::Exact(filters) = &mut layer.filters else {
                unreachable!("training has no tables");
            };
            let parts: [&mut [Row<P>]; part::OF_LAYER] = [
                &mut layer.norm.weight,
                &mut layer.norm.bias,
                layer.projections.numbers(),
                &mut layer.projection_bias,
                layer.output.numbers(),
                &mut layer.output_bias,
                filters.matrix.numbers(),
                &mut filters.bias,
                match &mut layer.products {
                    Some(products) => products.numbers(),
                    None => &mut [],
                },
            ];
            for (part, rows) in parts.into_iter().enumerate() {
                visit(first + part, rows);
            }
        }
    }

    /// After the numbers have changed.
    pub fn refresh(&mut self) {
        let [means, betas] = &self.radial;
        for k in 0..self.basis.means.len() {
            self.basis.means[k] = means[k / PANEL].lane(k % PANEL).to_f64();
            self.basis.betas[k] = betas[k / PANEL].lane(k % PANEL).to_f64();
        }
    }
}
