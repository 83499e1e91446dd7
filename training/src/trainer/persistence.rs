//! What of a trainer is in its checkpoint: everything that the next step reads, and what it must not be continued with.

use super::layout::Saved;
use super::Trainer;
use crate::optimiser::Number;
use oreo_core::{Archive, ArchiveError, Persist, PotentialError, Scope};
use oreo_potentials::oreo::gradients::Gradients;
use serde_json::Value;

impl<G: Gradients<f32>> Persist for Trainer<G> {
    /// Parameters, optimiser, average, schedule, step, sums since the last validation. There is no state of random numbers:
    /// they follow from seed and step.
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        self.persist_settings(archive)?;
        self.persist_element_energies(archive)?;
        let engine = |error: PotentialError| ArchiveError::Invalid {
            name: "parameters".into(),
            problem: error.to_string(),
        };
        let ours = self.engine.parameters().map_err(engine)?;
        let mut parameters = ours.clone();
        f32::persist("parameters", &mut parameters, archive)?;
        // Not after saving: an engine of several ranks must be given parameters by all of them, and one alone saves.
        if parameters != ours {
            self.engine.set_parameters(&parameters).map_err(engine)?;
        }
        let mut saved = Saved {
            order: self.engine.order(),
            count: self.count,
            archive,
        };
        saved.adamw(&mut self.optimiser)?;
        if let Some(average) = &mut self.average {
            saved.average(average)?;
        }
        self.schedule.persist(archive)?;
        self.recent.persist(&mut Scope::new(archive, "recent"))?;
        archive.u64("step", &mut self.step)
    }
}

impl<G> Trainer<G> {
    /// Refuses to continue with settings that would make another run of it.
    fn persist_settings(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let name = "settings";
        let mut text = serde_json::to_vec(&self.settings.of_the_numbers()).expect("plain values");
        // Ours go through text, too: it need not give back each number to the last bit.
        let ours: serde_json::Map<String, Value> =
            serde_json::from_slice(&text).expect("as written");
        archive.bytes(name, &mut text)?;
        let invalid = |problem: String| ArchiveError::Invalid {
            name: name.into(),
            problem,
        };
        let mut theirs: serde_json::Map<String, Value> =
            serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
        // Checkpoints of earlier versions hold it.
        theirs.remove("clip");
        let mut names = ours.keys().chain(theirs.keys());
        match names.find(|&name| ours.get(name) != theirs.get(name)) {
            None => Ok(()),
            Some(name) => {
                let show = |value: Option<&Value>| value.map_or("nothing".into(), Value::to_string);
                Err(invalid(format!(
                    "'{name}' was {} and is {} now; continue with the settings of the run, or start a new one from its weights",
                    show(theirs.get(name)),
                    show(ours.get(name))
                )))
            }
        }
    }

    /// Labels that are shifted differently would make another run, too.
    fn persist_element_energies(&self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let energies = self.objective.element_energies();
        let ours = energies
            .map_or(String::new(), ToString::to_string)
            .into_bytes();
        let mut theirs = ours.clone();
        archive.bytes("element-energies", &mut theirs)?;
        if theirs == ours {
            return Ok(());
        }
        Err(ArchiveError::Invalid {
            name: "element-energies".into(),
            problem: format!(
                "were '{}' and are '{}' now; continue with those of the run",
                String::from_utf8_lossy(&theirs),
                String::from_utf8_lossy(&ours)
            ),
        })
    }
}
