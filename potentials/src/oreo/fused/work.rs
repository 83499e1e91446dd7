//! Memory that layers share, and what a batch is to them. Sized by the largest batch so far; nothing else is allocated.

use super::attention::{weight_rows, Activate};
use super::filters::Radial;
use super::memory::{fit, Placed};
use super::node::Node;
use super::pairs::Pair;
use super::simd::{Real, Row};
use super::team::Team;

/// What every stage needs to know.
#[derive(Clone, Copy)]
pub struct Batch<'a, T> {
    /// Who works.
    pub team: Team,
    /// (P)
    pub pairs: &'a [Pair<T>],
    /// N
    pub atoms: usize,
}

impl<T> Batch<'_, T> {
    /// Rows of attention weights of one panel.
    pub fn weight_rows(&self) -> usize {
        weight_rows(self.pairs.len() + self.atoms)
    }
}

/// The part of some panels' rows (or nodes, or vectors) that belongs to one of them.
pub fn panel<A>(rows: &[A], panel: usize, size: usize) -> &[A] {
    &rows[panel * size..(panel + 1) * size]
}

/// Used by one layer after the other. B panels of channels.
pub struct Work<T: Real> {
    /// Output of a norm, and its gradient, (B, N)
    pub normed: Vec<Row<T>>,
    /// x̂, and its gradient, (B, N)
    pub x_hat: Vec<Row<T>>,
    /// q, k, s, b, a, and their gradients, (B, kinds, N)
    pub projections: Vec<Row<T>>,
    /// The gradients by nodes, (B, N)
    pub g_nodes: Placed<Node<T>>,
    /// ∂E/∂(v1, v2, v3), (B, 3, 3N)
    pub g_products: Vec<Row<T>>,
    /// ∂E/∂(o1, o2, o3), (B, 3, N)
    pub g_outputs: Vec<Row<T>>,
    /// ∂E/∂(a c), then ∂E/∂l, (B, weight rows)
    pub g_attention: Vec<Row<T>>,
    /// Radial functions of all pairs; filled for exact filters only.
    pub radial: Radial<T>,
    /// D and its slope, (B, kinds, P); for exact filters only
    pub filters: [Vec<Row<T>>; 2],
    /// (B)
    pub panels: Vec<PanelWork<T>>,
}

/// Of one panel.
#[derive(Clone, Default)]
pub struct PanelWork<T> {
    /// silu(l), see `attention.rs`
    pub attention: Vec<Row<T>>,
    /// silu′(l)
    pub slopes: Vec<Row<T>>,
    /// ∂E/∂t and ∂E/∂û, added up over the layers, (P)
    pub g_pairs: Vec<[T; 4]>,
    /// ∂E/∂c where c multiplies the attention, added up over the layers, (P)
    pub g_cutoffs: Vec<T>,
}

impl<T: Real> Work<T> {
    /// For networks of so many panels.
    pub fn new(panels: usize) -> Self {
        Self {
            normed: Vec::new(),
            x_hat: Vec::new(),
            projections: Vec::new(),
            g_nodes: Placed::at(1920),
            g_products: Vec::new(),
            g_outputs: Vec::new(),
            g_attention: Vec::new(),
            radial: Radial::default(),
            filters: [Vec::new(), Vec::new()],
            panels: vec![PanelWork::default(); panels],
        }
    }

    /// Room for the pairs of this batch, their gradients at 0.
    pub fn begin(&mut self, batch: &Batch<'_, T>) {
        for panel in &mut self.panels {
            fit(&mut panel.attention, batch.weight_rows());
            fit(&mut panel.slopes, batch.weight_rows());
            fit(&mut panel.g_pairs, batch.pairs.len()).fill([T::default(); 4]);
            fit(&mut panel.g_cutoffs, batch.pairs.len()).fill(T::default());
        }
    }
}

impl<T: Real> PanelWork<T> {
    /// `attention` and `slopes` from l.
    pub fn activate(&mut self, team: &Team, logits: &[Row<T>]) {
        team.run(Activate {
            logits,
            attention: &mut self.attention[..logits.len()],
            slopes: &mut self.slopes[..logits.len()],
        });
    }
}

/// (N, 3) rows as N vectors.
pub fn vectors<T>(rows: &[Row<T>]) -> &[[Row<T>; 3]] {
    rows.as_chunks().0
}

/// The same, to be written.
pub fn vectors_mut<T>(rows: &mut [Row<T>]) -> &mut [[Row<T>; 3]] {
    rows.as_chunks_mut().0
}
