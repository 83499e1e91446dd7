//! Neighbour lists: building one, and asking whether it is still good.
//!
//! `cargo bench --bench neighbor_list`

use divan::Bencher;
use oreo::core::testing::{argon_crystal, random_cloud};
use oreo::core::{Cell, NeighborList, NeighborRequest, Vec3};

fn main() {
    divan::main();
}

const REQUEST: NeighborRequest = NeighborRequest { cutoff: 5.0 };
const SKIN: f64 = 0.5;

/// Moves everything by more than half of the skin before each call, so that each call builds.
fn build(bencher: Bencher, mut positions: Vec<Vec3>, cell: Cell) {
    let mut list = NeighborList::new(REQUEST, SKIN);
    let mut direction = 1.0;
    bencher.bench_local(|| {
        direction = -direction;
        positions.iter_mut().for_each(|r| r.x += direction * SKIN);
        list.update(&positions, &cell).unwrap();
    });
}

/// Molecules as dense as matter: 20 to 360 atoms.
#[divan::bench(args = [21, 99, 101, 360])]
fn build_open(bencher: Bencher, atoms: usize) {
    let (_, positions) = random_cloud(atoms, 1, 1.0);
    build(bencher, positions, Cell::Open);
}

/// 4 n³ atoms.
#[divan::bench(args = [3, 6, 12])]
fn build_periodic(bencher: Bencher, cubes: usize) {
    let (_, positions, cell) = argon_crystal(cubes);
    build(bencher, positions, cell);
}

/// What nearly every step pays.
#[divan::bench(args = [21, 360])]
fn still_current(bencher: Bencher, atoms: usize) {
    let (_, positions) = random_cloud(atoms, 1, 1.0);
    let mut list = NeighborList::new(REQUEST, SKIN);
    list.update(&positions, &Cell::Open).unwrap();
    bencher.bench_local(|| list.update(&positions, &Cell::Open).unwrap());
}
