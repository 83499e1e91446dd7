//! One layer of a network that is trained, forward and reverse, from the kernels of the fast path.

use super::filters::FilterState;
use super::modes::{Map, Mode};
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
use crate::oreo::fused::simd::{Plain, Real, Row};
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

/// The products of a layer.
struct Maps<'a, P> {
    projections: Map<'a, P>,
    products: Option<Map<'a, P>>,
    output: Map<'a, P>,
}

impl<'a, P: Plain> Maps<'a, P> {
    fn of(layer: &'a Layer<P>, part: usize) -> Self {
        let map = |matrix, bias, of_layer| Map {
            matrix,
            bias,
            part: part + of_layer,
        };
        let products = layer.products.as_ref();
        Self {
            projections: map(
                &layer.projections,
                &layer.projection_bias,
                part::PROJECTIONS,
            ),
            products: products.map(|matrix| map(matrix, &[], part::PRODUCTS)),
            output: map(&layer.output, &layer.output_bias, part::OUTPUT),
        }
    }
}

fn exact<P: Plain>(layer: &Layer<P>) -> &ExactFilters<P> {
    match &layer.filters {
        Filters::Exact(exact) => exact,
        Filters::Table(_) => unreachable!("training has no tables"),
    }
}

/// x (B, N) updated. `part` is where the layer's weights begin.
pub fn forward<T: Real, M: Mode<T>>(
    layer: &Layer<T::Plain>,
    batch: &Batch<'_, T>,
    x: &mut [Row<T>],
    vec: Vec3s<'_, T>,
    trained: &mut TrainedState<T>,
    work: &mut Work<T>,
    (part, mode): (usize, &mut M),
) {
    let (team, sizes) = (&batch.team, layer.sizes(batch));
    let (panels, atoms) = (sizes.panels, sizes.atoms);
    trained.state.fit(&sizes);
    (trained.filters).fill(team, exact(layer), &work.radial, mode);
    let maps = Maps::of(layer, part);
    let state = &mut trained.state;
    let normed = fit(&mut trained.normed, panels * atoms);
    let normalized = &mut state.normalized[..panels * atoms];
    (layer.norm).forward(team, x, normalized, &mut state.scales[..atoms], normed);
    let projections = fit(&mut work.projections, panels * sizes.projections);
    mode.forward(team, maps.projections, normed, projections);
    let nodes = state.nodes.fit(panels * atoms);
    to_nodes(team, atoms, projections, nodes);
    if let Some(products) = maps.products {
        let to = &mut state.products[..panels * sizes.products];
        mode.forward(team, products, vec.before, to);
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
    mode.forward(team, maps.output, x_hat, outputs);
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
pub fn reverse<T: Real, M: Mode<T>>(
    layer: &Layer<T::Plain>,
    batch: &Batch<'_, T>,
    vec: &[Row<T>],
    trained: &mut TrainedState<T>,
    flow: Flow<'_, T>,
    work: &mut Work<T>,
    (part, mode): (usize, &mut M),
) {
    let (team, sizes) = (&batch.team, layer.sizes(batch));
    let (panels, atoms) = (sizes.panels, sizes.atoms);
    let g_x_hat = fit(&mut work.x_hat, panels * atoms);
    let g_products = fit(&mut work.g_products, panels * sizes.products);
    let x_hat = &trained.x_hat[..panels * atoms];
    let maps = Maps::of(layer, part);
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
        let gradients = [x_hat, g_outputs];
        mode.reverse(team, maps.output, gradients, Destination::Replace, g_x_hat);
        flow.g_vec_before.copy_from_slice(flow.g_vec);
    } else {
        let gradients = [x_hat, &*flow.gx];
        mode.reverse(team, maps.output, gradients, Destination::Replace, g_x_hat);
    }
    reverse_messages::<T, M>(
        layer,
        batch,
        vec,
        trained,
        flow.g_vec,
        flow.g_vec_before,
        work,
    );
    if let Some(products) = maps.products {
        let gradients = [vec, &work.g_products[..panels * sizes.products]];
        mode.reverse(
            team,
            products,
            gradients,
            Destination::Add,
            flow.g_vec_before,
        );
    }
    let g_projections = fit(&mut work.projections, panels * sizes.projections);
    to_rows(team, atoms, work.g_nodes.get(panels * atoms), g_projections);
    let normed = &trained.normed[..panels * atoms];
    let g_normed = fit(&mut work.normed, panels * atoms);
    let gradients = [normed, &*g_projections];
    mode.reverse(
        team,
        maps.projections,
        gradients,
        Destination::Replace,
        g_normed,
    );
    let normalized = &trained.state.normalized[..panels * atoms];
    mode.norm(part + part::NORM, g_normed, normalized);
    let scales = &trained.state.scales[..atoms];
    (layer.norm).reverse(team, normalized, scales, g_normed, flow.gx);
    if M::TRAINS {
        let filters = (exact(layer), part + part::FILTERS);
        let (radial, gradients) = (&work.radial, &mut trained.g_filters[..]);
        (trained.filters).reverse(team, filters, radial, gradients, flow.g_radial, mode);
    }
}

fn reverse_messages<T: Real, M: Mode<T>>(
    layer: &Layer<T::Plain>,
    batch: &Batch<'_, T>,
    vec: &[Row<T>],
    trained: &mut TrainedState<T>,
    g_vec: &[Row<T>],
    g_vec_before: &mut [Row<T>],
    work: &mut Work<T>,
) {
    let (team, sizes) = (&batch.team, layer.sizes(batch));
    let (panels, atoms, weights) = (sizes.panels, sizes.atoms, sizes.weights);
    let of_filters = match M::TRAINS {
        true => trained.filters.panel_rows(),
        false => 0,
    };
    // Exactly as long as needed: `reverse` passes it on as it is.
    trained
        .g_filters
        .resize(panels * of_filters, Row::default());
    // Those of pairs are replaced, those of self loops added up.
    let rows = trained.g_filters.chunks_mut(batch.pairs.len() + 1);
    rows.for_each(|rows| rows[batch.pairs.len()] = Row::default());
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
