//! What `log.txt` of a run tells: when its process began, at which step, and who was stopped.

use crate::cli::vitals::Stopped;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

/// Of the last process that worked on the run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Diary {
    /// When it began, and from which step on
    pub session: Option<(SystemTime, u64)>,
    /// By replica
    pub stops: BTreeMap<u32, Stopped>,
}

/// Bytes; a log has a few kB for each time that the run was continued.
const MOST: u64 = 4 << 20;

impl Diary {
    /// Of a log, as far as it can be read.
    pub fn read(path: &Path) -> Self {
        let mut text = Vec::new();
        let read = File::open(path).and_then(|mut file| {
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(MOST)))?;
            file.take(MOST).read_to_end(&mut text)
        });
        match read {
            Ok(_) => Self::of(&String::from_utf8_lossy(&text)),
            Err(_) => Self::default(),
        }
    }

    /// Line by line, as `oreo run` and `oreo resume` write them; others are passed over.
    fn of(text: &str) -> Self {
        let mut diary = Self::default();
        for line in text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
        {
            if let Some((stamp, event)) = line.trim_end().split_once(' ') {
                diary.take(stamp, event);
            }
        }
        diary
    }

    fn take(&mut self, stamp: &str, event: &str) {
        if let Some((id, stop)) = stopped(event) {
            self.stops.insert(id, stop);
        } else if let Some(step) = session(event) {
            let began = humantime::parse_rfc3339(stamp).ok();
            self.session = began.map(|began| (began, step));
            // A checkpoint from before a stop knows nothing of it.
            self.stops.retain(|_, stop| stop.step <= step);
        }
    }
}

/// `oreo 0.1.0 begins`, `oreo 0.1.0 resumes at step 500`
fn session(event: &str) -> Option<u64> {
    let (_, what) = event.strip_prefix("oreo ")?.split_once(' ')?;
    match what.strip_prefix("resumes at step ") {
        Some(step) => step.parse().ok(),
        None => (what == "begins").then_some(0),
    }
}

/// `replica 1 stopped at step 300 (bond): bond 0-1 is …`
fn stopped(event: &str) -> Option<(u32, Stopped)> {
    let (id, rest) = event
        .strip_prefix("replica ")?
        .split_once(" stopped at step ")?;
    let (place, detail) = rest.split_once("): ")?;
    let (step, cause) = place.split_once(" (")?;
    let stop = Stopped {
        step: step.parse().ok()?,
        cause: cause.into(),
        detail: detail.into(),
    };
    Some((id.parse().ok()?, stop))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const LOG: &str = "\
1970-01-01T00:00:10Z oreo 0.1.0 begins
1970-01-01T00:00:10Z output      run: frame every 100 steps
1970-01-01T00:01:00Z replica 1 stopped at step 300 (bond): bond 0-1 is 2.1 Å long (allowed 0.5 Å)
1970-01-01T00:02:00Z replica 2 stopped at step 900 (non_finite): energy is not a finite number
";

    #[test]
    fn stops_and_the_beginning_are_read_back() {
        let diary = Diary::of(LOG);
        let began = SystemTime::UNIX_EPOCH + Duration::from_secs(10);
        assert_eq!(diary.session, Some((began, 0)));
        assert_eq!(diary.stops.len(), 2);
        let stop = &diary.stops[&1];
        assert_eq!((stop.step, stop.cause.as_str()), (300, "bond"));
        assert_eq!(stop.detail, "bond 0-1 is 2.1 Å long (allowed 0.5 Å)");
    }

    /// Planted: all stops kept, replica 2 would be stopped although it moves again.
    #[test]
    fn a_run_resumed_before_a_stop_has_not_stopped_there() {
        let resumed = format!("{LOG}1970-01-01T01:00:00Z oreo 0.1.0 resumes at step 500\n");
        let diary = Diary::of(&resumed);
        assert_eq!(diary.stops.keys().copied().collect::<Vec<_>>(), [1]);
        assert_eq!(diary.session.unwrap().1, 500);
        let torn = format!("{LOG}1970-01-01T01:00:00Z oreo 0.1.0 resumes at step 50");
        assert_eq!(Diary::of(&torn), Diary::of(LOG));
    }
}
