//! When a relaxation is over, in words that are read back by who watches it.

use crate::cli::quantity::Force;
use std::fmt;

/// Whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// No free atom feels as much.
    pub fmax: Force,
    /// At least 1.
    pub max_steps: u64,
}

const UNTIL: &str = "until no force is above ";
const AT_MOST: &str = ", at most ";
const STEPS: &str = " steps";

impl Goal {
    /// From the line of a log that has it.
    pub fn told(line: &str) -> Option<Self> {
        // The first words are a path.
        let (_, goal) = line.rsplit_once(UNTIL)?;
        let (fmax, rest) = goal.split_once(AT_MOST)?;
        let (max_steps, _) = rest.split_once(STEPS)?;
        Some(Self {
            fmax: fmax.parse().ok()?,
            max_steps: max_steps.parse().ok()?,
        })
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fmax, max_steps) = (self.fmax, self.max_steps);
        write!(f, "{UNTIL}{fmax}{AT_MOST}{max_steps}{STEPS}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_read_as_it_was_written() {
        for (fmax, max_steps) in [(0.01, 1000), (1.0 / 3.0, 1), (2.5e-7, u64::MAX)] {
            let fmax = Force::new(fmax).unwrap();
            let goal = Goal { fmax, max_steps };
            let line = format!("1970-01-01T00:00:10Z until no force is above.xyz, frame 0; lbfgs {goal}; atoms 0 keep their place");
            assert_eq!(Goal::told(&line), Some(goal));
        }
        assert_eq!(Goal::told("oreo 0.1.0 relaxes"), None);
    }
}
