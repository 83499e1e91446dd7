//! How the replicas are, for the display: computed only when something is printed.

use super::assemble::Assembly;
use crate::cli::vitals::{Stopped, Vitals};
use crate::observers::{Averages, Thermo};
use crate::Replica;
use oreo_core::units::KELVIN;
use oreo_core::Stop;

/// Of all replicas, in order of their ids.
pub(super) fn vitals(assembly: &Assembly) -> Vec<Vitals> {
    let degrees_of_freedom = assembly.degrees_of_freedom as f64;
    let replicas = assembly.simulation.replicas().iter();
    replicas.map(|one| of(one, degrees_of_freedom)).collect()
}

fn of(replica: &Replica, degrees_of_freedom: f64) -> Vitals {
    let state = &replica.state;
    let kinetic = state.kinetic_energy(&replica.system);
    let kelvins = 2.0 * kinetic / (degrees_of_freedom * KELVIN);
    let averages = replica.observer::<Averages>();
    let thermo = replica.observer::<Thermo>();
    Vitals {
        id: replica.id,
        step: state.step,
        temperature_k: Some(kelvins).filter(|kelvins| kelvins.is_finite()),
        potential_ev: Some(state.energy).filter(|energy| energy.is_finite()),
        drift_ev_per_ps: averages
            .and_then(Averages::drift)
            .map(|drift| drift.drift_ev_per_ps),
        max_bond_deviation_a: thermo.and_then(|thermo| thermo.largest_bond_deviation(state)),
        stop: replica.stop().map(stopped),
    }
}

fn stopped(stop: &Stop) -> Stopped {
    Stopped {
        step: stop.step(),
        cause: stop.cause().into(),
        detail: stop.to_string(),
    }
}
