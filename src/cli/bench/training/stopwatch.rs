//! An engine that notes how long its parts take, and the processor's own clock.

use oreo_core::{PotentialError, Vec3};
use oreo_potentials::oreo::gradients::{Gradients, Molecule, Rule};
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Since they were taken last.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    /// In `evaluate`
    pub forces: Duration,
    /// In `differentiate`
    pub gradient: Duration,
    /// In `update`
    pub update: Duration,
}

/// Any engine; whoever has the other end of `spent` reads the clock.
pub struct Timed<G> {
    engine: G,
    spent: Rc<Cell<Spent>>,
}

impl<G> Timed<G> {
    /// With the clock to read.
    pub fn new(engine: G) -> (Self, Rc<Cell<Spent>>) {
        let spent = Rc::new(Cell::new(Spent::default()));
        let clock = Rc::clone(&spent);
        (Self { engine, spent }, clock)
    }

    fn timed<A>(
        &mut self,
        part: impl Fn(&mut Spent) -> &mut Duration,
        work: impl FnOnce(&mut G) -> A,
    ) -> A {
        let started = Instant::now();
        let answer = work(&mut self.engine);
        let mut spent = self.spent.get();
        *part(&mut spent) += started.elapsed();
        self.spent.set(spent);
        answer
    }
}

impl<T, G: Gradients<T>> Gradients<T> for Timed<G> {
    fn set_parameters(&mut self, parameters: &[T]) -> Result<(), PotentialError> {
        self.engine.set_parameters(parameters)
    }

    fn evaluate(
        &mut self,
        batch: &[Molecule<'_>],
        energies: &mut [f64],
        forces: &mut [Vec3],
    ) -> Result<(), PotentialError> {
        self.timed(|s| &mut s.forces, |e| e.evaluate(batch, energies, forces))
    }

    fn differentiate(
        &mut self,
        batch: &[Molecule<'_>],
        by_energy: &[f64],
        by_force: &[Vec3],
    ) -> Result<(), PotentialError> {
        self.timed(
            |s| &mut s.gradient,
            |e| e.differentiate(batch, by_energy, by_force),
        )
    }

    fn gradient(&mut self) -> &mut [T] {
        self.engine.gradient()
    }

    fn update(&mut self, rule: Rule<'_, T>) -> Result<(), PotentialError> {
        self.timed(|s| &mut s.update, |e| e.update(rule))
    }

    fn parameters(&mut self) -> Result<Vec<T>, PotentialError> {
        self.engine.parameters()
    }

    fn order(&self) -> &[u32] {
        self.engine.order()
    }
}

/// Time that processors spent in this process so far, all its threads together; `None` where the system does not say.
#[cfg(unix)]
pub fn processor_time() -> Option<Duration> {
    let now = nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID.now().ok()?;
    Some(now.into())
}

/// Not known here.
#[cfg(not(unix))]
pub fn processor_time() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thread that computes for 50 ms of its own is counted, one that sleeps for a second is not. Catches a clock of the
    /// wall, and one of the calling thread alone.
    #[cfg(unix)]
    #[test]
    fn processor_time_is_that_of_all_threads_and_not_of_the_wall() {
        let spent_by = |work: fn()| {
            let before = processor_time().unwrap();
            std::thread::spawn(work).join().unwrap();
            processor_time().unwrap() - before
        };
        let busy = || {
            let thread = || nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID.now().unwrap();
            let until = Duration::from(thread()) + Duration::from_millis(50);
            while Duration::from(thread()) < until {}
        };
        assert!(spent_by(busy) >= Duration::from_millis(49));
        // Other tests of this process may compute meanwhile; one quiet moment is enough.
        let asleep = || std::thread::sleep(Duration::from_secs(1));
        let is_quiet = |_| spent_by(asleep) < Duration::from_millis(900);
        assert!((0..10).any(is_quiet));
    }
}
