//! A look at conformations for training that are no frames to other commands: HDF5, SDF, QM9, packed files.

use super::rows::Rows;
use crate::cli::args::DataSetArgs;
use crate::cli::exit::OrBadInput;
use anyhow::Result;
use oreo_training::data::{inspect, open, Inspection, Packed, SourceKind, SourceOptions, Spread};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Conformations that are looked at, evenly spread.
const LOOKED_AT: usize = 1_000_000;
/// Parts of a packed file that are listed for people.
const PARTS: usize = 20;

/// What is in the file; everything in eV and Å, whatever the file is in.
#[derive(Debug, Serialize)]
pub struct SourceFacts {
    kind: &'static str,
    file: PathBuf,
    format: &'static str,
    sha256: Option<String>,
    level_of_theory: Option<String>,
    conformations: usize,
    looked_at: usize,
    /// Without forces: they are 0 by definition.
    equilibrium: usize,
    with_energy: usize,
    /// Rows of the file without one of the labels.
    left_out: usize,
    /// Names of scalar properties beside the energy.
    properties: Vec<String>,
    atoms_per_frame: [usize; 2],
    elements: String,
    energy_ev: Option<[f64; 3]>,
    force_ev_per_a: Option<ForceFacts>,
    closest_a: Option<[f64; 2]>,
    units: UnitsFacts,
    /// Of a packed file: where its conformations come from.
    parts: Vec<PartFacts>,
}

#[derive(Debug, Serialize)]
struct ForceFacts {
    /// Root mean square of the components.
    rms: f64,
    /// Of the conformation in the middle.
    median_rms: Option<f64>,
    /// Largest |F|.
    max: f64,
}

#[derive(Debug, Serialize)]
struct UnitsFacts {
    /// `null`: those of the format.
    declared: Option<String>,
    plausible: bool,
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct PartFacts {
    name: String,
    sha256: String,
    level_of_theory: Option<String>,
    conformations: usize,
}

impl SourceFacts {
    /// Reads all conformations, of millions a sample. Units that make no sense are a finding, not an error.
    pub fn of(path: &Path, kind: SourceKind, args: &DataSetArgs) -> Result<Self> {
        let options = SourceOptions {
            read: args.read_options(),
            ..SourceOptions::default()
        };
        let source = open(path, &options).or_bad_input()?;
        let found = inspect(source.as_ref(), LOOKED_AT).or_bad_input()?;
        let origin = source.origin();
        Ok(Self {
            kind: "conformations",
            file: path.to_path_buf(),
            format: kind.name(),
            sha256: origin.map(|origin| origin.sha256.clone()),
            level_of_theory: origin.and_then(|origin| origin.level.clone()),
            conformations: found.conformations,
            looked_at: found.looked_at,
            equilibrium: found.equilibrium,
            with_energy: found.with_energy,
            left_out: found.left_out,
            properties: source.properties().to_vec(),
            atoms_per_frame: [found.atoms.0, found.atoms.1],
            elements: found.elements.to_string(),
            energy_ev: found
                .energy
                .map(|Spread { mean, min, max }| [mean, min, max]),
            force_ev_per_a: force_facts(&found),
            closest_a: found.closest.map(|(least, most)| [least, most]),
            units: UnitsFacts {
                declared: options.read.units.map(|units| units.to_string()),
                plausible: found.problem().is_none(),
                problem: found.problem(),
            },
            parts: match kind {
                SourceKind::Packed => parts(path)?,
                _ => Vec::new(),
            },
        })
    }

    /// For people.
    pub fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        rows.add("conformations", self.file.display());
        let [least, most] = self.atoms_per_frame;
        let per_frame = match least == most {
            true => format!("{least}"),
            false => format!("{least} to {most}"),
        };
        rows.add(
            "format",
            format!(
                "{}, {} conformations of {per_frame} atoms",
                self.format, self.conformations
            ),
        );
        if self.looked_at < self.conformations {
            rows.add("looked at", self.looked_at);
        }
        rows.add("elements", &self.elements);
        rows.add_some("level of theory", self.level_of_theory.as_ref());
        rows.add(
            "labels",
            format!(
                "{} without forces (equilibrium), {} with an energy, {} left out for want of a label",
                self.equilibrium, self.with_energy, self.left_out
            ),
        );
        if !self.properties.is_empty() {
            rows.add("properties", self.properties.join(", "));
        }
        if let Some([mean, min, max]) = self.energy_ev {
            let text = format!("{mean:.6} eV on average, {min:.6} to {max:.6} eV");
            rows.add("energy", text);
        }
        if let Some(ForceFacts { rms, max, .. }) = self.force_ev_per_a {
            let text = format!("rms component {rms:.4} eV/Å, largest {max:.4} eV/Å");
            rows.add("force", text);
        }
        if let Some([least, most]) = self.closest_a {
            rows.add("closest atoms", format!("{least:.3} to {most:.3} Å apart"));
        }
        let verdict = match self.units.plausible {
            true => "plausible",
            false => "NOT plausible",
        };
        let declared = self.units.declared.as_deref();
        rows.add(
            "units of the file",
            format!("{}: {verdict}", declared.unwrap_or("those of the format")),
        );
        rows.add_some("", self.units.problem.as_ref());
        rows.add_some("sha256", self.sha256.as_ref());
        let parts = self.parts.iter().take(PARTS);
        rows.add_all(
            "from",
            parts.map(|part| {
                format!(
                    "{} of {} (SHA-256 {})",
                    part.conformations, part.name, part.sha256
                )
            }),
        );
        if self.parts.len() > PARTS {
            rows.add("", format!("and {} more", self.parts.len() - PARTS));
        }
        rows
    }
}

fn force_facts(found: &Inspection) -> Option<ForceFacts> {
    Some(ForceFacts {
        rms: found.force_rms?,
        median_rms: found.median_force,
        max: found.force_max?,
    })
}

fn parts(path: &Path) -> Result<Vec<PartFacts>> {
    let packed = Packed::open(path).or_bad_input()?;
    let facts = packed.parts().iter().map(|part| PartFacts {
        name: part.name.clone(),
        sha256: part.fingerprint.clone(),
        level_of_theory: part.origin.as_ref().and_then(|origin| origin.level.clone()),
        conformations: part.indices.len(),
    });
    Ok(facts.collect())
}
