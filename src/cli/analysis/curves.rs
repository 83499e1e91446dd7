//! What the figures show, kept beside the numbers and not written into `analysis.json`.

use oreo_validation::rdf::RadialDistribution;
use oreo_validation::spectrum::{Spectrum, VelocityAutocorrelation};
use oreo_validation::Distribution;

/// Of one replica.
#[derive(Debug, Clone, Default)]
pub struct Curves {
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
    /// Of velocities.
    pub autocorrelation: Option<VelocityAutocorrelation>,
    /// Of velocities.
    pub spectrum: Option<Spectrum>,
}
