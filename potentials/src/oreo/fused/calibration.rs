//! Does a single molecule gain by several threads? It is tried: small molecules lose, since threads wait for each other
//! a hundred times in one evaluation, and how much depends on the machine and on who else uses it.

use std::time::{Duration, Instant};

/// Calls of each kind before deciding; the best of each counts.
const TRIALS: u32 = 4;
/// Calls after which it is tried anew: other programs come and go.
const VALID: u32 = 5000;
/// Molecules whose sizes differ by less than this factor are one case, and there are so many cases.
const SIMILAR: f64 = 1.3;
const CASES: usize = 40;

/// What was found for molecules of each size.
#[derive(Debug)]
pub struct Calibration([Case; CASES]);

/// For molecules of one size.
#[derive(Debug, Clone, Copy, Default)]
struct Case {
    calls: u32,
    /// Best of alone and together.
    best: [Option<Duration>; 2],
}

impl Default for Calibration {
    fn default() -> Self {
        Self([Case::default(); CASES])
    }
}

impl Calibration {
    /// Runs `work(together)`, and learns from it how to run it next time.
    pub fn time(&mut self, atoms: usize, work: impl FnOnce(bool)) {
        let size = (atoms.max(1) as f64).ln() / SIMILAR.ln();
        let case = &mut self.0[(size as usize).min(CASES - 1)];
        let together = case.choose();
        if case.calls > 2 * TRIALS {
            return work(together);
        }
        let start = Instant::now();
        work(together);
        case.learn(together, start.elapsed());
    }
}

impl Case {
    fn choose(&mut self) -> bool {
        if self.calls >= VALID {
            *self = Self::default();
        }
        self.calls += 1;
        match (self.calls <= 2 * TRIALS, self.best) {
            (false, [Some(alone), Some(together)]) => together < alone,
            _ => self.calls.is_multiple_of(2),
        }
    }

    fn learn(&mut self, together: bool, took: Duration) {
        let best = &mut self.best[usize::from(together)];
        *best = Some(best.map_or(took, |best| best.min(took)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After the trials the faster of the two, until it is time to try again. Catches a choice turned round.
    #[test]
    fn the_faster_way_is_taken_after_some_trials() {
        for faster in [false, true] {
            let mut case = Case::default();
            let mut choices = Vec::new();
            for _ in 0..VALID {
                let together = case.choose();
                let milliseconds = if together == faster { 1 } else { 2 };
                case.learn(together, Duration::from_millis(milliseconds));
                choices.push(together);
            }
            let (trials, rest) = choices.split_at(2 * TRIALS as usize);
            let together = trials.iter().filter(|&&together| together).count();
            assert_eq!(together, TRIALS as usize);
            assert!(rest.iter().all(|&together| together == faster));
            assert!(!case.choose() && case.choose());
        }
    }

    /// A mixed data set must not stay in the trials for ever.
    #[test]
    fn sizes_that_alternate_are_learnt_side_by_side() {
        let mut calibration = Calibration::default();
        for _ in 0..2 * TRIALS + 1 {
            calibration.time(9, |_| {});
            calibration.time(360, |_| {});
        }
        assert!(
            calibration
                .0
                .iter()
                .filter(|case| case.calls > 2 * TRIALS)
                .count()
                == 2
        );
    }
}
