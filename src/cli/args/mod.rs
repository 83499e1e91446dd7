//! What can be typed: commands and flags, no logic; a file each. `plan` says what is meant.

mod analyze;
mod bench;
mod completions;
mod compute;
mod convert;
mod data_set;
mod doctor;
mod evaluate;
mod inspect;
mod man;
mod relax;
mod reproduce;
mod resume;
mod run;
mod train;
mod watch;

pub use analyze::AnalyzeArgs;
pub use bench::BenchArgs;
pub use completions::CompletionsArgs;
pub use compute::ComputeArgs;
pub use convert::ConvertArgs;
pub use data_set::DataSetArgs;
pub use doctor::DoctorArgs;
pub use evaluate::EvaluateArgs;
pub use inspect::InspectArgs;
pub use man::ManArgs;
pub use relax::RelaxArgs;
pub use reproduce::ReproduceArgs;
pub use resume::ResumeArgs;
pub use run::RunArgs;
pub use train::TrainArgs;
pub use watch::WatchArgs;

use clap::{Parser, Subcommand};

/// Molecular dynamics with a learned potential
#[derive(Debug, Parser)]
#[command(name = "oreo", version, arg_required_else_help = true)]
#[command(after_help = "\
Exit codes: 0 success, 1 failed, 2 usage or bad input, 3 stopped by a stability rule, 130 interrupted.
Example:    oreo run --structure aspirin.xyz --output first")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Print one JSON object on standard output; everything else goes to standard error
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run molecular dynamics
    Run(Box<RunArgs>),
    /// Continue a run from its last checkpoint, to the bit
    Resume(ResumeArgs),
    /// Show a run, a training or a relaxation that goes on in another process, until it ends
    Watch(WatchArgs),
    /// Train the network on forces: from scratch, pre-training, fine-tuning
    Train(TrainArgs),
    /// Move atoms to the minimum of the energy that they belong to
    Relax(Box<RelaxArgs>),
    /// Compare predicted energies and forces with those of a data set
    Evaluate(EvaluateArgs),
    /// Convert weights, trajectories and data sets between formats
    Convert(ConvertArgs),
    /// Say what a file is: weights, data set, trajectory, checkpoint, folder of a run
    Inspect(InspectArgs),
    /// Say what a run or a trajectory is worth: numbers, plots, one page
    Analyze(AnalyzeArgs),
    /// Time energies and forces, the steps made of them, and steps of training
    Bench(BenchArgs),
    /// Make a table of the ET-OREO paper: train, run, score; continues where it was stopped
    Reproduce(ReproduceArgs),
    /// Say what this machine and this build can do
    Doctor(DoctorArgs),
    /// Print what a shell needs to complete commands, flags and values of oreo
    Completions(CompletionsArgs),
    /// Write manual pages, one for each command
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn run(line: &str) -> Result<RunArgs, clap::Error> {
        let words = ["oreo", "run"].into_iter().chain(line.split_whitespace());
        match Arguments::try_parse_from(words)?.command {
            Command::Run(run) => Ok(*run),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn definitions_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Arguments::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string);
            let example = help.unwrap_or_default();
            assert!(example.contains(&format!("oreo {}", command.get_name())));
        }
    }

    #[test]
    fn the_promised_run_command_is_understood() {
        let args =
            run("--structure a.xyz --weights w.ckpt --steps 10 --timestep 0.5fs --formats xyz,dcd")
                .unwrap();
        assert_eq!(args.settings.steps, Some(10));
        assert_eq!(args.settings.formats.unwrap().len(), 2);
        assert_eq!(args.settings.write_forces, None);
        let args = run("c.toml --preset md17 --write-forces --write-velocities=false").unwrap();
        assert_eq!(args.config, Some("c.toml".into()));
        assert_eq!(args.settings.write_forces, Some(true));
        assert_eq!(args.settings.write_velocities, Some(false));
    }

    #[test]
    fn meaningless_numbers_are_usage_errors() {
        for line in [
            "--steps 0",
            "--steps -1",
            "--steps 1.5",
            "--every 0",
            "--replicas 0",
            "--threads 0",
            "--temperature -5",
            "--timestep nan",
            "--seed -1",
            "--device gpu",
            "--resume --overwrite",
            "--chain-length 0",
        ] {
            assert!(run(line).is_err(), "{line}");
        }
    }

    #[test]
    fn json_is_accepted_after_the_command() {
        let parsed = Arguments::try_parse_from(["oreo", "doctor", "--json"]).unwrap();
        assert!(parsed.json);
    }

    #[test]
    fn elements_are_listed_in_one_word_or_several() {
        let line = [
            "oreo",
            "convert",
            "a.ckpt",
            "b.safetensors",
            "--elements",
            "H C O",
        ];
        let Command::Convert(convert) = Arguments::try_parse_from(line).unwrap().command else {
            panic!("convert")
        };
        assert_eq!(convert.elements.unwrap().len(), 3);
    }
}
