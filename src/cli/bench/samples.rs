//! Durations of many calls, and the three numbers that are quoted of them.
//!
//! The minimum is what the code needs when nothing else disturbs the machine; median and p99 say how much something did.

use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// ms; of at least one call.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Milliseconds {
    /// Shortest.
    pub min: f64,
    /// Half of the calls were not slower.
    pub median: f64,
    /// 99 % of the calls were not slower.
    pub p99: f64,
}

/// Calls `work` `warmup` times and then `calls` times with the clock running; the first error ends it.
///
/// # Panics
/// When `calls` is 0: there is nothing to quote.
pub fn measure<E>(
    warmup: u64,
    calls: u64,
    mut work: impl FnMut() -> Result<(), E>,
) -> Result<Milliseconds, E> {
    (0..warmup).try_for_each(|_| work())?;
    let mut durations = Vec::new();
    for _ in 0..calls {
        let start = Instant::now();
        work()?;
        durations.push(start.elapsed());
    }
    Ok(Milliseconds::of(durations))
}

/// Like [`measure`], for work whose cost is not known: stops after `budget`, but not before `at_least` timed calls.
///
/// # Panics
/// When `at_least` is 0.
pub fn measure_within<E>(
    budget: Duration,
    at_least: u64,
    mut work: impl FnMut() -> Result<(), E>,
) -> Result<(Milliseconds, u64), E> {
    work()?;
    let (started, mut durations) = (Instant::now(), Vec::new());
    while started.elapsed() < budget || (durations.len() as u64) < at_least {
        let start = Instant::now();
        work()?;
        durations.push(start.elapsed());
    }
    let calls = durations.len() as u64;
    Ok((Milliseconds::of(durations), calls))
}

/// Calls of one work in a row, of several in turns.
const BLOCK: u64 = 10;

/// Several works in one run, block after block in turns, so that a drift of the machine meets all alike. Each block
/// begins with a call that is not timed: the others have had the caches. Stops after `budget`, but not before
/// `at_least` timed calls of each; returns the number of them.
///
/// # Panics
/// When `at_least` is 0.
pub fn measure_in_turns<W, E>(
    budget: Duration,
    at_least: u64,
    works: &mut [W],
    mut call: impl FnMut(&mut W) -> Result<(), E>,
) -> Result<(Vec<Milliseconds>, u64), E> {
    let (started, mut calls) = (Instant::now(), 0);
    let mut durations = vec![Vec::new(); works.len()];
    while calls < at_least || started.elapsed() < budget {
        let block = match at_least.saturating_sub(calls) {
            0 => BLOCK.min(at_least),
            missing => BLOCK.min(missing),
        };
        for (work, durations) in works.iter_mut().zip(&mut durations) {
            call(work)?;
            for _ in 0..block {
                let start = Instant::now();
                call(work)?;
                durations.push(start.elapsed());
            }
        }
        calls += block;
    }
    Ok((durations.into_iter().map(Milliseconds::of).collect(), calls))
}

impl Milliseconds {
    fn of(mut durations: Vec<Duration>) -> Self {
        assert!(!durations.is_empty(), "at least one call is timed");
        durations.sort_unstable();
        Self {
            min: durations[0].as_secs_f64() * 1e3,
            median: rank(&durations, 0.5),
            p99: rank(&durations, 0.99),
        }
    }
}

/// Nearest rank: the shortest duration that a share of all does not exceed, ms.
fn rank(sorted: &[Duration], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1].as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1, 2, …, 200 ms in another order. Catches a percentile that is off by one and samples that
    /// are not sorted.
    #[test]
    fn percentiles_by_hand() {
        let durations = (1..=200).map(|k| Duration::from_millis((k * 77) % 201));
        let found = Milliseconds::of(durations.collect());
        assert_eq!((found.min, found.median, found.p99), (1.0, 100.0, 198.0));
        let one = Milliseconds::of(vec![Duration::from_millis(7)]);
        assert_eq!((one.min, one.median, one.p99), (7.0, 7.0, 7.0));
    }

    #[test]
    fn warm_up_calls_are_not_timed() {
        let mut calls = 0;
        let mut work = || -> Result<(), ()> {
            calls += 1;
            if calls <= 3 {
                std::thread::sleep(Duration::from_millis(30));
            }
            Ok(())
        };
        let found = measure(3, 5, &mut work).unwrap();
        assert!(found.min < 30.0, "{found:?}");
        assert_eq!(calls, 8);
    }

    /// 12 calls are blocks of 10 and 2, each after one call that is not timed. Catches works that are timed one after
    /// the other as a whole.
    #[test]
    fn works_take_turns() {
        let mut turns = String::new();
        let mut call = |name: &mut char| {
            turns.push(*name);
            Ok::<(), ()>(())
        };
        let (found, calls) =
            measure_in_turns(Duration::ZERO, 12, &mut ['a', 'b'], &mut call).unwrap();
        let blocks = [11, 3].map(|length| "a".repeat(length) + &"b".repeat(length));
        assert_eq!((found.len(), calls, turns), (2, 12, blocks.concat()));
    }

    #[test]
    fn a_slow_call_is_still_timed_as_often_as_demanded() {
        let work = || -> Result<(), ()> { Ok(()) };
        let (_, calls) = measure_within(Duration::ZERO, 3, work).unwrap();
        assert_eq!(calls, 3);
        assert!(measure_within(Duration::ZERO, 1, || Err("no")).is_err());
    }
}
