//! How fast a watched process is, from the steps that are seen to change.

use std::collections::VecDeque;

/// Steps per second as they are seen from outside.
#[derive(Debug, Clone, Default)]
pub struct Speed {
    latest: Option<u64>,
    /// Of the last window, and the one before it.
    changes: VecDeque<Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    seconds: f64,
    step: u64,
}

/// Seconds; steps come in lumps, as many as lie between two lines.
const WINDOW: f64 = 30.0;

impl Speed {
    /// A step, and when it was seen (s, of any clock). A step that goes back begins anew.
    pub fn see(&mut self, seconds: f64, step: u64) {
        match self.latest.replace(step) {
            Some(before) if before == step => return,
            Some(before) if before < step => self.changes.push_back(Seen { seconds, step }),
            // Nobody knows since when it has been there.
            _ => self.changes.clear(),
        }
        while self.changes.len() > 2 && seconds - self.changes[1].seconds >= WINDOW {
            self.changes.pop_front();
        }
    }

    /// `None` before two changes were seen.
    pub fn steps_per_second(&self) -> Option<f64> {
        let (from, to) = (self.changes.front()?, self.changes.back()?);
        let seconds = to.seconds - from.seconds;
        (seconds > 0.0).then(|| (to.step - from.step) as f64 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 steps every 2 s, first seen a second after they were reached. Planted: counting from the first look gives 40.
    #[test]
    fn the_first_step_seen_says_nothing_about_speed() {
        let mut speed = Speed::default();
        for (seconds, step) in [(0.0, 500), (0.5, 500), (1.0, 600), (3.0, 700)] {
            speed.see(seconds, step);
        }
        assert_eq!(speed.steps_per_second(), Some(50.0));
    }

    #[test]
    fn a_process_that_slows_down_is_seen_to_and_one_that_goes_back_begins_anew() {
        let mut speed = Speed::default();
        let mut step = 0;
        for second in 0..200_u64 {
            step += if second < 100 { 1000 } else { 100 };
            speed.see(second as f64, step);
        }
        assert_eq!(speed.steps_per_second(), Some(100.0));
        speed.see(201.0, 0);
        assert_eq!(speed.steps_per_second(), None);
    }
}
