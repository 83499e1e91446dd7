//! Standard output: results only. Standard error: everything else.

use anyhow::{Context, Result};
use serde::Serialize;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether another process speaks for this one.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Of several processes that do the same, one speaks: from here on, a silent one prints nothing, errors included.
pub fn silence(silent: bool) {
    SILENT.store(silent, Ordering::Relaxed);
}

/// One JSON object; the only thing on standard output with `--json`.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    let text =
        serde_json::to_string_pretty(value).context("the result cannot be written as JSON")?;
    print(&format!("{text}\n"))
}

/// A line on standard error: progress, notes, errors. Whether anybody reads it must not matter to a run, so a closed pipe
/// or a full disk behind it is no error (`eprintln!` would panic).
pub fn say(line: impl std::fmt::Display) {
    if !SILENT.load(Ordering::Relaxed) {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// Text for people. A reader that went away (`oreo … | head`) is no error.
pub fn print(text: &str) -> Result<()> {
    if SILENT.load(Ordering::Relaxed) {
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
