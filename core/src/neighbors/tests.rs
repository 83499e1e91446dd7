//! Both builders against a naive count of images, and the list with a skin against a fresh one.

use super::cell_list::CellList;
use super::*;
use crate::Mat3;
use proptest::prelude::*;

/// The canonical list by brute force: every image within a generous range, vectors by hand from the lattice, sorted.
/// Shares no code with the builders.
fn brute_force(positions: &[Vec3], cell: &Cell, radius: f64) -> Vec<(usize, usize, [i32; 3])> {
    let n = positions.len();
    let vectors = match cell {
        Cell::Open => Mat3::zeros(),
        Cell::Periodic(periodic) => *periodic.vectors(),
    };
    // Atoms are in a ball of this size, so no image beyond it can come back within the radius.
    let far = positions.iter().map(|r| r.norm()).fold(0.0, f64::max);
    let reach: [i32; 3] = std::array::from_fn(|k| match cell {
        Cell::Open => 0,
        Cell::Periodic(_) => {
            let area = vectors
                .column((k + 1) % 3)
                .cross(&vectors.column((k + 2) % 3));
            let height = vectors.determinant().abs() / area.norm();
            ((2.0 * far + radius) / height).ceil() as i32 + 1
        }
    });
    let mut pairs = Vec::new();
    for i in 0..n {
        for j in 0..n {
            for a in -reach[0]..=reach[0] {
                for b in -reach[1]..=reach[1] {
                    for c in -reach[2]..=reach[2] {
                        let shift = Vec3::new(f64::from(a), f64::from(b), f64::from(c));
                        let r = positions[j] - positions[i] + vectors * shift;
                        if r.norm() < radius && (i != j || shift != Vec3::zeros()) {
                            pairs.push((i, j, [a, b, c]));
                        }
                    }
                }
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

fn listed(pairs: &Neighbors) -> Vec<(usize, usize, [i32; 3])> {
    let mut found = Vec::new();
    for i in 0..pairs.first.len() - 1 {
        for k in pairs.first[i] as usize..pairs.first[i + 1] as usize {
            let shift = pairs.shifts.get(k).copied().unwrap_or_default();
            found.push((i, pairs.second[k] as usize, shift));
        }
    }
    found
}

fn from_all_pairs(positions: &[Vec3], cell: &Cell, radius: f64) -> Neighbors {
    let mut pairs = Neighbors::default();
    all_pairs::build(positions, cell, radius, &mut pairs).unwrap();
    pairs
}

fn from_cell_list(positions: &[Vec3], cell: &Cell, radius: f64) -> Neighbors {
    let mut pairs = Neighbors::default();
    let mut bins = CellList::default();
    bins.build(positions, cell, radius, &mut pairs).unwrap();
    pairs
}

/// Open, or tilted with edges from below the cutoff to a few times of it.
fn cells() -> impl Strategy<Value = Cell> {
    let edge = 1.5..9.0f64;
    let tilt = -4.0..4.0f64;
    let box_ = (
        edge.clone(),
        edge.clone(),
        edge,
        tilt.clone(),
        tilt.clone(),
        tilt,
    );
    prop_oneof![
        1 => Just(Cell::Open),
        3 => box_.prop_map(|(a, b, c, xy, xz, yz)| {
            Cell::periodic([[a, 0.0, 0.0], [xy, b, 0.0], [xz, yz, c]]).unwrap()
        }),
    ]
}

/// Not wrapped into the cell: runs never wrap.
fn atoms(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Vec3>> {
    let coordinate = || -9.0..9.0f64;
    let position =
        (coordinate(), coordinate(), coordinate()).prop_map(|(x, y, z)| Vec3::new(x, y, z));
    prop::collection::vec(position, count)
}

/// Every pair that a potential would see, with the bits of its vector.
fn sequence(
    pairs: &Neighbors,
    positions: &[Vec3],
    cell: &Cell,
    cutoff: f64,
) -> Vec<(usize, usize, [u64; 4])> {
    let mut seen = Vec::new();
    pairs.for_each(positions, cell, cutoff, |i, j, r, squared| {
        seen.push((i, j, [r.x, r.y, r.z, squared].map(f64::to_bits)));
    });
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Catches: images counted only to ±1, minimum image, missing self-images, a reach from edges instead of heights,
    /// shifts of wrapped positions, rows out of order.
    #[test]
    fn both_builders_equal_brute_force(
        positions in atoms(0..12), cell in cells(), radius in 0.5..6.0f64,
    ) {
        let expected = brute_force(&positions, &cell, radius);
        let pairs = from_all_pairs(&positions, &cell, radius);
        prop_assert_eq!(&listed(&pairs), &expected);
        prop_assert_eq!(from_cell_list(&positions, &cell, radius), pairs);
    }

    /// Enough atoms and room for several bins on each axis.
    #[test]
    fn both_builders_agree_when_there_are_many_bins(
        positions in atoms(100..300), scale in 1.0..8.0f64, cell in cells(), radius in 0.5..3.0f64,
    ) {
        let positions: Vec<Vec3> = positions.iter().map(|r| r * scale).collect();
        let cell = match cell {
            Cell::Open => Cell::Open,
            Cell::Periodic(p) => {
                Cell::Periodic(crate::Periodic::new(p.vectors() * scale).unwrap())
            }
        };
        let pairs = from_all_pairs(&positions, &cell, radius);
        prop_assert_eq!(from_cell_list(&positions, &cell, radius), pairs);
    }

    /// Atoms wander; now and then the cell changes or an atom is lost. What a potential sees never depends on when the
    /// list was built. Catches a rebuild at a whole skin, and one that forgets the cell.
    #[test]
    fn a_list_with_skin_shows_the_pairs_of_a_fresh_one(
        positions in atoms(2..40),
        cell in cells(),
        cutoff in 1.0..4.0f64,
        skin in 0.0..1.5f64,
        moves in prop::collection::vec((0usize..40, 0usize..3, -0.3..0.3f64), 1..60),
    ) {
        let (mut positions, mut cell) = (positions, cell);
        let request = NeighborRequest { cutoff };
        let mut list = NeighborList::new(request, skin);
        for (number, (atom, axis, distance)) in moves.into_iter().enumerate() {
            let atom = atom % positions.len();
            positions[atom][axis] += distance;
            match (number % 23, &cell) {
                (22, Cell::Periodic(p)) => {
                    cell = Cell::Periodic(crate::Periodic::new(p.vectors() * 1.05).unwrap());
                }
                (21, _) if positions.len() > 1 => { positions.pop(); }
                _ => {}
            }
            list.update(&positions, &cell).unwrap();
            let mut fresh = NeighborList::new(request, 0.0);
            fresh.update(&positions, &cell).unwrap();
            prop_assert_eq!(
                sequence(list.pairs(), &positions, &cell, cutoff),
                sequence(fresh.pairs(), &positions, &cell, cutoff)
            );
        }
    }
}

/// Atoms on a cubic lattice with spacing 1: the cell holds one atom, the cutoff many shells: 6 + 12 + 8 + 6 = 32
/// neighbours within 2.1. All are images of the atom itself.
#[test]
fn one_atom_sees_its_own_images_shell_by_shell() {
    let cell = Cell::orthorhombic(1.0, 1.0, 1.0).unwrap();
    let position = [Vec3::new(17.3, -0.2, 0.5)];
    let pairs = from_all_pairs(&position, &cell, 2.1);
    assert_eq!(pairs.len(), 32);
    assert_eq!(from_cell_list(&position, &cell, 2.1), pairs);
}

/// Moves of 0.24 + 0.24 stay below half a skin of 1; the third passes it.
#[test]
fn the_list_is_rebuilt_when_an_atom_has_moved_half_the_skin() {
    let mut positions = vec![Vec3::zeros(), Vec3::new(2.0, 0.0, 0.0)];
    let mut list = NeighborList::new(NeighborRequest { cutoff: 3.0 }, 1.0);
    assert_eq!((list.cutoff(), list.skin()), (3.0, 1.0));
    let mut counts = Vec::new();
    for _ in 0..4 {
        list.update(&positions, &Cell::Open).unwrap();
        counts.push(list.rebuilds());
        positions[0].y += 0.24;
    }
    assert_eq!(counts, [1, 1, 1, 2]);
    let cell = Cell::orthorhombic(30.0, 30.0, 30.0).unwrap();
    list.update(&positions, &cell).unwrap();
    positions.pop();
    list.update(&positions, &cell).unwrap();
    assert_eq!(list.rebuilds(), 4);
}

#[test]
fn without_a_skin_only_resting_atoms_keep_the_list() {
    let mut positions = vec![Vec3::zeros(), Vec3::x()];
    let mut list = NeighborList::new(NeighborRequest { cutoff: 3.0 }, 0.0);
    list.update(&positions, &Cell::Open).unwrap();
    list.update(&positions, &Cell::Open).unwrap();
    assert_eq!(list.rebuilds(), 1);
    positions[1].x += 1e-14;
    list.update(&positions, &Cell::Open).unwrap();
    assert_eq!(list.rebuilds(), 2);
}

/// The diverged atom loses its neighbours, the others keep theirs, with both builders.
#[test]
fn nan_and_infinite_positions_have_no_neighbours() {
    let cell = Cell::orthorhombic(9.0, 9.0, 9.0).unwrap();
    for n in [8, 500] {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for cell in [Cell::Open, cell.clone()] {
                let (_, mut positions) = crate::testing::random_cloud(n, 4, 0.5);
                let mut list = NeighborList::new(NeighborRequest { cutoff: 1.5 }, 0.3);
                positions[3] = Vec3::new(1.0, bad, bad);
                list.update(&positions, &cell).unwrap();
                let pairs = listed(list.pairs());
                assert!(pairs.iter().all(|&(i, j, _)| i != 3 && j != 3));
                assert!(pairs.len() > n);
                assert_eq!(&from_cell_list(&positions, &cell, 1.8), list.pairs());
            }
        }
    }
}

#[test]
fn impossible_lists_are_errors_before_they_cost_memory() {
    let tiny = Cell::orthorhombic(1e-3, 1e-3, 1e-3).unwrap();
    let mut list = NeighborList::new(NeighborRequest { cutoff: 5.0 }, 0.0);
    let error = list.update(&[Vec3::zeros()], &tiny).unwrap_err();
    assert!(matches!(error, NeighborError::TooManyPairs { .. }));
    let flat = Cell::orthorhombic(1e6, 1e6, 1e-4).unwrap();
    let error = list.update(&[Vec3::zeros()], &flat).unwrap_err();
    assert!(matches!(error, NeighborError::TooManyPairs { .. }));
    let cell = Cell::orthorhombic(10.0, 10.0, 10.0).unwrap();
    let escaped = [Vec3::zeros(), Vec3::new(0.0, 1e12, 0.0)];
    let error = list.update(&escaped, &cell).unwrap_err();
    assert!(matches!(error, NeighborError::Escaped { atom: 1, .. }));
    list.update(&escaped[..1], &cell).unwrap();
    assert_eq!(list.rebuilds(), 1);
}

/// Runs never wrap, so a gas atom can be a million boxes away; it still meets the others.
#[test]
fn atoms_many_boxes_away_have_the_neighbours_of_their_image() {
    let (_, positions, cell) = crate::testing::argon_crystal(3);
    let near = from_all_pairs(&positions, &cell, 4.0);
    let mut far = positions.clone();
    far[5] += cell.translation([1_000_000, -2, 77]);
    let pairs = from_all_pairs(&far, &cell, 4.0);
    assert_eq!(pairs.second, near.second);
    assert_eq!(from_cell_list(&far, &cell, 4.0), pairs);
}

/// Two atoms 1e9 Å apart must not make the grid grow.
#[test]
fn an_almost_empty_open_box_costs_no_memory() {
    let (_, mut positions) = crate::testing::random_cloud(300, 8, 1.0);
    positions[7] = Vec3::new(1e9, -1e9, 1e300);
    let pairs = from_all_pairs(&positions, &Cell::Open, 2.5);
    assert_eq!(from_cell_list(&positions, &Cell::Open, 2.5), pairs);
}

/// Warm buffers are large enough: capacities do not change over later builds of the same box.
#[test]
fn later_builds_do_not_allocate() {
    let (_, mut positions, cell) = crate::testing::argon_crystal(4);
    let mut list = NeighborList::new(NeighborRequest { cutoff: 6.0 }, 1.0);
    list.update(&positions, &cell).unwrap();
    let capacity = (
        list.pairs().second.capacity(),
        list.pairs().shifts.capacity(),
    );
    for _ in 0..5 {
        positions.iter_mut().for_each(|r| r.x += 0.6);
        list.update(&positions, &cell).unwrap();
    }
    assert_eq!(list.rebuilds(), 6);
    let after = (
        list.pairs().second.capacity(),
        list.pairs().shifts.capacity(),
    );
    assert_eq!(after, capacity);
}
