//! Both directions against the definition.

use super::reverse::STRETCH;
use super::*;
use crate::oreo::fused::simd::{rows, InstructionSet, Real, PANEL};
use half::f16;

/// Whole numbers, so that every order of summation gives the same.
fn weight(output: usize, input: usize) -> f64 {
    ((3 * output + 7 * input + output * input) % 11) as f64 - 5.0
}

fn activations<T: Real>(panels: usize, rows: usize) -> Vec<Row<T>> {
    let value = |at: usize, n: usize| T::from_f64(((5 * at + n * n) % 9) as f64 - 4.0);
    (0..panels * rows)
        .map(|at| Row(std::array::from_fn(|n| value(at, n))))
        .collect()
}

fn at<T: Real>(x: &[Row<T>], rows: usize, row: usize, channel: usize) -> f64 {
    x[channel / PANEL * rows + row].0[channel % PANEL].to_f64()
}

fn check<W: Stored>(set: InstructionSet, outputs: usize, inputs: usize, count: usize) {
    let team = Team::alone(set);
    let matrix = Matrix::<W>::new(outputs, inputs, weight);
    let x: Vec<Row<W::Scalar>> = activations(inputs, count);
    let bias: Vec<Row<W::Scalar>> = activations(outputs, 1);
    let mut y = rows(outputs * count);
    matrix.forward(&team, &x, &bias, &mut y);
    let dy: Vec<Row<W::Scalar>> = activations(outputs, count);
    let mut dx: Vec<Row<W::Scalar>> = activations(inputs, count);
    matrix.reverse(&team, &dy, Destination::Add, &mut dx);
    for row in 0..count {
        for n in 0..PANEL * outputs {
            let products = (0..PANEL * inputs).map(|k| at(&x, count, row, k) * weight(n, k));
            let expected = at(&bias, 1, 0, n) + products.sum::<f64>();
            assert_eq!(at(&y, count, row, n), expected, "forward {row} {n}");
        }
        for k in 0..PANEL * inputs {
            let products = (0..PANEL * outputs).map(|n| at(&dy, count, row, n) * weight(n, k));
            let expected = at(&x, count, row, k) + products.sum::<f64>();
            assert_eq!(at(&dx, count, row, k), expected, "reverse {row} {k}");
        }
    }
}

/// For every number of rows up to three blocks, more outputs than a stretch, and more rows than a chunk. Seen to fail with a block too few,
/// and with the second input of a pair added to the first.
#[test]
fn products_are_those_of_the_definition_on_every_instruction_set() {
    for set in InstructionSet::available() {
        for rows in 1..=30 {
            check::<f32>(set, 3, 2, rows);
            check::<f16>(set, 3, 2, rows);
            check::<f64>(set, 2, 1, rows);
        }
        check::<f32>(set, STRETCH + 3, 1, 5);
        check::<f32>(set, 23, 1, 181);
        check::<f32>(set, 1, 23, 181);
    }
}
