//! The rule of an ensemble: where the networks no longer agree, none of them can be trusted.

use crate::error::positive;
use crate::ValidationError;
use oreo_core::{Archive, ArchiveError, Observer, ObserverError, Persist, Stop, View};
use std::ops::ControlFlow;

/// Stops a replica when the deviation of the forces on an atom ([`crate::deviation`]) is above a level. Alone among the
/// rules it does not see every step: watch it with the period at which the networks are asked.
#[derive(Debug, Clone, Copy)]
pub struct DeviationRule {
    level: f64,
}

impl DeviationRule {
    /// `level` in eV/Å; there is no default, since what is much depends on the networks.
    pub fn new(level: f64) -> Result<Self, ValidationError> {
        positive("level of the force deviation in eV/Å", level)?;
        Ok(Self { level })
    }
}

impl Observer for DeviationRule {
    /// Fails at a step at which nobody asked the networks: it would never stop anything.
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        let (step, level) = (view.state.step, self.level);
        let Some(found) = view.force_deviation else {
            return Err(ObserverError::Other(format!(
                "no force deviation at step {step}: give the rule the period at which the networks are asked"
            )));
        };
        if found.max <= level {
            return Ok(ControlFlow::Continue(()));
        }
        Ok(ControlFlow::Break(Stop::ForceDeviation {
            step,
            atom: found.atom,
            deviation: found.max,
            level,
        }))
    }

    /// A replica that another rule has stopped needs no second reason.
    fn sees_the_stop(&self) -> bool {
        false
    }
}

impl Persist for DeviationRule {
    /// Nothing: every look is judged by itself.
    fn persist(&mut self, _: &mut dyn Archive) -> Result<(), ArchiveError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::{Cell, ForceDeviation, State, System, Vec3};

    fn observe(max: Option<f64>) -> Result<ControlFlow<Stop>, ObserverError> {
        let system = System::from_symbols(&["H"]).unwrap();
        let mut state = State::at_rest(vec![Vec3::zeros()], Cell::Open);
        state.step = 300;
        DeviationRule::new(0.5).unwrap().observe(&View {
            replica: 0,
            system: &system,
            state: &state,
            conserved: 0.0,
            force_deviation: max.map(|max| ForceDeviation {
                atom: 4,
                max,
                rms: 0.01,
            }),
        })
    }

    /// Planted: a comparison with the root mean square over the atoms, which hides a single atom, stops nothing here; one
    /// written as "stop if larger" lets NaN through.
    #[test]
    fn the_largest_deviation_of_an_atom_decides_and_nan_does_not_pass() {
        assert!(observe(Some(0.5)).unwrap().is_continue());
        let stop = Stop::ForceDeviation {
            step: 300,
            atom: 4,
            deviation: 0.51,
            level: 0.5,
        };
        assert_eq!(observe(Some(0.51)).unwrap(), ControlFlow::Break(stop));
        assert!(observe(Some(f64::NAN)).unwrap().is_break());
    }

    #[test]
    fn a_rule_that_nobody_tells_anything_is_an_error_and_not_silent() {
        let error = observe(None).unwrap_err().to_string();
        assert!(error.contains("no force deviation at step 300"), "{error}");
        assert!(DeviationRule::new(0.0).is_err());
    }
}
