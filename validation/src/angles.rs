//! Angles between bonds.

use crate::Topology;
use oreo_core::{Cell, Vec3};

impl Topology {
    /// Atoms of every angle, its vertex in the middle, the lower end first; ascending by vertex.
    pub fn angles(&self) -> Vec<[usize; 3]> {
        let atoms = self.bonds.iter().map(|bond| bond.atoms[1] + 1).max();
        let mut neighbors = vec![Vec::new(); atoms.unwrap_or(0)];
        for bond in &self.bonds {
            let [i, j] = bond.atoms;
            neighbors[i].push(j);
            neighbors[j].push(i);
        }
        let mut angles = Vec::new();
        for (vertex, ends) in neighbors.iter_mut().enumerate() {
            ends.sort_unstable();
            for (k, &first) in ends.iter().enumerate() {
                angles.extend(ends[k + 1..].iter().map(|&last| [first, vertex, last]));
            }
        }
        angles
    }
}

/// Between the bonds from the middle atom to the other two, degrees in [0, 180]. By atan2(|u × v|, u·v): the arc cosine
/// of a scalar product loses half of its digits near 0° and 180°.
pub fn angle_deg([first, vertex, last]: [usize; 3], positions: &[Vec3], cell: &Cell) -> f64 {
    let u = cell.displacement(&positions[vertex], &positions[first]);
    let v = cell.displacement(&positions[vertex], &positions[last]);
    u.cross(&v).norm().atan2(u.dot(&v)).to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bond;

    /// Methane has six angles, all at the carbon; ring and chain by hand.
    #[test]
    fn every_pair_of_bonds_with_a_common_atom_is_an_angle_once() {
        let topology = |bonds: &[[usize; 2]]| {
            let reference = 1.0;
            let bond = |&atoms| Bond { atoms, reference };
            Topology {
                bonds: bonds.iter().map(bond).collect(),
            }
        };
        let methane = topology(&[[0, 1], [0, 2], [0, 3], [0, 4]]).angles();
        assert!(methane.len() == 6 && methane.iter().all(|angle| angle[1] == 0));
        let ring = topology(&[[0, 1], [0, 2], [1, 2]]).angles();
        assert_eq!(ring, [[1, 0, 2], [0, 1, 2], [0, 2, 1]]);
        assert_eq!(topology(&[[0, 1], [1, 2]]).angles(), [[0, 1, 2]]);
        assert!(topology(&[[3, 9]]).angles().is_empty());
    }

    /// Catches radians, another vertex (45° and 45°), and an image on the other side of the box.
    #[test]
    fn angles_by_hand() {
        let positions = [[1.0, 0.0, 0.0], [0.0; 3], [0.0, 9.0, 0.0], [-2.0, 0.0, 0.0]];
        let positions = positions.map(Vec3::from);
        let cell = Cell::orthorhombic(10.0, 10.0, 10.0).unwrap();
        for (atoms, expected) in [([0, 1, 2], 90.0), ([0, 1, 3], 180.0), ([0, 2, 1], 45.0)] {
            let found = angle_deg(atoms, &positions, &cell);
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
        let open = angle_deg([0, 2, 1], &positions, &Cell::Open);
        assert!((open - (1.0f64 / 9.0).atan().to_degrees()).abs() < 1e-12);
    }
}
