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
/// whose energies Ê lack a constant for each element. One conformation at a time, `at_most` of them, evenly spread: a few
/// numbers need no million of energies.
///
/// # Errors
/// Of the source or the network; energies that are not finite; a source without energies.
pub fn fit_element_energies(
    source: &dyn Source,
    network: Option<&mut dyn Gradients<f32>>,
    at_most: usize,
) -> Result<FittedElementEnergies, TrainingError> {
    let mut fit = ElementEnergyFit::default();
    let mut conformations = 0;
    for_each_rest(source, network, at_most, |conformation, rest| {
        fit.add(&conformation.elements, rest);
        conformations += 1;
    })?;
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

/// How far total energies are off: those of the network with the energies of free atoms added.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnergyError {
    /// Mean of |Ê + Σ_z n_z e_z − E|/n, meV for each atom
    pub mae: f64,
    /// Conformations with an energy, of elements that have one
    pub conformations: usize,
    /// Conformations with an energy, and with an element that has none
    pub left_out: usize,
}

/// Compares total energies with the labels of a source, of at most `at_most` conformations, evenly spread; `None` where
/// nothing can be compared.
///
/// # Errors
/// Of the source or the network; energies that are not finite.
pub fn energy_error(
    source: &dyn Source,
    network: &mut dyn Gradients<f32>,
    energies: &ElementEnergies,
    at_most: usize,
) -> Result<Option<EnergyError>, TrainingError> {
    let (mut sum, mut conformations, mut left_out) = (0.0, 0, 0);
    for_each_rest(
        source,
        Some(network),
        at_most,
        |conformation, rest| match energies.sum(&conformation.elements) {
            Err(_) => left_out += 1,
            Ok(of_atoms) => {
                sum += (rest - of_atoms).abs() / conformation.elements.len() as f64;
                conformations += 1;
            }
        },
    )?;
    Ok((conformations > 0).then_some(EnergyError {
        mae: 1e3 * sum / conformations as f64,
        conformations,
        left_out,
    }))
}

/// `visit` gets conformations with an energy and E − Ê, eV.
fn for_each_rest(
    source: &dyn Source,
    mut network: Option<&mut dyn Gradients<f32>>,
    at_most: usize,
    mut visit: impl FnMut(&Conformation, f64),
) -> Result<(), TrainingError> {
    let mut conformation = Conformation::default();
    let mut forces = Vec::new();
    let count = source.len().min(at_most);
    for number in 0..count {
        let index = (number as u128 * source.len() as u128 / count as u128) as usize;
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
        visit(&conformation, energy - predicted);
    }
    Ok(())
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
