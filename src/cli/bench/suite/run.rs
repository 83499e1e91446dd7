//! What the suite measures.

use super::record::{Case, Compared, Conditions, Mode, Record};
use super::stopwatch::{Cost, Stopwatch, FEWEST_CALLS, LONGEST_CALL};
use crate::cli::bench::deviation::Deviation;
use crate::cli::bench::machine::{cores, load_average, processor};
use crate::cli::bench::peak;
use crate::cli::bench::systems::on_path;
use crate::cli::choices::{FiltersChoice, PathChoice, PrecisionChoice};
use crate::cli::plan::Compute;
use anyhow::Result;
use oreo_core::Vec3;
use oreo_potentials::oreo::fused::InstructionSet;
use std::path::Path;
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
    pub weights: &'a Path,
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
    fn sizes(&mut self) -> Result<Vec<Case>> {
        let mut cases = Vec::new();
        for &atoms in &self.wish.sizes {
            if let Some(case) = self.case(atoms, 1, &self.wish.compute)? {
                self.cost = Some(case.ms.min / case.work.mflop);
                cases.push(case);
            }
        }
        Ok(cases)
    }

    fn replicas(&mut self) -> Result<Vec<Case>> {
        let compute = self.wish.compute;
        let cases = REPLICAS.map(|copies| self.case(ETHANOL, copies, &compute));
        let cases: Result<Vec<_>> = cases.into_iter().collect();
        Ok(cases?.into_iter().flatten().collect())
    }

    fn threads(&mut self) -> Result<Vec<Case>> {
        if self.wish.compute.path == PathChoice::Reference {
            let why = "threads: the reference path can change their number only between programs";
            self.stopwatch.skipped.push(why.into());
            return Ok(Vec::new());
        }
        let mut what = vec![(ETHANOL, 1), (ETHANOL, 2), (ASPIRIN, 1), (ASPIRIN, 2)];
        let large = self.wish.sizes.iter().rev().take(2).rev();
        what.extend(large.filter(|&&atoms| atoms > ASPIRIN).map(|&n| (n, 1)));
        let mut cases = Vec::new();
        for threads in thread_counts(cores()) {
            let compute = Compute {
                threads,
                ..self.wish.compute
            };
            for &(atoms, copies) in &what {
                cases.extend(self.case(atoms, copies, &compute)?);
            }
        }
        Ok(cases)
    }

    fn modes(&mut self) -> Result<Vec<Mode>> {
        let sizes = self.wish.sizes.iter();
        let large = sizes.copied().rfind(|&n| n > ASPIRIN && n <= LARGE);
        let sizes = [Some(ETHANOL), Some(ASPIRIN), large];
        let (mut modes, mut exact) = (Vec::new(), Vec::new());
        for compute in ways(&self.wish.compute) {
            for atoms in sizes.into_iter().flatten() {
                modes.extend(self.mode(atoms, &compute, &mut exact)?);
            }
        }
        Ok(modes)
    }

    fn mode(
        &mut self,
        atoms: usize,
        compute: &Compute,
        exact: &mut Vec<(usize, Answer)>,
    ) -> Result<Option<Mode>> {
        let Some((case, subject)) = self.stopwatch.case(atoms, 1, compute, self.cost)? else {
            return Ok(None);
        };
        let answer = subject.answer();
        let known = exact.iter().find(|(known, _)| *known == atoms);
        let deviation =
            known.map(|(_, (energy, forces))| Deviation::between(answer, (*energy, forces)));
        if compute.precision == PrecisionChoice::F64 {
            exact.push((atoms, (answer.0, answer.1.to_vec())));
        }
        Ok(Some(Mode {
            mode: mode(compute),
            case,
            force_relative_rms: deviation.map(|d| d.force_relative_rms),
            energy_deviation_ev_per_atom: deviation.map(|d| d.energy / atoms as f64),
        }))
    }

    fn comparisons(&mut self) -> Result<Vec<Compared>> {
        let (mine, path) = (self.wish.compute, PathChoice::Reference);
        if mine.path == path {
            self.stopwatch
                .skipped
                .push("comparison: the suite was about the reference path itself".into());
            return Ok(Vec::new());
        }
        let other = on_path(&mine, path);
        let (mut found, mut cost) = (Vec::new(), None);
        for atoms in COMPARED.into_iter().filter(|n| self.wish.sizes.contains(n)) {
            if let Some(pair) = self.stopwatch.both(atoms, [&mine, &other], cost)? {
                cost = Some(pair.compare.ms.min / pair.case.work.mflop);
                found.push(pair);
            }
        }
        Ok(found)
    }

    fn case(&mut self, atoms: usize, copies: u32, compute: &Compute) -> Result<Option<Case>> {
        let found = self.stopwatch.case(atoms, copies, compute, self.cost)?;
        Ok(found.map(|(case, _)| case))
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
            network: self.stopwatch.network.clone(),
            case_seconds: self.wish.budget.as_secs_f64(),
            fewest_calls: FEWEST_CALLS,
            longest_call_ms: LONGEST_CALL,
        }
    }
}

/// eV, eV/Å
type Answer = (f64, Vec<Vec3>);

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

/// `f32`, `f32, exact filters`
fn mode(compute: &Compute) -> String {
    match compute.filters {
        Some(FiltersChoice::Exact) => format!("{}, exact filters", compute.precision),
        Some(FiltersChoice::Table) | None => compute.precision.to_string(),
    }
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
