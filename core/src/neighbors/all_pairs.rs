//! Looks at every pair, and in a periodic cell at every image that can be near. Quadratic; the definition of the list.

use super::{NeighborError, Neighbors};
use crate::{Cell, Periodic, Vec3};
use std::ops::RangeInclusive;

/// Widens the range of images that are looked at, so that rounding of fractional coordinates loses none; the distance
/// decides in the end.
const SLACK: f64 = 1e-6;

/// Replaces `pairs` by all that are closer than `radius`.
pub(super) fn build(
    positions: &[Vec3],
    cell: &Cell,
    radius: f64,
    pairs: &mut Neighbors,
) -> Result<(), NeighborError> {
    pairs.clear();
    for i in 0..positions.len() {
        match cell {
            Cell::Open => open_row(i, positions, radius, pairs),
            Cell::Periodic(periodic) => periodic_row(i, positions, cell, periodic, radius, pairs),
        }
        pairs.end_row()?;
    }
    Ok(())
}

fn open_row(i: usize, positions: &[Vec3], radius: f64, pairs: &mut Neighbors) {
    for j in (0..positions.len()).filter(|&j| j != i) {
        if (positions[j] - positions[i]).norm_squared() < radius * radius {
            pairs.second.push(j as u32);
        }
    }
}

fn periodic_row(
    i: usize,
    positions: &[Vec3],
    cell: &Cell,
    periodic: &Periodic,
    radius: f64,
    pairs: &mut Neighbors,
) {
    let reach = periodic.heights().map(|height| radius / height);
    for j in 0..positions.len() {
        let r = positions[j] - positions[i];
        let fractional = periodic.fractional(&r);
        let images = |axis: usize| images(fractional[axis], reach[axis]);
        for a in images(0) {
            for b in images(1) {
                for c in images(2) {
                    let shift = [a, b, c];
                    let near = (r + cell.translation(shift)).norm_squared() < radius * radius;
                    if near && (j != i || shift != [0; 3]) {
                        pairs.second.push(j as u32);
                        pairs.shifts.push(shift);
                    }
                }
            }
        }
    }
}

/// All s with |fractional + s| ≤ reach. Of NaN: one image, whose distance then is NaN too.
fn images(fractional: f64, reach: f64) -> RangeInclusive<i32> {
    let reach = reach + SLACK * (1.0 + fractional.abs());
    (-fractional - reach).ceil() as i32..=(-fractional + reach).floor() as i32
}
