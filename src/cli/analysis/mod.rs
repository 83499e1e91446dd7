//! What a finished run or any trajectory is worth: numbers, figures, one page.
//!
//! - [`of_run`], [`of_trajectory`]: from files to [`Analysis`]
//! - [`write()`]: `analysis.json`, `plots/` and `report.html`, which is `page`; [`write_comparison`]: several on one
//!   page; [`table`]: for people
//! - [`source`], [`frames`], [`clock`], [`velocities`], [`thermo`]: reading and counting, frame by frame
//! - `kinds`: bonds and angles against the reference
//! - [`results`], [`definitions`]: names and meanings of the numbers; the formulas themselves are in
//!   [`oreo_validation`]

mod card;
pub mod clock;
mod comparison;
pub mod curves;
pub mod definitions;
#[cfg(feature = "plots")]
mod figures;
pub mod frames;
mod kinds;
mod numbers;
mod page;
mod pair_distances;
mod relabelled;
mod replica;
pub mod results;
mod run_folder;
mod snapshots;
pub mod source;
pub mod table;
pub mod thermo;
pub mod velocities;
mod write;

pub use results::Analysis;
pub use run_folder::{of_finished_run, of_run};
pub use write::{write, write_comparison};

use super::exit::{BadInput, OrBadInput};
use super::inputs;
use anyhow::Result;
use comparison::Comparison;
use oreo_formats::{FileFormat, ReadOptions};
use oreo_validation::stability::DEFAULT_BOND_THRESHOLD;
use replica::{FirstShape, Subject};
use results::ReplicaAnalysis;
use source::End;
use std::path::{Path, PathBuf};

/// What the user may say beside the run or the trajectory.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Instead of the run's own.
    pub reference: Option<PathBuf>,
    /// How to read the reference.
    pub data_set: ReadOptions,
    /// Elements and, without a reference, the topology.
    pub structure: Option<PathBuf>,
    /// fs
    pub frame_interval_fs: Option<f64>,
    /// Å
    pub bond_threshold_a: Option<f64>,
}

/// Of one trajectory file. Bad input is an error with file and frame.
pub fn of_trajectory(path: &Path, request: &Request) -> Result<Analysis> {
    let comparison = request
        .reference
        .as_deref()
        .map(|path| compare_with(path, &request.data_set))
        .transpose()?;
    let structure = structure(path, request)?;
    let subject = Subject {
        id: 0,
        path: path.to_path_buf(),
        structure,
        end: End::Whole,
        given_interval_fs: request.frame_interval_fs,
        planned_interval_fs: None,
        bond_threshold: request.bond_threshold_a.unwrap_or(DEFAULT_BOND_THRESHOLD),
        bonds_end_the_analysis: true,
    };
    let mut notes = Vec::new();
    let mut replica = replica::analyze(&subject, comparison.as_ref(), &mut notes)?;
    for key in [
        "temperature_k",
        "conserved",
        "potential_ev",
        "equilibrated_after_ps",
    ] {
        let reason = "a trajectory alone has no thermo.csv; analyze the folder of its run";
        replica.not_computed.insert(key, reason.into());
    }
    Ok(assemble(
        path,
        "trajectory",
        comparison.as_ref(),
        vec![replica],
        notes,
    ))
}

/// Reads reference frames, which must be of one molecule.
fn compare_with(path: &Path, options: &ReadOptions) -> Result<Comparison<'static>> {
    Comparison::new(path, inputs::reference(path, options)?)
}

/// `--structure`; a DCD needs one.
fn structure(path: &Path, request: &Request) -> Result<Option<FirstShape>> {
    let Some(file) = &request.structure else {
        return match FileFormat::of(path).or_bad_input()? {
            FileFormat::Dcd => Err(BadInput::new(format!(
                "{}: DCD has no elements; give a structure of the same atoms (--structure)",
                path.display()
            ))
            .into()),
            _ => Ok(None),
        };
    };
    let frame = oreo_formats::read_structure(file, 0, &ReadOptions::default()).or_bad_input()?;
    let name = file.display().to_string();
    Ok(Some(FirstShape { frame, name }))
}

fn assemble(
    target: &Path,
    kind: &'static str,
    comparison: Option<&Comparison>,
    replicas: Vec<ReplicaAnalysis>,
    mut notes: Vec<String>,
) -> Analysis {
    notes.dedup();
    Analysis {
        version: env!("CARGO_PKG_VERSION").into(),
        target: target.display().to_string(),
        kind,
        unfinished: false,
        reference: comparison.map(Comparison::summary),
        h_r_mae: crate::run::MeanStd::of(replicas.iter().map(|replica| replica.h_r.h_r_mae)),
        stable_ps: crate::run::MeanStd::of(replicas.iter().map(|replica| replica.stable_ps)),
        replicas,
        notes,
        definitions: definitions::all(),
        reference_distribution: comparison.map(|comparison| comparison.distribution().clone()),
        reweighted_distribution: comparison
            .and_then(|comparison| comparison.relabelled().ok())
            .map(|relabelled| relabelled.distribution.clone()),
        reference_pairs: comparison.map_or_else(Vec::new, Comparison::pair_densities),
        card: None,
    }
}
