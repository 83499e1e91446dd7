//! Rounding the matrices of a network to two bytes a number (IEEE 754 binary16, "f16") once, so that the rounded model
//! is the model: what is tested is what runs, and a faster path that keeps its matrices in f16 adds no error of its own.

use super::error::WeightsProblem;
use super::{StoredAs, Tensor, Weights};
use half::f16;
use serde::Serialize;

/// The smallest number of f16 with all eleven digits; below it steps are 2⁻²⁴, whatever the number.
const SMALLEST_NORMAL: f64 = 1.0 / 16_384.0;
/// Keys of [`Weights::record`].
const ROUNDED_TO: &str = "matrices_rounded_to";
const ROUNDED_FROM: &str = "rounded_from_sha256";
const F16: &str = "f16";

/// What [`Weights::round_to_f16`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct F16Rounding {
    /// Numbers in all matrices that [`is_stored_in_f16`].
    pub numbers: usize,
    /// Those of them that changed.
    pub changed: usize,
    /// Those that became zero: at most 2⁻²⁵ in size.
    pub zeroed: usize,
    /// Largest |Δw| / |w| among numbers of at least 2⁻¹⁴, where it is below 2⁻¹¹ ≈ 4.9e-4; smaller ones lose more of
    /// themselves, but less in absolute terms.
    pub largest_relative_change: f64,
    /// √(Σ Δw² / Σ w²) over all `numbers`; 0 if they are all zero.
    pub rms_relative_change: f64,
}

/// Whether a tensor is a matrix that multiplies activations of atoms. These are nearly all numbers of a network, and
/// reading them is what an energy waits for, so halving them pays.
///
/// Everything else stays as it is: biases and norms are few; embeddings are copied, not multiplied; the maps of distances
/// (`distance_proj`, `dk_proj`, `dv_proj`) go into tables that are computed in f64; `mean` and `std` set the energy's scale.
pub fn is_stored_in_f16(name: &str) -> bool {
    let Some((block, map)) = name
        .strip_suffix(".weight")
        .and_then(|path| path.rsplit_once('.'))
    else {
        return false;
    };
    if block.starts_with("representation_model.attention_layers.") {
        return ["q_proj", "k_proj", "v_proj", "o_proj", "vec_proj"].contains(&map);
    }
    if block.starts_with("output_model.output_network.") {
        let gated_network = block.ends_with(".update_net.layers");
        return gated_network || ["vec1_proj", "vec2_proj"].contains(&map);
    }
    (block, map) == ("representation_model.neighbor_embedding", "combine")
}

/// The f16 nearest to a number, halfway cases to the even one, ±∞ from 65520 on. Not `f16::from_f64`, which by 2.7 goes
/// through f32 or drops low bits, and so takes a number just beyond halfway for one that is halfway.
pub(super) fn nearest_f16(value: f64) -> f64 {
    let exponent = (value.to_bits() >> 52 & 0x7ff) as i32 - 1023;
    // Powers of two: both the quotient and the product are exact.
    let step = 2f64.powi(exponent.max(-14) - 10);
    let rounded = (value / step).round_ties_even() * step;
    match rounded.abs() > f16::MAX.to_f64() {
        true => f64::INFINITY.copysign(value),
        false => rounded,
    }
}

impl Weights {
    /// Rounds every matrix that [`is_stored_in_f16`] to the nearest f16, halfway cases to the even one, and records it:
    /// `matrices_rounded_to`, and as `rounded_from_sha256` the file that these weights came from. Rounding again changes
    /// nothing. `sha256` stays that of the file that was read.
    ///
    /// # Errors
    /// [`WeightsProblem::BeyondF16`] at a number beyond ±65504; nothing is changed then.
    pub fn round_to_f16(&mut self) -> Result<F16Rounding, WeightsProblem> {
        self.matrices()
            .try_for_each(|(name, matrix)| check_range(name, matrix))?;
        let mut sums = Sums::default();
        for (_, matrix) in self.tensors.iter_mut().filter(|(n, _)| is_stored_in_f16(n)) {
            for value in &mut matrix.values {
                let rounded = nearest_f16(*value);
                sums.add(*value, rounded);
                *value = rounded;
            }
        }
        let rounding = sums.rounding();
        if rounding.changed > 0 || !self.record.contains_key(ROUNDED_FROM) {
            self.record.insert(ROUNDED_FROM.into(), self.sha256.clone());
        }
        self.record.insert(ROUNDED_TO.into(), F16.into());
        Ok(rounding)
    }

    /// Whether every matrix that [`is_stored_in_f16`] holds nothing but f16 numbers; the numbers say so, not the record.
    pub fn matrices_are_f16(&self) -> bool {
        StoredAs::F16Matrices.inexact(self) == 0
    }

    pub(super) fn recorded_as_f16(&self) -> bool {
        self.record.get(ROUNDED_TO).is_some_and(|to| to == F16)
    }

    fn matrices(&self) -> impl Iterator<Item = (&String, &Tensor)> {
        let all = self.tensors.iter();
        all.filter(|(name, _)| is_stored_in_f16(name))
    }
}

/// Where the network would become infinite, or has NaN already.
fn check_range(name: &str, matrix: &Tensor) -> Result<(), WeightsProblem> {
    let fits = |value: &f64| value.abs() <= f16::MAX.to_f64();
    match matrix.values.iter().position(|value| !fits(value)) {
        None => Ok(()),
        Some(index) => Err(WeightsProblem::BeyondF16 {
            tensor: name.to_string(),
            index,
            value: matrix.values[index],
        }),
    }
}

/// Number by number on the way to an [`F16Rounding`].
#[derive(Default)]
struct Sums {
    rounding: F16Rounding,
    squares: f64,
    squared_changes: f64,
}

impl Sums {
    fn add(&mut self, before: f64, after: f64) {
        let (so_far, change) = (&mut self.rounding, (after - before).abs());
        so_far.numbers += 1;
        so_far.changed += usize::from(change > 0.0);
        so_far.zeroed += usize::from(after == 0.0 && before != 0.0);
        if before.abs() >= SMALLEST_NORMAL {
            let relative = change / before.abs();
            so_far.largest_relative_change = so_far.largest_relative_change.max(relative);
        }
        self.squares += before * before;
        self.squared_changes += change * change;
    }

    fn rounding(self) -> F16Rounding {
        let rms_relative_change = match self.squares > 0.0 {
            true => (self.squared_changes / self.squares).sqrt(),
            false => 0.0,
        };
        F16Rounding {
            rms_relative_change,
            ..self.rounding
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oreo::layout::layout;
    use crate::oreo::Config;
    use std::collections::BTreeSet;

    /// Between 1 and 2 the step is 2⁻¹⁰. Planted and caught: rounding towards zero (the second line), halfway cases away
    /// from zero (the third), and the detour through f32 (the fifth, which f32 turns into the third).
    #[test]
    fn the_nearest_number_wins_and_halfway_the_even_one() {
        let (step, a_little) = (2f64.powi(-10), 2f64.powi(-40));
        for (value, expected) in [
            (1.0 + 0.49 * step, 1.0),
            (1.0 + 0.51 * step, 1.0 + step),
            (1.0 + 0.5 * step, 1.0),
            (1.0 + 1.5 * step, 1.0 + 2.0 * step),
            (1.0 + 0.5 * step + a_little, 1.0 + step),
            (1.0 + 1.5 * step - a_little, 1.0 + step),
            (2.0 - 0.5 * step, 2.0),
            (2.0 - 0.51 * step, 2.0 - step),
            (65_519.9, 65_504.0),
            (65_520.0, f64::INFINITY),
        ] {
            assert_eq!(nearest_f16(value), expected, "{value:e}");
            assert_eq!(nearest_f16(-value), -expected, "{value:e}");
        }
    }

    /// Below 2⁻¹⁴ the step stays 2⁻²⁴. Planted and caught: a step that goes on shrinking with the number.
    #[test]
    fn small_numbers_have_the_step_of_subnormals() {
        let step = 2f64.powi(-24);
        for (value, expected) in [
            (SMALLEST_NORMAL - 0.4 * step, SMALLEST_NORMAL),
            (SMALLEST_NORMAL - 0.6 * step, SMALLEST_NORMAL - step),
            (3.3 * step, 3.0 * step),
            (2.5 * step, 2.0 * step),
            (0.6 * step, step),
            (0.5 * step, 0.0),
            (f64::MIN_POSITIVE, 0.0),
            (0.0, 0.0),
        ] {
            assert_eq!(nearest_f16(value), expected, "{value:e}");
        }
        assert!(nearest_f16(-0.1 * step).is_sign_negative());
    }

    /// All 65536, by the definition of the crate that encodes them; halfway between any two neighbours goes to the even.
    #[test]
    fn every_f16_is_its_own_nearest_and_no_other() {
        for bits in 0..f16::INFINITY.to_bits() {
            let (this, next) = (f16::from_bits(bits), f16::from_bits(bits + 1));
            assert_eq!(nearest_f16(this.to_f64()), this.to_f64());
            assert_eq!(nearest_f16(-this.to_f64()), -this.to_f64());
            if next.is_finite() {
                let even = if bits % 2 == 0 { this } else { next };
                let halfway = 0.5 * (this.to_f64() + next.to_f64());
                assert_eq!(nearest_f16(halfway), even.to_f64());
            }
        }
    }

    /// By what a map is for, not by its name: two axes, trained, and neither a table of elements nor a map of distances.
    /// Planted and caught: `dk_proj` among them.
    #[test]
    fn the_matrices_are_those_that_multiply_atoms() {
        let kept = |name: &str| name.contains("embedding.weight") || name.contains("distance_proj");
        let filter = |name: &str| name.contains("dk_proj") || name.contains("dv_proj");
        let entries = layout(&Config::et_oreo());
        for entry in &entries {
            let matrix = entry.shape.len() == 2 && !kept(&entry.name) && !filter(&entry.name);
            assert_eq!(is_stored_in_f16(&entry.name), matrix, "{}", entry.name);
        }
        let names = entries.iter().map(|entry| entry.name.as_str());
        let chosen: BTreeSet<_> = names.filter(|name| is_stored_in_f16(name)).collect();
        assert_eq!(chosen.len(), 5 * Config::et_oreo().layers + 1 + 2 * 4);
        assert!(!is_stored_in_f16("representation_model.distance.box"));
    }
}
