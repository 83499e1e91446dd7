//! Does this build compute on this machine what it should, and how fast.
//!
//! A small untrained network made from a seed, at a bent ethanol: energy and one force of every path, precision and
//! instruction set against stored values, the force against the slope of the energy, and all forces of the fast path
//! against the reference. The stored values are those of a build whose reference agreed with TorchMD-NET 3.1.0 on all
//! reference files of `potentials/tests/`; a processor, compiler or library that computes wrongly shows here, before it
//! spoils a run.

#[cfg(feature = "candle")]
mod reference;

use super::samples::{measure_within, Milliseconds};
use super::subject::{Structure, Subject};
use anyhow::Result;
use oreo_core::{Frame, Potential, System, Vec3};
use oreo_potentials::oreo::fused::{Filters, InstructionSet, Options, OreoFused, Precision};
use oreo_potentials::oreo::{Config, Weights};
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// eV, in f64.
const ENERGY: f64 = 2.333_601_422_496_844;
/// eV/Å on [`ATOM`] along x, in f64.
const FORCE: f64 = 0.237_408_458_166_097_6;
/// The oxygen.
const ATOM: usize = 2;
/// Å; the fourth-order difference has its best digits near here.
const STEP: f64 = 1e-3;
/// How long the calls of one path are timed.
const BUDGET: Duration = Duration::from_millis(300);
/// Relative, in f64: sums in another order.
const DOUBLE: f64 = 1e-10;
/// Relative, in f32.
const SINGLE: f64 = 1e-4;

/// What was found.
#[derive(Debug, Serialize)]
pub struct SelfTest {
    /// All of them.
    pub passed: bool,
    /// One by one.
    pub checks: Vec<Check>,
    /// Of each path that this build has.
    pub speeds: Vec<Speed>,
    /// What was timed.
    pub timed: &'static str,
}

/// One comparison.
#[derive(Debug, Serialize)]
pub struct Check {
    /// What is compared.
    pub name: String,
    /// Relative.
    pub deviation: f64,
    /// Allowed.
    pub tolerance: f64,
    /// Within the tolerance.
    pub passed: bool,
}

/// Energy and forces of ethanol, see [`TIMED`].
#[derive(Debug, Serialize)]
pub struct Speed {
    /// `fused` or `reference`
    pub path: &'static str,
    /// One call.
    pub ms: Milliseconds,
    /// How many were timed.
    pub calls: u64,
}

/// The size of the model in `models/`.
pub const TIMED: &str =
    "ethanol, 9 atoms; 128 channels, 4 layers, 32 radial functions; f32, 1 thread";

/// Takes about a second.
pub fn run() -> Result<SelfTest> {
    let (weights, ethanol) = (Weights::random(tiny(), 1), ethanol());
    let mut checks = of_fused(&weights, &ethanol)?;
    checks.extend(reference::checks(&weights, &ethanol)?);
    let network = Weights::random(shipped_size(), 1);
    let mut speeds = vec![speed("fused", fused(&network, single())?, &ethanol)?];
    speeds.extend(reference::speed(&network, &ethanol)?);
    Ok(SelfTest {
        passed: checks.iter().all(|check| check.passed),
        checks,
        speeds,
        timed: TIMED,
    })
}

/// Against stored values and slopes: what can be checked without the reference.
fn of_fused(weights: &Weights, ethanol: &Structure) -> Result<Vec<Check>> {
    let (energy, force) = answer(fused(weights, double())?, ethanol)?;
    let slope = slope(weights, ethanol)?;
    let mut checks = vec![
        Check::new("fused f64: energy, stored value", energy, ENERGY, DOUBLE),
        Check::new("fused f64: force, stored value", force, FORCE, DOUBLE),
        Check::new("fused f64: force, slope of energy", force, -slope, 1e-7),
    ];
    for instruction_set in InstructionSet::available() {
        let options = Options {
            instruction_set,
            ..single()
        };
        let (_, force) = answer(fused(weights, options)?, ethanol)?;
        let name = format!("fused f32, {}: force", instruction_set.name());
        checks.push(Check::new(name, force, FORCE, SINGLE));
    }
    Ok(checks)
}

/// As a run computes by default.
fn single() -> Options {
    Options::default()
}

fn double() -> Options {
    Options {
        precision: Precision::F64,
        filters: Filters::Exact,
        ..Options::default()
    }
}

fn fused(weights: &Weights, options: Options) -> Result<Box<dyn Potential>> {
    Ok(Box::new(OreoFused::new(weights, &options)?))
}

#[cfg(not(feature = "candle"))]
mod reference {
    use super::{Check, Result, Speed, Structure, Weights};

    /// There is none in this build.
    pub fn checks(_: &Weights, _: &Structure) -> Result<Vec<Check>> {
        Ok(Vec::new())
    }

    /// There is none in this build.
    pub fn speed(_: &Weights, _: &Structure) -> Result<Option<Speed>> {
        Ok(None)
    }
}

impl Check {
    fn new(name: impl Into<String>, found: f64, expected: f64, tolerance: f64) -> Self {
        Self::of(name, ((found - expected) / expected).abs(), tolerance)
    }

    fn of(name: impl Into<String>, deviation: f64, tolerance: f64) -> Self {
        Self {
            name: name.into(),
            deviation,
            tolerance,
            // Not so for NaN.
            passed: deviation <= tolerance,
        }
    }
}

fn tiny() -> Config {
    Config {
        channels: 16,
        layers: 3,
        heads: 4,
        radial_functions: 8,
        max_z: 10,
        ..Config::et_oreo()
    }
}

/// Not a minimum of anything, so that there are forces.
pub(super) fn ethanol() -> Structure {
    let symbols = ["C", "C", "O", "H", "H", "H", "H", "H", "H"];
    let positions = [
        [0.0, 0.0, 0.0],
        [1.51, 0.02, 0.0],
        [1.98, -1.34, 0.07],
        [-0.36, 1.03, 0.03],
        [-0.36, -0.52, 0.89],
        [-0.38, -0.51, -0.88],
        [1.87, 0.51, 0.91],
        [1.88, 0.53, -0.89],
        [2.93, -1.29, 0.24],
    ];
    let system = System::from_symbols(&symbols).expect("known elements");
    Structure {
        name: "ethanol".into(),
        frame: Frame::new(system.elements, positions.map(Vec3::from).to_vec()),
    }
}

fn shipped_size() -> Config {
    Config {
        channels: 128,
        layers: 4,
        heads: 8,
        radial_functions: 32,
        ..Config::et_oreo()
    }
}

/// Energy and the force on [`ATOM`] along x.
fn answer(network: Box<dyn Potential>, structure: &Structure) -> Result<(f64, f64)> {
    let mut subject = Subject::new(structure, network, 1)?;
    subject.evaluate()?;
    let (energy, forces) = subject.answer();
    Ok((energy, forces[ATOM].x))
}

/// dE/dx of [`ATOM`] from four energies of the fast path (Abramowitz and Stegun 25.3.6).
fn slope(weights: &Weights, structure: &Structure) -> Result<f64> {
    let energy = |displacement: f64| -> Result<f64> {
        let mut frame = structure.frame.clone();
        frame.positions[ATOM].x += displacement;
        let name = structure.name.clone();
        Ok(answer(fused(weights, double())?, &Structure { name, frame })?.0)
    };
    let difference = |h: f64| Ok::<_, anyhow::Error>(energy(h)? - energy(-h)?);
    Ok((8.0 * difference(STEP)? - difference(2.0 * STEP)?) / (12.0 * STEP))
}

fn speed(path: &'static str, network: Box<dyn Potential>, structure: &Structure) -> Result<Speed> {
    let mut subject = Subject::new(structure, network, 1)?;
    (0..10).try_for_each(|_| subject.evaluate())?;
    let (ms, calls) = measure_within(BUDGET, 5, || subject.evaluate())?;
    Ok(Speed { path, ms, calls })
}

impl fmt::Display for SelfTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = |passed| if passed { "passed" } else { "FAILED" };
        writeln!(f, "self-test   {}", verdict(self.passed))?;
        for check in &self.checks {
            writeln!(
                f,
                "  {:<36} {} (off by {:.1e}, allowed {:.0e})",
                check.name,
                verdict(check.passed),
                check.deviation,
                check.tolerance
            )?;
        }
        for speed in &self.speeds {
            writeln!(
                f,
                "speed       {:<9} {:.3} ms per energy and forces, median {:.3}",
                speed.path, speed.ms.min, speed.ms.median
            )?;
        }
        writeln!(f, "  timed     {}", self.timed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_build_passes() {
        let found = run().unwrap();
        assert!(found.passed, "{found}");
        for speed in &found.speeds {
            assert!(speed.ms.min > 0.0 && speed.calls >= 5, "{}", speed.path);
        }
    }

    /// A test that cannot fail tests nothing: another seed has another energy, and NaN is no success.
    #[test]
    fn other_weights_and_nan_do_not_pass() {
        let other = Weights::random(tiny(), 2);
        let (energy, _) = answer(fused(&other, double()).unwrap(), &ethanol()).unwrap();
        assert!(!Check::new("energy", energy, ENERGY, 1e-10).passed);
        assert!(!Check::new("energy", f64::NAN, ENERGY, 1e-10).passed);
    }
}
