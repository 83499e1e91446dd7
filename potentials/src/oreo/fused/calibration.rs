//! Does a single molecule gain by several threads? It is tried: small molecules lose, since threads wait for each other
//! a hundred times in one evaluation, and how much depends on the machine and on who else uses it.

use std::time::{Duration, Instant};

/// Calls of each kind before deciding; the best of each counts.
const TRIALS: u32 = 4;
/// Calls after which it is tried anew: other programs come and go.
const VALID: u32 = 5000;
/// A molecule this much larger or smaller is another case.
const SIMILAR: f64 = 1.3;

/// What was found for molecules of one size.
#[derive(Debug, Default)]
pub struct Calibration {
    atoms: usize,
    calls: u32,
    /// Best of alone and together.
    best: [Option<Duration>; 2],
}

impl Calibration {
    /// Runs `work(together)`, and learns from it how to run it next time.
    pub fn time(&mut self, atoms: usize, work: impl FnOnce(bool)) {
        let together = self.choose(atoms);
        if self.calls > 2 * TRIALS {
            return work(together);
        }
        let start = Instant::now();
        work(together);
        self.learn(together, start.elapsed());
    }

    fn choose(&mut self, atoms: usize) -> bool {
        let ratio = atoms as f64 / self.atoms as f64;
        if self.calls >= VALID || !(1.0 / SIMILAR..=SIMILAR).contains(&ratio) {
            *self = Self {
                atoms,
                ..Self::default()
            };
        }
        self.calls += 1;
        match (self.calls <= 2 * TRIALS, self.best) {
            (false, [Some(alone), Some(together)]) => together < alone,
            _ => self.calls % 2 == 0,
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

    /// After the trials the faster of the two, and again both for a molecule of another size. Catches a choice turned
    /// round.
    #[test]
    fn the_faster_way_is_taken_after_some_trials() {
        for faster in [false, true] {
            let mut calibration = Calibration::default();
            let mut choices = Vec::new();
            for _ in 0..2 * TRIALS + 5 {
                let together = calibration.choose(10);
                let milliseconds = if together == faster { 1 } else { 2 };
                calibration.learn(together, Duration::from_millis(milliseconds));
                choices.push(together);
            }
            let (trials, rest) = choices.split_at(2 * TRIALS as usize);
            assert_eq!(trials.iter().filter(|&&together| together).count(), 4);
            assert!(rest.iter().all(|&together| together == faster));
            assert!(!calibration.choose(20) && calibration.choose(20));
        }
    }
}
