//! Weights as the kernels read them. Every matrix is there twice, once for each direction, so that neighbouring threads
//! always read neighbouring numbers; together they take twice the memory of the file, some tens of megabytes.

use super::arena::{Allocator, Fixed};
use super::source::Source;
use super::{backend, NAME};
use crate::oreo::basis::ALPHA_TIMES_CUTOFF;
use crate::oreo::fused::FilterTables;
use crate::oreo::{Config, Weights};
use oreo_core::PotentialError;

/// A linear map: forward (inputs, outputs), reverse (outputs, inputs).
#[derive(Debug, Clone, Copy)]
pub(super) struct Map {
    pub forward: Fixed,
    pub reverse: Fixed,
}

/// Weight and bias, (C).
#[derive(Debug, Clone, Copy)]
pub(super) struct Norm {
    pub weight: Fixed,
    pub bias: Fixed,
}

/// `embedding` and `neighbor_embedding`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Embedding {
    /// W_c's left half applied to A, plus b_c, (max_z, C)
    pub own: Fixed,
    /// B, (max_z, C)
    pub neighbors: Fixed,
    /// W_c's right half
    pub combine: Map,
    /// (intervals, coefficients, C)
    pub table: Fixed,
}

/// `attention_layers.ℓ`
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer {
    pub norm: Norm,
    /// q, k, s, b, a
    pub projections: Map,
    pub projection_bias: Fixed,
    /// v1, v2, v3
    pub products: Map,
    /// o1, o2, o3
    pub output: Map,
    pub output_bias: Fixed,
    /// (intervals, kinds, coefficients, C)
    pub table: Fixed,
}

/// `output_model.output_network`
#[derive(Debug, Clone, Copy)]
pub(super) struct Readout {
    /// W1 and W2 of the first block
    pub vectors: Map,
    pub first_hidden: Map,
    pub first_bias: Fixed,
    /// x and g
    pub gates: Map,
    pub gate_bias: Fixed,
    /// W1 of the second block
    pub second_vectors: Map,
    pub second_hidden: Map,
    pub second_bias: Fixed,
    /// One output of the second block, (C/2)
    pub energy: Fixed,
    pub energy_bias: Fixed,
}

/// Everything about a network that does not change, in one piece of memory for a device.
#[derive(Debug, Clone)]
pub struct Constants {
    bytes: Vec<u8>,
    pub(super) config: Config,
    pub(super) spacing: Fixed,
    pub(super) embedding: Embedding,
    pub(super) layers: Vec<Layer>,
    pub(super) out_norm: Norm,
    pub(super) readout: Readout,
    pub(super) intervals: usize,
    pub(super) std: f64,
    pub(super) mean: f64,
}

impl Constants {
    /// `weights` must be such as [`Weights::load`] accepts; the slopes of the filter tables are right to `bound`.
    ///
    /// # Errors
    /// [`PotentialError::Backend`] on a network that the kernels cannot hold, or when no table is as exact as asked for.
    pub fn new(weights: &Weights, bound: f64) -> Result<Self, PotentialError> {
        let config = &weights.config;
        if let Some(problem) = config.problem() {
            return Err(backend(problem));
        }
        if config.channels > Source::MOST_CHANNELS {
            return Err(backend(format!(
                "embedding_dimension = {} is more than the {} that {NAME} holds; use --device cpu",
                config.channels,
                Source::MOST_CHANNELS
            )));
        }
        let tables = FilterTables::new(weights, bound)?;
        let mut packing = Packing::new(weights);
        Ok(Self {
            spacing: packing.spacing(&tables),
            embedding: packing.embedding(&tables),
            layers: (0..config.layers)
                .map(|layer| packing.layer(layer, &tables.layers[layer]))
                .collect(),
            out_norm: packing.norm("representation_model.out_norm"),
            readout: packing.readout(),
            intervals: tables.spacing.intervals(),
            std: packing.values("std")[0],
            mean: packing.values("mean")[0],
            config: config.clone(),
            bytes: packing.bytes,
        })
    }

    /// To be copied to the device once.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Intervals of the filter tables.
    pub fn table_intervals(&self) -> usize {
        self.intervals
    }

    /// The kernels of this network.
    pub fn source(&self) -> Source {
        Source::new(&self.config)
    }
}

struct Packing<'a> {
    weights: &'a Weights,
    places: Allocator,
    bytes: Vec<u8>,
}

impl<'a> Packing<'a> {
    fn new(weights: &'a Weights) -> Self {
        Self {
            weights,
            places: Allocator::default(),
            bytes: Vec::new(),
        }
    }

    /// [`Weights`] holds every tensor that its config demands.
    fn values(&self, name: &str) -> &'a [f64] {
        &self.weights.tensors[name].values
    }

    fn put(&mut self, count: usize, size: usize, bytes: impl Iterator<Item = u8>) -> Fixed {
        let region = self.places.take(count, size);
        self.bytes.resize(region.offset, 0);
        self.bytes.extend(bytes);
        Fixed(region)
    }

    fn row(&mut self, values: &[f64]) -> Fixed {
        let bytes = values.iter().flat_map(|&x| (x as f32).to_le_bytes());
        self.put(values.len(), 4, bytes)
    }

    fn table(&mut self, values: &[f32]) -> Fixed {
        let bytes = values.iter().flat_map(|x| x.to_le_bytes());
        self.put(values.len(), 4, bytes)
    }

    /// Both directions of a map with these rows, one for each output.
    fn map(&mut self, rows: &[&[f64]]) -> Map {
        let inputs = rows.first().map_or(0, |row| row.len());
        let transposed: Vec<f64> = (0..inputs)
            .flat_map(|k| rows.iter().map(move |row| row[k]))
            .collect();
        Map {
            forward: self.row(&transposed),
            reverse: self.row(&rows.concat()),
        }
    }

    fn named_map(&mut self, name: &str, inputs: usize) -> Map {
        let values = self.values(&format!("{name}.weight"));
        self.map(&values.chunks_exact(inputs).collect::<Vec<_>>())
    }

    fn bias(&mut self, name: &str) -> Fixed {
        self.row(self.values(&format!("{name}.bias")))
    }

    fn norm(&mut self, name: &str) -> Norm {
        Norm {
            weight: self.row(self.values(&format!("{name}.weight"))),
            bias: self.bias(name),
        }
    }

    /// `Spacing` of `geometry.cu`.
    fn spacing(&mut self, tables: &FilterTables) -> Fixed {
        let (spacing, config) = (&tables.spacing, &self.weights.config);
        let numbers = [
            config.cutoff_upper,
            ALPHA_TIMES_CUTOFF / config.cutoff_upper,
            spacing.linear(),
            spacing.start(),
            spacing.width(),
            spacing.intervals() as f64,
            f64::from(u8::from(config.vector_cutoff)),
        ];
        self.put(
            numbers.len(),
            8,
            numbers.into_iter().flat_map(f64::to_le_bytes),
        )
    }

    fn embedding(&mut self, tables: &FilterTables) -> Embedding {
        let c = self.weights.config.channels;
        let prefix = "representation_model";
        let neighbor = format!("{prefix}.neighbor_embedding");
        let combine = self.values(&format!("{neighbor}.combine.weight"));
        let bias = self.values(&format!("{neighbor}.combine.bias"));
        let own = self.values(&format!("{prefix}.embedding.weight"));
        let rows = || combine.chunks_exact(2 * c);
        let product = |row: &[f64], own: &[f64]| -> f64 {
            // As the stored matrix has it: what is rounded once must not be used unrounded here.
            let products = row[..c].iter().zip(own);
            products.map(|(&w, a)| f64::from(w as f32) * a).sum()
        };
        let elements = own.chunks_exact(c).flat_map(|own| {
            let outputs = rows().zip(bias);
            outputs.map(move |(row, b)| product(row, own) + b)
        });
        let elements: Vec<f64> = elements.collect();
        let right: Vec<&[f64]> = rows().map(|row| &row[c..]).collect();
        Embedding {
            own: self.row(&elements),
            neighbors: self.row(self.values(&format!("{neighbor}.embedding.weight"))),
            combine: self.map(&right),
            table: self.table(&tables.embedding),
        }
    }

    fn layer(&mut self, layer: usize, table: &[f32]) -> Layer {
        let c = self.weights.config.channels;
        let name = |part: &str| format!("representation_model.attention_layers.{layer}.{part}");
        let (projections, bias) = self.projections(name);
        Layer {
            norm: self.norm(&name("layernorm")),
            projections: self.map(&projections),
            projection_bias: self.row(&bias),
            products: self.named_map(&name("vec_proj"), c),
            output: self.named_map(&name("o_proj"), c),
            output_bias: self.bias(&name("o_proj")),
            table: self.table(table),
        }
    }

    /// Rows and biases of q, k, s, b and a. In the file values are ordered by heads, within a head s, a, b.
    fn projections(&self, name: impl Fn(&str) -> String) -> (Vec<&'a [f64]>, Vec<f64>) {
        let (c, width) = (
            self.weights.config.channels,
            self.weights.config.head_width(),
        );
        let [s, a, b] = [0, 1, 2];
        let of_value = |part: usize| {
            move |channel: usize| channel / width * 3 * width + part * width + channel % width
        };
        let places = [s, b, a]
            .into_iter()
            .flat_map(|part| (0..c).map(of_value(part)));
        let mut all: Vec<(&str, usize)> = Vec::new();
        all.extend((0..c).map(|row| ("q_proj", row)));
        all.extend((0..c).map(|row| ("k_proj", row)));
        all.extend(places.map(|row| ("v_proj", row)));
        let weight = |&(map, row): &(&str, usize)| {
            let values = self.values(&name(&format!("{map}.weight")));
            &values[row * c..(row + 1) * c]
        };
        let bias = |&(map, row): &(&str, usize)| self.values(&name(&format!("{map}.bias")))[row];
        (
            all.iter().map(weight).collect(),
            all.iter().map(bias).collect(),
        )
    }

    fn readout(&mut self) -> Readout {
        let c = self.weights.config.channels;
        let half = c / 2;
        let name = |part: &str| format!("output_model.output_network.{part}");
        let [w1, w2] = ["0.vec1_proj.weight", "0.vec2_proj.weight"].map(|w| self.values(&name(w)));
        let vectors: Vec<&[f64]> = w1.chunks_exact(c).chain(w2.chunks_exact(c)).collect();
        let energy = self.values(&name("1.update_net.layers.2.weight"));
        let energy_bias = self.values(&name("1.update_net.layers.2.bias"));
        Readout {
            vectors: self.map(&vectors),
            first_hidden: self.named_map(&name("0.update_net.layers.0"), 2 * c),
            first_bias: self.bias(&name("0.update_net.layers.0")),
            gates: self.named_map(&name("0.update_net.layers.2"), c),
            gate_bias: self.bias(&name("0.update_net.layers.2")),
            second_vectors: self.named_map(&name("1.vec1_proj"), half),
            second_hidden: self.named_map(&name("1.update_net.layers.0"), 2 * half),
            second_bias: self.bias(&name("1.update_net.layers.0")),
            energy: self.row(&energy[..half]),
            energy_bias: self.row(&energy_bias[..1]),
        }
    }
}
