//! Every kind of file gives the same conformations, in eV and Å, and damaged ones are refused with file, place and remedy.

mod common;

use common::{message, stored};
use oreo_core::units::{BOHR, HARTREE};
use oreo_formats::{Labels, ReadOptions};
use oreo_training::data::{
    open, Conformation, Hdf5, Hdf5Layout, Kind, Labelled, Look, Qm9, Qm9Xyz, Sdf, Source,
    SourceOptions,
};
use std::fs;

fn read(source: &dyn Source, index: usize) -> Conformation {
    let mut conformation = Conformation::default();
    source.read(index, &mut conformation).unwrap();
    conformation
}

fn ethanol() -> Labelled {
    Labelled::open(
        &stored("rmd17_ethanol_10.npz"),
        &ReadOptions::default(),
        None,
    )
    .unwrap()
}

/// Largest difference of the components, and of the energies.
fn difference(a: &Conformation, b: &Conformation) -> (f64, f64, f64) {
    assert_eq!(a.elements, b.elements);
    let largest = |a: &[oreo_core::Vec3], b: &[oreo_core::Vec3]| {
        assert_eq!(a.len(), b.len());
        let differences = a.iter().zip(b).map(|(a, b)| (a - b).amax());
        differences.fold(0.0, f64::max)
    };
    (
        largest(&a.positions, &b.positions),
        largest(a.forces.as_ref().unwrap(), b.forces.as_ref().unwrap()),
        (a.energy.unwrap() - b.energy.unwrap()).abs(),
    )
}

#[test]
fn rmd17_knows_its_labels_and_their_level() {
    let (path, old) = (stored("rmd17_ethanol_10.npz"), Some(Labels::Md17));
    let options = ReadOptions {
        labels: old,
        ..Default::default()
    };
    let old = Labelled::open(&path, &options, None).unwrap();
    let revised = ethanol();
    assert_eq!(
        revised.origin().unwrap().level.as_deref(),
        Some("PBE/def2-SVP")
    );
    assert_eq!(old.origin().unwrap().level.as_deref(), Some("PBE+vdW-TS"));
    assert_eq!(
        old.origin().unwrap().sha256,
        revised.origin().unwrap().sha256
    );
    assert_eq!(revised.origin().unwrap().kind, Kind::OffEquilibrium);
    // The two differ by 0.1 to 0.2 eV/Å: catches the option not passed on.
    let (positions, forces, _) = difference(&read(&old, 0), &read(&revised, 0));
    assert_eq!(positions, 0.0);
    assert!((0.01..1.0).contains(&forces), "{forces}");
}

#[test]
fn ani1x_gives_the_frames_of_rmd17_in_electronvolt() {
    let source = Hdf5::open(&stored("ani1x_layout.h5"), Hdf5Layout::ani1x()).unwrap();
    // Group B_last_two comes before C2H6O; frames 3 and 5 and the group without labels are left out.
    assert_eq!((source.len(), source.left_out()), (8, 3));
    let ethanol = ethanol();
    for (index, frame) in [8, 9, 0, 1, 2, 4, 6, 7].into_iter().enumerate() {
        let (positions, forces, energy) = difference(&read(&source, index), &read(&ethanol, frame));
        // Positions are stored as f32. Catches forces taken for hartree/bohr (a factor of 1.89), rows counted without the
        // missing ones, and a block kept from another group.
        assert!(
            positions < 1e-6 && forces < 1e-9 && energy < 1e-7,
            "{index}: {positions} {forces} {energy}"
        );
    }
    // Against the order of the file: the block that is kept must not be taken for another.
    let backwards: Vec<_> = (0..8).rev().map(|index| read(&source, index)).collect();
    let forwards: Vec<_> = (0..8).map(|index| read(&source, index)).collect();
    assert!(backwards.iter().rev().eq(&forwards));
}

#[test]
fn hdf5_with_symbols_and_forces_in_hartree_per_bohr() {
    let layout = Hdf5Layout::hartree_per_bohr();
    assert!((layout.force_unit - HARTREE / BOHR).abs() < 1e-12);
    let source = Hdf5::open(&stored("species_layout.h5"), layout).unwrap();
    assert_eq!((source.len(), source.left_out()), (4, 0));
    let (positions, forces, energy) = difference(&read(&source, 3), &read(&ethanol(), 3));
    assert!(positions < 1e-12 && forces < 1e-9 && energy < 1e-7);
    let error = Hdf5::open(&stored("species_layout.h5"), Hdf5Layout::ani1x())
        .err()
        .unwrap();
    assert!(message(&error, "species_layout.h5").contains("atomic_numbers"));
}

#[test]
fn damaged_hdf5_is_an_error_not_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.h5");
    let whole = fs::read(stored("ani1x_layout.h5")).unwrap();
    for cut in (0..whole.len()).step_by(1999) {
        fs::write(&path, &whole[..cut]).unwrap();
        let error = Hdf5::open(&path, Hdf5Layout::ani1x())
            .err()
            .expect("a cut file");
        message(&error, "damaged.h5");
    }
    let mut conformation = Conformation::default();
    for byte in (0..whole.len()).step_by(311) {
        let mut bytes = whole.clone();
        bytes[byte] ^= 0xff;
        fs::write(&path, &bytes).unwrap();
        if let Ok(source) = Hdf5::open(&path, Hdf5Layout::ani1x()) {
            for index in 0..source.len() {
                let _ = source.read(index, &mut conformation);
            }
        }
    }
}

#[test]
fn qm9_packed_with_its_table() {
    let (path, table) = (stored("qm9_first_7.npz"), stored("qm9_orbitals.csv"));
    let source = Qm9::open(&path, Some(&table)).unwrap();
    assert_eq!(source.len(), 7);
    assert_eq!(source.properties(), ["homo", "lumo", "gap", "u0"]);
    assert_eq!(source.origin().unwrap().kind, Kind::Equilibrium);
    // Row `7,-0.3385,0.1041,0.4426,…` belongs to the seventh molecule. Catches the row number taken for the index, and
    // hartree left as they are.
    assert!((source.property(6, 0).unwrap() - -0.3385 * HARTREE).abs() < 1e-12);
    assert!((source.property(6, 2).unwrap() - 0.4426 * HARTREE).abs() < 1e-12);
    assert_eq!(source.property(0, 0), None);
    assert_eq!(source.property(6, 4), None);
    let methane = read(&source, 0);
    assert_eq!(methane.elements.len(), 5);
    assert!(methane.forces.is_none() && methane.energy.is_none());

    let other = tempfile::NamedTempFile::new().unwrap();
    fs::write(other.path(), "gdb_index,homo_hartree\n1000,-0.2\n").unwrap();
    let error = Qm9::open(&path, Some(other.path())).err().unwrap();
    assert!(error.to_string().contains("no molecule"), "{error}");
    fs::write(other.path(), "gdb_index,homo_hartree\n1,x\n").unwrap();
    let error = Qm9::open(&path, Some(other.path())).err().unwrap();
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[test]
fn raw_qm9_and_sdf_are_the_molecules_of_the_packed_file() {
    let packed = Qm9::open(&stored("qm9_first_7.npz"), None).unwrap();
    let raw = Qm9Xyz::open(&stored("qm9_raw")).unwrap();
    let sdf = Sdf::open(&stored("two_molecules.sdf"), Some("B3LYP/6-31G*")).unwrap();
    assert_eq!((raw.len(), sdf.len()), (2, 2));
    for (index, molecule) in [0, 3].into_iter().enumerate() {
        let expected = read(&packed, molecule);
        // Raw files have ten decimals, SDF four. Catches `*^-6` taken for a whole number and columns off by one.
        for (source, tolerance) in [(&raw as &dyn Source, 1e-6), (&sdf, 6e-5)] {
            let found = read(source, index);
            assert_eq!(found.elements, expected.elements);
            assert!(found.forces.is_none());
            for (a, b) in found.positions.iter().zip(&expected.positions) {
                assert!((a - b).amax() < tolerance, "{}: {a} {b}", source.name());
            }
        }
    }
    assert_eq!(raw.properties(), ["homo", "lumo", "gap", "u0"]);
    // Catches a property taken from the column beside it.
    let expected = [-0.25, 0.05, 0.30, -40.0].map(|hartree| hartree * HARTREE);
    for (which, expected) in expected.into_iter().enumerate() {
        assert!((raw.property(0, which).unwrap() - expected).abs() < 1e-9);
    }
}

#[test]
fn damaged_sdf_is_refused_with_the_molecule() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("molecules.sdf");
    let text = fs::read_to_string(stored("two_molecules.sdf")).unwrap();
    let second = text.find("$$$$").unwrap() + 5;
    let drawing = text[second..].replacen("3D", "2D", 1);
    for (bad, words) in [
        (text[..text.len() - 20].to_string(), ["frame 1", "$$$$"]),
        (text.replacen(" H ", " Xq", 1), ["frame 0", "atom 1"]),
        (text.replacen("V2000", "V3000", 1), ["frame 0", "V3000"]),
        (format!("{}{drawing}", &text[..second]), ["frame 1", "2D"]),
        (text.replacen("  5  0", "  9  0", 1), ["frame 0", "of 9"]),
        (String::new(), ["no molecules", ";"]),
    ] {
        fs::write(&path, bad).unwrap();
        let text = message(&Sdf::open(&path, None).err().unwrap(), "molecules.sdf");
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
}

#[test]
fn damaged_raw_qm9_is_refused_with_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dsgdb9nsd_000004.xyz");
    let text = fs::read_to_string(stored("qm9_raw/dsgdb9nsd_000004.xyz")).unwrap();
    for (bad, word) in [
        (text.replacen("gdb", "molecule", 1), "line 2"),
        (text.replacen("C\t", "Q\t", 1), "line 3"),
        (text.replacen("4\n", "400\n", 1), "line 7"),
        (text[..60].to_string(), "line 2"),
        (String::new(), "number of atoms"),
    ] {
        fs::write(&path, bad).unwrap();
        let text = message(
            &Qm9Xyz::open(folder.path()).err().unwrap(),
            "dsgdb9nsd_000004.xyz",
        );
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn open_recognises_every_kind() {
    let options = SourceOptions::default();
    for (name, length) in [
        ("rmd17_ethanol_10.npz", 10),
        ("ani1x_layout.h5", 8),
        ("qm9_first_7.npz", 7),
        ("two_molecules.sdf", 2),
        ("qm9_raw", 2),
    ] {
        let source = open(&stored(name), &options).unwrap();
        assert_eq!(source.len(), length, "{name}");
        assert!(source.name().ends_with(name));
        let mut conformation = Conformation::default();
        let error = source.read(length, &mut conformation).unwrap_err();
        message(&error, name);
    }
    let folder = tempfile::tempdir().unwrap();
    let compressed = folder.path().join("a.sdf.gz");
    fs::write(&compressed, b"\x1f\x8b\x08\x00 and so on").unwrap();
    let error = open(&compressed, &options).err().unwrap();
    assert!(message(&error, "a.sdf.gz").contains("decompress"));
    let empty = tempfile::NamedTempFile::new().unwrap();
    let error = open(empty.path(), &options).err().unwrap();
    assert!(error.to_string().contains("is empty"), "{error}");
}

#[test]
fn the_large_sets_are_read_and_make_sense() {
    let look = Look {
        at_most: usize::MAX,
        units: true,
        refuse: &|_| None,
    };
    for (name, hdf5) in [
        ("rmd17/rmd17_aspirin.npz", None),
        ("qm9/qm9_geometries.npz", None),
        ("small/3bpa/train_300K.xyz", None),
        ("small/acac/train_300K.xyz", None),
        (
            "small/alkane/C2H6_DFT+Force_NMS.h5",
            Some(Hdf5Layout::hartree_per_bohr()),
        ),
        ("polymers/CK_L01.extxyz.gz", None),
    ] {
        let Some(path) = common::shared(name) else {
            return;
        };
        let source = open(
            &path,
            &SourceOptions {
                hdf5,
                ..Default::default()
            },
        )
        .unwrap();
        let found = oreo_training::data::check(source.as_ref(), &look).unwrap();
        println!("{name}: {found}");
    }
}
