//! From 1 = ∂E/∂e_i back to forces.

use super::{arguments, Planner, Rows};
use crate::oreo::cuda::memory::PARTS;
use crate::oreo::cuda::source::{Threads, LANES};

impl Planner<'_> {
    /// Head, layers from the last to the first, embedding, geometry.
    pub(super) fn reverse(&mut self) {
        self.reverse_readout();
        for layer in (0..self.constants.layers.len()).rev() {
            self.reverse_layer(layer);
        }
        self.reverse_embedding();
        self.sum();
    }

    fn reverse_readout(&mut self) {
        let (m, k, c) = (self.memory, self.constants.readout, self.channels());
        let (half, last) = (c / 2, self.constants.layers.len());
        self.product(
            "reverse_hide_second",
            Rows::Features,
            (2 * half, 1),
            arguments![
                m.second_hidden,
                k.energy,
                k.second_hidden.reverse,
                m.g_second_inputs,
            ],
        );
        self.product(
            "reverse_gated",
            Rows::Vectors,
            (half, 1),
            arguments![
                m.second_vectors,
                m.g_second_inputs,
                k.second_vectors.reverse,
                m.g_gated,
            ],
        );
        self.product(
            "reverse_gates",
            Rows::Features,
            (c, 1),
            arguments![
                m.gates,
                m.g_second_inputs,
                m.g_gated,
                m.vectors,
                k.gates.reverse,
                m.first_hidden,
                m.g_first_hidden,
            ],
        );
        self.product(
            "reverse_multiply",
            Rows::Features,
            (2 * c, 1),
            arguments![
                m.g_first_hidden,
                c,
                c,
                k.first_hidden.reverse,
                2 * c,
                0,
                m.g_first_inputs,
            ],
        );
        self.product(
            "reverse_vectors",
            Rows::Vectors,
            (c, 1),
            arguments![
                m.vectors,
                m.g_first_inputs,
                m.g_gated,
                m.gates,
                k.vectors.reverse,
                m.g_vec[last % 2],
            ],
        );
        self.launch(
            "reverse_norm",
            [m.capacity.atoms, 1, 1],
            Threads::NORM,
            arguments![
                m.x[last],
                self.constants.out_norm.weight,
                m.g_first_inputs,
                2 * c,
                1,
                0,
                0,
                m.gx,
            ],
        );
    }

    /// The gradient by the vectors before the first layer is of no use.
    fn reverse_layer(&mut self, layer: usize) {
        let (m, k, c) = (self.memory, self.constants.layers[layer], self.channels());
        let state = m.layers[layer];
        let (g_vec, g_vec_before) = (m.g_vec[(layer + 1) % 2], m.g_vec[layer % 2]);
        self.product(
            "reverse_outputs",
            Rows::Features,
            (c, 1),
            arguments![m.gx, g_vec, state.products, k.output.reverse, m.x_hat],
        );
        self.reverse_attention(layer);
        if layer > 0 {
            self.product(
                "reverse_products",
                Rows::Vectors,
                (c, 1),
                arguments![
                    m.gx,
                    g_vec,
                    state.products,
                    state.outputs,
                    k.products.reverse,
                    g_vec_before,
                ],
            );
        }
        // The five parts of the inner dimension at the same time, added up by the norm.
        let part = m.capacity.atoms * c;
        let grid = [c.div_ceil(LANES), self.row_tiles(Rows::Features), PARTS];
        self.launch(
            "reverse_multiply",
            grid,
            Threads::PRODUCT,
            arguments![
                m.g_projections,
                PARTS * c,
                c,
                k.projections.reverse,
                c,
                part,
                m.g_normed,
            ],
        );
        self.launch(
            "reverse_norm",
            [m.capacity.atoms, 1, 1],
            Threads::NORM,
            arguments![
                m.x[layer],
                k.norm.weight,
                m.g_normed,
                c,
                PARTS,
                part,
                1,
                m.gx
            ],
        );
    }

    fn reverse_attention(&mut self, layer: usize) {
        let (m, k) = (self.memory, self.constants.layers[layer]);
        let state = m.layers[layer];
        let (g_vec, g_vec_before) = (m.g_vec[(layer + 1) % 2], m.g_vec[layer % 2]);
        let threads = self.constants.source().threads();
        self.launch(
            "reverse_edges",
            [m.capacity.edges, 1, 1],
            threads.edge,
            arguments![
                m.links,
                m.edges,
                k.table,
                state.projections,
                m.vec[layer],
                state.logits,
                m.x_hat,
                g_vec,
                m.g_logits,
                m.g_edges,
                m.g_cutoffs,
            ],
        );
        self.launch(
            "reverse_atoms",
            self.attention_grid(),
            threads.attention,
            arguments![
                m.first_edges,
                m.active,
                m.active_counts,
                m.edges,
                k.table,
                state.projections,
                m.vec[layer],
                state.logits,
                m.g_logits,
                m.x_hat,
                g_vec,
                m.g_projections,
                g_vec_before,
            ],
        );
    }

    fn reverse_embedding(&mut self) {
        let (m, k, c) = (self.memory, self.constants.embedding, self.channels());
        self.product(
            "reverse_multiply",
            Rows::Features,
            (c, 1),
            arguments![m.gx, c, c, k.combine.reverse, c, 0, m.sums],
        );
        self.launch(
            "reverse_sum_neighbors",
            [m.capacity.edges, 1, 1],
            self.constants.source().threads().edge,
            arguments![
                m.first_edges,
                m.links,
                m.edges,
                m.elements,
                k.neighbors,
                k.table,
                m.sums,
                m.g_edges,
            ],
        );
    }

    fn sum(&mut self) {
        let (m, spacing, scale) = (self.memory, self.constants.spacing, self.constants.std);
        self.launch(
            "sum_forces",
            [m.capacity.atoms, 1, 1],
            Threads::FORCE,
            arguments![
                m.first_edges,
                m.active,
                m.active_counts,
                m.links,
                m.shifts,
                m.positions,
                spacing,
                m.g_edges,
                m.g_cutoffs,
                scale,
                m.forces,
                m.atom_virials,
            ],
        );
        self.launch(
            "sum_molecules",
            [m.capacity.molecules, 1, 1],
            Threads::MOLECULE,
            arguments![
                m.first_atoms,
                m.atom_energies,
                m.atom_virials,
                m.energies,
                m.virials,
            ],
        );
    }
}
