//! One layer of a network that is trained, forward and reverse, from the kernels of the fast path.

use super::collect::Collect;
use super::filters::FilterState;
use super::parts::part;
use crate::oreo::fused::attention::sum_heads;
use crate::oreo::fused::attention_reverse::{ReverseAttention, ReverseLogits};
use crate::oreo::fused::channels::HeadWidth;
use crate::oreo::fused::filters::{ExactAt, ExactFilters, Filters, KINDS};
use crate::oreo::fused::layer::{Layer, LayerState};
use crate::oreo::fused::matrix::Destination;
use crate::oreo::fused::memory::fit;
use crate::oreo::fused::messages::{Logits, Messages, Panel};
use crate::oreo::fused::messages_reverse::ReverseMessages;
use crate::oreo::fused::node::{to_nodes, to_rows, Node};
use crate::oreo::fused::simd::{Real, Row, Stored};
use crate::oreo::fused::update::{Add, ReverseUpdate, Update};
use crate::oreo::fused::work::{panel, vectors, vectors_mut, Batch, Work};

/// What the way back needs of the way forward, beyond [`LayerState`].
#[derive(Default)]
pub struct TrainedState<T: Real> {
    pub state: LayerState<T>,
    pub filters: FilterState<T>,
    /// Output of the norm, (B, N)
    normed: Vec<Row<T>>,
    /// (B, N)
    x_hat: Vec<Row<T>>,
    /// ∂E/∂D, (B, kinds, R)
    g_filters: Vec<Row<T>>,
}

/// vec before the layer (empty for the first) and after it, (B, 3N).
pub struct Vec3s<'a, T> {
    pub before: &'a [Row<T>],
    pub after: &'a mut [Row<T>],
}

/// Gradients on their way through a layer.
pub struct Flow<'a, T> {
    /// ∂E/∂x, (B, N), updated
    pub gx: &'a mut [Row<T>],
    /// ∂E/∂vec after the layer, (B, 3N)
    pub g_vec: &'a [Row<T>],
    /// Before it, replaced
    pub g_vec_before: &'a mut [Row<T>],
    /// ∂E/∂g, added into
    pub g_radial: &'a mut [Row<T>],
}

fn exact<W: Stored>(layer: &Layer<W>) -> &ExactFilters<W::Scalar> {
    match &layer.filters {
        Filters::Exact(exact) => exact,
        Filters::Table(_) => unreachable!("training has no tables"),
    }
}

/// x (B, N) updated.
pub fn forward<W: Stored, const TRAINS: bool>(
    layer: &Layer<W>,
    batch: &Batch<'_, W::Scalar>,
    x: &mut [Row<W::Scalar>],
    vec: Vec3s<'_, W::Scalar>,
    trained: &mut TrainedState<W::Scalar>,
    work: &mut Work<W::Scalar>,
) {
    let (team, sizes) = (&batch.team, layer.sizes(batch));
    let (panels, atoms) = (sizes.panels, sizes.atoms);
    trained.state.fit(&sizes);
    (trained.filters).fill::<TRAINS>(team, exact(layer), &work.radial);
    let state = &mut trained.state;
    let normed = fit(&mut trained.normed, panels * atoms);
    let normalized = &mut state.normalized[..panels * atoms];
    (layer.norm).forward(team, x, normalized, &mut state.scales[..atoms], normed);
    let projections = fit(&mut work.projections, panels * sizes.projections);
    (layer.projections).forward(team, normed, &layer.projection_bias, projections);
    let nodes = state.nodes.fit(panels * atoms);
    to_nodes(team, atoms, projections, nodes);
    if let Some(products) = &layer.products {
        let to = &mut state.products[..panels * sizes.products];
        products.forward(team, vec.before, &[], to);
    }
    let logits = &mut state.logits[..panels * sizes.weights];
    for (at, logits) in logits.chunks_mut(sizes.weights).enumerate() {
        let zero = trained.filters.at_zero::<KINDS>(at);
        let panel = of_panel(batch, nodes, vec.before, trained.filters.at(at), &zero, at);
        team.run(Logits { panel, logits });
    }
    let together = layer.head_width.panels();
    for head in logits.chunks_mut(together * sizes.weights) {
        sum_heads(layer.head_width, head);
    }
    let x_hat = fit(&mut trained.x_hat, panels * atoms);
    for at in 0..panels {
        let (zero, work) = (trained.filters.at_zero::<KINDS>(at), &mut work.panels[at]);
        work.activate(team, panel(logits, at, sizes.weights));
        team.run(Messages {
            panel: of_panel(batch, nodes, vec.before, trained.filters.at(at), &zero, at),
            attention: &work.attention[..sizes.weights],
            x_hat: &mut x_hat[at * atoms..(at + 1) * atoms],
            v_hat: vectors_mut(&mut vec.after[at * 3 * atoms..(at + 1) * 3 * atoms]),
        });
    }
    let outputs = &mut state.outputs[..panels * sizes.outputs];
    (layer.output).forward(team, x_hat, &layer.output_bias, outputs);
    let chunks = x.chunks_mut(atoms).zip(vec.after.chunks_mut(3 * atoms));
    for (at, (x, next_vec)) in chunks.enumerate() {
        let outputs = panel(outputs, at, sizes.outputs);
        match layer.products {
            None => team.run(Add { outputs, x }),
            Some(_) => team.run(Update {
                products: panel(&state.products, at, sizes.products),
                outputs,
                vec: panel(vec.before, at, 3 * atoms),
                x,
                next_vec,
            }),
        }
    }
}

/// `part` is where the layer's weights begin.
pub fn reverse<W: Stored, C: Collect<W::Scalar>>(
    layer: &Layer<W>,
    batch: &Batch<'_, W::Scalar>,
    vec: &[Row<W::Scalar>],
    trained: &mut TrainedState<W::Scalar>,
    flow: Flow<'_, W::Scalar>,
    work: &mut Work<W::Scalar>,
    (part, collect): (usize, &mut C),
) {
    let (team, sizes) = (&batch.team, layer.sizes(batch));
    let (panels, atoms) = (sizes.panels, sizes.atoms);
    let g_x_hat = fit(&mut work.x_hat, panels * atoms);
    let g_products = fit(&mut work.g_products, panels * sizes.products);
    let x_hat = &trained.x_hat[..panels * atoms];
    let output = part + part::OUTPUT;
    if layer.products.is_some() {
        let g_outputs = fit(&mut work.g_outputs, panels * sizes.outputs);
        let memory = g_products.chunks_mut(sizes.products);
        for (at, (g_products, g_outputs)) in
            memory.zip(g_outputs.chunks_mut(sizes.outputs)).enumerate()
        {
            team.run(ReverseUpdate {
                products: panel(&trained.state.products, at, sizes.products),
                outputs: panel(&trained.state.outputs, at, sizes.outputs),
                gx: panel(flow.gx, at, atoms),
                g_vec: panel(flow.g_vec, at, 3 * atoms),
                g_products,
                g_outputs,
            });
        }
        collect.matrix_and_bias(team, output, g_outputs, x_hat);
        (layer.output).reverse(team, g_outputs, Destination::Replace, g_x_hat);
        flow.g_vec_before.copy_from_slice(flow.g_vec);
    } else {
        collect.matrix_and_bias(team, output, flow.gx, x_hat);
        (layer.output).reverse(team, flow.gx, Destination::Replace, g_x_hat);
    }
    reverse_messages::<W, C>(
        layer,
        batch,
        vec,
        trained,
        flow.g_vec,
        flow.g_vec_before,
        work,
    );
    if let Some(products) = &layer.products {
        let g_products = &work.g_products[..panels * sizes.products];
        collect.matrix(team, part + part::PRODUCTS, g_products, vec);
        products.reverse(team, g_products, Destination::Add, flow.g_vec_before);
    }
    let g_projections = fit(&mut work.projections, panels * sizes.projections);
    to_rows(team, atoms, work.g_nodes.get(panels * atoms), g_projections);
    let normed = &trained.normed[..panels * atoms];
    collect.matrix_and_bias(team, part + part::PROJECTIONS, g_projections, normed);
    let g_normed = fit(&mut work.normed, panels * atoms);
    (layer.projections).reverse(team, g_projections, Destination::Replace, g_normed);
    let normalized = &trained.state.normalized[..panels * atoms];
    collect.norm(part + part::NORM, g_normed, normalized);
    let scales = &trained.state.scales[..atoms];
    (layer.norm).reverse(team, normalized, scales, g_normed, flow.gx);
    if C::TRAINS {
        trained.filters.reverse(
            team,
            exact(layer),
            &work.radial,
            part + part::FILTERS,
            &mut trained.g_filters,
            (flow.g_radial, collect),
        );
    }
}

fn reverse_messages<W: Stored, C: Collect<W::Scalar>>(
    layer: &Layer<W>,
    batch: &Batch<'_, W::Scalar>,
    vec: &[Row<W::Scalar>],
    trained: &mut TrainedState<W::Scalar>,
    g_vec: &[Row<W::Scalar>],
    g_vec_before: &mut [Row<W::Scalar>],
    work: &mut Work<W::Scalar>,
) {
    let (team, sizes) = (&batch.team, layer.sizes(batch));
    let (panels, atoms, weights) = (sizes.panels, sizes.atoms, sizes.weights);
    let of_filters = match C::TRAINS {
        true => trained.filters.panel_rows(),
        false => 0,
    };
    // Exactly as long as needed: `reverse` passes it on as it is.
    trained
        .g_filters
        .resize(panels * of_filters, Row::default());
    trained.g_filters.fill(Row::default());
    let g_nodes = work.g_nodes.fit(panels * atoms);
    g_nodes.fill(Node::default());
    let g_attention = fit(&mut work.g_attention, panels * weights);
    let g_x_hat = &work.x_hat[..panels * atoms];
    let nodes = trained.state.nodes.get(panels * atoms);
    let logits = &trained.state.logits[..panels * weights];
    for at in 0..panels {
        let zero = trained.filters.at_zero::<KINDS>(at);
        let work = &mut work.panels[at];
        work.activate(team, panel(logits, at, weights));
        team.run(ReverseMessages {
            panel: of_panel(batch, nodes, vec, trained.filters.at(at), &zero, at),
            attention: &work.attention[..weights],
            g_x_hat: panel(g_x_hat, at, atoms),
            g_v_hat: vectors(panel(g_vec, at, 3 * atoms)),
            g_nodes: &mut g_nodes[at * atoms..(at + 1) * atoms],
            g_vec: vectors_mut(&mut g_vec_before[at * 3 * atoms..(at + 1) * 3 * atoms]),
            g_attention: &mut g_attention[at * weights..(at + 1) * weights],
            g_pairs: &mut work.g_pairs,
            g_filters: &mut trained.g_filters[at * of_filters..(at + 1) * of_filters],
        });
    }
    let together = layer.head_width.panels();
    for head in g_attention.chunks_mut(together * weights) {
        sum_heads(layer.head_width, head);
    }
    for at in 0..panels {
        let zero = trained.filters.at_zero::<KINDS>(at);
        let work = &mut work.panels[at];
        let g_attention = &mut g_attention[at * weights..(at + 1) * weights];
        ReverseAttention {
            pairs: batch.pairs,
            attention: &work.attention,
            slopes: &work.slopes,
            gradients: g_attention,
            counted: match layer.head_width {
                HeadWidth::HalfPanel => &[0, 1, 2, 3],
                HeadWidth::Panels(_) if at % together == 0 => &[0, 2],
                HeadWidth::Panels(_) => &[],
            },
            g_cutoffs: &mut work.g_cutoffs,
        }
        .run();
        let keys = of_filters.min(batch.pairs.len() + 1);
        team.run(ReverseLogits {
            panel: of_panel(batch, nodes, vec, trained.filters.at(at), &zero, at),
            g_logits: g_attention,
            g_nodes: &mut g_nodes[at * atoms..(at + 1) * atoms],
            g_pairs: &mut work.g_pairs,
            g_filters: &mut trained.g_filters[at * of_filters..][..keys],
        });
    }
}

/// What the kernels of panel `at` read.
fn of_panel<'a, T: Real>(
    batch: &Batch<'a, T>,
    nodes: &'a [Node<T>],
    vec: &'a [Row<T>],
    filters: ExactAt<'a, T>,
    self_filters: &'a [Row<T>],
    at: usize,
) -> Panel<'a, T, ExactAt<'a, T>> {
    Panel {
        pairs: batch.pairs,
        filters,
        self_filters,
        nodes: panel(nodes, at, batch.atoms),
        vec: match vec.is_empty() {
            true => &[],
            false => vectors(panel(vec, at, 3 * batch.atoms)),
        },
    }
}
