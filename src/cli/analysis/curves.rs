//! What the figures and the page show, kept beside the numbers and not written into `analysis.json`.

use super::pair_distances::PairDensity;
use super::snapshots::Snapshots;
use oreo_core::{Element, Periodic};
use oreo_validation::rdf::RadialDistribution;
use oreo_validation::spectrum::{Spectrum, VelocityAutocorrelation};
use oreo_validation::{Distribution, Topology};
use serde::Serialize;

/// Of one replica.
#[derive(Debug, Clone, Default)]
pub struct Curves {
    /// (n,)
    pub elements: Vec<Element>,
    /// What the bonds are compared with.
    pub topology: Topology,
    /// Of the first frame; `None` in open space.
    pub cell: Option<Periodic>,
    /// To look at; broken ones included.
    pub snapshots: Snapshots,
    /// Parts of h(r) of the frames analyzed.
    pub pairs: Vec<PairDensity>,
    /// g(r) of the frames analyzed, by pair of elements; empty outside of a box.
    pub partial_radial: Vec<PairDensity>,
    /// h(r) of the frames analyzed.
    pub distribution: Option<Distribution>,
    /// g(r) of the frames analyzed.
    pub radial: Option<RadialDistribution>,
    /// g(r) of the reference.
    pub reference_radial: Option<RadialDistribution>,
    /// Of each frame; `None` where no time is known.
    pub times_ps: Option<Vec<f64>>,
    /// Largest of each frame, Å; empty without bonds.
    pub bond_deviation_a: Vec<f64>,
    /// Of each frame analyzed; empty in a box.
    pub rmsd_a: Vec<f64>,
    /// Of each frame analyzed; empty in a box.
    pub radius_of_gyration_a: Vec<f64>,
    /// `[time in ps, K]`, lines of `thermo.csv`.
    pub temperature_k: Vec<[f64; 2]>,
    /// `[time in ps, K]`: of the centre of mass.
    pub t_trans_k: Vec<[f64; 2]>,
    /// `[time in ps, K]`: about the centre of mass.
    pub t_rot_k: Vec<[f64; 2]>,
    /// `[time in ps, K]`: of the rest.
    pub t_vib_k: Vec<[f64; 2]>,
    /// `[time in ps, eV]`, lines of `thermo.csv`.
    pub potential_ev: Vec<[f64; 2]>,
    /// `[time in ps, eV]`, lines of `thermo.csv`.
    pub kinetic_ev: Vec<[f64; 2]>,
    /// `[time in ps, eV]`, lines of `thermo.csv`.
    pub conserved_ev: Vec<[f64; 2]>,
    /// `[time in ps, eV/Å]` of the atom that the networks deviate most about; empty without an ensemble.
    pub force_deviation_max: Vec<[f64; 2]>,
    /// `[time in ps, eV/Å]`, root mean square over the atoms.
    pub force_deviation_rms: Vec<[f64; 2]>,
    /// That stops a replica, eV/Å.
    pub deviation_stop: Option<f64>,
    /// Of the thermostat.
    pub target_k: Option<f64>,
    /// Of each kind of motion; `None` without a thermostat.
    pub targets: Option<TemperatureTargets>,
    /// Of velocities.
    pub autocorrelation: Option<VelocityAutocorrelation>,
    /// Of velocities.
    pub spectrum: Option<Spectrum>,
}

/// K: what the thermostat works towards, as each temperature of `thermo.csv` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TemperatureTargets {
    /// Of everything, as the run counts degrees of freedom.
    pub all: Option<f64>,
    /// 0 where the motion was taken out.
    pub translation: f64,
    /// 0 where the motion was taken out.
    pub rotation: f64,
    /// Of the rest.
    pub vibration: f64,
}
