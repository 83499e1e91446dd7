//! What the suite measures.

use super::record::{Case, Compared, Conditions, Mode, Record};
use super::stopwatch::{mode, Cost, Item, Stopwatch, Timed, FEWEST_CALLS, LONGEST_CALL};
use crate::cli::bench::deviation::Deviation;
use crate::cli::bench::machine::{cores, load_average, processor};
use crate::cli::bench::peak;
use crate::cli::bench::report::Comparison;
use crate::cli::bench::systems::on_path;
use crate::cli::choices::{FiltersChoice, PathChoice, PrecisionChoice};
use crate::cli::plan::Compute;
use crate::cli::weights_source::WeightsSource;
use anyhow::Result;
use oreo_potentials::oreo::fused::InstructionSet;
use std::time::{Duration, SystemTime};

/// Atoms, where the command line does not say otherwise.
pub const SIZES: [usize; 14] = [1, 2, 3, 5, 9, 21, 50, 100, 180, 200, 360, 500, 1000, 2000];
/// How long a case is timed, likewise.
pub const CASE_SECONDS: f64 = 3.0;
const REPLICAS: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];
/// Atoms of the molecule for replicas, and of a larger one.
const ETHANOL: usize = 9;
const ASPIRIN: usize = 21;
/// Of those in the list of sizes.
const COMPARED: [usize; 4] = [ETHANOL, ASPIRIN, 100, 360];
/// Atoms of the large structure for precisions, at most.
const LARGE: usize = 500;
/// On the fused path; the first is what the others are compared with.
const MODES: [(PrecisionChoice, FiltersChoice); 4] = [
    (PrecisionChoice::F64, FiltersChoice::Exact),
    (PrecisionChoice::F32, FiltersChoice::Exact),
    (PrecisionChoice::F32, FiltersChoice::Table),
    (PrecisionChoice::F16Weights, FiltersChoice::Table),
];

/// What to measure.
pub struct Wish<'a> {
    /// The network.
    pub weights: &'a WeightsSource,
    /// How; one thread.
    pub compute: Compute,
    /// Atoms, ascending.
    pub sizes: Vec<usize>,
    /// How long a case is timed.
    pub budget: Duration,
}

/// Measures everything; minutes for a network of full size.
pub fn run(wish: &Wish<'_>) -> Result<Record> {
    let load_average_before = load_average();
    let mut suite = Suite {
        wish,
        stopwatch: Stopwatch::new(wish.weights, &wish.compute, wish.budget)?,
        cost: None,
    };
    let mut record = Record {
        sizes: suite.sizes()?,
        replicas: suite.replicas()?,
        threads: suite.threads()?,
        modes: suite.modes()?,
        comparisons: suite.comparisons()?,
        conditions: suite.conditions(load_average_before),
        skipped: suite.stopwatch.skipped,
    };
    record.rate(suite.stopwatch.peak.again());
    Ok(record)
}

struct Suite<'a> {
    wish: &'a Wish<'a>,
    stopwatch: Stopwatch,
    /// In the largest structure so far.
    cost: Cost,
}

impl Suite<'_> {
    /// One after the other: what a size costs says whether the next is affordable.
    fn sizes(&mut self) -> Result<Vec<Case>> {
        let mut cases: Vec<Case> = Vec::new();
        for &atoms in &self.wish.sizes {
            let item = self.item(atoms, 1, &self.wish.compute);
            cases.extend(self.cases(&[item])?);
            let largest = cases.last();
            self.cost = largest.map(|case| case.ms.min / case.work.mflop);
        }
        Ok(cases)
    }

    fn replicas(&mut self) -> Result<Vec<Case>> {
        let items = REPLICAS.map(|copies| self.item(ETHANOL, copies, &self.wish.compute));
        self.cases(&items)
    }

    fn threads(&mut self) -> Result<Vec<Case>> {
        if self.wish.compute.path == PathChoice::Reference {
            let why = "threads: the reference path can change their number only between programs";
            self.stopwatch.skipped.push(why.into());
            return Ok(Vec::new());
        }
        let mut groups = [ETHANOL, ASPIRIN].map(|n| vec![(n, 1), (n, 2)]).to_vec();
        let large = self.wish.sizes.iter().rev().take(2).rev();
        groups.extend(large.filter(|&&n| n > ASPIRIN).map(|&n| vec![(n, 1)]));
        let mut cases = Vec::new();
        for group in groups {
            let items = thread_counts(cores()).into_iter().flat_map(|threads| {
                let compute = Compute {
                    threads,
                    ..self.wish.compute
                };
                let item = |&(atoms, copies)| self.item(atoms, copies, &compute);
                group.iter().map(item).collect::<Vec<_>>()
            });
            cases.extend(self.cases(&items.collect::<Vec<_>>())?);
        }
        self.stopwatch.keep_only(&self.wish.compute);
        Ok(cases)
    }

    fn modes(&mut self) -> Result<Vec<Mode>> {
        let sizes = self.wish.sizes.iter();
        let large = sizes.copied().rfind(|&n| n > ASPIRIN && n <= LARGE);
        let mut modes = Vec::new();
        for atoms in [Some(ETHANOL), Some(ASPIRIN), large].into_iter().flatten() {
            let ways = ways(&self.wish.compute).into_iter();
            let items: Vec<_> = ways.map(|way| self.item(atoms, 1, &way)).collect();
            let timed = self.stopwatch.in_turns(&items)?;
            modes.extend(timed.iter().map(|one| mode_of(one, timed.first())));
        }
        self.stopwatch.keep_only(&self.wish.compute);
        Ok(modes)
    }

    fn comparisons(&mut self) -> Result<Vec<Compared>> {
        let (mine, path) = (self.wish.compute, PathChoice::Reference);
        if mine.path == path {
            let why = "comparison: the suite was about the reference path itself";
            self.stopwatch.skipped.push(why.into());
            return Ok(Vec::new());
        }
        let (mut found, mut cost) = (Vec::new(), None);
        for atoms in COMPARED.into_iter().filter(|n| self.wish.sizes.contains(n)) {
            let other = Item {
                cost,
                ..self.item(atoms, 1, &on_path(&mine, path))
            };
            let timed = self
                .stopwatch
                .in_turns(&[self.item(atoms, 1, &mine), other])?;
            if let [mine, other] = &timed[..] {
                cost = Some(other.case.ms.min / other.case.work.mflop);
                found.push(compared(mine, other));
            }
        }
        Ok(found)
    }

    fn item(&self, atoms: usize, copies: u32, compute: &Compute) -> Item {
        Item {
            atoms,
            copies,
            compute: *compute,
            cost: self.cost,
        }
    }

    fn cases(&mut self, items: &[Item]) -> Result<Vec<Case>> {
        let timed = self.stopwatch.in_turns(items)?;
        Ok(timed.into_iter().map(|one| one.case).collect())
    }

    fn conditions(&self, load_average_before: Option<f64>) -> Conditions {
        let now = humantime::format_rfc3339_seconds(SystemTime::now());
        Conditions {
            program: format!("oreo {}", env!("CARGO_PKG_VERSION")),
            date: now.to_string(),
            processor: processor(),
            cores: cores(),
            load_average_before,
            load_average_after: load_average(),
            peak: self.stopwatch.peak.clone(),
            peak_method: peak::METHOD.into(),
            instruction_set: InstructionSet::detect().name().into(),
            potential: self.stopwatch.capabilities.name.clone(),
            path: self.wish.compute.path.to_string(),
            mode: mode(&self.wish.compute),
            self_test: self.stopwatch.self_test.clone(),
            network: self.stopwatch.network.clone(),
            case_seconds: self.wish.budget.as_secs_f64(),
            fewest_calls: FEWEST_CALLS,
            longest_call_ms: LONGEST_CALL,
        }
    }
}

/// Against the most exact one, if that was not left out.
fn mode_of(one: &Timed, first: Option<&Timed>) -> Mode {
    let exact = first.filter(|first| {
        let most = first.item.compute.precision == PrecisionChoice::F64;
        most && first.item.compute != one.item.compute
    });
    let deviation =
        exact.map(|exact| Deviation::between(one.subject.answer(), exact.subject.answer()));
    Mode {
        mode: one.item.mode(),
        case: one.case.clone(),
        force_relative_rms: deviation.map(|d| d.force_relative_rms),
        energy_deviation_ev_per_atom: deviation.map(|d| d.energy / one.case.atoms as f64),
    }
}

fn compared(mine: &Timed, other: &Timed) -> Compared {
    let compute = &other.item.compute;
    let deviation = Deviation::between(mine.subject.answer(), other.subject.answer());
    Compared {
        case: mine.case.clone(),
        compare: Comparison::new(
            compute.path.to_string(),
            compute.precision.to_string(),
            [mine.case.ms, other.case.ms],
            deviation,
        ),
    }
}

/// All that can be chosen about the arithmetic of a path, the most exact first.
fn ways(compute: &Compute) -> Vec<Compute> {
    let fused = MODES.map(|(precision, filters)| Compute {
        precision,
        filters: Some(filters),
        ..*compute
    });
    let mut ways = Vec::new();
    for way in fused.map(|way| on_path(&way, compute.path)) {
        // The reference makes no difference between some.
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

/// 1, 2, 4, … and all.
fn thread_counts(cores: usize) -> Vec<u32> {
    let doubled = std::iter::successors(Some(1), |count| Some(2 * count));
    let mut counts: Vec<usize> = doubled.take_while(|&count| count < cores).collect();
    counts.push(cores.max(1));
    counts.into_iter().map(|count| count as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::choices::DeviceChoice;

    #[test]
    fn each_path_has_its_own_modes_and_the_first_is_the_most_exact() {
        let on = |path| {
            let compute = Compute {
                device: DeviceChoice::Cpu,
                path,
                precision: PrecisionChoice::F32,
                filters: None,
                threads: 1,
            };
            let ways = ways(&on_path(&compute, path));
            ways.iter().map(mode).collect::<Vec<_>>()
        };
        assert_eq!(on(PathChoice::Reference), ["f64", "f32"]);
        let fused = [
            "f64, exact filters",
            "f32, exact filters",
            "f32",
            "f16-weights",
        ];
        assert_eq!(on(PathChoice::Fused), fused);
    }

    #[test]
    fn threads_are_doubled_up_to_all() {
        assert_eq!(thread_counts(1), [1]);
        assert_eq!(thread_counts(2), [1, 2]);
        assert_eq!(thread_counts(6), [1, 2, 4, 6]);
        assert_eq!(thread_counts(8), [1, 2, 4, 8]);
    }
}
