//! What a run will write, counted before it begins.

use crate::cli::choices::TrajectoryFormat;
use crate::cli::plan::Plan;
use oreo_core::{Archive, ArchiveError, Cell, Persist};
use serde::Serialize;

/// Bytes of a number and the space before it in extended XYZ, written with as many digits as read back to the same
/// bits: 16 or 17 digits, a point, half the time a sign, and leading zeros for the small velocities in Å/fs.
const POSITION: f64 = 19.5;
const VELOCITY: f64 = 21.5;
const FORCE: f64 = 20.0;
/// Bytes of the two lines above the atoms.
const XYZ_HEADER: f64 = 130.0;
/// Bytes of a line of `thermo.csv`.
const THERMO_LINE: f64 = 109.0;
/// Bytes of the two columns of an ensemble.
const THERMO_DEVIATION: f64 = 18.0;
/// Bytes of a DCD before its first frame, and of the cell record of each.
const DCD_HEADER: f64 = 276.0;
const DCD_CELL: f64 = 56.0;

/// Bytes of all replicas, at the end of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// Of each trajectory file.
    pub frames: u64,
    /// All trajectory files.
    pub trajectory_bytes: u64,
    /// All `thermo.csv`.
    pub thermo_bytes: u64,
    /// The last checkpoint and the one before.
    pub checkpoint_bytes: u64,
}

impl Disk {
    /// For replicas of `atoms` atoms that all finish; `saved` is what the checkpoint will hold.
    pub fn of(
        plan: &Plan,
        atoms: usize,
        cell: &Cell,
        saved: &mut dyn Persist,
    ) -> Result<Self, ArchiveError> {
        let frames = plan.steps / plan.every + 1;
        let replicas = f64::from(plan.replicas);
        let files = plan.formats.iter();
        let per_frame: f64 = files
            .clone()
            .map(|format| bytes_per_frame(*format, plan, atoms, cell))
            .sum();
        let dcds = files.filter(|format| **format == TrajectoryFormat::Dcd);
        let headers = dcds.count() as f64 * DCD_HEADER;
        let thermo = match plan.committee.is_empty() {
            true => THERMO_LINE,
            false => THERMO_LINE + THERMO_DEVIATION,
        };
        let mut counter = Counter(0);
        saved.persist(&mut counter)?;
        Ok(Self {
            frames,
            trajectory_bytes: (replicas * (frames as f64 * per_frame + headers)) as u64,
            thermo_bytes: (replicas * frames as f64 * thermo) as u64,
            checkpoint_bytes: 2 * counter.0,
        })
    }

    /// Everything that grows with the run; figures and report of the analysis are a megabyte or two more.
    pub fn total(&self) -> u64 {
        self.trajectory_bytes + self.thermo_bytes + self.checkpoint_bytes
    }
}

fn bytes_per_frame(format: TrajectoryFormat, plan: &Plan, atoms: usize, cell: &Cell) -> f64 {
    let n = atoms as f64;
    match format {
        TrajectoryFormat::Xyz => {
            let velocities = if plan.write_velocities { VELOCITY } else { 0.0 };
            let forces = if plan.write_forces { FORCE } else { 0.0 };
            // Symbol and end of line.
            XYZ_HEADER + n * (2.0 + 3.0 * (POSITION + velocities + forces))
        }
        // Three records of f32, each between two lengths.
        TrajectoryFormat::Dcd => {
            let cell = if *cell == Cell::Open { 0.0 } else { DCD_CELL };
            cell + 3.0 * (4.0 * n + 8.0)
        }
    }
}

/// An archive that only counts.
struct Counter(u64);

impl Counter {
    fn add(&mut self, name: &str, bytes: usize) -> Result<(), ArchiveError> {
        // Length of the name, name, kind, count.
        self.0 += (4 + name.len() + 1 + 8 + bytes) as u64;
        Ok(())
    }
}

impl Archive for Counter {
    fn f64s(&mut self, name: &str, values: &mut [f64]) -> Result<(), ArchiveError> {
        self.add(name, 8 * values.len())
    }
    fn u64s(&mut self, name: &str, values: &mut [u64]) -> Result<(), ArchiveError> {
        self.add(name, 8 * values.len())
    }
    fn bytes(&mut self, name: &str, value: &mut Vec<u8>) -> Result<(), ArchiveError> {
        self.add(name, value.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint;

    struct Numbers(Vec<f64>);

    impl Persist for Numbers {
        fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
            archive.f64s("numbers", &mut self.0)?;
            archive.u64("step", &mut 3)
        }
    }

    /// Against a file: magic, version and checksum are the 16 bytes that are not counted.
    #[test]
    fn the_counter_counts_what_a_checkpoint_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.oreo");
        let mut numbers = Numbers(vec![1.5; 1000]);
        checkpoint::save(&path, &mut numbers).unwrap();
        let mut counter = Counter(0);
        numbers.persist(&mut counter).unwrap();
        assert_eq!(counter.0 + 16, path.metadata().unwrap().len());
    }
}
