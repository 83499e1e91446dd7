//! Matrix products of the fast path, one thread: weights of the paper's size (256 → 1280, queries, keys and values) from
//! eighteen places in turns, as many as the network has, for the rows of ethanol, aspirin and their vectors.
//!
//! `cargo bench --bench products`; OREO_SIMD=portable|avx2|avx512 takes other instructions. Items are operations.

use divan::counter::ItemsCount;
use divan::Bencher;
use oreo::potentials::oreo::fused::{InstructionSet, Precision, Product};

const ROWS: [usize; 5] = [9, 21, 27, 63, 360];
const LAYERS: usize = 18;

fn main() {
    divan::main();
}

fn product(precision: Precision, rows: usize) -> Product {
    Product::new(
        InstructionSet::detect(),
        precision,
        [256, 1280, rows],
        LAYERS,
    )
}

fn forward(bencher: Bencher, precision: Precision, rows: usize) {
    let mut product = product(precision, rows);
    let operations = ItemsCount::new(product.flops() as u64);
    bencher
        .counter(operations)
        .bench_local(|| product.forward());
}

fn reverse(bencher: Bencher, precision: Precision, rows: usize) {
    let mut product = product(precision, rows);
    let operations = ItemsCount::new(product.flops() as u64);
    bencher
        .counter(operations)
        .bench_local(|| product.reverse());
}

#[divan::bench(args = ROWS)]
fn forward_f32(bencher: Bencher, rows: usize) {
    forward(bencher, Precision::F32, rows);
}

#[divan::bench(args = ROWS)]
fn reverse_f32(bencher: Bencher, rows: usize) {
    reverse(bencher, Precision::F32, rows);
}

#[divan::bench(args = ROWS)]
fn forward_f16_weights(bencher: Bencher, rows: usize) {
    forward(bencher, Precision::F16Weights, rows);
}

#[divan::bench(args = ROWS)]
fn reverse_f16_weights(bencher: Bencher, rows: usize) {
    reverse(bencher, Precision::F16Weights, rows);
}
