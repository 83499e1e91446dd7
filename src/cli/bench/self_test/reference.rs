//! The reference itself, and the fast path against it.

use super::{answer, Check, Speed, Structure, Subject, DOUBLE, ENERGY, FORCE, SINGLE};
use anyhow::Result;
use oreo_core::{Potential, Vec3};
use oreo_potentials::oreo::reference::{Device, OreoReference, Precision};
use oreo_potentials::oreo::Weights;

/// Stored values, and all forces of ethanol.
pub fn checks(weights: &Weights, ethanol: &Structure) -> Result<Vec<Check>> {
    let double = || network(weights, Precision::F64);
    let (energy, force) = answer(double()?, ethanol)?;
    let (_, rounded) = answer(network(weights, Precision::F32)?, ethanol)?;
    let truth = forces(double()?, ethanol)?;
    let against = |name, options, tolerance| -> Result<Check> {
        let found = forces(super::fused(weights, options)?, ethanol)?;
        Ok(Check::of(name, deviation(&found, &truth), tolerance))
    };
    Ok(vec![
        Check::new(
            "reference f64: energy, stored value",
            energy,
            ENERGY,
            DOUBLE,
        ),
        Check::new("reference f64: force, stored value", force, FORCE, DOUBLE),
        Check::new("reference f32: force, stored value", rounded, FORCE, SINGLE),
        against("fused f64: forces of reference", super::double(), 1e-9)?,
        against("fused f32: forces of reference", super::single(), SINGLE)?,
    ])
}

/// As the fast path is timed.
pub fn speed(weights: &Weights, ethanol: &Structure) -> Result<Option<Speed>> {
    super::speed("reference", network(weights, Precision::F32)?, ethanol).map(Some)
}

fn network(weights: &Weights, precision: Precision) -> Result<Box<dyn Potential>> {
    let network = OreoReference::new(weights, precision, &Device::Cpu)?;
    Ok(Box::new(network))
}

fn forces(network: Box<dyn Potential>, structure: &Structure) -> Result<Vec<Vec3>> {
    let mut subject = Subject::new(structure, network, 1)?;
    subject.evaluate()?;
    Ok(subject.answer().1.to_vec())
}

/// Root of the mean squared difference over that of the forces.
fn deviation(found: &[Vec3], truth: &[Vec3]) -> f64 {
    let differences = found.iter().zip(truth).map(|(a, b)| (a - b).norm_squared());
    let size: f64 = truth.iter().map(Vec3::norm_squared).sum();
    (differences.sum::<f64>() / size).sqrt()
}
