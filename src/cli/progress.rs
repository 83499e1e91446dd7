//! Progress of a run on standard error: a few lines that are drawn again in place on a terminal, else a line every ten seconds
//! or five per cent.
//!
//! `update` is called every step and may not cost anything: it looks at the clock only every so many calls, as many as
//! fit a fraction of a second at the present speed, and looks at the replicas and allocates only when it prints.

use super::pace::{Line, Pace};
use super::terminal::Block;
use super::vitals::{self, Vitals};
use crate::cli::output;
use std::time::Instant;

/// Shows how far a run is.
#[derive(Debug)]
pub struct Progress {
    line: Line,
    pace: Pace,
    started: Instant,
    glance: Glance,
    display: Display,
}

#[derive(Debug)]
enum Display {
    Block { block: Block, drawn_at: f64 },
    Lines { printed_at: f64, next_percent: f64 },
}

/// Seconds between two lines, and per cent after which a line is printed at the latest.
const LINE_EVERY: f64 = 10.0;
const PERCENT_EVERY: f64 = 5.0;
/// Seconds; lines of a very fast run are not closer than this.
const LINES_APART: f64 = 1.0;
/// Seconds between two pictures on a terminal.
const DRAW_EVERY: f64 = 0.25;

impl Progress {
    /// From `first_step` (not 0 in a resumed run) to `total_steps`; `timestep_fs` in fs.
    pub fn new(total_steps: u64, first_step: u64, timestep_fs: f64, replicas: u32) -> Self {
        let display = match Block::on_stderr() {
            Some(block) => Display::Block {
                block,
                drawn_at: 0.0,
            },
            None => Display::Lines {
                printed_at: 0.0,
                next_percent: 0.0,
            },
        };
        Self {
            line: Line {
                step: first_step,
                total: total_steps,
                timestep: timestep_fs,
                replicas,
                steps_per_second: 0.0,
            },
            pace: Pace::new(first_step),
            started: Instant::now(),
            glance: Glance::default(),
            display,
        }
    }

    /// After each step. `look` is called only when something is printed.
    pub fn update(&mut self, step: u64, look: impl FnOnce() -> Vec<Vitals>) {
        self.line.step = step;
        if self.glance.is_due() {
            let seconds = self.started.elapsed().as_secs_f64();
            self.glance.looked(seconds);
            self.line.steps_per_second = self.pace.at(seconds, step);
            if self.display.is_due(seconds, self.line.percent()) {
                self.show(&look());
            }
        }
    }

    /// Prints a message above the display, or as a line.
    pub fn say(&mut self, message: &str) {
        match &mut self.display {
            Display::Block { block, .. } => block.say(message),
            Display::Lines { .. } => output::say(format_args!("{message}")),
        }
    }

    /// The last state, whatever the clock says. On a terminal without the replicas: the summary follows.
    pub fn finish(mut self, replicas: &[Vitals]) {
        let seconds = self.started.elapsed().as_secs_f64();
        self.line.steps_per_second = self.pace.at(seconds, self.line.step);
        match self.display {
            Display::Block { .. } => self.show(&[]),
            Display::Lines { .. } => self.show(replicas),
        }
    }

    fn show(&mut self, replicas: &[Vitals]) {
        match &mut self.display {
            Display::Block { block, .. } => {
                let lines = vitals::display(&self.line, replicas, block.size());
                block.draw(lines);
            }
            Display::Lines { .. } => {
                let health = vitals::together(replicas);
                output::say(format_args!("{}", self.line.text(&health)));
            }
        }
    }
}

impl Display {
    /// Whether something is printed now; whoever asks prints it.
    fn is_due(&mut self, seconds: f64, percent: f64) -> bool {
        match self {
            Display::Block { drawn_at, .. } => {
                let due = seconds - *drawn_at >= DRAW_EVERY;
                if due {
                    *drawn_at = seconds;
                }
                due
            }
            Display::Lines {
                printed_at,
                next_percent,
            } => {
                let due = is_line_due(seconds - *printed_at, percent >= *next_percent);
                if due {
                    *printed_at = seconds;
                    *next_percent = percent + PERCENT_EVERY;
                }
                due
            }
        }
    }
}

fn is_line_due(waited: f64, reached: bool) -> bool {
    waited >= LINE_EVERY || (reached && waited >= LINES_APART)
}

/// Decides when to look at the clock: every `stride` calls, and the stride follows the speed.
#[derive(Debug)]
struct Glance {
    stride: u32,
    left: u32,
    looked_at: f64,
}

impl Default for Glance {
    fn default() -> Self {
        Self {
            stride: 1,
            left: 1,
            looked_at: 0.0,
        }
    }
}

/// Seconds that should lie between two looks, within a factor of two.
const LOOK_EVERY: f64 = 0.1;
/// A bound, so that a run that suddenly becomes slow is not silent for long.
const LONGEST_STRIDE: u32 = 1 << 16;

impl Glance {
    fn is_due(&mut self) -> bool {
        self.left -= 1;
        self.left == 0
    }

    fn looked(&mut self, seconds: f64) {
        let interval = seconds - self.looked_at;
        self.looked_at = seconds;
        if interval < 0.5 * LOOK_EVERY {
            self.stride = (2 * self.stride).min(LONGEST_STRIDE);
        } else if interval > 2.0 * LOOK_EVERY {
            // At once, not by halves: a slow run must not wait for a stride of its fast past to wear off.
            let fitting = f64::from(self.stride) * LOOK_EVERY / interval;
            self.stride = (fitting as u32).max(1);
        }
        self.left = self.stride;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number of looks at the clock in `calls` steps of `seconds` each.
    fn looks(glance: &mut Glance, calls: u32, seconds: f64, now: &mut f64) -> u32 {
        let mut looks = 0;
        for _ in 0..calls {
            *now += seconds;
            if glance.is_due() {
                glance.looked(*now);
                looks += 1;
            }
        }
        looks
    }

    /// Planted: a stride that never shrinks fails here.
    #[test]
    fn a_fast_run_rarely_looks_at_the_clock_and_a_slow_one_at_every_step() {
        let (mut glance, mut now) = (Glance::default(), 0.0);
        let of_a_million = looks(&mut glance, 1_000_000, 1e-5, &mut now);
        assert!((50..300).contains(&of_a_million), "{of_a_million} in 10 s");
        looks(&mut glance, 20_000, 1.0, &mut now);
        assert_eq!(looks(&mut glance, 10, 1.0, &mut now), 10);
    }

    #[test]
    fn lines_come_every_ten_seconds_or_five_per_cent() {
        assert!(is_line_due(10.0, false));
        assert!(is_line_due(1.0, true));
        assert!(!is_line_due(9.9, false));
        assert!(!is_line_due(0.5, true));
    }

    /// 25 million updates a second would be 40 ns; far below a microsecond is all that matters, also in debug builds
    /// on a busy machine.
    #[test]
    fn an_update_costs_nothing() {
        let mut progress = Progress::new(u64::MAX, 0, 0.5, 1);
        let start = Instant::now();
        for step in 0..1_000_000 {
            progress.update(step, Vec::new);
        }
        let per_call = start.elapsed().as_secs_f64() / 1e6;
        assert!(per_call < 1e-6, "{per_call} s");
    }
}
