//! Files that ASE, MDAnalysis and NumPy wrote, with the numbers that went into them (data/make_files.py).

mod common;

use common::{stored, water};
use oreo_core::units::FEMTOSECOND;
use oreo_core::{Cell, Vec3};
use oreo_formats::{read_frames, read_structure, DcdReader, ReadOptions, XyzReader};

#[test]
fn extended_xyz_of_ase() {
    let frames: Vec<_> = XyzReader::open(stored("ase_tilted.extxyz"))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[1].elements, water());
    assert_eq!(frames[1].energy, Some(-15.25));
    assert_eq!(frames[1].positions[2], Vec3::new(0.86, 1.13, 0.3));
    assert_eq!(
        frames[1].forces.as_ref().unwrap()[0],
        Vec3::new(1.0, 2.0, 4.0)
    );
    assert_eq!(frames[0].cell, common::tilted());
    // p/m in ASE's units, which are ours. Catches momenta taken for velocities, and Å/fs taken for Å/t.
    let velocity = frames[0].velocities.as_ref().unwrap()[0];
    assert!((velocity * 15.999 - Vec3::new(0.5, -0.25, 0.125)).norm() < 1e-12);
}

#[test]
fn compressed_open_xyz_of_ase() {
    let path = stored("ase_open.xyz.gz");
    let frame = read_structure(&path, 0, &ReadOptions::default()).unwrap();
    assert_eq!((frame.cell, frame.energy), (Cell::Open, Some(-14.25)));
    let error = read_structure(&path, 3, &ReadOptions::default()).unwrap_err();
    assert!(common::message(error, &path).contains("only 0 to 0"));
}

#[test]
fn dcd_of_mdanalysis() {
    for (name, cell) in [
        ("mdanalysis_tilted.dcd", common::tilted()),
        ("mdanalysis_open.dcd", Cell::Open),
    ] {
        let frames: Vec<_> = DcdReader::open(stored(name), &water())
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(frames.len(), 2);
        assert!((frames[1].positions[1] - Vec3::new(2.06, 0.2, 0.3)).norm() < 1e-6);
        // 0.5 fs steps, every fourth, from step 4. Catches a wrong AKMA time.
        assert_eq!((frames[0].step, frames[1].step), (Some(4), Some(8)));
        let femtoseconds = frames[1].time.unwrap() / FEMTOSECOND;
        assert!((femtoseconds - 4.0).abs() < 1e-5, "{femtoseconds}");
        match (&frames[1].cell, &cell) {
            (Cell::Open, Cell::Open) => {}
            (Cell::Periodic(read), Cell::Periodic(expected)) => {
                // MDAnalysis keeps cells in single precision.
                let difference = (read.vectors() - expected.vectors()).norm();
                assert!(difference < 1e-5, "{difference}");
            }
            _ => panic!("{name}: {:?}", frames[1].cell),
        }
    }
}

#[test]
fn dcd_in_the_other_byte_order_reads_the_same() {
    let path = stored("mdanalysis_tilted.dcd");
    let bytes = std::fs::read(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let swapped = folder.path().join("big.dcd");
    std::fs::write(&swapped, big_endian(&bytes)).unwrap();
    let read = |path| -> Vec<_> {
        let reader = DcdReader::open(path, &water()).unwrap();
        reader.map(Result::unwrap).collect()
    };
    assert_eq!(read(&swapped), read(&path));
}

/// Every number turned round; the records are known: header, title, atoms, and per frame a cell and three axes.
fn big_endian(bytes: &[u8]) -> Vec<u8> {
    let title = u32::from_le_bytes(bytes[92..96].try_into().unwrap()) as usize;
    let start = 92 + 8 + title + 12;
    let mut turned = bytes.to_vec();
    let mut turn = |at: usize, size: usize| turned[at..at + size].reverse();
    turn(0, 4);
    (8..start).step_by(4).for_each(|at| turn(at, 4));
    let frame = 56 + 3 * 20;
    for first in (start..bytes.len()).step_by(frame) {
        turn(first, 4);
        (0..6).for_each(|k| turn(first + 4 + 8 * k, 8));
        (first + 52..first + frame)
            .step_by(4)
            .for_each(|at| turn(at, 4));
    }
    turned
}

#[test]
fn a_dcd_needs_elements() {
    let path = stored("mdanalysis_open.dcd");
    let error = read_frames(&path, &ReadOptions::default()).err().unwrap();
    assert!(common::message(error, &path).contains("no elements"));
    let elements = Some(vec![common::element("H"); 4]);
    let options = ReadOptions {
        elements,
        ..ReadOptions::default()
    };
    let error = read_frames(&path, &options).err().unwrap();
    assert!(common::message(error, &path).contains("has 3 atoms"));
}
