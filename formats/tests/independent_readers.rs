//! chemfiles, an independent program, reads what Oreo writes (feature `chemfiles`); and Oreo reads it through chemfiles.
#![cfg(feature = "chemfiles")]

mod common;

use common::{frame, tilted, water};
use oreo_core::{Cell, Frame, Vec3};
use oreo_formats::{
    create_trajectory, read_frames, ChemfilesReader, ChemfilesWriter, ReadOptions, Timing,
};
use std::path::Path;

fn write(path: &Path, cell: &Cell) -> Vec<Frame> {
    let frames: Vec<_> = (0..4).map(|k| frame(k, cell.clone())).collect();
    let mut writer = create_trajectory(path, Timing::default()).unwrap();
    for frame in &frames {
        writer.write(&frame.as_ref()).unwrap();
    }
    writer.flush().unwrap();
    frames
}

fn assert_close(written: &Frame, read: &Frame, tolerance: f64, what: &str) {
    let distance = |(a, b): (&Vec3, &Vec3)| (a - b).norm();
    let pairs = written.positions.iter().zip(&read.positions);
    let worst = pairs.map(distance).fold(0.0, f64::max);
    assert!(worst <= tolerance, "{what}: positions differ by {worst} Å");
    match (&written.cell, &read.cell) {
        (Cell::Open, Cell::Open) => {}
        (Cell::Periodic(a), Cell::Periodic(b)) => {
            let worst = (a.vectors() - b.vectors()).norm();
            assert!(
                worst <= tolerance.max(1e-4),
                "{what}: cells differ by {worst} Å"
            );
        }
        _ => panic!("{what}: cell {:?}", read.cell),
    }
}

#[test]
fn chemfiles_reads_our_xyz_and_dcd() {
    let folder = tempfile::tempdir().unwrap();
    for cell in [
        Cell::Open,
        tilted(),
        Cell::orthorhombic(9.0, 10.0, 11.0).unwrap(),
    ] {
        for (name, tolerance) in [("a.xyz", 1e-12), ("a.dcd", 1e-6)] {
            let path = folder.path().join(name);
            let written = write(&path, &cell);
            let elements = name.ends_with("dcd").then(water);
            let read: Vec<_> = ChemfilesReader::open(&path, elements.as_deref())
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert_eq!(read.len(), written.len(), "{name}");
            for (a, b) in written.iter().zip(&read) {
                assert_eq!(a.elements, b.elements);
                assert_close(a, b, tolerance, name);
            }
        }
    }
}

#[test]
fn other_formats_pass_through_chemfiles() {
    let folder = tempfile::tempdir().unwrap();
    for (name, tolerance, elements) in [
        ("a.pdb", 1e-3, None),
        ("a.xtc", 1e-2, Some(water())),
        ("a.trr", 1e-5, Some(water())),
        ("a.nc", 1e-5, Some(water())),
    ] {
        let path = folder.path().join(name);
        let frames: Vec<_> = (0..3).map(|k| frame(k, tilted())).collect();
        let mut writer = ChemfilesWriter::create(&path).unwrap();
        for frame in &frames {
            writer.write(&frame.as_ref()).unwrap();
        }
        drop(writer);
        let options = ReadOptions {
            elements,
            ..ReadOptions::default()
        };
        let read: Vec<_> = read_frames(&path, &options)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(read.len(), 3, "{name}");
        for (a, b) in frames.iter().zip(&read) {
            assert_eq!(a.elements, b.elements, "{name}");
            assert_close(a, b, tolerance, name);
        }
        if name == "a.trr" {
            // Catches Å/ps taken for Å/fs.
            let (a, b) = (&frames[1].velocities, &read[1].velocities);
            let (a, b) = (a.as_ref().unwrap()[0], b.as_ref().unwrap()[0]);
            assert!((a - b).norm() < 1e-5, "{a} {b}");
        }
    }
}

#[test]
fn chemfiles_errors_are_ours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.xtc");
    std::fs::write(&path, "nothing of the kind").unwrap();
    let error = read_frames(&path, &ReadOptions::default()).err().unwrap();
    common::message(error, &path);
    let absent = folder.path().join("absent.trr");
    let error = ChemfilesReader::open(&absent, None).err().unwrap();
    assert!(common::message(error, &absent).contains("cannot open"));
}
