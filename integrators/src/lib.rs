//! Equations of motion, thermostats, initial velocities; and ways to a minimum.
//!
//! | method | ensemble | character |
//! |---|---|---|
//! | [`VelocityVerlet`] | constant energy | reversible, symplectic; the judge of a potential's forces |
//! | [`NoseHoover`] | canonical | deterministic and reversible; slow to reach equilibrium in stiff or small systems |
//! | [`Langevin`] | canonical, all 3N modes | robust, best positions at a large step; destroys the dynamics, no conserved momentum |
//! | [`Csvr`] | canonical | robust, disturbs the dynamics little, conserves momentum; one factor for all atoms, so it does not mix modes |
//!
//! Nosé–Hoover and CSVR belong inside [`WithoutRigidMotion`], unless an external field acts.
//!
//! To a minimum of the energy: [`Lbfgs`] and [`Fire`], see [`Minimizer`]; [`FixedAtoms`] stay where they are.
//!
//! Thermostats need to know how many modes they warm: [`DegreesOfFreedom`]. Where to start: [`MaxwellBoltzmann`].
//!
//! Everything is in internal units (Å, eV, amu; see [`oreo_core::units`]): kT in eV, times in t.
//!
//! ```
//! use oreo_core::{random::Generator, units::{FEMTOSECOND, KELVIN}, Cell, State, System, Vec3};
//! use oreo_integrators::*;
//!
//! let water = System::from_symbols(&["O", "H", "H"])?;
//! let positions = vec![Vec3::zeros(), Vec3::new(0.96, 0.0, 0.0), Vec3::new(-0.24, 0.93, 0.0)];
//! let mut state = State::at_rest(positions, Cell::Open);
//!
//! let dof = DegreesOfFreedom::of(&water, &state.cell)?;
//! let target = dof.target(Mode::Physical, Coupling::Internal, 300.0 * KELVIN)?;
//! MaxwellBoltzmann::internal(target, &state.cell).draw(&water, &mut state, &mut Generator::new(1, 0))?;
//! let chain = Chain::new(target, ChainSettings::default())?;
//! let integrator = WithoutRigidMotion::new(Box::new(NoseHoover::new(0.5 * FEMTOSECOND, chain)?));
//! assert_eq!(target.degrees_of_freedom, 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod csvr;
mod degrees_of_freedom;
mod error;
mod langevin;
mod minimizers;
mod nose_hoover;
mod velocities;
mod velocity_verlet;
mod without_rigid_motion;

pub use csvr::{Csvr, Rescaling};
pub use degrees_of_freedom::{Coupling, DegreesOfFreedom, KineticTarget, Mode};
pub use error::IntegratorError;
pub use langevin::Langevin;
pub use minimizers::{Fire, FireSettings, FixedAtoms, Lbfgs, LbfgsSettings, Minimizer};
pub use nose_hoover::{Chain, ChainSettings, NoseHoover, SuzukiYoshida};
pub use velocities::MaxwellBoltzmann;
pub use velocity_verlet::VelocityVerlet;
pub use without_rigid_motion::WithoutRigidMotion;
