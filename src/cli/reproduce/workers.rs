//! Jobs as child processes, a few at a time, each after those that it needs.
//!
//! A job is a process of its own: what fails or is killed takes nobody with it, and its command line is one that a user can
//! type. On Ctrl-C or a termination signal every child is told to finish its step and to save; on the second one, to end at
//! once, before this process does: a child that went on alone would meet the next one in its folder.

use super::job::{Job, Progress, Record};
use crate::cli::exit::Outcome;
use crate::cli::output;
use anyhow::{bail, Context, Result};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a worker looks at its child, and whether it should stop.
const GLANCE: Duration = Duration::from_millis(200);

/// What is shared by the workers.
#[derive(Default)]
struct Board {
    done: BTreeSet<String>,
    taken: BTreeSet<String>,
    failed: Vec<String>,
}

/// Process numbers of the jobs that are running.
#[derive(Debug, Clone, Default)]
pub struct Children(Arc<Mutex<BTreeSet<u32>>>);

impl Children {
    /// Each is told to stop: once to save first, twice to end at once.
    pub fn tell_to_stop(&self) {
        let children = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        children.iter().for_each(|&child| tell_to_stop(child));
    }

    fn change(&self, change: impl FnOnce(&mut BTreeSet<u32>)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Where jobs are done, and by which program.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// This program
    pub program: &'a Path,
    /// Folder of the reproduction
    pub root: &'a Path,
    /// Set when everything is to stop
    pub stop: &'a AtomicBool,
    /// Those of the workers
    pub children: &'a Children,
}

/// Does what is not done yet, `at_once` jobs at a time, in their order as far as their needs allow.
///
/// # Errors
/// Names the jobs that failed, after all others that do not need them are done.
pub fn work(place: Place<'_>, jobs: &[Job], at_once: usize) -> Result<Outcome> {
    let Place { root, stop, .. } = place;
    let mut board = Board::default();
    for job in jobs {
        if job.progress(root)? == Progress::Done {
            board.done.insert(job.name.clone());
        }
    }
    board.taken.clone_from(&board.done);
    let board = Mutex::new(board);
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| worker(place, jobs, &board));
        }
    });
    let board = board.into_inner().expect("a worker does not panic");
    match () {
        () if !board.failed.is_empty() => bail!("{}", board.failed.join("; ")),
        () if stop.load(Ordering::SeqCst) => Ok(Outcome::Interrupted),
        () => Ok(Outcome::Completed),
    }
}

fn worker(place: Place<'_>, jobs: &[Job], board: &Mutex<Board>) {
    while !place.stop.load(Ordering::SeqCst) {
        let mut shared = board.lock().expect("a worker does not panic");
        let Some(job) = next(jobs, &shared) else {
            let running = shared.taken.len() > shared.done.len() + shared.failed.len();
            drop(shared);
            if !running {
                return;
            }
            std::thread::sleep(GLANCE);
            continue;
        };
        shared.taken.insert(job.name.clone());
        drop(shared);
        let ended = attempt(place, job);
        let mut shared = board.lock().expect("a worker does not panic");
        match ended {
            Ok(true) => {
                shared.done.insert(job.name.clone());
            }
            Ok(false) => return,
            Err(error) => {
                output::say(format_args!("{}: {error:#}", job.name));
                shared.failed.push(format!("{}: {error:#}", job.name));
            }
        }
    }
}

/// The first one that nobody has and that lacks nothing.
fn next<'a>(jobs: &'a [Job], board: &Board) -> Option<&'a Job> {
    jobs.iter().find(|job| {
        let ready = job.needs.iter().all(|name| board.done.contains(name));
        ready && !board.taken.contains(&job.name)
    })
}

/// Whether the job came to its end; it does not when everything is to stop.
fn attempt(place: Place<'_>, job: &Job) -> Result<bool> {
    let Place { root, stop, .. } = place;
    let typed = job.arguments(root)?;
    let words: Vec<_> = typed.iter().map(|word| quoted(word)).collect();
    let command = format!("oreo {} --json", words.join(" "));
    output::say(format_args!("{}: {command}", job.name));
    let started = Instant::now();
    let printed = root.join("logs").join(format!("{}.json", job.name));
    let log = root.join("logs").join(format!("{}.txt", job.name));
    let exit_code = match run(place, &typed, &printed, &log)? {
        Some(code @ (0 | 3)) => code,
        _ if stop.load(Ordering::SeqCst) => return Ok(false),
        code => {
            let said = fs::read_to_string(&log).unwrap_or_default();
            let last = said
                .lines()
                .last()
                .unwrap_or("nothing was said")
                .to_string();
            let code = code.map_or("no exit code".into(), |code| format!("exit code {code}"));
            bail!("{code}: {last}; all of it is in {}", log.display());
        }
    };
    let text = fs::read_to_string(&printed)?;
    let result: Value = serde_json::from_str(&text)
        .with_context(|| format!("{}: is not JSON", printed.display()))?;
    let record = Record {
        command,
        version: env!("CARGO_PKG_VERSION").into(),
        exit_code,
        wall_s: started.elapsed().as_secs_f64(),
        result,
    };
    job.keep(root, &record)?;
    output::say(format_args!("{}: done, {:.0} s", job.name, record.wall_s));
    Ok(true)
}

/// As a shell wants it.
fn quoted(word: &str) -> String {
    match word.contains(' ') {
        true => format!("\"{word}\""),
        false => word.into(),
    }
}

/// The exit code, if it ended by itself.
fn run(place: Place<'_>, typed: &[String], printed: &Path, log: &Path) -> Result<Option<i32>> {
    let Place { program, root, .. } = place;
    fs::create_dir_all(root.join("logs"))?;
    let log = OpenOptions::new().create(true).append(true).open(log)?;
    let mut command = Command::new(program);
    command.args(typed).arg("--json").current_dir(root);
    command.stdin(Stdio::null()).stderr(log);
    command.stdout(File::create(printed)?);
    // A group of its own: Ctrl-C comes to us alone, and we pass it on once. A second one would kill the child.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    let number = child.id();
    place.children.change(|children| {
        children.insert(number);
    });
    let ended = wait(&mut child, place.stop);
    place.children.change(|children| {
        children.remove(&number);
    });
    ended
}

fn wait(child: &mut Child, stop: &AtomicBool) -> Result<Option<i32>> {
    let mut told = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        if stop.load(Ordering::SeqCst) && !told {
            tell_to_stop(child.id());
            told = true;
        }
        std::thread::sleep(GLANCE);
    }
}

/// One that has ended meanwhile hears nothing.
#[cfg(unix)]
fn tell_to_stop(child: u32) {
    use nix::sys::signal::{kill, Signal};
    use nix::unistd::Pid;
    if let Ok(child) = i32::try_from(child) {
        let _ = kill(Pid::from_raw(child), Signal::SIGTERM);
    }
}

/// Elsewhere Ctrl-C reaches it without us.
#[cfg(not(unix))]
fn tell_to_stop(_: u32) {}

#[cfg(test)]
mod tests {
    use super::super::job::Work;
    use super::*;

    fn job(name: &str, needs: &[&str]) -> Job {
        Job {
            name: name.into(),
            needs: needs.iter().map(|name| name.to_string()).collect(),
            work: Work::Ask(Vec::new()),
        }
    }

    #[test]
    fn a_job_waits_for_what_it_needs() {
        let jobs = [job("md", &["train"]), job("train", &[]), job("other", &[])];
        let mut board = Board::default();
        let named = |board: &Board| next(&jobs, board).map(|job| job.name.clone());
        assert_eq!(named(&board).as_deref(), Some("train"));
        board.taken.insert("train".into());
        assert_eq!(named(&board).as_deref(), Some("other"));
        board.taken.insert("other".into());
        assert_eq!(named(&board), None);
        board.done.insert("train".into());
        assert_eq!(named(&board).as_deref(), Some("md"));
    }
}
