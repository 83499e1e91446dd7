//! What is written is what is read.

mod common;

use common::{frame, tilted};
use oreo_core::{Cell, Element, Frame, Vec3};
use oreo_formats::{DcdReader, DcdWriter, Timing, TrajectoryWriter, XyzReader, XyzWriter};
use proptest::prelude::*;

fn xyz_round_trip(frames: &[Frame]) -> Vec<Frame> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xyz");
    let mut writer = XyzWriter::create(&path).unwrap();
    for frame in frames {
        writer.write(&frame.as_ref()).unwrap();
    }
    assert_eq!(writer.frames(), frames.len() as u64);
    let frames: Result<_, _> = XyzReader::open(&path).unwrap().collect();
    frames.unwrap()
}

fn dcd_round_trip(frames: &[Frame], timing: Timing) -> Vec<Frame> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dcd");
    let mut writer = DcdWriter::create(&path, timing).unwrap();
    for frame in frames {
        writer.write(&frame.as_ref()).unwrap();
    }
    writer.flush().unwrap();
    let reader = DcdReader::open(&path, &frames[0].elements).unwrap();
    assert_eq!(reader.frames(), frames.len() as u64);
    reader.map(Result::unwrap).collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 4.0 * f64::EPSILON * a.abs().max(b.abs())
}

/// Exact where nothing is converted; time and velocities to the rounding of two multiplications.
fn assert_same(written: &Frame, read: &Frame) {
    assert_eq!(written.elements, read.elements);
    assert_eq!(written.positions, read.positions);
    assert_eq!(written.cell, read.cell);
    assert_eq!(written.energy, read.energy);
    assert_eq!(written.forces, read.forces);
    assert_eq!(written.step, read.step);
    assert_eq!(written.time.is_some(), read.time.is_some());
    assert!(written
        .time
        .iter()
        .zip(read.time)
        .all(|(&a, b)| close(a, b)));
    assert_eq!(written.velocities.is_some(), read.velocities.is_some());
    let pairs = written
        .velocities
        .iter()
        .flatten()
        .zip(read.velocities.iter().flatten());
    for (a, b) in pairs {
        assert!((0..3).all(|k| close(a[k], b[k])), "{a} {b}");
    }
}

#[test]
fn every_part_of_a_frame_survives_extended_xyz() {
    let frames = [frame(0, Cell::Open), frame(1, tilted())];
    let read = xyz_round_trip(&frames);
    assert_eq!(read.len(), 2);
    frames
        .iter()
        .zip(&read)
        .for_each(|(a, b)| assert_same(a, b));
    let bare = [Frame::new(
        frames[0].elements.clone(),
        frames[0].positions.clone(),
    )];
    assert_eq!(xyz_round_trip(&bare), bare);
}

/// A round trip cannot see a factor that is wrong both ways. By hand: hydrogen at 0.01 Å/fs = 1000 m/s has
/// ½ · 1.008 · 1.660539e-27 kg · (1000 m/s)² = 8.3691e-22 J = 0.0052236 eV.
#[test]
fn velocities_in_files_are_in_angstrom_per_femtosecond() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xyz");
    let text = "1\nProperties=species:S:1:pos:R:3:velocities:R:3 time_fs=2\nH 0 0 0 0.01 0 0\n";
    std::fs::write(&path, text).unwrap();
    let frame = XyzReader::open(&path).unwrap().next().unwrap().unwrap();
    let (system, state) = frame.to_system_and_state();
    assert!((state.kinetic_energy(&system) - 0.005_223_6).abs() < 1e-7);
    let mut writer = XyzWriter::create(&path).unwrap();
    writer.write(&frame.as_ref()).unwrap();
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(
        written.contains("time_fs=2.0") && written.ends_with("0.01 0.0 0.0\n"),
        "{written}"
    );
}

#[test]
fn dcd_keeps_single_precision_cell_step_and_time() {
    let timing = Timing {
        first_step: 100,
        interval: 10,
        timestep: 0.049,
    };
    let frames = [frame(0, tilted()), frame(1, tilted()), frame(2, tilted())];
    for (written, read) in frames.iter().zip(dcd_round_trip(&frames, timing)) {
        let single = |v: &Vec3| v.map(|x| f64::from(x as f32));
        let expected: Vec<_> = written.positions.iter().map(single).collect();
        assert_eq!(read.positions, expected);
        assert_eq!(read.step, written.step);
        // The header holds the time step in single precision.
        let relative = read.time.unwrap() / written.time.unwrap() - 1.0;
        assert!(relative.abs() < 1e-7, "{relative}");
        let (Cell::Periodic(a), Cell::Periodic(b)) = (&written.cell, &read.cell) else {
            panic!("the cell was lost")
        };
        assert!((a.vectors() - b.vectors()).norm() < 1e-12);
    }
    let open = dcd_round_trip(&[frame(0, Cell::Open)], Timing::default());
    assert_eq!((&open[0].cell, open[0].time), (&Cell::Open, None));
}

fn vectors(atoms: usize, size: f64) -> impl Strategy<Value = Vec<Vec3>> {
    let vector = [-size..size, -size..size, -size..size].prop_map(Vec3::from);
    proptest::collection::vec(vector, atoms)
}

fn any_frame() -> impl Strategy<Value = Frame> {
    (1_usize..8).prop_flat_map(|atoms| {
        (
            proptest::collection::vec(1_usize..=96, atoms),
            vectors(atoms, 1e4),
            proptest::option::of(vectors(atoms, 1e-9)),
            proptest::option::of(vectors(atoms, 1e30)),
            proptest::option::of(-1e8..1e8),
            proptest::option::of(any::<u64>()),
            proptest::option::of([
                1.0..50.0,
                1.0..50.0,
                1.0..50.0,
                -9.0..9.0,
                -9.0..9.0,
                -9.0..9.0,
            ]),
        )
            .prop_map(|(z, positions, forces, velocities, energy, step, cell)| {
                let elements = z
                    .into_iter()
                    .map(|z| Element::from_atomic_number(z).unwrap());
                let rows = |c: [f64; 6]| [[c[0], 0.0, 0.0], [c[3], c[1], 0.0], [c[4], c[5], c[2]]];
                let cell = cell.map_or(Cell::Open, |c| Cell::periodic(rows(c)).unwrap());
                Frame {
                    cell,
                    energy,
                    forces,
                    velocities,
                    step,
                    ..Frame::new(elements.collect(), positions)
                }
            })
    })
}

proptest! {
    #[test]
    fn any_frame_survives_extended_xyz(frames in proptest::collection::vec(any_frame(), 1..4)) {
        let read = xyz_round_trip(&frames);
        prop_assert_eq!(read.len(), frames.len());
        for (written, read) in frames.iter().zip(&read) {
            assert_same(written, read);
        }
    }

    #[test]
    fn any_frame_survives_dcd_in_single_precision(frame in any_frame()) {
        let read = dcd_round_trip(std::slice::from_ref(&frame), Timing::default());
        for (a, b) in frame.positions.iter().zip(&read[0].positions) {
            prop_assert_eq!(a.map(|x| x as f32), b.map(|x| x as f32));
        }
        if let (Cell::Periodic(a), Cell::Periodic(b)) = (&frame.cell, &read[0].cell) {
            // Through cosines: the square root near 1 loses half the digits for very flat cells.
            prop_assert!((a.vectors() - b.vectors()).norm() < 1e-7 * a.vectors().norm());
        } else {
            prop_assert_eq!(&frame.cell, &read[0].cell);
        }
    }
}
