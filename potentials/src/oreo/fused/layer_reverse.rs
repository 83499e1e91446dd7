//! One layer, reverse: update → output → messages → vector products and projections → norm.

use super::attention::sum_heads;
use super::attention_reverse::{ReverseAttention, ReverseLogits};
use super::channels::HeadWidth;
use super::filters::{FilterAt, FiltersNow};
use super::layer::{Layer, LayerState, Sizes};
use super::matrix::Destination;
use super::memory::fit;
use super::messages::Panel;
use super::messages_reverse::ReverseMessages;
use super::node::{to_rows, Node};
use super::simd::{Real, Row, Stored};
use super::update::ReverseUpdate;
use super::work::{panel, vectors, vectors_mut, Batch, PanelWork, Work};

/// ∂E/∂ of what a layer gives out, which becomes ∂E/∂ of what it takes in.
pub struct Gradients<'a, T> {
    /// ∂E/∂x, (B, N), updated
    pub x: &'a mut [Row<T>],
    /// ∂E/∂vec after the layer, (B, 3N)
    pub vec: &'a [Row<T>],
    /// ∂E/∂vec before the layer, (B, 3N), replaced; not used for the first
    pub vec_before: &'a mut [Row<T>],
}

/// What the panels of one head write.
struct Outputs<'a, T: Real> {
    g_nodes: &'a mut [Node<T>],
    g_vec: &'a mut [Row<T>],
    g_attention: &'a mut [Row<T>],
    work: &'a mut [PanelWork<T>],
}

impl<W: Stored> Layer<W> {
    /// vec (B, 3N) before the layer, empty for the first. The gradients by distances and directions go to `work.panels`.
    pub fn reverse(
        &self,
        batch: &Batch<'_, W::Scalar>,
        vec: &[Row<W::Scalar>],
        state: &LayerState<W::Scalar>,
        gradients: Gradients<'_, W::Scalar>,
        work: &mut Work<W::Scalar>,
    ) {
        let (team, sizes) = (&batch.team, self.sizes(batch));
        let (panels, atoms) = (sizes.panels, sizes.atoms);
        let g_products = fit(&mut work.g_products, panels * sizes.products);
        let g_x_hat = fit(&mut work.x_hat, panels * atoms);
        match self.products {
            None => self
                .output
                .reverse(team, gradients.x, Destination::Replace, g_x_hat),
            Some(_) => {
                let g_outputs = fit(&mut work.g_outputs, panels * sizes.outputs);
                self.reverse_update(batch, &sizes, state, &gradients, g_products, g_outputs);
                self.output
                    .reverse(team, g_outputs, Destination::Replace, g_x_hat);
            }
        }
        let g_nodes = work.g_nodes.fit(panels * atoms);
        let filters = self.filters.now(team, &work.radial, &mut work.filters);
        let together = self.head_width.panels();
        let g_attention = fit(&mut work.g_attention, panels * sizes.weights);
        team.for_each_4(
            (&mut *g_nodes, together * atoms),
            (&mut *gradients.vec_before, together * 3 * atoms),
            (g_attention, together * sizes.weights),
            (&mut work.panels, together),
            |head, g_nodes, g_vec, g_attention, work| {
                let outputs = Outputs {
                    g_nodes,
                    g_vec,
                    g_attention,
                    work,
                };
                let first = head * together;
                let nodes = state.nodes.get(panels * atoms);
                let head = Head {
                    layer: self,
                    batch,
                    sizes: &sizes,
                    first,
                    g_x_hat: &*g_x_hat,
                    g_v_hat: gradients.vec,
                    logits: &state.logits,
                };
                match &filters {
                    FiltersNow::Table(table) => {
                        head.reverse(
                            |at| self.panel_of(batch, &sizes, nodes, vec, table.at(at), at),
                            outputs,
                        );
                    }
                    FiltersNow::Exact(exact) => {
                        head.reverse(
                            |at| self.panel_of(batch, &sizes, nodes, vec, exact.at(at), at),
                            outputs,
                        );
                    }
                }
            },
        );
        if let Some(products) = &self.products {
            products.reverse(team, g_products, Destination::Add, gradients.vec_before);
        }
        let g_projections = fit(&mut work.projections, panels * sizes.projections);
        to_rows(team, atoms, g_nodes, g_projections);
        let g_normed = fit(&mut work.normed, panels * atoms);
        self.projections
            .reverse(team, g_projections, Destination::Replace, g_normed);
        let normalized = &state.normalized[..panels * atoms];
        self.norm.reverse(
            team,
            normalized,
            &state.scales[..atoms],
            g_normed,
            gradients.x,
        );
    }

    fn reverse_update(
        &self,
        batch: &Batch<'_, W::Scalar>,
        sizes: &Sizes,
        state: &LayerState<W::Scalar>,
        gradients: &Gradients<'_, W::Scalar>,
        g_products: &mut [Row<W::Scalar>],
        g_outputs: &mut [Row<W::Scalar>],
    ) {
        let team = &batch.team;
        team.for_each_2(
            (g_products, sizes.products),
            (g_outputs, sizes.outputs),
            |at, g_products, g_outputs| {
                team.run(ReverseUpdate {
                    products: panel(&state.products, at, sizes.products),
                    outputs: panel(&state.outputs, at, sizes.outputs),
                    gx: panel(gradients.x, at, sizes.atoms),
                    g_vec: panel(gradients.vec, at, 3 * sizes.atoms),
                    g_products,
                    g_outputs,
                });
            },
        );
    }
}

/// The panels of one head (or the one panel of two heads), beginning with `first`.
struct Head<'a, W: Stored> {
    layer: &'a Layer<W>,
    batch: &'a Batch<'a, W::Scalar>,
    sizes: &'a Sizes,
    first: usize,
    /// ∂E/∂x̂, (B, N)
    g_x_hat: &'a [Row<W::Scalar>],
    /// ∂E/∂v̂, (B, 3N)
    g_v_hat: &'a [Row<W::Scalar>],
    /// (B, weight rows)
    logits: &'a [Row<W::Scalar>],
}

impl<W: Stored> Head<'_, W> {
    fn reverse<'p, F: FilterAt<W::Scalar>>(
        &self,
        at: impl Fn(usize) -> Panel<'p, W::Scalar, F>,
        outputs: Outputs<'_, W::Scalar>,
    ) {
        let Outputs {
            g_nodes,
            g_vec,
            g_attention,
            work,
        } = outputs;
        let (team, atoms, weights) = (&self.batch.team, self.sizes.atoms, self.sizes.weights);
        let memory = g_nodes
            .chunks_mut(atoms)
            .zip(g_vec.chunks_mut(3 * atoms))
            .zip(g_attention.chunks_mut(weights).zip(&mut *work));
        for (n, ((g_nodes, g_vec), (g_attention, work))) in memory.enumerate() {
            let here = self.first + n;
            let g_v_hat = panel(self.g_v_hat, here, 3 * atoms);
            // Here rather than for all panels at once: the memory stays in the cache until it is added to.
            g_nodes.fill(Node::default());
            g_vec.copy_from_slice(g_v_hat);
            work.activate(team, panel(self.logits, here, weights));
            team.run(ReverseMessages {
                panel: at(here),
                attention: &work.attention[..weights],
                g_x_hat: panel(self.g_x_hat, here, atoms),
                g_v_hat: vectors(g_v_hat),
                g_nodes,
                g_vec: vectors_mut(g_vec),
                g_attention,
                g_pairs: &mut work.g_pairs,
                g_filters: &mut [],
            });
        }
        sum_heads(self.layer.head_width, g_attention);
        let memory = g_nodes
            .chunks_mut(atoms)
            .zip(g_attention.chunks_mut(weights).zip(work));
        for (n, (g_nodes, (g_attention, work))) in memory.enumerate() {
            self.reverse_attention(n, g_attention, work);
            team.run(ReverseLogits {
                panel: at(self.first + n),
                g_logits: g_attention,
                g_nodes,
                g_pairs: &mut work.g_pairs,
                g_filters: &mut [],
            });
        }
    }

    /// ∂E/∂l from ∂E/∂(a c) in panel `n` of the head.
    fn reverse_attention(
        &self,
        n: usize,
        gradients: &mut [Row<W::Scalar>],
        work: &mut PanelWork<W::Scalar>,
    ) {
        ReverseAttention {
            pairs: self.batch.pairs,
            attention: &work.attention,
            slopes: &work.slopes,
            gradients,
            counted: match self.layer.head_width {
                HeadWidth::HalfPanel => &[0, 1, 2, 3],
                HeadWidth::Panels(_) if n == 0 => &[0, 2],
                HeadWidth::Panels(_) => &[],
            },
            g_cutoffs: &mut work.g_cutoffs,
        }
        .run();
    }
}
