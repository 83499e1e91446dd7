//! What a checkpoint holds beside the simulation: which weights and which reference it was made with.

use super::assemble::Assembly;
use crate::checkpoint;
use crate::cli::weights_source::WeightsSource;
use crate::run::RunDirectory;
use crate::RunError;
use oreo_core::{Archive, ArchiveError, Persist};
use std::path::Path;

impl Assembly {
    /// Observers first, so that no file is ever behind the checkpoint.
    pub fn save(&mut self, directory: &RunDirectory) -> Result<(), RunError> {
        self.simulation.flush()?;
        checkpoint::save(&directory.checkpoint(), self)
    }

    /// Becomes what was saved; trajectories are cut back to it.
    pub fn load(&mut self, path: &Path) -> Result<(), RunError> {
        checkpoint::load(path, self)
    }
}

impl Persist for Assembly {
    /// Other weights would go on with another potential, other reference frames with another topology.
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let mut networks = self.networks.iter();
        let weights = self.weights_sha256.as_deref();
        same(archive, "weights", weights, networks.next())?;
        let reference = self.reference.as_ref();
        let reference = reference.map(|reference| reference.sha256.as_str());
        same(archive, "reference", reference, None)?;
        for (k, digest) in self.ensemble_sha256.iter().enumerate() {
            let name = format!("ensemble-{}", k + 1);
            same(archive, &name, Some(digest), networks.next())?;
        }
        self.simulation.persist(archive)
    }
}

fn same(
    archive: &mut dyn Archive,
    name: &str,
    digest: Option<&str>,
    source: Option<&WeightsSource>,
) -> Result<(), ArchiveError> {
    let own = digest.unwrap_or("none").as_bytes();
    let mut saved = own.to_vec();
    archive.bytes(name, &mut saved)?;
    if saved == own {
        return Ok(());
    }
    let problem = match source {
        Some(WeightsSource::BuiltIn(model)) => format!(
            "the weights {model} of this program are not those that this run began with (their SHA-256 differs); \
             continue it with the program that began it"
        ),
        _ => format!("the {name} file is not the one that this run began with (its SHA-256 differs)"),
    };
    Err(ArchiveError::Invalid {
        name: name.into(),
        problem,
    })
}
