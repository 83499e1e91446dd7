//! Does this build compute on this machine what it should, and how fast.
//!
//! A small untrained network made from a seed, at a bent ethanol: energy and one force against stored values, and that
//! force against the slope of the energy. The stored values are those of a build whose network agreed with
//! TorchMD-NET 3.1.0 on all reference files of `potentials/tests/`; a processor, compiler or library that computes
//! wrongly shows here, before it spoils a run.

use super::samples::{measure_within, Milliseconds};
use super::subject::{Structure, Subject};
use anyhow::Result;
use oreo_core::{Frame, System, Vec3};
use oreo_potentials::oreo::reference::{Device, OreoReference, Precision};
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
/// How long calls are timed.
const BUDGET: Duration = Duration::from_millis(300);

/// What was found.
#[derive(Debug, Serialize)]
pub struct SelfTest {
    /// All of them.
    pub passed: bool,
    /// One by one.
    pub checks: Vec<Check>,
    /// Energy and forces of ethanol, see [`TIMED`].
    pub ms: Milliseconds,
    /// How many calls were timed.
    pub calls: u64,
    /// What was timed.
    pub timed: &'static str,
}

/// One comparison.
#[derive(Debug, Serialize)]
pub struct Check {
    /// What is compared.
    pub name: &'static str,
    /// Relative.
    pub deviation: f64,
    /// Allowed.
    pub tolerance: f64,
    /// Within the tolerance.
    pub passed: bool,
}

/// The size of the model in `models/`.
pub const TIMED: &str =
    "ethanol, 9 atoms; 128 channels, 4 layers, 32 radial functions; reference path, f32, 1 thread";

/// Takes about a second.
pub fn run() -> Result<SelfTest> {
    let tiny = Weights::random(tiny(), 1);
    let ethanol = ethanol();
    let (energy, force) = answer(&tiny, Precision::F64, &ethanol)?;
    let (_, single) = answer(&tiny, Precision::F32, &ethanol)?;
    let slope = slope(&tiny, &ethanol)?;
    let checks = vec![
        Check::new("energy in f64, stored value", energy, ENERGY, 1e-10),
        Check::new("force in f64, stored value", force, FORCE, 1e-10),
        Check::new("force in f32, stored value", single, FORCE, 1e-4),
        Check::new("force in f64, slope of the energy", force, -slope, 1e-7),
    ];
    let (ms, calls) = time(&ethanol)?;
    Ok(SelfTest {
        passed: checks.iter().all(|check| check.passed),
        checks,
        ms,
        calls,
        timed: TIMED,
    })
}

impl Check {
    fn new(name: &'static str, found: f64, expected: f64, tolerance: f64) -> Self {
        let deviation = ((found - expected) / expected).abs();
        Self {
            name,
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

/// Energy and the force on [`ATOM`] along x.
fn answer(weights: &Weights, precision: Precision, structure: &Structure) -> Result<(f64, f64)> {
    let network = OreoReference::new(weights, precision, &Device::Cpu)?;
    let mut subject = Subject::new(structure, Box::new(network), 1)?;
    subject.evaluate()?;
    let (energy, forces) = subject.answer();
    Ok((energy, forces[ATOM].x))
}

/// dE/dx of [`ATOM`] from four energies (Abramowitz and Stegun 25.3.6).
fn slope(weights: &Weights, structure: &Structure) -> Result<f64> {
    let energy = |displacement: f64| -> Result<f64> {
        let mut frame = structure.frame.clone();
        frame.positions[ATOM].x += displacement;
        let name = structure.name.clone();
        Ok(answer(weights, Precision::F64, &Structure { name, frame })?.0)
    };
    let difference = |h: f64| Ok::<_, anyhow::Error>(energy(h)? - energy(-h)?);
    Ok((8.0 * difference(STEP)? - difference(2.0 * STEP)?) / (12.0 * STEP))
}

fn time(structure: &Structure) -> Result<(Milliseconds, u64)> {
    let config = Config {
        channels: 128,
        layers: 4,
        heads: 8,
        radial_functions: 32,
        ..Config::et_oreo()
    };
    let weights = Weights::random(config, 1);
    let network = OreoReference::new(&weights, Precision::F32, &Device::Cpu)?;
    let mut subject = Subject::new(structure, Box::new(network), 1)?;
    (0..10).try_for_each(|_| subject.evaluate())?;
    Ok(measure_within(BUDGET, 5, || subject.evaluate())?)
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
        writeln!(
            f,
            "speed       {:.2} ms per energy and forces, median {:.2} ({})",
            self.ms.min, self.ms.median, self.timed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_build_passes() {
        let found = run().unwrap();
        assert!(found.passed, "{found}");
        assert!(found.ms.min > 0.0 && found.calls >= 5);
    }

    /// A test that cannot fail tests nothing: another seed has another energy, and NaN is no success.
    #[test]
    fn other_weights_and_nan_do_not_pass() {
        let other = Weights::random(tiny(), 2);
        let (energy, _) = answer(&other, Precision::F64, &ethanol()).unwrap();
        assert!(!Check::new("energy", energy, ENERGY, 1e-10).passed);
        assert!(!Check::new("energy", f64::NAN, ENERGY, 1e-10).passed);
    }
}
