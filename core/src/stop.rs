//! Why a replica ended before its last step; also the measure of stability.

use crate::{Archive, ArchiveError, Persist};

/// Why a replica ended before its last step. Atoms count from 0; the step is the one that was just finished.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// A bond of the reference topology left its window.
    Bond {
        /// Finished step.
        step: u64,
        /// Indices of the two atoms.
        atoms: [usize; 2],
        /// Å, now.
        distance: f64,
        /// Å, mean of the reference.
        reference: f64,
        /// Å, allowed deviation.
        threshold: f64,
    },
    /// The distance distribution of a window left the reference.
    Rdf {
        /// Finished step.
        step: u64,
        /// Integrated absolute deviation in the window.
        deviation: f64,
        /// Allowed.
        threshold: f64,
    },
    /// Kinetic temperature above the cap.
    Temperature {
        /// Finished step.
        step: u64,
        /// K
        temperature: f64,
        /// K
        cap: f64,
    },
    /// A force above the cap.
    Force {
        /// Finished step.
        step: u64,
        /// Index of the atom.
        atom: usize,
        /// eV/Å
        force: f64,
        /// eV/Å
        cap: f64,
    },
    /// Networks that were asked about the same positions differ by more than a level.
    ForceDeviation {
        /// Finished step.
        step: u64,
        /// Index of the atom.
        atom: usize,
        /// eV/Å
        deviation: f64,
        /// eV/Å
        level: f64,
    },
    /// NaN or infinity in energy, forces, positions or momenta.
    NonFinite {
        /// The step whose numbers are not finite.
        step: u64,
        /// Which quantity, e.g. `force on atom 3`.
        quantity: String,
    },
    /// Somebody asked for it (Ctrl-C, an observer's own reason).
    Requested {
        /// Finished step.
        step: u64,
        /// Who or why.
        reason: String,
    },
}

impl Stop {
    /// The word used in `summary.json`.
    pub fn cause(&self) -> &'static str {
        match self {
            Stop::Bond { .. } => "bond",
            Stop::Rdf { .. } => "rdf",
            Stop::Temperature { .. } => "temperature",
            Stop::Force { .. } => "force",
            Stop::ForceDeviation { .. } => "force_deviation",
            Stop::NonFinite { .. } => "non_finite",
            Stop::Requested { .. } => "requested",
        }
    }

    /// The step at which it happened.
    pub fn step(&self) -> u64 {
        match self {
            Stop::Bond { step, .. }
            | Stop::Rdf { step, .. }
            | Stop::Temperature { step, .. }
            | Stop::Force { step, .. }
            | Stop::ForceDeviation { step, .. }
            | Stop::NonFinite { step, .. }
            | Stop::Requested { step, .. } => *step,
        }
    }

    /// True when the dynamics went wrong, false when somebody only asked to stop.
    pub fn is_unstable(&self) -> bool {
        !matches!(self, Stop::Requested { .. })
    }
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stop::Bond { atoms: [i, j], distance, reference, threshold, .. } => write!(
                f,
                "bond {i}-{j} is {distance:.3} Å long, {:.3} Å from its reference {reference:.3} Å (allowed {threshold} Å)",
                (distance - reference).abs()
            ),
            Stop::Rdf { deviation, threshold, .. } => {
                write!(f, "distance distribution of the window deviates by {deviation:.3} (allowed {threshold})")
            }
            Stop::Temperature { temperature, cap, .. } => {
                write!(f, "temperature {temperature:.0} K is above the cap of {cap:.0} K")
            }
            Stop::Force { atom, force, cap, .. } => {
                write!(f, "force of {force:.1} eV/Å on atom {atom} is above the cap of {cap} eV/Å")
            }
            Stop::ForceDeviation { atom, deviation, level, .. } => {
                write!(f, "forces of the ensemble on atom {atom} deviate by {deviation:.3} eV/Å, above the level of {level} eV/Å")
            }
            Stop::NonFinite { quantity, .. } => write!(f, "{quantity} is not a finite number"),
            Stop::Requested { reason, .. } => f.write_str(reason),
        }
    }
}

/// The numbers of any [`Stop`], flat, as a checkpoint holds them.
#[derive(Default)]
struct Record {
    kind: u64,
    step: u64,
    atoms: [u64; 2],
    values: [f64; 3],
    text: Vec<u8>,
}

impl From<&Stop> for Record {
    fn from(stop: &Stop) -> Self {
        let mut record = Record {
            step: stop.step(),
            ..Record::default()
        };
        match stop {
            Stop::Bond {
                atoms,
                distance,
                reference,
                threshold,
                ..
            } => {
                record.kind = 1;
                record.atoms = atoms.map(|atom| atom as u64);
                record.values = [*distance, *reference, *threshold];
            }
            Stop::Rdf {
                deviation,
                threshold,
                ..
            } => {
                record.kind = 2;
                record.values = [*deviation, *threshold, 0.0];
            }
            Stop::Temperature {
                temperature, cap, ..
            } => {
                record.kind = 3;
                record.values = [*temperature, *cap, 0.0];
            }
            Stop::Force {
                atom, force, cap, ..
            } => {
                record.kind = 4;
                record.atoms[0] = *atom as u64;
                record.values = [*force, *cap, 0.0];
            }
            Stop::ForceDeviation {
                atom,
                deviation,
                level,
                ..
            } => {
                record.kind = 7;
                record.atoms[0] = *atom as u64;
                record.values = [*deviation, *level, 0.0];
            }
            Stop::NonFinite { quantity, .. } => {
                record.kind = 5;
                record.text = quantity.clone().into_bytes();
            }
            Stop::Requested { reason, .. } => {
                record.kind = 6;
                record.text = reason.clone().into_bytes();
            }
        }
        record
    }
}

impl Record {
    fn into_stop(self) -> Result<Option<Stop>, ArchiveError> {
        let Record {
            kind,
            step,
            atoms,
            values: [a, b, c],
            text,
        } = self;
        let atoms = atoms.map(|atom| atom as usize);
        let text = || String::from_utf8_lossy(&text).into_owned();
        Ok(Some(match kind {
            0 => return Ok(None),
            1 => Stop::Bond {
                step,
                atoms,
                distance: a,
                reference: b,
                threshold: c,
            },
            2 => Stop::Rdf {
                step,
                deviation: a,
                threshold: b,
            },
            3 => Stop::Temperature {
                step,
                temperature: a,
                cap: b,
            },
            4 => Stop::Force {
                step,
                atom: atoms[0],
                force: a,
                cap: b,
            },
            5 => Stop::NonFinite {
                step,
                quantity: text(),
            },
            6 => Stop::Requested {
                step,
                reason: text(),
            },
            7 => Stop::ForceDeviation {
                step,
                atom: atoms[0],
                deviation: a,
                level: b,
            },
            _ => {
                let problem = format!("unknown kind {kind}; written by a newer version?");
                return Err(ArchiveError::Invalid {
                    name: "stop".into(),
                    problem,
                });
            }
        }))
    }
}

impl Persist for Option<Stop> {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let mut record = self.as_ref().map(Record::from).unwrap_or_default();
        archive.u64("stop_kind", &mut record.kind)?;
        archive.u64("stop_step", &mut record.step)?;
        archive.u64s("stop_atoms", &mut record.atoms)?;
        archive.f64s("stop_values", &mut record.values)?;
        archive.bytes("stop_text", &mut record.text)?;
        *self = record.into_stop()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stop_survives_its_record() {
        let stops = [
            Stop::Bond {
                step: 7,
                atoms: [1, 4],
                distance: 2.1,
                reference: 1.5,
                threshold: 0.5,
            },
            Stop::Rdf {
                step: 8,
                deviation: 3.5,
                threshold: 3.0,
            },
            Stop::Temperature {
                step: 9,
                temperature: 2e5,
                cap: 1e5,
            },
            Stop::Force {
                step: 10,
                atom: 3,
                force: 900.0,
                cap: 500.0,
            },
            Stop::ForceDeviation {
                step: 11,
                atom: 3,
                deviation: 0.61,
                level: 0.5,
            },
            Stop::NonFinite {
                step: 11,
                quantity: "force on atom 3".into(),
            },
            Stop::Requested {
                step: 12,
                reason: "Ctrl-C".into(),
            },
        ];
        for stop in stops {
            assert_eq!(Record::from(&stop).into_stop().unwrap(), Some(stop));
        }
        assert_eq!(Record::default().into_stop().unwrap(), None);
    }
}
