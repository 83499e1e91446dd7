//! Small systems with known geometry.

use crate::random::Generator;
use crate::{Cell, System, Vec3};
use rand::Rng;

/// Å, lattice constant of solid argon at 4 K (Kittel, Introduction to Solid State Physics, 8th ed., table 3).
const ARGON_LATTICE: f64 = 5.31;

/// The `n` sites of the argon crystal nearest to one of its atoms, ordered by distance.
pub fn argon_cluster(n: usize) -> (System, Vec<Vec3>) {
    // A ball of n sites has radius (3n / 16π)^⅓ lattice constants; four atoms per cube.
    let reach = (n as f64 * 3.0 / (16.0 * std::f64::consts::PI))
        .cbrt()
        .ceil() as i32
        + 1;
    let mut sites = lattice(-reach..reach);
    sites.sort_by(|a, b| a.norm_squared().total_cmp(&b.norm_squared()));
    sites.truncate(n);
    (argon(n), sites)
}

/// `cubes`³ face-centred cubes of argon, 4 `cubes`³ atoms, periodic.
pub fn argon_crystal(cubes: usize) -> (System, Vec<Vec3>, Cell) {
    let positions = lattice(0..cubes as i32);
    let edge = ARGON_LATTICE * cubes as f64;
    let cell = Cell::orthorhombic(edge, edge, edge).expect("at least one cube");
    (argon(positions.len()), positions, cell)
}

fn argon(n: usize) -> System {
    System::new(vec!["Ar".parse().expect("argon"); n])
}

fn lattice(range: std::ops::Range<i32>) -> Vec<Vec3> {
    let corners = [
        [0.0, 0.0, 0.0],
        [0.0, 0.5, 0.5],
        [0.5, 0.0, 0.5],
        [0.5, 0.5, 0.0],
    ];
    let mut sites = Vec::new();
    for x in range.clone() {
        for y in range.clone() {
            for z in range.clone() {
                let cube = Vec3::new(f64::from(x), f64::from(y), f64::from(z));
                sites.extend(corners.map(|corner| ARGON_LATTICE * (cube + Vec3::from(corner))));
            }
        }
    }
    sites
}

/// O, H, H with 0.9572 Å and 104.52° (Benedict, Gailar, Plyler 1956).
pub fn water() -> (System, Vec<Vec3>) {
    let half = 0.5 * 104.52_f64.to_radians();
    let (x, y) = (0.9572 * half.sin(), 0.9572 * half.cos());
    let system = System::from_symbols(&["O", "H", "H"]).expect("known elements");
    let positions = vec![Vec3::zeros(), Vec3::new(x, y, 0.0), Vec3::new(-x, y, 0.0)];
    (system, positions)
}

/// C, C, O, H × 6: trans, every angle tetrahedral, C–C 1.51 Å, C–O 1.43 Å, C–H 1.09 Å, O–H 0.96 Å. Not a minimum of
/// any potential, so that forces are not zero.
pub fn ethanol() -> (System, Vec<Vec3>) {
    let symbols = ["C", "C", "O", "H", "H", "H", "H", "H", "H"];
    let positions = [
        [0.0, 0.0, 0.0],
        [1.51, 0.0, 0.0],
        [1.9867, -1.3482, 0.0],
        [-0.3633, 1.0277, 0.0],
        [-0.3633, -0.5138, 0.89],
        [-0.3633, -0.5138, -0.89],
        [1.8733, 0.5138, 0.89],
        [1.8733, 0.5138, -0.89],
        [2.9467, -1.3482, 0.0],
    ];
    let system = System::from_symbols(&symbols).expect("known elements");
    (system, positions.map(Vec3::from).to_vec())
}

/// `n` atoms of H, C, N, O at random in a cube, none closer than `min_distance` Å; eight such volumes per atom.
pub fn random_cloud(n: usize, seed: u64, min_distance: f64) -> (System, Vec<Vec3>) {
    let mut generator = Generator::new(seed, 0);
    let edge = 2.0 * min_distance * (n as f64).cbrt();
    let mut positions: Vec<Vec3> = Vec::with_capacity(n);
    while positions.len() < n {
        let candidate = Vec3::from_fn(|_, _| edge * generator.random::<f64>());
        if (positions.iter()).all(|other| (candidate - other).norm() >= min_distance) {
            positions.push(candidate);
        }
    }
    let symbols: Vec<_> = (0..n)
        .map(|_| ["H", "C", "N", "O"][generator.random_range(0..4)])
        .collect();
    let system = System::from_symbols(&symbols).expect("known elements");
    (system, positions)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve nearest neighbours at a/√2 around the first atom of a cluster of thirteen.
    #[test]
    fn thirteen_argon_atoms_are_one_and_its_shell() {
        let (system, positions) = argon_cluster(13);
        assert_eq!(system.len(), 13);
        for position in &positions[1..] {
            assert!((position.norm() - ARGON_LATTICE / 2f64.sqrt()).abs() < 1e-12);
        }
        assert_eq!(argon_crystal(2).0.len(), 32);
    }

    #[test]
    fn ethanol_has_its_bonds() {
        let (system, r) = ethanol();
        assert_eq!(system.formula(), "C2H6O");
        for (i, j, length) in [(0, 1, 1.51), (1, 2, 1.43), (2, 8, 0.96), (0, 4, 1.09)] {
            assert!(((r[i] - r[j]).norm() - length).abs() < 1e-3);
        }
    }

    #[test]
    fn clouds_keep_their_distance() {
        let (_, positions) = random_cloud(60, 3, 0.8);
        for i in 0..60 {
            for j in 0..i {
                assert!((positions[i] - positions[j]).norm() >= 0.8);
            }
        }
        assert_eq!(random_cloud(60, 3, 0.8).1, positions);
    }
}
