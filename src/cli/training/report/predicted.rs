//! What the trained network says of some conformations, beside their labels.
//!
//! Bounded: so many conformations of each file, evenly spread, and fewer of large molecules. The errors of whole sets are in
//! `summary.json`; here it is about where they come from.

use crate::cli::training::network::Engine;
use anyhow::{bail, Result};
use oreo_core::{System, Vec3};
use oreo_potentials::oreo::gradients::{Gradients, Molecule};
use oreo_training::data::{Conformation, Mixture, Source};
use oreo_validation::correlation::ParitySample;
use oreo_validation::energies::EnergyErrors;
use oreo_validation::force_size::{ForceSizeBin, ForceSizeErrors};
use oreo_validation::forces::{ForceErrors, ForceReport};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Of a file.
const MOST_OF_A_FILE: usize = 300;
/// Of all files.
const MOST: usize = 3000;
/// Of all conformations: time grows with them.
const MOST_ATOMS: usize = 60_000;
/// Points of the parity plot, and the seed of their choice.
const PARITY_POINTS: usize = 4000;
const PARITY_SEED: u64 = 1;
/// Of forces by their size.
const BINS: usize = 20;
/// Rows by molecule; the rest are told by their number.
const MOST_MOLECULES: usize = 20;

/// Errors on some conformations of a set. What has no labels is `null`.
#[derive(Debug, Clone, Serialize)]
pub struct Predicted {
    /// `test`, `validation` or `training`
    pub set: &'static str,
    /// Predicted
    pub conformations: usize,
    /// In the set
    pub of: usize,
    /// Of all predicted ones
    pub force: Option<ForceReport>,
    /// Mean |F| of the components of the labels: the error of whoever predicts no force
    pub label_force_mev_per_a: Option<f64>,
    /// Of a scalar property
    pub property_mae_mev: Option<f64>,
    /// In the order of the config file
    pub by_source: Vec<Group>,
    /// Most frequent first; empty where every file has one molecule
    pub by_molecule: Vec<Group>,
    /// Molecules that are not in it
    pub further_molecules: usize,
    /// By ascending force
    pub by_force: Vec<ForceSizeBin>,
    /// Label and prediction: components of forces in eV/Å, or the property in eV
    #[serde(skip)]
    pub parity: ParitySample,
}

/// Conformations of one file, or of one molecule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Of the file without its extension, or the formula
    pub name: String,
    /// One formula, or how many
    pub formula: String,
    /// Predicted
    pub conformations: usize,
    /// Of components
    pub force_mae_mev_per_a: Option<f64>,
    /// Of components
    pub force_rmse_mev_per_a: Option<f64>,
    /// Of a molecule, one offset removed for each composition; compositions that occur once are left out
    pub energy_mae_mev: Option<f64>,
    /// Of a scalar property
    pub property_mae_mev: Option<f64>,
}

#[derive(Default)]
struct Sums {
    conformations: usize,
    forces: ForceErrors,
    /// By formula
    energies: BTreeMap<String, EnergyErrors>,
    formulas: BTreeMap<String, usize>,
    /// Σ|ŷ − y|, eV, and how many
    property: (f64, usize),
}

impl Sums {
    fn group(&self, name: String) -> Group {
        let forces = self.forces.report().ok();
        let repeated = self.energies.iter();
        let repeated = repeated.filter(|(formula, _)| self.formulas[*formula] > 1);
        let repeated: Vec<_> = repeated.map(|(_, errors)| errors.clone()).collect();
        let energies = EnergyErrors::pooled(&repeated).ok();
        Group {
            name,
            formula: match (self.formulas.keys().next(), self.formulas.len()) {
                (Some(one), 1) => one.clone(),
                (_, several) => format!("{several} formulas"),
            },
            conformations: self.conformations,
            force_mae_mev_per_a: forces.as_ref().map(|f| f.force_mae_mev_per_a),
            force_rmse_mev_per_a: forces.as_ref().map(|f| f.force_rmse_mev_per_a),
            energy_mae_mev: energies.map(|e| e.energy_mae_mev),
            property_mae_mev: self.property_mae(),
        }
    }

    fn property_mae(&self) -> Option<f64> {
        let (sum, count) = self.property;
        (count > 0).then(|| 1e3 * sum / count as f64)
    }
}

/// Everything that is added up.
struct Collected {
    is_property: bool,
    all: Sums,
    molecules: BTreeMap<String, Sums>,
    sizes: ForceSizeErrors,
    parity: ParitySample,
    /// Σ|F| over components of the labels, eV/Å, and how many
    labels: (f64, usize),
}

/// Predicts some of each source of a set; `None` for an empty one. `is_property`: the scalar is no energy.
///
/// # Errors
/// Of a source or the network; predictions that are not finite.
pub fn predict(
    engine: &mut Engine,
    set: &Mixture,
    name: &'static str,
    is_property: bool,
) -> Result<Option<Predicted>> {
    if set.is_empty() {
        return Ok(None);
    }
    let mut collected = Collected {
        is_property,
        all: Sums::default(),
        molecules: BTreeMap::new(),
        sizes: ForceSizeErrors::default(),
        parity: ParitySample::new(PARITY_POINTS, PARITY_SEED),
        labels: (0.0, 0),
    };
    let mut by_source: Vec<Group> = Vec::new();
    for source in set.sources() {
        let mut own = Sums::default();
        for index in chosen(source.as_ref(), set.sources().len())? {
            collected.add(engine, source.as_ref(), index, &mut own)?;
        }
        by_source.push(own.group(stem(source.name(), &by_source)));
    }
    Ok(Some(collected.result(name, set.len(), by_source)))
}

/// Evenly spread; a share of what all sources may have together.
fn chosen(source: &dyn Source, sources: usize) -> Result<Vec<usize>> {
    let mut first = Conformation::default();
    if source.is_empty() {
        return Ok(Vec::new());
    }
    source.read(0, &mut first)?;
    let by_atoms = MOST_ATOMS / (sources * first.elements.len().max(1));
    let most = MOST_OF_A_FILE.min(MOST / sources).min(by_atoms).max(1);
    let count = source.len().min(most);
    let at = |k: usize| (k as u128 * source.len() as u128 / count as u128) as usize;
    Ok((0..count).map(at).collect())
}

/// Name of a file without folder and extension, and a number where another one has it already.
fn stem(name: &str, others: &[Group]) -> String {
    let stem = Path::new(name).file_stem().unwrap_or(name.as_ref());
    let stem = stem.to_string_lossy().into_owned();
    let numbered = (2..).map(|k| format!("{stem} ({k})"));
    let mut candidates = std::iter::once(stem.clone()).chain(numbered);
    let free = candidates.find(|name| others.iter().all(|other| other.name != *name));
    free.unwrap_or(stem)
}

impl Collected {
    fn add(
        &mut self,
        engine: &mut Engine,
        source: &dyn Source,
        index: usize,
        own: &mut Sums,
    ) -> Result<()> {
        let mut conformation = Conformation::default();
        source.read(index, &mut conformation)?;
        let (mut energy, mut forces) = ([0.0], vec![Vec3::zeros(); conformation.elements.len()]);
        let molecule = Molecule {
            elements: &conformation.elements,
            positions: &conformation.positions,
        };
        engine.evaluate(&[molecule], &mut energy, &mut forces)?;
        let finite = forces.iter().flatten().all(|x| x.is_finite());
        if !(finite && energy[0].is_finite()) {
            bail!(
                "{}, conformation {index}: the prediction is not finite",
                source.name()
            );
        }
        let formula = System::new(conformation.elements.clone()).formula();
        if !self.is_property {
            self.add_forces(&conformation, &forces)?;
        }
        let molecule = self.molecules.entry(formula.clone()).or_default();
        for sums in [&mut self.all, own, molecule] {
            sums.conformations += 1;
            *sums.formulas.entry(formula.clone()).or_default() += 1;
            match (&conformation.forces, conformation.energy) {
                (_, Some(label)) if self.is_property => {
                    sums.property.0 += (energy[0] - label).abs();
                    sums.property.1 += 1;
                }
                (labels, scalar) => {
                    if let Some(labels) = labels {
                        let elements = &conformation.elements;
                        sums.forces.add_frame(elements, &forces, labels)?;
                    }
                    if let Some(label) = scalar {
                        let errors = sums.energies.entry(formula.clone()).or_default();
                        errors.add(energy[0], label)?;
                    }
                }
            }
        }
        if let (true, Some(label)) = (self.is_property, conformation.energy) {
            self.parity.add(label, energy[0]);
        }
        Ok(())
    }

    fn add_forces(&mut self, conformation: &Conformation, forces: &[Vec3]) -> Result<()> {
        let Some(labels) = &conformation.forces else {
            return Ok(());
        };
        self.sizes.add_frame(forces, labels)?;
        self.parity.add_forces(labels, forces);
        self.labels.0 += labels.iter().map(|force| force.lp_norm(1)).sum::<f64>();
        self.labels.1 += 3 * labels.len();
        Ok(())
    }

    fn result(self, set: &'static str, of: usize, by_source: Vec<Group>) -> Predicted {
        let several = by_source
            .iter()
            .any(|group| group.formula.ends_with(" formulas"));
        let mut molecules: Vec<_> = self.molecules.iter().filter(|_| several).collect();
        molecules.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.conformations));
        let further_molecules = molecules.len().saturating_sub(MOST_MOLECULES);
        molecules.truncate(MOST_MOLECULES);
        let rows = molecules.into_iter();
        let (sum, count) = self.labels;
        Predicted {
            set,
            conformations: self.all.conformations,
            of,
            force: self.all.forces.report().ok(),
            label_force_mev_per_a: (count > 0).then(|| 1e3 * sum / count as f64),
            property_mae_mev: self.all.property_mae(),
            by_source,
            by_molecule: rows.map(|(formula, s)| s.group(formula.clone())).collect(),
            further_molecules,
            by_force: self.sizes.bins(BINS),
            parity: self.parity,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_training::TrainingError;

    /// So many conformations of so many atoms.
    struct Counted(usize, usize);

    impl Source for Counted {
        fn name(&self) -> &str {
            "folder/counted.v2.npz"
        }

        fn len(&self) -> usize {
            self.0
        }

        fn read(&self, _: usize, to: &mut Conformation) -> Result<(), TrainingError> {
            to.elements = vec!["H".parse().unwrap(); self.1];
            Ok(())
        }
    }

    /// Catches the first ones in place of an even spread, and no bound by atoms.
    #[test]
    fn what_is_predicted_is_bounded_and_spread() {
        let small = chosen(&Counted(10_000, 9), 1).unwrap();
        assert_eq!((small.len(), small[0], small[299]), (300, 0, 9966));
        assert_eq!(chosen(&Counted(10_000, 9), 100).unwrap().len(), 30);
        assert_eq!(chosen(&Counted(10_000, 600), 1).unwrap().len(), 100);
        assert_eq!(chosen(&Counted(10_000, 100_000), 2).unwrap().len(), 1);
        assert_eq!(chosen(&Counted(7, 9), 1).unwrap(), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn files_of_one_name_are_told_apart() {
        let source = Counted(1, 1);
        let first = stem(source.name(), &[]);
        assert_eq!(first, "counted.v2");
        let group = Sums::default().group(first);
        assert_eq!(stem(source.name(), &[group]), "counted.v2 (2)");
    }
}
