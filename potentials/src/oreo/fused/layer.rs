//! One layer of equivariant attention: its weights. Thölke & De Fabritiis 2022, §2.2. Forward and reverse are in
//! `layer_forward.rs` and `layer_reverse.rs`.
//!
//! The first layer meets vec = 0: it has no vector products, no values that pass vectors on, and of the outputs only o3.

use super::channels::{Channels, HeadWidth};
use super::filters::{Filters, KINDS};
use super::matrix::Matrix;
use super::memory::{fit, Placed};
use super::node::Node;
use super::norm::LayerNorm;
use super::packing::{bias, matrix, Outputs, Source};
use super::simd::{Real, Row, Stored};
use super::work::Batch;
use crate::oreo::Config;

/// `attention_layers.ℓ`
pub struct Layer<W: Stored> {
    pub(super) head_width: HeadWidth,
    pub(super) norm: LayerNorm<W::Scalar>,
    /// q, k, s, b and (not in the first layer) a: outputs (panels, kinds)
    pub(super) projections: Matrix<W>,
    pub(super) projection_bias: Vec<Row<W::Scalar>>,
    /// v1, v2, v3: outputs (panels, 3); `None` in the first layer
    pub(super) products: Option<Matrix<W>>,
    /// o1, o2, o3: outputs (panels, 3); in the first layer o3 alone
    pub(super) output: Matrix<W>,
    pub(super) output_bias: Vec<Row<W::Scalar>>,
    /// D(r), (panels, kinds)
    pub(super) filters: Filters<W::Scalar, KINDS>,
    /// D(0), (panels, kinds)
    pub(super) self_filters: Vec<Row<W::Scalar>>,
}

/// What the way back needs of the way forward. B panels, N atoms.
#[derive(Default)]
pub struct LayerState<T: Real> {
    /// y of the norm, (B, N)
    pub normalized: Vec<Row<T>>,
    /// 1/√(variance + ε), (N)
    pub scales: Vec<T>,
    /// q, k, s, b, a, (B, N)
    pub nodes: Placed<Node<T>>,
    /// v1, v2, v3, (B, 3, 3N)
    pub products: Vec<Row<T>>,
    /// l, (B, weight rows)
    pub logits: Vec<Row<T>>,
    /// o1, o2, o3, (B, 3, N)
    pub outputs: Vec<Row<T>>,
}

/// Rows of one panel in each of the buffers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub panels: usize,
    pub atoms: usize,
    pub projections: usize,
    pub products: usize,
    pub weights: usize,
    pub outputs: usize,
}

impl<W: Stored> Layer<W> {
    /// Below `representation_model.attention_layers.ℓ`; `filters` and `self_filters` (panels, kinds) in the order of
    /// `filters/mod.rs`.
    pub fn new(
        source: &Source<'_>,
        channels: &Channels,
        config: &Config,
        filters: Filters<W::Scalar, KINDS>,
        self_filters: Vec<Row<W::Scalar>>,
        first: bool,
    ) -> Self {
        let c = config.channels;
        let projections = projections(source, channels, config, first);
        let thirds = |map: &str, parts: &[usize]| {
            by_panel(channels, parts, |channels, &part| {
                source.outputs(map, c, channels, |channel| part * c + channel)
            })
        };
        let all = [0, 1, 2];
        let output = thirds("o_proj", if first { &all[2..] } else { &all });
        Self {
            head_width: HeadWidth::of(config),
            norm: LayerNorm::new(&source.at("layernorm"), channels),
            projections: matrix(&projections, channels),
            projection_bias: bias(&projections),
            products: (!first).then(|| matrix(&thirds("vec_proj", &all), channels)),
            output: matrix(&output, channels),
            output_bias: bias(&output),
            filters,
            self_filters,
        }
    }

    pub(super) fn sizes<T>(&self, batch: &Batch<'_, T>) -> Sizes {
        let (panels, atoms) = (self.projections.inputs(), batch.atoms);
        Sizes {
            panels,
            atoms,
            projections: self.projections.outputs() / panels * atoms,
            products: (self.products.as_ref()).map_or(0, |m| m.outputs() / panels * 3 * atoms),
            weights: batch.weight_rows(),
            outputs: self.output.outputs() / panels * atoms,
        }
    }

    pub(super) fn self_filters(&self, panel: usize) -> &[Row<W::Scalar>] {
        let kinds = self.self_filters.len() / self.projections.inputs();
        &self.self_filters[panel * kinds..(panel + 1) * kinds]
    }
}

impl<T: Real> LayerState<T> {
    pub(super) fn fit(&mut self, sizes: &Sizes) {
        let Sizes { panels, atoms, .. } = *sizes;
        fit(&mut self.normalized, panels * atoms);
        fit(&mut self.scales, atoms);
        self.nodes.fit(panels * atoms);
        fit(&mut self.products, panels * sizes.products);
        fit(&mut self.logits, panels * sizes.weights);
        fit(&mut self.outputs, panels * sizes.outputs);
    }
}

/// For each panel all its parts.
pub fn by_panel<'a, P>(
    channels: &Channels,
    parts: &[P],
    outputs: impl Fn(&[Option<usize>], &P) -> Outputs<'a>,
) -> Vec<Outputs<'a>> {
    (0..channels.panels())
        .flat_map(|panel| parts.iter().map(move |part| (panel, part)))
        .map(|(panel, part)| outputs(channels.panel(panel), part))
        .collect()
}

/// A part of `v_proj` or `dv_proj`: within the rows of each head first s, then a, then b.
pub fn value_row(config: &Config, part: usize) -> impl Fn(usize) -> usize {
    let width = config.head_width();
    move |channel| channel / width * 3 * width + part * width + channel % width
}

/// Parts of the values in the file.
pub const S: usize = 0;
/// For vectors that are passed on.
pub const A: usize = 1;
/// Along û.
pub const B: usize = 2;

fn projections<'a>(
    source: &Source<'a>,
    channels: &Channels,
    config: &Config,
    first: bool,
) -> Vec<Outputs<'a>> {
    let all = [
        ("q_proj", None),
        ("k_proj", None),
        ("v_proj", Some(S)),
        ("v_proj", Some(B)),
        ("v_proj", Some(A)),
    ];
    let kinds = if first { &all[..4] } else { &all };
    by_panel(channels, kinds, |channels, &(map, part)| match part {
        None => source.outputs(map, config.channels, channels, |channel| channel),
        Some(part) => source.outputs(map, config.channels, channels, value_row(config, part)),
    })
}
