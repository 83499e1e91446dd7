//! A resumed trajectory has the bytes of an uninterrupted one.

mod common;

use common::{frame, message, tilted};
use oreo_core::Cell;
use oreo_formats::{create_trajectory, open_for_append, Position, Timing};
use std::fs;
use std::io::Write;
use std::path::Path;

const TIMING: Timing = Timing {
    first_step: 100,
    interval: 10,
    timestep: 0.049,
};

fn write(path: &Path, from: u64, to: u64, position: Option<Position>, cell: &Cell) -> Position {
    let mut writer = match position {
        None => create_trajectory(path, TIMING).unwrap(),
        Some(position) => open_for_append(path, position, TIMING).unwrap(),
    };
    for k in from..to {
        writer.write(&frame(k, cell.clone()).as_ref()).unwrap();
    }
    writer.flush().unwrap();
    writer.position()
}

/// All frames at once, against 6, then a killed process that left 3 more and half of a fourth, then the rest. With 8 in
/// all the damaged file is longer than the final one: catches a file that is overwritten but not cut.
#[test]
fn resuming_after_extra_and_torn_frames_is_exact_to_the_byte() {
    for (name, cell) in [
        ("a.xyz", Cell::Open),
        ("b.extxyz", tilted()),
        ("c.dcd", Cell::Open),
        ("d.dcd", tilted()),
    ] {
        for (checkpoint, all) in [(6, 15), (6, 8), (0, 15)] {
            let folder = tempfile::tempdir().unwrap();
            let whole = folder.path().join(format!("whole_{name}"));
            let torn = folder.path().join(format!("torn_{name}"));
            write(&whole, 0, all, None, &cell);
            let position = write(&torn, 0, checkpoint, None, &cell);
            assert_eq!(position.frames, checkpoint);
            write(&torn, checkpoint, 9, Some(position), &cell);
            let half = fs::read(&whole).unwrap()[..100].to_vec();
            let mut file = fs::OpenOptions::new().append(true).open(&torn).unwrap();
            file.write_all(&half).unwrap();
            drop(file);
            write(&torn, checkpoint, all, Some(position), &cell);
            assert!(
                fs::read(&torn).unwrap() == fs::read(&whole).unwrap(),
                "{name}"
            );
        }
    }
}

#[test]
fn truncating_an_open_trajectory_goes_back_in_time() {
    for name in ["a.xyz", "a.dcd"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let mut writer = create_trajectory(&path, TIMING).unwrap();
        let mut positions = vec![writer.position()];
        for k in 0..5 {
            writer.write(&frame(k, tilted()).as_ref()).unwrap();
            positions.push(writer.position());
        }
        writer.truncate_to(positions[2]).unwrap();
        assert_eq!(writer.frames(), 2);
        writer.write(&frame(2, tilted()).as_ref()).unwrap();
        assert_eq!(writer.position(), positions[3]);
        writer.flush().unwrap();
        let fresh = folder.path().join(format!("fresh_{name}"));
        write(&fresh, 0, 3, None, &tilted());
        assert_eq!(fs::read(&path).unwrap(), fs::read(&fresh).unwrap());
        // Back to nothing, then another kind of frame.
        writer.truncate_to(positions[0]).unwrap();
        writer.write(&frame(0, Cell::Open).as_ref()).unwrap();
        assert_eq!(writer.frames(), 1);
    }
}

#[test]
fn a_file_that_does_not_reach_the_checkpoint_is_refused() {
    for name in ["a.xyz", "a.dcd"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let position = write(&path, 0, 4, None, &Cell::Open);
        let refused = |position| {
            let before = fs::read(&path).ok();
            let error = open_for_append(&path, position, TIMING).err().unwrap();
            assert_eq!(fs::read(&path).ok(), before, "a refused file was changed");
            message(error, &path)
        };
        let beyond = Position {
            bytes: position.bytes + 1,
            ..position
        };
        assert!(refused(beyond).contains("has only"));
        let between = Position {
            bytes: position.bytes - 5,
            ..position
        };
        assert!(refused(between).contains("no frame ends there"));
        fs::remove_file(&path).unwrap();
        assert!(refused(position).contains("cannot open"));
    }
}

#[test]
fn a_dcd_of_another_time_step_is_not_continued() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dcd");
    let position = write(&path, 0, 4, None, &Cell::Open);
    let other = Timing {
        timestep: 0.1,
        ..TIMING
    };
    let before = fs::read(&path).unwrap();
    let error = open_for_append(&path, position, other).err().unwrap();
    assert!(message(error, &path).contains("another run"));
    assert_eq!(fs::read(&path).unwrap(), before);
}
