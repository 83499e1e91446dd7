//! A structure that can be evaluated again and again, in the loop's own way.

use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::inputs;
use crate::{Replica, RunError, Simulation, DEFAULT_SKIN};
use anyhow::Result;
use oreo_core::units::FEMTOSECOND;
use oreo_core::{Frame, NeighborList, Potential, State, System, Vec3};
use oreo_formats::ReadOptions;
use oreo_integrators::VelocityVerlet;
use std::path::Path;
use std::sync::Arc;

/// Of the steps that are timed: short, because the start is any geometry and perhaps an untrained network.
const TIMESTEP: f64 = 0.1 * FEMTOSECOND;

/// A structure read for a benchmark.
pub struct Structure {
    /// Stem of the file's name.
    pub name: String,
    /// The configuration.
    pub frame: Frame,
}

/// Copies of one structure under a potential; all of them go into one call.
pub struct Subject {
    /// Nobody watches.
    pub simulation: Simulation,
    /// Of one copy.
    pub atoms: usize,
    /// Undirected, within the cutoff, of one copy; 0 for a potential that reads no list.
    pub pairs: usize,
}

impl Structure {
    /// One frame of any readable file. `molecule` also refuses what no network was made for.
    pub fn read(path: &Path, frame: u64, molecule: bool) -> Result<Self> {
        let read =
            oreo_formats::read_structure(path, frame, &ReadOptions::default()).or_bad_input()?;
        if read.is_empty() {
            return Err(BadInput::new(format!("{} has no atoms", path.display())).into());
        }
        if molecule {
            inputs::check_structure(&read, &format!("{}, frame {frame}", path.display()))?;
        }
        let stem = path.file_name().unwrap_or(path.as_os_str());
        let stem = stem.to_string_lossy();
        let name = stem.split_once('.').map_or(&*stem, |(stem, _)| stem).into();
        Ok(Self { name, frame: read })
    }
}

impl Subject {
    /// At rest. Refuses what the potential was not made for.
    pub fn new(
        structure: &Structure,
        potential: Box<dyn Potential>,
        copies: u32,
    ) -> Result<Self, RunError> {
        let (system, mut state) = structure.frame.to_system_and_state();
        state.scale_momenta(0.0);
        let pairs = pairs_within_cutoff(&*potential, &state)?;
        let (atoms, system) = (system.len(), Arc::new(system));
        let replicas = (0..copies)
            .map(|id| copy(id, &system, &state))
            .collect::<Vec<_>>();
        Ok(Self {
            simulation: Simulation::new(potential, replicas, DEFAULT_SKIN)?,
            atoms,
            pairs,
        })
    }

    /// Energies and forces of all copies, in as few calls as the potential allows.
    pub fn evaluate(&mut self) -> Result<(), RunError> {
        self.simulation.compute_forces()
    }

    /// eV, and eV/Å (n,), of the first copy as of the last call.
    pub fn answer(&self) -> (f64, &[Vec3]) {
        let state = &self.simulation.replicas()[0].state;
        (state.energy, &state.forces)
    }
}

fn copy(id: u32, system: &Arc<System>, state: &State) -> Replica {
    let integrator = VelocityVerlet::new(TIMESTEP).expect("a positive constant");
    Replica::new(id, Arc::clone(system), state.clone(), Box::new(integrator))
}

fn pairs_within_cutoff(potential: &dyn Potential, state: &State) -> Result<usize, RunError> {
    let Some(request) = potential.capabilities().neighbors else {
        return Ok(0);
    };
    let mut list = NeighborList::new(request, 0.0);
    let listed = list.update(&state.positions, &state.cell);
    listed.map_err(|source| RunError::Neighbors {
        replica: 0,
        step: 0,
        source,
    })?;
    Ok(list.pairs().len() / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::Cell;
    use oreo_potentials::LennardJones;

    fn argon(distances: &[f64]) -> Structure {
        let elements = vec!["Ar".parse().unwrap(); distances.len()];
        let positions = distances.iter().map(|&x| Vec3::new(x, 0.0, 0.0)).collect();
        Structure {
            name: "argon".into(),
            frame: Frame::new(elements, positions),
        }
    }

    /// Cutoff 8.5 Å: of the three pairs, 4 and 5 Å count and 9 Å does not, although the skin reaches 9 Å.
    #[test]
    fn pairs_are_counted_once_and_up_to_the_cutoff() {
        let potential = || Box::new(LennardJones::argon());
        let mut subject = Subject::new(&argon(&[0.0, 4.0, 9.0]), potential(), 2).unwrap();
        assert_eq!((subject.atoms, subject.pairs), (3, 2));
        subject.evaluate().unwrap();
        let (energy, forces) = subject.answer();
        assert!(energy < 0.0 && forces.len() == 3);
        let before = energy;
        subject.evaluate().unwrap();
        assert_eq!(subject.answer().0, before, "evaluation starts from zero");
        assert_eq!(subject.simulation.replicas()[0].state.cell, Cell::Open);
    }
}
