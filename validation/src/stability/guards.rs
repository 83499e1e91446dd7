//! Guards against an explosion: numbers that are not finite, temperatures and forces that mean nothing.

use crate::error::positive;
use crate::ValidationError;
use oreo_core::units::KELVIN;
use oreo_core::{Archive, ArchiveError, Observer, ObserverError, Persist, State, Stop, Vec3, View};
use std::ops::ControlFlow;

/// K. No molecule lives there; a run that does has exploded.
pub const DEFAULT_TEMPERATURE_CAP: f64 = 100_000.0;

/// Stops a replica as soon as energy, forces, positions or momenta are NaN or infinite, naming the first that is.
#[derive(Debug, Clone, Copy, Default)]
pub struct NonFiniteRule;

impl Observer for NonFiniteRule {
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        Ok(match first_non_finite(view.state) {
            None => ControlFlow::Continue(()),
            Some(quantity) => ControlFlow::Break(Stop::NonFinite {
                step: view.state.step,
                quantity,
            }),
        })
    }
}

impl Persist for NonFiniteRule {
    /// Nothing: every step is judged by itself.
    fn persist(&mut self, _: &mut dyn Archive) -> Result<(), ArchiveError> {
        Ok(())
    }
}

/// Names the first number that is not finite, e.g. `force on atom 3`; `None` in a healthy state. Energy and forces
/// come first: they are the cause, positions and momenta follow. Allocates only when it finds something.
pub fn first_non_finite(state: &State) -> Option<String> {
    let broken = |vectors: &[Vec3]| {
        vectors
            .iter()
            .position(|v| !v.iter().all(|x| x.is_finite()))
    };
    if !state.energy.is_finite() {
        return Some("energy".into());
    }
    let parts = [
        ("force on atom", &state.forces),
        ("position of atom", &state.positions),
        ("momentum of atom", &state.momenta),
    ];
    parts
        .iter()
        .find_map(|(name, vectors)| broken(vectors).map(|atom| format!("{name} {atom}")))
}

/// Stops a replica whose kinetic temperature 2K/(dof k) is above a cap.
#[derive(Debug, Clone, Copy)]
pub struct TemperatureRule {
    cap: f64,
    degrees_of_freedom: f64,
}

impl TemperatureRule {
    /// `cap` in K, [`DEFAULT_TEMPERATURE_CAP`] unless the user knows better.
    pub fn new(cap: f64, degrees_of_freedom: f64) -> Result<Self, ValidationError> {
        positive("temperature cap in K", cap)?;
        positive("degrees of freedom", degrees_of_freedom)?;
        Ok(Self {
            cap,
            degrees_of_freedom,
        })
    }
}

impl Observer for TemperatureRule {
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        let kinetic = view.state.kinetic_energy(view.system);
        let temperature = 2.0 * kinetic / (self.degrees_of_freedom * KELVIN);
        if temperature <= self.cap {
            return Ok(ControlFlow::Continue(()));
        }
        Ok(ControlFlow::Break(Stop::Temperature {
            step: view.state.step,
            temperature,
            cap: self.cap,
        }))
    }
}

impl Persist for TemperatureRule {
    /// Nothing: every step is judged by itself.
    fn persist(&mut self, _: &mut dyn Archive) -> Result<(), ArchiveError> {
        Ok(())
    }
}

/// Stops a replica when the force on an atom, |F|, is above a cap.
#[derive(Debug, Clone, Copy)]
pub struct ForceRule {
    cap: f64,
}

impl ForceRule {
    /// `cap` in eV/Å; there is no default, since a healthy start may have large forces.
    pub fn new(cap: f64) -> Result<Self, ValidationError> {
        positive("force cap in eV/Å", cap)?;
        Ok(Self { cap })
    }
}

impl Observer for ForceRule {
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        let (step, cap) = (view.state.step, self.cap);
        let mut largest = (0, 0.0);
        for (atom, force) in view.state.forces.iter().map(Vec3::norm).enumerate() {
            if force > largest.1 || force.is_nan() {
                largest = (atom, force);
            }
        }
        let (atom, force) = largest;
        if force <= cap {
            return Ok(ControlFlow::Continue(()));
        }
        Ok(ControlFlow::Break(Stop::Force {
            step,
            atom,
            force,
            cap,
        }))
    }
}

impl Persist for ForceRule {
    /// Nothing: every step is judged by itself.
    fn persist(&mut self, _: &mut dyn Archive) -> Result<(), ArchiveError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::{Cell, System};

    fn observe(rule: &mut dyn Observer, state: &State) -> ControlFlow<Stop> {
        let system = System::from_symbols(&["H", "H", "O"]).unwrap();
        rule.observe(&View {
            replica: 0,
            system: &system,
            state,
            conserved: 0.0,
            force_deviation: None,
        })
        .unwrap()
    }

    fn healthy() -> State {
        let mut state = State::at_rest(vec![Vec3::zeros(); 3], Cell::Open);
        state.step = 99;
        state
    }

    #[test]
    fn each_quantity_that_is_not_finite_is_named() {
        assert!(observe(&mut NonFiniteRule, &healthy()).is_continue());
        let name = |spoil: fn(&mut State)| {
            let mut state = healthy();
            spoil(&mut state);
            match observe(&mut NonFiniteRule, &state) {
                ControlFlow::Break(Stop::NonFinite { step: 99, quantity }) => quantity,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(name(|s| s.energy = f64::INFINITY), "energy");
        assert_eq!(name(|s| s.forces[1].y = f64::NAN), "force on atom 1");
        assert_eq!(name(|s| s.positions[2].z = f64::NAN), "position of atom 2");
        assert_eq!(
            name(|s| s.momenta[0].x = f64::NEG_INFINITY),
            "momentum of atom 0"
        );
        assert_eq!(
            name(|s| {
                s.momenta[0].x = f64::NAN;
                s.forces[2].x = f64::NAN
            }),
            "force on atom 2"
        );
    }

    /// 2K = dof·k·T. Catches a missing factor 2, and 3N where dof was meant.
    #[test]
    fn the_temperature_cap_is_sharp() {
        let mut state = healthy();
        let at = |kelvin: f64| (2.0 * 1.008 * 0.5 * 4.0 * KELVIN * kelvin).sqrt();
        let mut rule = TemperatureRule::new(1000.0, 4.0).unwrap();
        state.momenta[0].x = at(999.0);
        assert!(observe(&mut rule, &state).is_continue());
        state.momenta[0].x = at(1001.0);
        let ControlFlow::Break(Stop::Temperature {
            step: 99,
            temperature,
            cap,
        }) = observe(&mut rule, &state)
        else {
            panic!("not stopped")
        };
        assert!((temperature - 1001.0).abs() < 1e-6 && cap == 1000.0);
        state.momenta[0].x = f64::NAN;
        assert!(observe(&mut rule, &state).is_break());
    }

    #[test]
    fn the_force_cap_names_the_atom() {
        let mut state = healthy();
        state.forces[1] = Vec3::new(0.0, 3.0, 4.0);
        assert!(observe(&mut ForceRule::new(5.0).unwrap(), &state).is_continue());
        state.forces[2].x = 5.1;
        assert_eq!(
            observe(&mut ForceRule::new(5.0).unwrap(), &state),
            ControlFlow::Break(Stop::Force {
                step: 99,
                atom: 2,
                force: 5.1,
                cap: 5.0
            })
        );
        state.forces[0].x = f64::NAN;
        assert!(observe(&mut ForceRule::new(9.0).unwrap(), &state).is_break());
        assert!(ForceRule::new(-1.0).is_err());
    }
}
