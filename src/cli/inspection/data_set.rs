//! A look at labelled frames: sizes, units, statistics of the labels, near-duplicates.

use super::near_duplicates::{self, THRESHOLD};
use super::rows::Rows;
use crate::cli::exit::OrBadInput;
use anyhow::Result;
use oreo_core::{Element, ElementSet, System, Vec3};
use oreo_formats::{load, DataSet, FormatError, ReadOptions};
use oreo_training::data::sha256_of_file;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is in the file; everything in eV and Å, whatever the file is in.
#[derive(Debug, Serialize)]
pub struct DataSetFacts {
    kind: &'static str,
    file: PathBuf,
    sha256: String,
    frames: usize,
    atoms: usize,
    atoms_per_frame: Range<usize>,
    elements: String,
    /// Frames of each composition, the most frequent first, at most [`FORMULAS`].
    formulas: Vec<Formula>,
    compositions: usize,
    periodic: bool,
    units: Units,
    energy_ev: Option<Spread>,
    force_ev_per_a: Option<ForceFacts>,
    near_duplicates: NearDuplicates,
    time_order: &'static str,
}

/// Compositions that are listed.
const FORMULAS: usize = 20;

#[derive(Debug, Serialize)]
struct Range<T> {
    min: T,
    max: T,
}

#[derive(Debug, Serialize)]
struct Formula {
    formula: String,
    frames: usize,
}

#[derive(Debug, Serialize)]
struct Units {
    energy: String,
    length: String,
    plausible: bool,
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct Spread {
    mean: f64,
    std: f64,
    min: f64,
    max: f64,
}

#[derive(Debug, Serialize)]
struct ForceFacts {
    /// Root mean square of the components.
    rms: f64,
    /// Largest |F|.
    max: f64,
    max_frame: usize,
    max_atom: usize,
    /// Largest |Σ F| of a frame: zero for exact forces.
    max_net: f64,
}

#[derive(Debug, Serialize)]
struct NearDuplicates {
    /// Frames that have one; `null` for a set too large to look at.
    frames: Option<usize>,
    /// Root mean square difference of the pair distances.
    threshold_a: f64,
}

impl DataSetFacts {
    /// Reads the whole set. Units that do not fit are a finding, not an error.
    pub fn of(path: &Path, options: &ReadOptions) -> Result<Self> {
        let (data, problem) = match load(path, options) {
            Err(error @ FormatError::Units { .. }) => {
                let unchecked = ReadOptions {
                    skip_unit_check: true,
                    ..options.clone()
                };
                (
                    load(path, &unchecked).or_bad_input()?,
                    Some(error.to_string()),
                )
            }
            other => (other.or_bad_input()?, None),
        };
        let sizes = || (0..data.len()).map(|frame| data.positions(frame).len());
        let (compositions, formulas) = formulas(&data);
        Ok(Self {
            kind: "data_set",
            file: path.to_path_buf(),
            sha256: sha256_of_file(path).or_bad_input()?,
            frames: data.len(),
            atoms: data.total_atoms(),
            atoms_per_frame: Range {
                min: sizes().min().unwrap_or(0),
                max: sizes().max().unwrap_or(0),
            },
            elements: elements(&data).to_string(),
            formulas,
            compositions,
            periodic: (0..data.len()).any(|frame| data.cell(frame).volume().is_some()),
            units: Units {
                energy: data.units().energy.to_string(),
                length: data.units().length.to_string(),
                plausible: problem.is_none(),
                problem,
            },
            energy_ev: Spread::of((0..data.len()).filter_map(|frame| data.energy(frame))),
            force_ev_per_a: force_facts(&data),
            near_duplicates: NearDuplicates {
                frames: near_duplicates::count(&data),
                threshold_a: THRESHOLD,
            },
            time_order: time_order(&data),
        })
    }

    /// For people.
    pub fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        rows.add("data set", self.file.display());
        let Range { min, max } = self.atoms_per_frame;
        let per_frame = if min == max {
            format!("{min}")
        } else {
            format!("{min} to {max}")
        };
        rows.add(
            "frames",
            format!(
                "{} of {per_frame} atoms, {} atoms in all",
                self.frames, self.atoms
            ),
        );
        rows.add("elements", &self.elements);
        let formulas = self
            .formulas
            .iter()
            .map(|f| format!("{} × {}", f.frames, f.formula));
        rows.add_all("formulas", formulas);
        if self.compositions > self.formulas.len() {
            rows.add(
                "",
                format!("and {} more", self.compositions - self.formulas.len()),
            );
        }
        rows.add("periodic", if self.periodic { "yes" } else { "no" });
        let verdict = if self.units.plausible {
            "plausible"
        } else {
            "NOT plausible"
        };
        rows.add(
            "units of the file",
            format!("{}, {}: {verdict}", self.units.energy, self.units.length),
        );
        rows.add_some("", self.units.problem.as_ref());
        match &self.energy_ev {
            Some(e) => rows.add(
                "energy",
                format!(
                    "{:.6} ± {:.6} eV, {:.6} to {:.6} eV",
                    e.mean, e.std, e.min, e.max
                ),
            ),
            None => rows.add("energy", "none"),
        }
        match &self.force_ev_per_a {
            Some(f) => {
                rows.add("force", format!("rms component {:.4} eV/Å", f.rms));
                let place = format!("frame {}, atom {}", f.max_frame, f.max_atom);
                rows.add(
                    "",
                    format!(
                        "largest {:.4} eV/Å ({place}), largest sum of a frame {:.2e} eV/Å",
                        f.max, f.max_net
                    ),
                );
            }
            None => rows.add("force", "none"),
        }
        let found = self.near_duplicates.frames;
        let found = found.map_or("not counted, too many frames".into(), |n| {
            format!("{n} frames")
        });
        rows.add(
            "near-duplicates",
            format!("{found} (pair distances within {THRESHOLD} Å rms of another frame)"),
        );
        rows.add("time order", self.time_order);
        rows.add("sha256", &self.sha256);
        rows
    }
}

fn elements(data: &DataSet) -> ElementSet {
    match data.common_elements() {
        Some(elements) => elements.iter().copied().collect(),
        None => (0..data.len())
            .flat_map(|frame| data.elements(frame))
            .copied()
            .collect(),
    }
}

fn formulas(data: &DataSet) -> (usize, Vec<Formula>) {
    let formula = |elements: &[Element]| System::new(elements.to_vec()).formula();
    let mut frames = BTreeMap::<String, usize>::new();
    match data.common_elements() {
        Some(elements) => drop(frames.insert(formula(elements), data.len())),
        None => {
            (0..data.len()).for_each(|i| *frames.entry(formula(data.elements(i))).or_default() += 1)
        }
    }
    let compositions = frames.len();
    let listed = frames
        .into_iter()
        .map(|(formula, frames)| Formula { formula, frames });
    let mut listed: Vec<_> = listed.collect();
    listed.sort_by_key(|formula| std::cmp::Reverse(formula.frames));
    listed.truncate(FORMULAS);
    (compositions, listed)
}

impl Spread {
    /// With the standard deviation of the population. `None` without values.
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.collect();
        let count = (!values.is_empty()).then_some(values.len() as f64)?;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / count;
        Some(Self {
            mean,
            std: variance.sqrt(),
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

fn force_facts(data: &DataSet) -> Option<ForceFacts> {
    let mut facts = ForceFacts {
        rms: data.force_rms()?,
        max: 0.0,
        max_frame: 0,
        max_atom: 0,
        max_net: 0.0,
    };
    for max_frame in 0..data.len() {
        let forces = data.forces(max_frame)?;
        facts.max_net = facts.max_net.max(forces.iter().sum::<Vec3>().norm());
        for (max_atom, force) in forces.iter().enumerate() {
            if force.norm() > facts.max {
                facts = ForceFacts {
                    max: force.norm(),
                    max_frame,
                    max_atom,
                    ..facts
                };
            }
        }
    }
    Some(facts)
}

/// From the indices in the original trajectory, which only rMD17 has.
fn time_order(data: &DataSet) -> &'static str {
    match data.old_indices() {
        None => "not recorded",
        Some(indices) if indices.is_sorted() => "in order of time (old_indices)",
        Some(_) => "shuffled; old_indices gives the order",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_that_of_the_values() {
        let spread = Spread::of([1.0, 2.0, 6.0].into_iter()).unwrap();
        assert_eq!((spread.mean, spread.min, spread.max), (3.0, 1.0, 6.0));
        assert!((spread.std - (14.0f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!(Spread::of(std::iter::empty()).is_none());
    }
}
