//! How far the networks of a committee agreed over a run, in fixed memory.

use oreo_core::{Archive, ArchiveError, ForceDeviation, Observer, ObserverError, Persist};
use oreo_core::{Stop, View};
use std::ops::ControlFlow;

/// What `summary.json` says of the deviations of one replica: of the same looks as the columns of `thermo.csv`, the one that
/// stopped it included.
#[derive(Debug, Clone, Default)]
pub struct Deviations {
    looks: u64,
    /// eV/Å, of the largest deviations.
    sum: f64,
    /// (eV/Å)², of root mean squares.
    squares: f64,
    /// With its step and atom; eV/Å
    largest: f64,
    step: u64,
    atom: u64,
}

/// Over the looks of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeviationStatistics {
    /// eV/Å, mean of the deviation of the atom that deviates most.
    pub mean: f64,
    /// eV/Å, root mean square over looks and atoms.
    pub rms: f64,
    /// eV/Å, largest of all.
    pub max: f64,
    /// Where that was.
    pub max_step: u64,
    /// Index of the atom.
    pub max_atom: usize,
}

impl Deviations {
    /// `None` before the first look.
    pub fn statistics(&self) -> Option<DeviationStatistics> {
        let looks = self.looks as f64;
        (self.looks > 0).then(|| DeviationStatistics {
            mean: self.sum / looks,
            rms: (self.squares / looks).sqrt(),
            max: self.largest,
            max_step: self.step,
            max_atom: self.atom as usize,
        })
    }

    fn add(&mut self, step: u64, found: ForceDeviation) {
        if self.looks == 0 || found.max > self.largest {
            (self.largest, self.step, self.atom) = (found.max, step, found.atom as u64);
        }
        self.looks += 1;
        self.sum += found.max;
        self.squares += found.rms * found.rms;
    }
}

impl Observer for Deviations {
    /// A look at which the networks were not asked does not count.
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        if let Some(found) = view.force_deviation {
            self.add(view.state.step, found);
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl Persist for Deviations {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        archive.u64("looks", &mut self.looks)?;
        archive.f64("sum", &mut self.sum)?;
        archive.f64("squares", &mut self.squares)?;
        archive.f64("largest", &mut self.largest)?;
        archive.u64("step", &mut self.step)?;
        archive.u64("atom", &mut self.atom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(atom: usize, max: f64, rms: f64) -> ForceDeviation {
        ForceDeviation { atom, max, rms }
    }

    /// (0.1 + 0.4 + 0.1 + 0.4)/4 and √((0.03² + 0.04²)/4). Catches the mean of the root mean squares (0.0175) and the
    /// last of equal maxima.
    #[test]
    fn mean_and_maximum_by_hand() {
        let mut all = Deviations::default();
        assert_eq!(all.statistics(), None);
        all.add(0, found(2, 0.1, 0.03));
        all.add(100, found(5, 0.4, 0.04));
        all.add(200, found(1, 0.1, 0.0));
        all.add(300, found(7, 0.4, 0.0));
        let all = all.statistics().unwrap();
        assert!((all.mean - 0.25).abs() < 1e-15);
        assert!((all.rms - 0.025).abs() < 1e-15);
        assert_eq!((all.max, all.max_step, all.max_atom), (0.4, 100, 5));
    }

    #[test]
    fn networks_that_agree_to_the_bit_have_a_maximum_too() {
        let mut all = Deviations::default();
        all.add(50, found(0, 0.0, 0.0));
        assert_eq!(all.statistics().unwrap().max_step, 50);
    }
}
