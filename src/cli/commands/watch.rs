//! `oreo watch`: how a run, a training or a relaxation in another process is, until it ends.

use crate::cli::args::WatchArgs;
use crate::cli::exit::Outcome;
use crate::cli::md;
use crate::cli::output;
use crate::cli::terminal::{Block, Size, TextLine};
use crate::cli::watching::folder::Kind;
use crate::cli::watching::relaxation::{RelaxationState, RelaxationWatch};
use crate::cli::watching::run::{RunState, RunWatch};
use crate::cli::watching::standing::Standing;
use crate::cli::watching::training::{TrainingState, TrainingWatch};
use anyhow::Result;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two lines where they cannot be drawn again.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Looks once, or until nobody works on it any more.
pub fn main(args: &WatchArgs, json: bool) -> Result<Outcome> {
    let mut watched = match Kind::of(&args.directory)? {
        Kind::Run => Watched::Run(Box::new(RunWatch::new(&args.directory))),
        Kind::Training => Watched::Training(TrainingWatch::new(&args.directory)),
        Kind::Relaxation => Watched::Relaxation(RelaxationWatch::new(&args.directory)),
    };
    let mut state = watched.look()?;
    if !args.once && state.standing() == Standing::Running {
        state = follow(&mut watched, state, json)?;
    }
    match json {
        true => output::print_json(&state)?,
        false => output::print(&state.end())?,
    }
    Ok(state.standing().outcome())
}

/// Shows it while it goes on; with `--json` beside the result.
fn follow(watched: &mut Watched, mut state: State, json: bool) -> Result<State> {
    let mut block = match json {
        true => Block::on_stderr(),
        false => Block::on_stdout(),
    };
    let mut said: Option<(Instant, u64)> = None;
    while state.standing() == Standing::Running {
        match &mut block {
            Some(block) => {
                let mut size = block.size();
                // For the sentence below.
                size.rows = size.rows.saturating_sub(1);
                let mut lines = state.lines(size);
                lines.push(state.verdict().into());
                block.draw(lines);
            }
            None => {
                let due = said.is_none_or(|(when, step)| {
                    when.elapsed() >= LINE_EVERY && step != state.step()
                });
                if due {
                    said = Some((Instant::now(), state.step()));
                    say(&state.text(), json)?;
                }
            }
        }
        std::thread::sleep(LOOK_EVERY);
        state = watched.look()?;
    }
    if let Some(block) = &mut block {
        block.draw(Vec::new());
    }
    Ok(state)
}

/// Standard output belongs to the object.
fn say(line: &str, json: bool) -> Result<()> {
    match json {
        true => {
            output::say(line);
            Ok(())
        }
        false => output::print(&format!("{line}\n")),
    }
}

enum Watched {
    Run(Box<RunWatch>),
    Training(TrainingWatch),
    Relaxation(RelaxationWatch),
}

impl Watched {
    fn look(&mut self) -> Result<State> {
        Ok(match self {
            Self::Run(run) => State::Run(Box::new(run.look()?)),
            Self::Training(training) => State::Training(Box::new(training.look()?)),
            Self::Relaxation(relaxation) => State::Relaxation(Box::new(relaxation.look()?)),
        })
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum State {
    Run(Box<RunState>),
    Training(Box<TrainingState>),
    Relaxation(Box<RelaxationState>),
}

impl State {
    fn standing(&self) -> Standing {
        match self {
            Self::Run(run) => run.state,
            Self::Training(training) => training.state,
            Self::Relaxation(relaxation) => relaxation.state,
        }
    }

    fn step(&self) -> u64 {
        match self {
            Self::Run(run) => run.step(),
            Self::Training(training) => training.step(),
            Self::Relaxation(relaxation) => relaxation.step(),
        }
    }

    fn lines(&self, size: Size) -> Vec<TextLine> {
        match self {
            Self::Run(run) => run.lines(size),
            Self::Training(training) => training.lines(size),
            Self::Relaxation(relaxation) => relaxation.lines(size),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Run(run) => run.text(),
            Self::Training(training) => training.text(),
            Self::Relaxation(relaxation) => relaxation.text(),
        }
    }

    fn verdict(&self) -> String {
        match self {
            Self::Run(run) => run.verdict(),
            Self::Training(training) => training.verdict(),
            Self::Relaxation(relaxation) => relaxation.verdict(),
        }
    }

    /// The last picture, or of a run that has ended its summary as `oreo run` prints it.
    fn end(&self) -> String {
        let size = match Block::on_stdout() {
            Some(block) => block.size(),
            None => Size::USUAL,
        };
        let ended = match self {
            Self::Run(run) => run.summary.as_ref(),
            Self::Training(_) | Self::Relaxation(_) => None,
        };
        let picture = match ended {
            Some(summary) => md::table::of(summary),
            None => {
                let lines = self.lines(size).into_iter();
                lines.map(|line| line.text + "\n").collect()
            }
        };
        format!("{picture}{}\n", self.verdict())
    }
}
