//! Pairs, distances and radial functions of atoms that move along a direction.

use super::network::Trained;
use super::pass::Passage;
use crate::oreo::basis::{cosine_cutoff, RadialBasis, ALPHA_TIMES_CUTOFF};
use crate::oreo::fused::memory::fit;
use crate::oreo::fused::pairs::{Pair, PairGeometry};
use crate::oreo::fused::simd::{Real, Row, PANEL};
use crate::oreo::gradients::Molecule;
use oreo_core::Vec3;
use std::f64::consts::PI;

/// Turns a number and its derivative into a `T`; plain numbers forget the derivative.
pub type Make<T> = fn(f64, f64) -> T;

impl<T: Real> Passage<T> {
    /// Replaces the batch. `directions` of all atoms, or empty.
    pub fn place(
        &mut self,
        batch: &[Molecule<'_>],
        directions: &[Vec3],
        network: &Trained<T::Plain>,
        make: Make<T>,
    ) {
        let basis = &network.basis;
        let pairs = &mut self.pairs;
        pairs.clear();
        self.distances.clear();
        self.speeds.clear();
        for molecule in batch {
            let start = pairs.elements.len();
            let elements = molecule.elements.iter();
            (pairs.elements).extend(elements.map(|e| e.atomic_number() as u8));
            for i in 0..molecule.positions.len() {
                for j in i + 1..molecule.positions.len() {
                    let vector = molecule.positions[j] - molecule.positions[i];
                    let distance = vector.norm();
                    if distance >= basis.cutoff {
                        continue;
                    }
                    let moving = match directions.is_empty() {
                        true => Vec3::zeros(),
                        false => directions[start + j] - directions[start + i],
                    };
                    let unit = vector / distance;
                    let change = unit.dot(&moving);
                    let turning = (moving - unit * change) / distance;
                    let (c, slope) = match network.vector_cutoff {
                        true => (1.0, 0.0),
                        false => cosine_cutoff(distance, basis.cutoff),
                    };
                    pairs.pairs.push(Pair {
                        i: (start + i) as u32,
                        j: (start + j) as u32,
                        interval: 0,
                        t: T::ZERO,
                        cutoff: make(c, slope * change),
                        unit: [0, 1, 2].map(|d| make(unit[d], turning[d])),
                    });
                    pairs.geometry.push(PairGeometry {
                        vector,
                        distance,
                        slope: 1.0,
                        cutoff_slope: slope,
                    });
                    self.distances.push(make(distance, change));
                    self.speeds.push(T::Plain::from_f64(change));
                }
            }
            pairs.atom_ends.push(pairs.elements.len());
            pairs.pair_ends.push(pairs.pairs.len());
        }
        self.distances.push(T::ZERO);
        self.speeds.push(T::Plain::ZERO);
        self.radial(basis, make);
    }

    /// g and c with their derivatives along the direction; slopes by r for plain numbers only, where forces are made.
    fn radial(&mut self, basis: &RadialBasis, make: Make<T>) {
        let radial = &mut self.work.radial;
        let count = self.speeds.len();
        let geometry = self.pairs.geometry.iter().map(|pair| pair.distance);
        let distances = geometry.chain([0.0]);
        let functions = basis.means.len();
        let panels = functions.div_ceil(PANEL);
        radial.count = count;
        fit(&mut radial.values, panels * count).fill(Row::default());
        fit(&mut radial.slopes, panels * count).fill(Row::default());
        fit(&mut radial.cutoffs, count);
        let alpha = ALPHA_TIMES_CUTOFF / basis.cutoff;
        for (n, (r, change)) in distances.zip(&self.speeds).enumerate() {
            let change = change.to_f64();
            let (c, dc) = cosine_cutoff(r, basis.cutoff);
            let ddc = -0.5 * (PI / basis.cutoff).powi(2) * (PI * r / basis.cutoff).cos();
            radial.cutoffs[n] = [make(c, dc * change), make(dc, ddc * change)];
            let decay = (-alpha * r).exp();
            for (k, (&mean, &beta)) in basis.means.iter().zip(&basis.betas).enumerate() {
                let gaussian = (-beta * (decay - mean).powi(2)).exp();
                let slope = gaussian * (dc + 2.0 * c * beta * (decay - mean) * alpha * decay);
                let (row, lane) = (k / PANEL * count + n, k % PANEL);
                radial.values[row].set_lane(lane, make(c * gaussian, slope * change));
                radial.slopes[row].set_lane(lane, make(slope, 0.0));
            }
        }
    }
}
