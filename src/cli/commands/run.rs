//! `oreo run`: from flags and config file to a plan, and what the plan means.

use super::{dry_run, resume};
use crate::cli::args::RunArgs;
use crate::cli::exit::{BadInput, OrBadInput, Outcome};
use crate::cli::layers::Layers;
use crate::cli::plan::{Plan, Start};
use crate::cli::weights_source::WeightsSource;
use crate::cli::{config_file, limit_threads, md};
use anyhow::{Context, Result};
use std::path::Path;

/// Plans, then runs or only says what would run.
pub fn main(args: &RunArgs, json: bool) -> Result<Outcome> {
    let (plan, notes) = match args.resume {
        true => resume::plan(&args.settings, args.config.as_deref())?,
        false => plan(args)?,
    };
    limit_threads(plan.compute.threads);
    if !args.resume {
        check_inputs(&plan)?;
    }
    match (args.dry_run, args.resume) {
        (true, resume) => dry_run::main(&plan, &notes, args.overwrite, resume, json),
        (false, true) => md::resume(&plan, &notes, false, json),
        (false, false) => md::run(&plan, &notes, args.overwrite, json),
    }
}

/// What the flags and the config file mean together, with notes for the user.
pub fn plan(args: &RunArgs) -> Result<(Plan, Vec<String>)> {
    let file = match &args.config {
        Some(path) => Some((path.as_path(), config_file::read(path).or_bad_input()?)),
        None => None,
    };
    let file = file.as_ref().map(|(path, settings)| (*path, settings));
    Plan::new(&Layers::new(&args.settings, file)?)
}

/// Every file that the run will read is there, before anything is written.
pub fn check_inputs(plan: &Plan) -> Result<()> {
    let (structure, split) = match &plan.start {
        Start::Structure { path, .. } => (Some(path.as_path()), None),
        Start::RandomReferenceFrame(split) => (None, split.as_ref()),
    };
    let files = [
        ("structure", structure),
        ("reference", plan.reference.as_deref()),
        ("split", split.map(|split| split.path.as_path())),
    ];
    files
        .into_iter()
        .filter_map(|(key, path)| Some((key, path?)))
        .try_for_each(|(key, path)| readable(key, path))?;
    let moving = plan.potential.weights().map(|weights| ("weights", weights));
    let members = plan.committee.iter().map(|weights| ("ensemble", weights));
    for (key, weights) in moving.into_iter().chain(members) {
        weights.check_there().context(key)?;
        if let WeightsSource::File(path) = weights {
            readable(key, path)?;
        }
    }
    Ok(())
}

fn readable(key: &str, path: &Path) -> Result<()> {
    let problem = match std::fs::File::open(path).and_then(|file| file.metadata()) {
        Ok(metadata) if metadata.is_dir() => "is a folder; give a file".into(),
        Ok(metadata) if metadata.len() == 0 && metadata.is_file() => "is empty".into(),
        Ok(_) => return Ok(()),
        Err(error) => error.to_string(),
    };
    Err(BadInput::new(format!("{key}: {}: {problem}", path.display())).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Arguments, Command};
    use crate::cli::exit::one_line;
    use crate::cli::plan::PotentialPlan;
    use clap::Parser;

    fn args(words: &[&str]) -> RunArgs {
        let all = ["oreo", "run"].iter().chain(words);
        match Arguments::try_parse_from(all).unwrap().command {
            Command::Run(run) => *run,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn flags_override_the_file_whose_paths_are_relative_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let text = "structure = \"a.xyz\"\nweights = \"../w.ckpt\"\nsteps = 10\nseed = 3";
        std::fs::write(&config, text).unwrap();
        let args = args(&[
            config.to_str().unwrap(),
            "--steps",
            "20",
            "--output",
            "/out",
        ]);
        let (plan, _) = plan(&args).unwrap();
        assert_eq!((plan.steps, plan.seed), (20, 3));
        let (path, frame) = (folder.path().join("a.xyz"), 0);
        assert_eq!(plan.start, Start::Structure { path, frame });
        assert_eq!(
            plan.potential,
            PotentialPlan::Et(WeightsSource::File(folder.path().join("../w.ckpt")))
        );
        assert_eq!(plan.output, Path::new("/out"));
    }

    #[test]
    fn missing_and_empty_files_are_bad_input_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.xyz");
        std::fs::write(&empty, "").unwrap();
        for (structure, problem) in [
            (folder.path().join("none.xyz"), "No such file"),
            (empty, "is empty"),
            (folder.path().to_path_buf(), "is a folder"),
        ] {
            let words = [
                "--structure",
                structure.to_str().unwrap(),
                "--weights",
                "/w",
                "--steps",
                "1",
            ];
            let (plan, _) = plan(&args(&words)).unwrap();
            let error = check_inputs(&plan).unwrap_err();
            assert!(error.is::<BadInput>());
            let line = one_line(&error);
            assert!(
                line.starts_with("structure: ") && line.contains(problem),
                "{line}"
            );
        }
    }

    #[test]
    fn a_broken_config_is_bad_input_with_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        std::fs::write(&config, "steps = 10\ntimstep = 1").unwrap();
        let error = plan(&args(&[config.to_str().unwrap()])).unwrap_err();
        assert!(error.is::<BadInput>());
        assert!(one_line(&error).contains("config.toml:2: unknown key 'timstep'"));
    }
}
