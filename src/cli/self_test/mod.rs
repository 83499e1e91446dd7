//! Before the first step: does the fast path say, at the very structure that is about to be computed, what the reference
//! says. A processor, a compiler or a kernel that computes wrongly ends here, and not in a trajectory.
//!
//! - [`agreement`]: how far two answers are apart, and how far they may be
//! - [`probe`]: the structure, or as much of it as the reference can afford

pub mod agreement;
pub mod probe;

use super::choices::PrecisionChoice;
use super::exit::OrBadInput;
use super::plan::Compute;
use agreement::Tolerance;
use anyhow::Result;
use oreo_core::{Cell, Potential, System, Vec3};
use oreo_potentials::oreo::Weights;

/// Å
#[cfg(feature = "candle")]
const DISPLACEMENT: f64 = 0.01;
/// See [`oreo_potentials::oreo::Config::vector_smoothing`].
#[cfg(feature = "candle")]
const SYMMETRIC: &str = ". Only with atoms displaced by 0.01 Å: the structure itself is so symmetric that these weights give an atom \
     on it no definite force (docs/guide/questions.md); displace it, or use weights with --vector-smoothing";

/// What the fast path is held to.
#[cfg_attr(
    not(feature = "candle"),
    expect(dead_code, reason = "nothing to compare with")
)]
pub struct SelfTest {
    weights: Weights,
    tolerance: Tolerance,
}

impl SelfTest {
    /// Of weights as they were read, for a network that computes as `compute` says.
    ///
    /// # Errors
    /// Weights that cannot be rounded as `compute` says.
    pub fn new(weights: Weights, compute: &Compute) -> Result<Self> {
        let mean = weights.tensors.get("mean");
        let constant = mean.and_then(|mean| mean.values.first().copied());
        Ok(Self {
            tolerance: Tolerance::of(compute, constant.unwrap_or(0.0)),
            weights: as_computed(weights, compute)?,
        })
    }
}

/// The weights that the fast path multiplies with, which rounds them on loading: the reference must have the same, or the
/// test would be of the model and not of the kernels.
fn as_computed(mut weights: Weights, compute: &Compute) -> Result<Weights> {
    if compute.precision == PrecisionChoice::F16Weights {
        weights.round_to_f16().or_bad_input()?;
    }
    Ok(weights)
}

#[cfg(feature = "candle")]
impl SelfTest {
    /// Compares `potential` with the reference in f64 and says how close they are, in one line; `None` for a structure
    /// that the potential was not made for, which is refused elsewhere with its place. Nothing of the run is changed;
    /// the weights kept for the reference are given back.
    ///
    /// # Errors
    /// When they differ by more than rounding and tables explain, or when the reference has no finite answer.
    pub fn run(
        self,
        potential: &mut dyn Potential,
        system: &System,
        positions: &[Vec3],
        cell: &Cell,
    ) -> Result<Option<String>> {
        use oreo_potentials::oreo::reference::{Device, OreoReference, Precision};
        let capabilities = potential.capabilities();
        if system.is_empty() || capabilities.check(system, cell).is_err() {
            return Ok(None);
        }
        let started = std::time::Instant::now();
        let mut reference = OreoReference::new(&self.weights, Precision::F64, &Device::Cpu)?;
        let mut probe = probe::Probe::of(system, positions, cell, capabilities.neighbors)?;
        let mut agreement = probe.compare(potential, &mut reference, self.tolerance)?;
        let mut where_not = "";
        if !agreement.holds() && self.weights.config.vector_smoothing == 0.0 {
            probe.displace(DISPLACEMENT)?;
            let beside = probe.compare(potential, &mut reference, self.tolerance)?;
            if beside.holds() {
                (agreement, where_not) = (beside, SYMMETRIC);
            }
        }
        agreement.check()?;
        Ok(Some(format!(
            "self-test: fused agrees with reference{}: {agreement}, {:.1} ms{where_not}",
            probe.extent(),
            1e3 * started.elapsed().as_secs_f64()
        )))
    }
}

#[cfg(not(feature = "candle"))]
impl SelfTest {
    /// There is nothing to compare with, and the user should know.
    ///
    /// # Errors
    /// None.
    pub fn run(
        self,
        _: &mut dyn Potential,
        _: &System,
        _: &[Vec3],
        _: &Cell,
    ) -> Result<Option<String>> {
        let note = "self-test: none, since this build has no reference path to compare with";
        Ok(Some(note.into()))
    }
}

#[cfg(all(test, feature = "candle"))]
mod tests;
