//! One layer, forward: norm → projections and vector products → messages → output → update.

use super::attention::sum_heads;
use super::filters::{FilterAt, FiltersNow, KINDS};
use super::layer::{Layer, LayerState, Sizes};
use super::memory::fit;
use super::messages::{Logits, Messages, Panel};
use super::node::{to_nodes, Node};
use super::simd::{Real, Row, Stored};
use super::update::{Add, Update};
use super::work::{panel, vectors, vectors_mut, Batch, PanelWork, Work};

/// vec, (B, 3N)
pub struct Vectors<'a, T> {
    /// Before the layer; empty for the first.
    pub before: &'a [Row<T>],
    /// After the layer, replaced.
    pub after: &'a mut [Row<T>],
}

/// What the heads of a layer read.
struct Inputs<'a, T: Real> {
    nodes: &'a [Node<T>],
    vec: &'a [Row<T>],
    filters: FiltersNow<'a, T, KINDS>,
}

/// What the panels of one head write.
struct Outputs<'a, T> {
    x_hat: &'a mut [Row<T>],
    v_hat: &'a mut [Row<T>],
    logits: &'a mut [Row<T>],
    work: &'a mut [PanelWork<T>],
}

impl<W: Stored> Layer<W> {
    /// x (B, N) updated.
    pub fn forward(
        &self,
        batch: &Batch<'_, W::Scalar>,
        x: &mut [Row<W::Scalar>],
        vectors: Vectors<'_, W::Scalar>,
        state: &mut LayerState<W::Scalar>,
        work: &mut Work<W::Scalar>,
    ) {
        let (team, sizes) = (&batch.team, self.sizes(batch));
        let (panels, atoms) = (sizes.panels, sizes.atoms);
        state.fit(&sizes);
        let normed = fit(&mut work.normed, panels * atoms);
        let normalized = &mut state.normalized[..panels * atoms];
        self.norm
            .forward(team, x, normalized, &mut state.scales[..atoms], normed);
        let projections = fit(&mut work.projections, panels * sizes.projections);
        self.projections
            .forward(team, normed, &self.projection_bias, projections);
        let nodes = state.nodes.fit(panels * atoms);
        to_nodes(team, atoms, projections, nodes);
        if let Some(products) = &self.products {
            products.forward(
                team,
                vectors.before,
                &[],
                &mut state.products[..panels * sizes.products],
            );
        }
        let x_hat = fit(&mut work.x_hat, panels * atoms);
        let inputs = Inputs {
            nodes,
            vec: vectors.before,
            filters: self.filters.now(team, &work.radial, &mut work.filters),
        };
        let logits = &mut state.logits[..panels * sizes.weights];
        let together = self.head_width.panels();
        team.for_each_4(
            (x_hat, together * atoms),
            (&mut *vectors.after, together * 3 * atoms),
            (logits, together * sizes.weights),
            (&mut work.panels, together),
            |head, x_hat, v_hat, logits, work| {
                let outputs = Outputs {
                    x_hat,
                    v_hat,
                    logits,
                    work,
                };
                self.head_forward(batch, &sizes, head * together, &inputs, outputs);
            },
        );
        let outputs = &mut state.outputs[..panels * sizes.outputs];
        self.output.forward(team, x_hat, &self.output_bias, outputs);
        self.update(batch, &sizes, x, vectors, state);
    }

    /// The panels of one head (or the one panel of two heads), beginning with `first`.
    fn head_forward(
        &self,
        batch: &Batch<'_, W::Scalar>,
        sizes: &Sizes,
        first: usize,
        inputs: &Inputs<'_, W::Scalar>,
        outputs: Outputs<'_, W::Scalar>,
    ) {
        match &inputs.filters {
            FiltersNow::Table(table) => {
                let at = |panel| self.panel(batch, sizes, inputs, table.at(panel), panel);
                head_forward(batch, sizes, self, first, at, outputs);
            }
            FiltersNow::Exact(exact) => {
                let at = |panel| self.panel(batch, sizes, inputs, exact.at(panel), panel);
                head_forward(batch, sizes, self, first, at, outputs);
            }
        }
    }

    fn panel<'a, F>(
        &'a self,
        batch: &Batch<'a, W::Scalar>,
        sizes: &Sizes,
        inputs: &Inputs<'a, W::Scalar>,
        filters: F,
        at: usize,
    ) -> Panel<'a, W::Scalar, F> {
        self.panel_of(batch, sizes, inputs.nodes, inputs.vec, filters, at)
    }

    /// What the kernels of panel `at` read.
    pub(super) fn panel_of<'a, F>(
        &'a self,
        batch: &Batch<'a, W::Scalar>,
        sizes: &Sizes,
        nodes: &'a [Node<W::Scalar>],
        vec: &'a [Row<W::Scalar>],
        filters: F,
        at: usize,
    ) -> Panel<'a, W::Scalar, F> {
        Panel {
            pairs: batch.pairs,
            filters,
            self_filters: self.self_filters(at),
            nodes: panel(nodes, at, sizes.atoms),
            vec: match self.products {
                None => &[],
                Some(_) => vectors(panel(vec, at, 3 * sizes.atoms)),
            },
        }
    }

    fn update(
        &self,
        batch: &Batch<'_, W::Scalar>,
        sizes: &Sizes,
        x: &mut [Row<W::Scalar>],
        vectors: Vectors<'_, W::Scalar>,
        state: &LayerState<W::Scalar>,
    ) {
        let (team, atoms) = (&batch.team, sizes.atoms);
        let (before, after) = (vectors.before, vectors.after);
        team.for_each_2((x, atoms), (after, 3 * atoms), |at, x, next_vec| {
            let outputs = panel(&state.outputs, at, sizes.outputs);
            match self.products {
                None => team.run(Add { outputs, x }),
                Some(_) => team.run(Update {
                    products: panel(&state.products, at, sizes.products),
                    outputs,
                    vec: panel(before, at, 3 * atoms),
                    x,
                    next_vec,
                }),
            }
        });
    }
}

fn head_forward<'a, W: Stored, F: FilterAt<W::Scalar>>(
    batch: &Batch<'_, W::Scalar>,
    sizes: &Sizes,
    layer: &Layer<W>,
    first: usize,
    at: impl Fn(usize) -> Panel<'a, W::Scalar, F>,
    outputs: Outputs<'_, W::Scalar>,
) {
    let team = &batch.team;
    let Outputs {
        x_hat,
        v_hat,
        logits,
        work,
    } = outputs;
    for (n, logits) in logits.chunks_mut(sizes.weights).enumerate() {
        let panel = at(first + n);
        team.run(Logits { panel, logits });
    }
    sum_heads(layer.head_width, logits);
    let memory = x_hat
        .chunks_mut(sizes.atoms)
        .zip(v_hat.chunks_mut(3 * sizes.atoms))
        .zip(logits.chunks(sizes.weights).zip(work));
    for (n, ((x_hat, v_hat), (logits, work))) in memory.enumerate() {
        work.activate(team, logits);
        team.run(Messages {
            panel: at(first + n),
            attention: &work.attention[..sizes.weights],
            x_hat,
            v_hat: vectors_mut(v_hat),
        });
    }
}
