//! The program: `args` is what was typed, `plan` what is meant, `commands` what is done.
//!
//! - [`quantity`], [`choices`]: numbers with units, words
//! - [`settings`], [`config_file`], [`layers`]: flags and config file, one struct for both, later over earlier
//! - [`weights_source`]: weights from a file, or built in
//! - [`plan`]: the complete, validated run
//! - [`evaluation`], [`conversion`], [`inspection`]: the work of the commands with these names
//! - [`relaxation`]: from a structure to its minimum
//! - [`mod@bench`]: clocks, counts of arithmetic, memory
//! - [`progress`], [`pace`], [`vitals`], [`terminal`]: how far, how fast, how healthy, and that on a screen
//! - [`watching`]: the same of a run or a training in another process, from its files
//! - [`viewers`]: how to look at what was written
//! - [`self_test`]: the fast path against the reference, before the first step
//! - [`analysis`]: what a run was worth
//! - [`training`]: weights from data
//! - [`page`]: what the pages of runs and trainings share
//! - [`reproduce`]: the paper's tables, as calls of this program
//! - [`exit`], [`output`]: exit codes, errors in one line, results on standard output

pub mod analysis;
pub mod args;
pub mod bench;
pub mod choices;
pub mod commands;
mod compute;
pub mod config_file;
pub mod conversion;
mod describe;
pub mod evaluation;
pub mod exit;
pub mod figure_size;
mod frame_progress;
pub mod inputs;
pub mod inspection;
pub mod layers;
mod markdown;
pub mod md;
mod nearest;
pub mod output;
pub mod pace;
pub mod page;
pub mod plan;
#[cfg(test)]
mod plan_tests;
#[cfg(feature = "plots")]
pub mod plots;
pub mod progress;
pub mod quantity;
pub mod relaxation;
pub mod reproduce;
mod resolve;
pub mod self_test;
pub mod settings;
pub mod terminal;
pub mod training;
mod usage;
pub mod viewers;
pub mod vitals;
pub mod watching;
pub mod weights_source;

use args::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;

/// The whole program.
pub fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => exit::report(dispatch(&arguments), arguments.json),
        Err(error) => usage::report(&error),
    }
}

fn dispatch(arguments: &Arguments) -> anyhow::Result<exit::Outcome> {
    compute::check_instruction_set()?;
    match &arguments.command {
        Command::Run(run) => commands::run::main(run, arguments.json),
        Command::Resume(resume) => commands::resume::main(resume, arguments.json),
        Command::Train(train) => commands::train::main(train, arguments.json),
        Command::Relax(relax) => commands::relax::main(relax, arguments.json),
        Command::Evaluate(evaluate) => commands::evaluate::main(evaluate, arguments.json),
        Command::Convert(convert) => commands::convert::main(convert, arguments.json),
        Command::Inspect(inspect) => commands::inspect::main(inspect, arguments.json),
        Command::Analyze(analyze) => commands::analyze::main(analyze, arguments.json),
        Command::Bench(bench) => commands::bench::main(bench, arguments.json),
        Command::Reproduce(reproduce) => commands::reproduce::main(reproduce, arguments.json),
        Command::Doctor(_) => commands::doctor::main(arguments.json),
        Command::Watch(watch) => commands::watch::main(watch, arguments.json),
        Command::Completions(completions) => {
            commands::completions::main(completions, arguments.json)
        }
        Command::Man(man) => commands::man::main(man, arguments.json),
    }
}

/// How many threads the reference may use, also when it only checks the fast path, which is told its threads itself.
/// candle takes the number from the environment when it starts its pool, so this must come before anything is computed
/// and before any thread exists.
pub fn limit_threads(threads: u32) {
    std::env::set_var("RAYON_NUM_THREADS", threads.to_string());
}
