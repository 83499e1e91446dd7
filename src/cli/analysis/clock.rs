//! When the frames of a trajectory were, as far as the file or the user says.

use oreo_core::units::{FEMTOSECOND, PICOSECOND};

/// Collects time stamps.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// fs, by the user: wins over the file.
    given: Option<f64>,
    /// fs, of the run's settings: used where the file says nothing.
    planned: Option<f64>,
    frames: u64,
    /// ps; ends at the first frame without a stamp.
    stamps: Vec<f64>,
    /// First frame whose distance from the one before is not that of the first two.
    uneven: Option<u64>,
}

/// Stamps are rounded, in a DCD to single precision of the step.
const TOLERANCE: f64 = 0.01;

impl Clock {
    /// Intervals in fs.
    pub fn new(given: Option<f64>, planned: Option<f64>) -> Self {
        Self {
            given,
            planned,
            ..Self::default()
        }
    }

    /// The next frame; `time` in internal units.
    pub fn add(&mut self, time: Option<f64>) {
        if let (Some(time), true) = (time, self.stamps.len() as u64 == self.frames) {
            self.stamps.push(time / PICOSECOND);
            self.compare();
        }
        self.frames += 1;
    }

    fn compare(&mut self) {
        let [.., before, now] = self.stamps[..] else {
            return;
        };
        let interval = self.stamps[1] - self.stamps[0];
        let even = interval > 0.0 && (now - before - interval).abs() < TOLERANCE * interval;
        if !even && self.uneven.is_none() {
            self.uneven = Some(self.frames);
        }
    }

    fn stamped(&self) -> bool {
        self.frames > 0 && self.stamps.len() as u64 == self.frames
    }

    /// fs between frames; the error says why there is no such number.
    pub fn interval_fs(&self) -> Result<f64, String> {
        if let Some(given) = self.given {
            return Ok(given);
        }
        match (self.stamped(), self.uneven) {
            (true, Some(frame)) => Err(format!("frame {frame} is not as far from the one before as the first two frames are from each other; cut the trajectory, or give --frame-interval")),
            (true, None) if self.frames > 1 => Ok((self.stamps[1] - self.stamps[0]) * PICOSECOND / FEMTOSECOND),
            _ => self.planned.ok_or_else(|| "the frames carry no time; give --frame-interval".into()),
        }
    }

    /// ps of each frame; from the stamps even where they are uneven.
    pub fn times_ps(&self) -> Option<Vec<f64>> {
        if self.given.is_none() && self.stamped() {
            return Some(self.stamps.clone());
        }
        let interval = self.interval_fs().ok()? * FEMTOSECOND / PICOSECOND;
        Some((0..self.frames).map(|k| k as f64 * interval).collect())
    }

    /// A line for the user when the flag and the file say different things.
    pub fn contradiction(&self) -> Option<String> {
        let given = self.given?;
        let file = Self {
            given: None,
            ..self.clone()
        };
        let stamped = file.interval_fs().ok()?;
        let differs = (stamped - given).abs() > TOLERANCE * given;
        differs.then(|| format!("its frames are {stamped} fs apart by their stamps, --frame-interval says {given} fs and is taken"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(given: Option<f64>, stamps: &[Option<f64>]) -> Clock {
        let mut clock = Clock::new(given, None);
        for stamp in stamps {
            clock.add(stamp.map(|fs| fs * FEMTOSECOND));
        }
        clock
    }

    #[test]
    fn stamps_count_in_femtoseconds_and_the_flag_wins() {
        let stamps = [Some(100.0), Some(150.0), Some(200.0)];
        let found = clock(None, &stamps);
        assert!((found.interval_fs().unwrap() - 50.0).abs() < 1e-9);
        assert!((found.times_ps().unwrap()[2] - 0.2).abs() < 1e-12);
        let found = clock(Some(10.0), &stamps);
        assert!((found.times_ps().unwrap()[2] - 0.02).abs() < 1e-12);
        assert!(found.contradiction().is_some());
    }

    /// Catches a comparison with the first stamp in place of the one before.
    #[test]
    fn a_gap_and_a_missing_stamp_are_no_interval() {
        let gap = [0.0, 1.0, 2.0, 4.0, 5.0].map(Some);
        assert!(clock(None, &gap)
            .interval_fs()
            .unwrap_err()
            .starts_with("frame 3 "));
        assert_eq!(clock(None, &gap).times_ps().unwrap().len(), 5);
        let missing = clock(None, &[Some(0.0), None, Some(2.0)]);
        assert!(missing.interval_fs().is_err() && missing.times_ps().is_none());
        assert!(clock(None, &[Some(0.0); 3]).interval_fs().is_err());
    }
}
