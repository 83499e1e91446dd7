//! From positions to e_i.

use super::{arguments, Planner, Rows};
use crate::oreo::cuda::memory::PARTS;
use crate::oreo::cuda::source::{Threads, LANES};

impl Planner<'_> {
    /// Geometry, embedding, layers, head.
    pub(super) fn forward(&mut self) {
        self.find_edges();
        self.embed();
        (0..self.constants.layers.len()).for_each(|layer| self.layer(layer));
        self.readout();
    }

    fn find_edges(&mut self) {
        let m = self.memory;
        self.launch(
            "find_edges",
            [m.capacity.atoms, 1, 1],
            Threads::GEOMETRY,
            arguments![
                m.first_edges,
                m.links,
                m.shifts,
                m.positions,
                self.constants.spacing,
                m.edges,
                m.active,
                m.active_counts,
                m.g_edges,
                m.g_cutoffs,
            ],
        );
    }

    fn embed(&mut self) {
        let (m, k, c) = (self.memory, self.constants.embedding, self.channels());
        let groups = c.div_ceil(Threads::SUM as usize);
        self.launch(
            "sum_neighbors",
            [m.capacity.atoms, groups, 1],
            Threads::SUM,
            arguments![
                m.first_edges,
                m.active,
                m.active_counts,
                m.edges,
                m.elements,
                k.neighbors,
                k.table,
                m.sums
            ],
        );
        self.product(
            "embed",
            Rows::Features,
            (c, 1),
            arguments![m.sums, k.combine.forward, m.elements, k.own, m.x[0]],
        );
    }

    /// The first layer meets vectors of length 0, hence has no products of vectors.
    fn layer(&mut self, layer: usize) {
        let (m, k, c) = (self.memory, self.constants.layers[layer], self.channels());
        let state = m.layers[layer];
        let (x, vec) = (m.x[layer], m.vec[layer]);
        self.product(
            "project",
            Rows::Features,
            (PARTS * c, 2),
            arguments![
                x,
                k.norm.weight,
                k.norm.bias,
                k.projections.forward,
                k.projection_bias,
                state.projections,
            ],
        );
        if layer > 0 {
            self.product(
                "multiply_vectors",
                Rows::Vectors,
                (3 * c, 2),
                arguments![vec, c, k.products.forward, 3 * c, state.products],
            );
        }
        self.launch(
            "attend",
            self.attention_grid(),
            self.constants.source().threads().attention,
            arguments![
                m.first_edges,
                m.active,
                m.active_counts,
                m.edges,
                k.table,
                state.projections,
                vec,
                state.logits,
                m.x_hat,
                m.v_hat,
            ],
        );
        // A lane has three columns, C apart.
        let grid = [c.div_ceil(LANES), self.row_tiles(Rows::Features), 1];
        self.launch(
            "update",
            grid,
            Threads::PRODUCT,
            arguments![
                m.x_hat,
                k.output.forward,
                k.output_bias,
                state.products,
                m.v_hat,
                x,
                vec,
                state.outputs,
                m.x[layer + 1],
                m.vec[layer + 1],
            ],
        );
    }

    fn readout(&mut self) {
        let (m, k, c) = (self.memory, self.constants.readout, self.channels());
        let (half, last) = (c / 2, self.constants.layers.len());
        let norm = self.constants.out_norm;
        self.product(
            "multiply_vectors",
            Rows::Vectors,
            (c + half, 2),
            arguments![m.vec[last], c, k.vectors.forward, c + half, m.vectors],
        );
        self.product(
            "hide_first",
            Rows::Features,
            (c, 1),
            arguments![
                m.x[last],
                norm.weight,
                norm.bias,
                m.vectors,
                k.first_hidden.forward,
                k.first_bias,
                m.first_hidden,
            ],
        );
        self.product(
            "find_gates",
            Rows::Features,
            (2 * half, 1),
            arguments![m.first_hidden, k.gates.forward, k.gate_bias, m.gates],
        );
        self.product(
            "multiply_gated",
            Rows::Vectors,
            (half, 1),
            arguments![
                m.gates,
                m.vectors,
                k.second_vectors.forward,
                m.second_vectors
            ],
        );
        self.product(
            "hide_second",
            Rows::Features,
            (half, 1),
            arguments![
                m.gates,
                m.second_vectors,
                k.second_hidden.forward,
                k.second_bias,
                m.second_hidden,
            ],
        );
        self.launch(
            "find_energies",
            [m.capacity.atoms, 1, 1],
            Threads::ENERGY,
            arguments![m.second_hidden, k.energy, k.energy_bias, m.atom_energies],
        );
    }
}
