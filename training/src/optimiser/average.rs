//! The exponential moving average of the parameters: smoother than the parameters themselves, which jitter with each
//! batch (Polyak & Juditsky 1992; the exponential form as in Kingma & Ba 2015, section 7.2).

use super::Number;
use crate::TrainingError;
use std::ops::Range;

/// a ← d·a + (1 − d)·p after each step.
#[derive(Debug, Clone)]
pub struct Average<T> {
    decay: f64,
    updates: u64,
    /// (parameters,)
    values: Vec<T>,
}

impl<T: Number> Average<T> {
    /// Starts at the parameters. `decay` is the memory per step, without unit; 0.999 remembers about a thousand steps.
    ///
    /// # Errors
    /// A decay outside (0, 1).
    pub fn new(decay: f64, parameters: &[T]) -> Result<Self, TrainingError> {
        if !(decay > 0.0 && decay < 1.0) {
            return Err(TrainingError::Settings(format!(
                "average = {decay}; it must be between 0 and 1, for example 0.999"
            )));
        }
        Ok(Self {
            decay,
            updates: 0,
            values: parameters.to_vec(),
        })
    }

    /// Begins to take in the parameters after a step. The decay grows as (1 + t)/(10 + t) up to its value, so that the
    /// random start is forgotten within tens of steps rather than thousands.
    pub(super) fn begin(&mut self) -> Intake<'_, T> {
        let t = self.updates as f64;
        let decay = self.decay.min((1.0 + t) / (10.0 + t));
        self.updates += 1;
        Intake {
            values: &mut self.values,
            rest: T::from_f64(1.0 - decay),
        }
    }

    pub(crate) fn parts(&mut self) -> (&mut [T], &mut u64) {
        (&mut self.values, &mut self.updates)
    }

    /// (parameters,)
    pub fn values(&self) -> &[T] {
        &self.values
    }
}

/// One update, part by part.
pub(super) struct Intake<'a, T> {
    values: &'a mut [T],
    rest: T,
}

impl<T: Number> Intake<'_, T> {
    /// The averages of a range and the share of the new parameters, for [`take_in`].
    pub fn part(&mut self, range: Range<usize>) -> (&mut [T], T) {
        (&mut self.values[range], self.rest)
    }
}

/// a += (1 − d) (p − a)
pub(super) fn take_in<T: Number>(averages: &mut [T], parameters: &[T], rest: T) {
    for (average, &parameter) in averages.iter_mut().zip(parameters) {
        *average += rest * (parameter - *average);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: decays 0.1 and 2/11, then the bound 0.25. Planted: decay and rest exchanged.
    #[test]
    fn three_updates_by_hand() {
        let mut average = Average::new(0.25, &[1.0f64]).unwrap();
        let update = |average: &mut Average<f64>, parameter: f64| {
            let mut intake = average.begin();
            let (values, rest) = intake.part(0..1);
            take_in(values, &[parameter], rest);
        };
        update(&mut average, 2.0);
        let first = 0.1 * 1.0 + 0.9 * 2.0;
        assert!((average.values()[0] - first).abs() < 1e-15);
        update(&mut average, 4.0);
        let second = 2.0 / 11.0 * first + 9.0 / 11.0 * 4.0;
        assert!((average.values()[0] - second).abs() < 1e-14);
        update(&mut average, 0.0);
        assert!((average.values()[0] - 0.25 * second).abs() < 1e-14);
    }

    #[test]
    fn decays_without_sense_are_refused() {
        for decay in [0.0, 1.0, -0.5, f64::NAN] {
            assert!(Average::new(decay, &[0.0f32]).is_err());
        }
    }
}
