//! What an atom brings to the messages of a layer, side by side in memory: a kernel that visits pairs finds everything of
//! an atom at one address.

use super::simd::{Real, Row};
use super::team::Team;

/// Projections of one atom in one panel, or their gradients.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(C)]
pub struct Node<T: Default + Copy> {
    /// q
    pub query: Row<T>,
    /// k
    pub key: Row<T>,
    /// s
    pub scalar: Row<T>,
    /// b
    pub along: Row<T>,
    /// a; 0 in the first layer, where there are no vectors to pass on
    pub pass: Row<T>,
}

/// From (panels, kinds, N) rows to (panels, N) nodes.
pub fn to_nodes<T: Real>(team: &Team, atoms: usize, rows: &[Row<T>], nodes: &mut [Node<T>]) {
    let size = rows.len() / nodes.len() * atoms;
    team.for_each((nodes, atoms), |panel, nodes| {
        let kinds = &rows[panel * size..(panel + 1) * size];
        let row = |kind: usize, atom: usize| kinds.get(kind * atoms + atom);
        for (atom, node) in nodes.iter_mut().enumerate() {
            node.query = kinds[atom];
            node.key = kinds[atoms + atom];
            node.scalar = kinds[2 * atoms + atom];
            node.along = kinds[3 * atoms + atom];
            node.pass = row(4, atom).copied().unwrap_or_default();
        }
    });
}

/// From (panels, N) nodes to (panels, kinds, N) rows.
pub fn to_rows<T: Real>(team: &Team, atoms: usize, nodes: &[Node<T>], rows: &mut [Row<T>]) {
    let size = rows.len() / nodes.len() * atoms;
    team.for_each((rows, size), |panel, kinds| {
        let nodes = &nodes[panel * atoms..(panel + 1) * atoms];
        for (atom, node) in nodes.iter().enumerate() {
            kinds[atom] = node.query;
            kinds[atoms + atom] = node.key;
            kinds[2 * atoms + atom] = node.scalar;
            kinds[3 * atoms + atom] = node.along;
            if let Some(pass) = kinds.get_mut(4 * atoms + atom) {
                *pass = node.pass;
            }
        }
    });
}
