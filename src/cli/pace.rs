//! How fast a run goes, and how that is said. Pure arithmetic and text: the clock is the caller's.

/// ns of one trajectory per day of computing, from its steps per second.
pub fn nanoseconds_per_day(steps_per_second: f64, timestep_fs: f64) -> f64 {
    steps_per_second * timestep_fs * 1e-6 * 86_400.0
}

/// `8.2 s`, `3 min 05 s`, `2 h 07 min`, `4 d 03 h`; `?` for what is not known.
pub fn duration(seconds: f64) -> String {
    if !(0.0..1e11).contains(&seconds) {
        return "?".into();
    }
    let whole = seconds.round() as u64;
    match whole {
        _ if seconds < 9.95 => format!("{seconds:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        3600..86_400 => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} d {:02} h", whole / 86_400, whole % 86_400 / 3600),
    }
}

/// Three significant digits, never in powers of ten below 100,000: `1234`, `56.7`, `0.123`.
pub fn three_digits(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => "?".into(),
        large if large >= 1e5 => format!("{value:.2e}"),
        large if large >= 99.95 => format!("{value:.0}"),
        large if large >= 9.995 => format!("{value:.1}"),
        large if large >= 0.9995 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// Speed of the recent past: a run that slows down must be seen to, which an average since the start hides.
#[derive(Debug, Clone)]
pub struct Pace {
    older: Mark,
    newer: Mark,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    seconds: f64,
    step: u64,
}

/// Seconds; the speed is that of the last one to two windows.
const WINDOW: f64 = 10.0;

impl Pace {
    /// Starts at `step`, at time zero.
    pub fn new(step: u64) -> Self {
        let start = Mark { seconds: 0.0, step };
        Self {
            older: start,
            newer: start,
        }
    }

    /// Steps per second at a step reached after `seconds`; zero as long as nothing is known.
    pub fn at(&mut self, seconds: f64, step: u64) -> f64 {
        if seconds - self.newer.seconds >= WINDOW {
            self.older = std::mem::replace(&mut self.newer, Mark { seconds, step });
        }
        let elapsed = seconds - self.older.seconds;
        match elapsed > 0.0 {
            true => step.saturating_sub(self.older.step) as f64 / elapsed,
            false => 0.0,
        }
    }
}

/// How far and how fast a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Finished steps.
    pub step: u64,
    /// Of the whole run.
    pub total: u64,
    /// fs
    pub timestep: f64,
    /// Copies that advance together.
    pub replicas: u32,
    /// Recent; zero as long as nothing is known.
    pub steps_per_second: f64,
}

impl Line {
    /// 0 to 100
    pub fn percent(&self) -> f64 {
        match self.total {
            0 => 100.0,
            total => 100.0 * self.step as f64 / total as f64,
        }
    }

    /// Simulated time of so many steps.
    pub fn picoseconds(&self, steps: u64) -> f64 {
        steps as f64 * self.timestep * 1e-3
    }

    /// Until the last step; infinite as long as the speed is not known.
    pub fn seconds_left(&self) -> f64 {
        match self.total.saturating_sub(self.step) {
            0 => 0.0,
            steps => steps as f64 / self.steps_per_second,
        }
    }

    /// `step 1000/600000 (0.2 %), 0.5 ps, 812 steps/s, 35.1 ns/day, 12 min 17 s left`, then how the replicas are.
    pub fn text(&self, health: &str) -> String {
        let speed = self.steps_per_second;
        let copies = match self.replicas {
            0 | 1 => String::new(),
            several => format!(" × {several}"),
        };
        let comma = if health.is_empty() { "" } else { ", " };
        format!(
            "step {}/{} ({:.1} %), {} ps, {} steps/s, {} ns/day{copies}, {} left{comma}{health}",
            self.step,
            self.total,
            self.percent(),
            three_digits(self.picoseconds(self.step)),
            three_digits(speed),
            three_digits(nanoseconds_per_day(speed, self.timestep)),
            duration(self.seconds_left()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1000 steps of 1 fs a second are 1 ps a second, 86.4 ns a day (planted: 3600 for 86,400 fails).
    #[test]
    fn nanoseconds_per_day_by_hand() {
        assert!((nanoseconds_per_day(1000.0, 1.0) - 86.4).abs() < 1e-12);
    }

    #[test]
    fn durations_read_as_people_say_them() {
        for (seconds, text) in [
            (0.0, "0.0 s"),
            (8.24, "8.2 s"),
            (9.97, "10 s"),
            (59.6, "1 min 00 s"),
            (185.0, "3 min 05 s"),
            (3599.7, "1 h 00 min"),
            (7620.0, "2 h 07 min"),
            (356_400.0, "4 d 03 h"),
            (f64::INFINITY, "?"),
            (f64::NAN, "?"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn three_digits_are_three_digits() {
        let values = [
            0.1234,
            1.239,
            56.74,
            99.96,
            812.4,
            12_345.0,
            123_456.0,
            f64::NAN,
        ];
        let texts = [
            "0.123", "1.24", "56.7", "100", "812", "12345", "1.23e5", "?",
        ];
        assert_eq!(values.map(three_digits), texts);
    }

    /// An average since the start would say 550 here.
    #[test]
    fn a_run_that_slows_down_is_seen_to() {
        let mut pace = Pace::new(0);
        assert_eq!(pace.at(0.0, 0), 0.0);
        let mut step = 0;
        for second in 1..=100_u64 {
            step += if second <= 50 { 1000 } else { 100 };
            pace.at(second as f64, step);
        }
        assert!((pace.at(100.0, step) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_resumed_run_counts_only_its_own_steps() {
        assert_eq!(Pace::new(5000).at(2.0, 5200), 100.0);
    }

    #[test]
    fn the_line_says_what_the_manual_promises() {
        let line = Line {
            step: 150_000,
            total: 600_000,
            timestep: 0.5,
            replicas: 5,
            steps_per_second: 1000.0,
        };
        assert_eq!(
            line.text("503 K"),
            "step 150000/600000 (25.0 %), 75.0 ps, 1000 steps/s, 43.2 ns/day × 5, 7 min 30 s left, 503 K"
        );
        let unknown = Line {
            steps_per_second: 0.0,
            ..line
        };
        assert_eq!(
            Line {
                step: 600_000,
                ..unknown
            }
            .seconds_left(),
            0.0
        );
        assert!(unknown.text("").ends_with("? left"));
    }
}
