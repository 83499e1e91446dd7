//! From the ensemble of a plan to an integrator in internal units.

use crate::cli::choices::DofChoice;
use crate::cli::exit::OrBadInput;
use crate::cli::plan::{Ensemble, Plan, StartVelocities};
use crate::cli::quantity::Temperature;
use anyhow::Result;
use oreo_core::random::Generator;
use oreo_core::{Frame, Integrator, System};
use oreo_integrators::{
    Chain, ChainSettings, Coupling, Csvr, DegreesOfFreedom, KineticTarget, Langevin, Mode,
    NoseHoover, VelocityVerlet, WithoutRigidMotion,
};

/// How degrees of freedom are counted.
pub(in crate::cli) fn mode(plan: &Plan) -> Mode {
    match plan.dof {
        DofChoice::Md17 => Mode::Md17,
        DofChoice::Physical => Mode::Physical,
    }
}

/// Which modes the thermostat, or at constant energy the first draw, warms.
pub(in crate::cli) fn coupling(plan: &Plan, dof: DegreesOfFreedom) -> Coupling {
    match plan.ensemble {
        Ensemble::Langevin { .. } => Coupling::AllModes,
        // Nobody takes translation and rotation out of velocities from a file.
        Ensemble::Nve if plan.velocities == StartVelocities::File => Coupling::AllModes,
        // One atom can only fly.
        Ensemble::Nve if dof.internal == 0 => Coupling::AllModes,
        _ => Coupling::Internal,
    }
}

/// What a temperature means for this system.
pub(super) fn target(
    plan: &Plan,
    dof: DegreesOfFreedom,
    temperature: Temperature,
) -> Result<KineticTarget> {
    dof.target(
        mode(plan),
        coupling(plan, dof),
        temperature.thermal_energy(),
    )
    .or_bad_input()
}

/// kT of the vibrations under the thermostat of a plan, eV; `None` without one, and for a single atom.
pub fn internal_thermal_energy(plan: &Plan, frame: &Frame) -> Option<f64> {
    let (temperature, _) = plan.ensemble.thermostat()?;
    let system = System::new(frame.elements.clone());
    let dof = DegreesOfFreedom::of(&system, &frame.cell).ok()?;
    let target = dof.target(mode(plan), Coupling::Internal, temperature.thermal_energy());
    Some(target.ok()?.kt)
}

/// Nosé–Hoover and CSVR scale all momenta and would let rounding grow into translation and rotation.
pub(super) fn integrator(
    plan: &Plan,
    dof: DegreesOfFreedom,
    generator: Generator,
) -> Result<Box<dyn Integrator>> {
    let dt = plan.timestep.internal();
    Ok(match plan.ensemble {
        Ensemble::Nve => Box::new(VelocityVerlet::new(dt).or_bad_input()?),
        Ensemble::NoseHoover {
            temperature,
            time,
            chain_length,
        } => {
            let settings = ChainSettings {
                thermostat_time: time.internal(),
                length: chain_length as usize,
                ..ChainSettings::default()
            };
            let chain = Chain::new(target(plan, dof, temperature)?, settings).or_bad_input()?;
            let chain = NoseHoover::new(dt, chain).or_bad_input()?;
            Box::new(WithoutRigidMotion::new(Box::new(chain)))
        }
        Ensemble::Langevin { temperature, time } => {
            let kt = target(plan, dof, temperature)?.kt;
            Box::new(Langevin::new(dt, kt, time.internal(), generator).or_bad_input()?)
        }
        Ensemble::Csvr { temperature, time } => {
            let target = target(plan, dof, temperature)?;
            let csvr = Csvr::new(dt, target, time.internal(), generator).or_bad_input()?;
            Box::new(WithoutRigidMotion::new(Box::new(csvr)))
        }
    })
}
