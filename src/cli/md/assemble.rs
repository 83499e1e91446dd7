//! From a plan to a simulation with everything that watches it. A resumed run is assembled in the same way, so that
//! the checkpoint finds each of its names again.

use crate::cli::choices::{DofChoice, TrajectoryFormat};
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::inputs::{self, LoadedPotential, Reference};
use crate::cli::plan::{Ensemble, Plan, PotentialPlan, StabilityRule, Start, StartVelocities};
use crate::observers::{Averages, Distances, FrameContent, Thermo, Trajectory};
use crate::run::RunDirectory;
use crate::{Replica, Simulation};
use anyhow::Result;
use oreo_core::random::Generator;
use oreo_core::units::{FEMTOSECOND, KELVIN};
use oreo_core::{Cell, Element, Frame, Integrator, State, System};
use oreo_formats::{ReadOptions, Timing};
use oreo_integrators::{
    Chain, ChainSettings, Coupling, Csvr, DegreesOfFreedom, KineticTarget, Langevin,
    MaxwellBoltzmann, Mode, NoseHoover, VelocityVerlet, WithoutRigidMotion,
};
use oreo_validation::rdf::RadialHistogram;
use oreo_validation::stability::{
    BondRule, ForceRule, RdfRule, TemperatureRule, Window, DEFAULT_DISTANCES_THRESHOLD,
    DEFAULT_RADIAL_THRESHOLD,
};
use oreo_validation::{Topology, ValidationError};
use rand::Rng;
use std::path::Path;
use std::sync::Arc;

/// Steps between samples of the mean temperatures and of the drift.
const AVERAGE_EVERY: u64 = 10;
/// Samples that the window rule takes of a window.
const WINDOW_SAMPLES: u64 = 100;
/// Bins of g(r).
const RADIAL_BINS: usize = 200;

/// A run, ready to start or to be restored.
pub struct Assembly {
    /// The loop.
    pub simulation: Simulation,
    /// To compare with.
    pub reference: Option<Reference>,
    /// Of the weights.
    pub weights_sha256: Option<String>,
    /// That reported temperatures count.
    pub degrees_of_freedom: usize,
    /// What the user should know, one line each.
    pub notes: Vec<String>,
}

/// Where the first frame of a replica comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// From what the plan names.
    Planned,
    /// From `replica-N/start.xyz`, which a run leaves in its folder: it can be resumed when the structure file is gone.
    Recorded,
}

/// Reads everything and puts it together; writes nothing.
pub fn assemble(plan: &Plan, directory: &RunDirectory, beginning: Beginning) -> Result<Assembly> {
    let LoadedPotential {
        potential,
        weights_sha256,
        notes,
    } = inputs::potential(&plan.potential, &plan.compute)?;
    let options = ReadOptions {
        labels: Some(plan.labels.into()),
        ..ReadOptions::default()
    };
    let reference = plan
        .reference
        .as_deref()
        .map(|path| inputs::reference(path, &options))
        .transpose()?;
    let mut builder = Builder {
        plan,
        directory,
        beginning,
        options,
        reference,
        notes,
        degrees_of_freedom: 0,
    };
    let replicas = (0..plan.replicas)
        .map(|id| builder.replica(id))
        .collect::<Result<_>>()?;
    let simulation = Simulation::new(potential, replicas, plan.skin.angstroms()).or_bad_input()?;
    let Builder {
        reference,
        notes,
        degrees_of_freedom,
        ..
    } = builder;
    Ok(Assembly {
        simulation,
        reference,
        weights_sha256,
        degrees_of_freedom,
        notes,
    })
}

/// Of replica `id`: its own, so that it can be repeated alone.
pub fn seed(plan: &Plan, id: u32) -> u64 {
    plan.seed.wrapping_add(u64::from(id))
}

struct Builder<'a> {
    plan: &'a Plan,
    directory: &'a RunDirectory,
    beginning: Beginning,
    options: ReadOptions,
    reference: Option<Reference>,
    notes: Vec<String>,
    degrees_of_freedom: usize,
}

impl Builder<'_> {
    fn replica(&mut self, id: u32) -> Result<Replica> {
        // One stream for the start, another for the thermostat.
        let mut draw = Generator::new(seed(self.plan, id), 0);
        let thermostat = Generator::new(seed(self.plan, id), 1);
        let frame = self.start_frame(id, &mut draw)?;
        let (system, mut state) = frame.to_system_and_state();
        let dof = DegreesOfFreedom::of(&system, &state.cell).or_bad_input()?;
        self.degrees_of_freedom = dof.reported(self.mode(), self.coupling());
        self.set_velocities(&frame, &system, &mut state, dof, &mut draw)?;
        let integrator = self.integrator(dof, thermostat)?;
        let replica = Replica::new(id, Arc::new(system), state, integrator);
        self.watched(replica, &frame)
    }

    fn start_frame(&self, id: u32, draw: &mut Generator) -> Result<Frame> {
        let (frame, place) = match (&self.plan.start, &self.reference) {
            (Start::RandomReferenceFrame, Some(reference)) => {
                let index = draw.random_range(0..reference.frames.len());
                (
                    reference.frames[index].clone(),
                    format!("reference frame {index}"),
                )
            }
            (Start::RandomReferenceFrame, None) => {
                return Err(BadInput::new("no structure and no reference").into())
            }
            (Start::Structure { path, frame }, _) => self.read(id, path, *frame)?,
        };
        self.check_against_reference(&frame, &place)?;
        if matches!(self.plan.potential, PotentialPlan::Et(_)) {
            inputs::check_structure(&frame, &place)?;
        }
        Ok(frame)
    }

    fn read(&self, id: u32, path: &Path, frame: u64) -> Result<(Frame, String)> {
        let recorded = self.directory.start(id);
        let (path, frame) = match self.beginning {
            Beginning::Planned => (path, frame),
            Beginning::Recorded => (recorded.as_path(), 0),
        };
        let read = oreo_formats::read_structure(path, frame, &self.options).or_bad_input()?;
        Ok((read, format!("{}, frame {frame}", path.display())))
    }

    fn check_against_reference(&self, frame: &Frame, place: &str) -> Result<()> {
        let formula = |elements: &[Element]| System::new(elements.to_vec()).formula();
        match self
            .reference
            .as_ref()
            .map(|reference| &reference.frames[0].elements)
        {
            Some(other) if *other != frame.elements => {
                let (own, other) = (formula(&frame.elements), formula(other));
                let problem =
                    "is not the molecule of the reference, or its atoms are in another order";
                Err(BadInput::new(format!("{place} ({own}) {problem} ({other})")).into())
            }
            _ => Ok(()),
        }
    }

    fn mode(&self) -> Mode {
        match self.plan.dof {
            DofChoice::Md17 => Mode::Md17,
            DofChoice::Physical => Mode::Physical,
        }
    }

    fn coupling(&self) -> Coupling {
        match self.plan.ensemble {
            Ensemble::Langevin { .. } => Coupling::AllModes,
            _ => Coupling::Internal,
        }
    }

    fn target(&self, dof: DegreesOfFreedom, kelvins: f64) -> Result<KineticTarget> {
        dof.target(self.mode(), self.coupling(), kelvins * KELVIN)
            .or_bad_input()
    }

    fn set_velocities(
        &mut self,
        frame: &Frame,
        system: &System,
        state: &mut State,
        dof: DegreesOfFreedom,
        draw: &mut Generator,
    ) -> Result<()> {
        match self.plan.velocities {
            StartVelocities::Zero => state.scale_momenta(0.0),
            StartVelocities::File if frame.velocities.is_none() => {
                return Err(BadInput::new(
                    "velocities: the structure file has none; use --velocities maxwell",
                )
                .into());
            }
            StartVelocities::File => {}
            StartVelocities::Maxwell(temperature) => {
                let target = self.target(dof, temperature.kelvins())?;
                let distribution = match self.coupling() {
                    Coupling::AllModes => MaxwellBoltzmann::all_modes(target.kt),
                    Coupling::Internal => MaxwellBoltzmann::internal(target, &state.cell),
                };
                distribution.draw(system, state, draw).or_bad_input()?;
            }
        }
        Ok(())
    }

    fn integrator(
        &self,
        dof: DegreesOfFreedom,
        generator: Generator,
    ) -> Result<Box<dyn Integrator>> {
        let dt = self.plan.timestep.femtoseconds() * FEMTOSECOND;
        Ok(match self.plan.ensemble {
            Ensemble::Nve => Box::new(VelocityVerlet::new(dt).or_bad_input()?),
            Ensemble::NoseHoover {
                temperature,
                time,
                chain_length,
            } => {
                let settings = ChainSettings {
                    thermostat_time: time.femtoseconds() * FEMTOSECOND,
                    length: chain_length as usize,
                    ..ChainSettings::default()
                };
                let chain = Chain::new(self.target(dof, temperature.kelvins())?, settings)
                    .or_bad_input()?;
                Box::new(WithoutRigidMotion::new(Box::new(
                    NoseHoover::new(dt, chain).or_bad_input()?,
                )))
            }
            Ensemble::Langevin { temperature, time } => {
                let target = self.target(dof, temperature.kelvins())?;
                let time = time.femtoseconds() * FEMTOSECOND;
                Box::new(Langevin::new(dt, target.kt, time, generator).or_bad_input()?)
            }
            Ensemble::Csvr { temperature, time } => {
                let target = self.target(dof, temperature.kelvins())?;
                let time = time.femtoseconds() * FEMTOSECOND;
                Box::new(WithoutRigidMotion::new(Box::new(
                    Csvr::new(dt, target, time, generator).or_bad_input()?,
                )))
            }
        })
    }

    /// Rules look at every step and come first; then what is written.
    fn watched(&self, replica: Replica, start: &Frame) -> Result<Replica> {
        let plan = self.plan;
        let folder = self.directory.replica(replica.id);
        let timestep = plan.timestep.femtoseconds() * FEMTOSECOND;
        let dof = self.degrees_of_freedom;
        let topology = match &self.reference {
            Some(reference) => reference.topology.clone(),
            None => Topology::from_structure(&start.elements, &start.positions, &start.cell),
        };
        let mut replica = self.ruled(replica, &topology)?;
        replica = replica
            .watch(AVERAGE_EVERY, Averages::new(timestep, dof))
            .watch(plan.every, Distances::default())
            .watch(
                plan.every,
                Thermo::new(folder.join("thermo.csv"), timestep, dof, topology),
            );
        let timing = Timing {
            first_step: 0,
            interval: plan.every,
            timestep,
        };
        for format in &plan.formats {
            let (name, content) = match format {
                TrajectoryFormat::Xyz => {
                    let content = FrameContent {
                        forces: plan.write_forces,
                        velocities: plan.write_velocities,
                    };
                    ("trajectory.xyz", content)
                }
                TrajectoryFormat::Dcd => ("trajectory.dcd", FrameContent::default()),
            };
            replica = replica.watch(
                plan.every,
                Trajectory::new(folder.join(name), timing, content, timestep),
            );
        }
        Ok(replica)
    }

    fn ruled(&self, mut replica: Replica, topology: &Topology) -> Result<Replica> {
        match (self.plan.stability, &self.reference) {
            (StabilityRule::Bond { threshold }, _) => {
                replica = replica.watch(
                    1,
                    BondRule::new(topology.clone(), threshold.angstroms()).or_bad_input()?,
                );
            }
            (StabilityRule::Rdf { threshold, window }, Some(reference)) => {
                let steps = (window.femtoseconds() / self.plan.timestep.femtoseconds())
                    .round()
                    .max(1.0) as u64;
                let every = (steps / WINDOW_SAMPLES).max(1);
                let window = Window { steps, every };
                replica = replica.watch(
                    every,
                    window_rule(reference, window, threshold).or_bad_input()?,
                );
            }
            (StabilityRule::Rdf { .. } | StabilityRule::None, _) => {}
        }
        if let Some(cap) = self.plan.temperature_cap {
            let rule = TemperatureRule::new(cap.kelvins(), self.degrees_of_freedom as f64)
                .or_bad_input()?;
            replica = replica.watch(1, rule);
        }
        if let Some(cap) = self.plan.force_cap {
            replica = replica.watch(1, ForceRule::new(cap.ev_per_angstrom()).or_bad_input()?);
        }
        Ok(replica)
    }
}

/// h(r) of a molecule, g(r) of a box up to half its smallest height.
fn window_rule(
    reference: &Reference,
    window: Window,
    threshold: Option<f64>,
) -> Result<RdfRule, ValidationError> {
    let first = &reference.frames[0];
    let Cell::Periodic(cell) = &first.cell else {
        let threshold = threshold.unwrap_or(DEFAULT_DISTANCES_THRESHOLD);
        return RdfRule::distances(reference.distribution.clone(), window, threshold);
    };
    let mut radial = RadialHistogram::all(first.len(), 0.5 * cell.heights().min(), RADIAL_BINS)?;
    reference
        .frames
        .iter()
        .try_for_each(|frame| radial.add_frame(&frame.positions, &frame.cell))?;
    let distribution = radial.distribution()?;
    RdfRule::radial(
        radial,
        distribution,
        window,
        threshold.unwrap_or(DEFAULT_RADIAL_THRESHOLD),
    )
}
