//! Energies of free atoms from a whole data set, before or after training.

use crate::data::{Conformation, Source};
use crate::objective::{ElementEnergies, ElementEnergyFit};
use crate::TrainingError;
use oreo_core::Vec3;
use oreo_potentials::oreo::gradients::{Gradients, Molecule};

/// Energies of free atoms with what they rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedElementEnergies {
    /// eV
    pub energies: ElementEnergies,
    /// Combinations of elements that the data determine; fewer than elements: single energies mean nothing, only sums for
    /// compositions like those of the data do
    pub rank: usize,
    /// Conformations with an energy
    pub conformations: usize,
}

/// Fits E ≈ Σ_z n_z e_z to the energies of a source, or E − Ê if there is a network: for one that was trained on forces,
/// whose energies Ê lack a constant for each element. One conformation at a time.
///
/// # Errors
/// Of the source or the network; energies that are not finite; a source without energies.
pub fn fit_element_energies(
    source: &dyn Source,
    mut network: Option<&mut dyn Gradients<f32>>,
) -> Result<FittedElementEnergies, TrainingError> {
    let mut fit = ElementEnergyFit::default();
    let mut conformation = Conformation::default();
    let mut forces = Vec::new();
    let mut conformations = 0;
    for index in 0..source.len() {
        source.read(index, &mut conformation)?;
        let Some(energy) = conformation.energy else {
            continue;
        };
        let predicted = match network.as_deref_mut() {
            None => 0.0,
            Some(network) => energy_of(network, &conformation, &mut forces)?,
        };
        if !(energy - predicted).is_finite() {
            return Err(TrainingError::Conformation {
                source_name: source.name().into(),
                index,
                problem: format!(
                    "has the energy {energy} eV and the network says {predicted} eV; leave it out of the fit of element energies"
                ),
            });
        }
        fit.add(&conformation.elements, energy - predicted);
        conformations += 1;
    }
    if conformations == 0 {
        let problem = format!(
            "{} has no energies to fit element energies to; give data with energies",
            source.name()
        );
        return Err(TrainingError::Settings(problem));
    }
    let (energies, rank) = fit.solve();
    Ok(FittedElementEnergies {
        energies,
        rank,
        conformations,
    })
}

/// eV
fn energy_of(
    network: &mut dyn Gradients<f32>,
    conformation: &Conformation,
    forces: &mut Vec<Vec3>,
) -> Result<f64, TrainingError> {
    let molecule = Molecule {
        elements: &conformation.elements,
        positions: &conformation.positions,
    };
    forces.resize(conformation.elements.len(), Vec3::zeros());
    let mut energy = [0.0];
    network.evaluate(&[molecule], &mut energy, forces)?;
    Ok(energy[0])
}
