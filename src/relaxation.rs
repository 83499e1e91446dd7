//! Geometry optimisation: step, forces, until no free atom feels more than a given force. One structure, any potential, the
//! cell as it is.
//!
//! ```
//! use oreo::core::{Cell, State, System, Vec3};
//! use oreo::integrators::{FixedAtoms, Lbfgs, LbfgsSettings};
//! use oreo::{potentials::LennardJones, Relaxation};
//!
//! let argon = System::from_symbols(&["Ar", "Ar"])?;
//! let start = State::at_rest(vec![Vec3::zeros(), Vec3::new(4.0, 0.0, 0.0)], Cell::Open);
//! let minimizer = Lbfgs::new(LbfgsSettings::default(), 2)?;
//! let potential = Box::new(LennardJones::argon());
//! let mut relaxation = Relaxation::new(potential, argon, start, Box::new(minimizer), FixedAtoms::none())?;
//! relaxation.start()?;
//! while relaxation.max_force() > 1e-6 {
//!     relaxation.step()?;
//! }
//! let [a, b] = [0, 1].map(|atom| relaxation.state().positions[atom]);
//! assert!(((b - a).norm() - 2f64.powf(1.0 / 6.0) * 3.405).abs() < 1e-3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::DEFAULT_SKIN;
use oreo_core::{
    NeighborError, NeighborList, Neighbors, Potential, PotentialError, Request, State, System, Vec3,
};
use oreo_integrators::{FixedAtoms, Minimizer};
use oreo_validation::stability::first_non_finite;
use thiserror::Error;

/// A structure on its way to a minimum.
pub struct Relaxation {
    potential: Box<dyn Potential>,
    system: System,
    state: State,
    minimizer: Box<dyn Minimizer>,
    fixed: FixedAtoms,
    /// `None` for a potential that reads no list.
    neighbors: Option<NeighborList>,
    no_neighbors: Neighbors,
    /// Of the state, zero on fixed atoms; eV/Å, (n,)
    held_forces: Vec<Vec3>,
    /// Before the last step; Å, (n,)
    last_positions: Vec<Vec3>,
}

/// Why a minimum was not looked for any further.
#[derive(Debug, Error)]
pub enum RelaxationError {
    /// The potential was not made for this system.
    #[error(transparent)]
    Unfit(PotentialError),
    /// Energies and forces could not be had.
    #[error("no forces at step {step}: {source}")]
    Forces {
        /// Where they were needed.
        step: u64,
        /// Why.
        source: PotentialError,
    },
    /// The neighbour list could not be built.
    #[error("step {step}: {source}")]
    Neighbors {
        /// Where it was needed.
        step: u64,
        /// Why.
        source: NeighborError,
    },
    /// No way leads on from here.
    #[error(
        "{quantity} is not a finite number at step {step}; start from a structure whose atoms do not overlap and that the potential knows"
    )]
    NonFinite {
        /// Where that was seen.
        step: u64,
        /// Energy, force or position.
        quantity: String,
    },
}

impl Relaxation {
    /// Checks that the potential was made for this system; forces are not computed yet. Momenta play no part.
    ///
    /// # Errors
    /// [`RelaxationError::Unfit`].
    ///
    /// # Panics
    /// When system and state have different numbers of atoms.
    pub fn new(
        potential: Box<dyn Potential>,
        system: System,
        state: State,
        minimizer: Box<dyn Minimizer>,
        fixed: FixedAtoms,
    ) -> Result<Self, RelaxationError> {
        assert_eq!(system.len(), state.positions.len(), "a position an atom");
        let capabilities = potential.capabilities();
        let fits = capabilities.check(&system, &state.cell);
        fits.map_err(RelaxationError::Unfit)?;
        let list = |request| NeighborList::new(request, DEFAULT_SKIN);
        Ok(Self {
            potential,
            minimizer,
            fixed,
            neighbors: capabilities.neighbors.map(list),
            no_neighbors: Neighbors::default(),
            held_forces: state.forces.clone(),
            last_positions: state.positions.clone(),
            system,
            state,
        })
    }

    /// Energy and forces at the start; once, before the first step.
    ///
    /// # Errors
    /// As of [`Self::step`].
    pub fn start(&mut self) -> Result<(), RelaxationError> {
        self.evaluate()
    }

    /// One move and the forces where it led. Allocates nothing once neighbour lists have their size.
    ///
    /// # Errors
    /// No forces there, or numbers that are not finite. Nothing can be done from there.
    pub fn step(&mut self) -> Result<(), RelaxationError> {
        self.last_positions.copy_from_slice(&self.state.positions);
        self.minimizer
            .step(&mut self.state.positions, &self.held_forces);
        self.state.step += 1;
        self.check_finite()?;
        self.evaluate()
    }

    /// Where the atoms are. Forces are those of the potential, also on fixed atoms.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Elements and masses.
    pub fn system(&self) -> &System {
        &self.system
    }

    /// Those that must not move.
    pub fn fixed(&self) -> &FixedAtoms {
        &self.fixed
    }

    /// eV/Å, the longest force on an atom that may move: what convergence is judged by.
    pub fn max_force(&self) -> f64 {
        longest(self.held_forces.iter().copied())
    }

    /// Å, the longest way of an atom in the last step.
    pub fn max_displacement(&self) -> f64 {
        let pairs = self.state.positions.iter().zip(&self.last_positions);
        longest(pairs.map(|(now, before)| now - before))
    }

    fn evaluate(&mut self) -> Result<(), RelaxationError> {
        let State {
            positions,
            forces,
            energy,
            cell,
            step,
            ..
        } = &mut self.state;
        let step = *step;
        if let Some(list) = &mut self.neighbors {
            let updated = list.update(positions, cell);
            updated.map_err(|source| RelaxationError::Neighbors { step, source })?;
        }
        *energy = 0.0;
        forces.fill(Vec3::zeros());
        let list = self.neighbors.as_ref().map(NeighborList::pairs);
        let request = Request {
            system: &self.system,
            positions,
            cell,
            neighbors: list.unwrap_or(&self.no_neighbors),
            energy,
            forces,
            virial: None,
        };
        let computed = self.potential.evaluate(&mut [request]);
        computed.map_err(|source| RelaxationError::Forces { step, source })?;
        self.check_finite()?;
        self.held_forces.copy_from_slice(&self.state.forces);
        self.fixed.hold(&mut self.held_forces);
        Ok(())
    }

    fn check_finite(&self) -> Result<(), RelaxationError> {
        let step = self.state.step;
        match first_non_finite(&self.state) {
            None => Ok(()),
            Some(quantity) => Err(RelaxationError::NonFinite { step, quantity }),
        }
    }
}

fn longest(vectors: impl Iterator<Item = Vec3>) -> f64 {
    let squares = vectors.map(|vector| vector.norm_squared());
    squares.fold(0.0, f64::max).sqrt()
}
