//! A training that goes on: its recorded config, perhaps with more steps.

use super::config::TrainConfig;
use crate::checkpoint::replace_atomically;
use crate::cli::exit::BadInput;
use anyhow::Result;
use oreo_training::optimiser::AfterWarmUp;
use std::path::Path;

/// The name of the recorded config in the folder of a run.
pub const CONFIG: &str = "config.toml";

/// The config of a run, with another number of steps if one is given. A run validates at its last step, too: where that was
/// no multiple of `validation-every`, a plateau has counted one validation more than in a run that was longer at once.
///
/// # Errors
/// A folder without config; fewer steps; a schedule that another number of steps would bend.
pub fn recorded(folder: &Path, steps: Option<u64>) -> Result<TrainConfig> {
    let mut config = TrainConfig::read(&folder.join(CONFIG))?;
    let Some(steps) = steps else {
        return Ok(config);
    };
    let before = config.training.steps;
    let problem = match config.training.schedule.then {
        _ if steps <= before => format!(
            "--steps {steps}: the run in {} has {before} steps; give more, or leave --steps out to finish it",
            folder.display()
        ),
        AfterWarmUp::Cosine { .. } => format!(
            "--steps {steps}: the cosine of the run in {} ends at step {before}, and the steps behind it would not be its own with another end; begin a new training with init = \"{}\"",
            folder.display(),
            folder.join("best.safetensors").display()
        ),
        _ => {
            config.training.steps = steps;
            return Ok(config);
        }
    };
    Err(BadInput::new(problem).into())
}

/// Keeps the resolved config in the folder of the run.
///
/// # Errors
/// The system's.
pub fn keep(config: &TrainConfig, folder: &Path) -> Result<()> {
    replace_atomically(&folder.join(CONFIG), config.to_toml()?.as_bytes())?;
    Ok(())
}
