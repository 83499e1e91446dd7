//! Every tensor of the network: name, shape, and the value that training starts from. The one place that knows.

use super::Config;

/// How an untrained tensor begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Start {
    /// One number everywhere.
    Constant(f64),
    /// N(0, 1), as PyTorch's `Embedding`.
    Normal,
    /// U(−a, a), a = √(6 / (inputs + outputs)): Glorot & Bengio 2010, eq. (16).
    Glorot,
    /// μ_k evenly spaced in [exp(−r_c), 1]: Unke & Meuwly 2019 (PhysNet).
    RadialCentres,
    /// β_k = (2/K · (1 − exp(−r_c)))⁻²: the same paper.
    RadialWidths,
}

/// One tensor that the network needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Today's TorchMD-NET name, without the `model.` prefix.
    pub name: String,
    /// Linear maps are [outputs, inputs].
    pub shape: Vec<usize>,
    /// Value before training.
    pub start: Start,
    /// False for `mean` and `std`, which are set from the data, not learned.
    pub trainable: bool,
}

impl Entry {
    /// How many numbers.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Every tensor of a network, in a fixed order.
pub fn layout(config: &Config) -> Vec<Entry> {
    let mut table = Table(Vec::new());
    table.encoder(config);
    (0..config.layers).for_each(|layer| table.attention_layer(config, layer));
    table.norm("representation_model.out_norm", config.channels);
    table.head(config);
    for (name, value) in [("mean", 0.0), ("std", 1.0)] {
        table.add(name, &[], Start::Constant(value));
    }
    table.0
}

struct Table(Vec<Entry>);

impl Table {
    fn add(&mut self, name: impl Into<String>, shape: &[usize], start: Start) {
        self.0.push(Entry {
            name: name.into(),
            shape: shape.to_vec(),
            start,
            trainable: !shape.is_empty(),
        });
    }

    fn map(&mut self, name: &str, inputs: usize, outputs: usize) {
        self.add(format!("{name}.weight"), &[outputs, inputs], Start::Glorot);
    }

    fn map_with_bias(&mut self, name: &str, inputs: usize, outputs: usize) {
        self.map(name, inputs, outputs);
        self.add(format!("{name}.bias"), &[outputs], Start::Constant(0.0));
    }

    fn norm(&mut self, name: &str, width: usize) {
        self.add(format!("{name}.weight"), &[width], Start::Constant(1.0));
        self.add(format!("{name}.bias"), &[width], Start::Constant(0.0));
    }

    fn encoder(&mut self, config: &Config) {
        let (c, k, prefix) = (
            config.channels,
            config.radial_functions,
            "representation_model",
        );
        for part in ["embedding", "neighbor_embedding.embedding"] {
            let name = format!("{prefix}.{part}.weight");
            self.add(name, &[config.max_z, c], Start::Normal);
        }
        let radial = format!("{prefix}.distance_expansion");
        self.add(format!("{radial}.means"), &[k], Start::RadialCentres);
        self.add(format!("{radial}.betas"), &[k], Start::RadialWidths);
        let neighbors = format!("{prefix}.neighbor_embedding");
        self.map_with_bias(&format!("{neighbors}.distance_proj"), k, c);
        self.map_with_bias(&format!("{neighbors}.combine"), 2 * c, c);
    }

    fn attention_layer(&mut self, config: &Config, layer: usize) {
        let (c, k) = (config.channels, config.radial_functions);
        let prefix = format!("representation_model.attention_layers.{layer}");
        self.norm(&format!("{prefix}.layernorm"), c);
        for (part, inputs, outputs) in [
            ("q_proj", c, c),
            ("k_proj", c, c),
            ("v_proj", c, 3 * c),
            ("o_proj", c, 3 * c),
            ("dk_proj", k, c),
            ("dv_proj", k, 3 * c),
        ] {
            self.map_with_bias(&format!("{prefix}.{part}"), inputs, outputs);
        }
        self.map(&format!("{prefix}.vec_proj"), c, 3 * c);
    }

    /// Two gated blocks, C → C/2 → 1; the last map of each gives the new scalars and the gates.
    fn head(&mut self, config: &Config) {
        let half = config.channels / 2;
        for (block, inputs, outputs) in [(0, config.channels, half), (1, half, 1)] {
            let prefix = format!("output_model.output_network.{block}");
            self.map(&format!("{prefix}.vec1_proj"), inputs, inputs);
            self.map(&format!("{prefix}.vec2_proj"), inputs, outputs);
            let network = format!("{prefix}.update_net.layers");
            self.map_with_bias(&format!("{network}.0"), 2 * inputs, inputs);
            self.map_with_bias(&format!("{network}.2"), inputs, 2 * outputs);
        }
    }
}
