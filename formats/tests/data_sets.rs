//! Labelled sets: what is read, in which units, and what is refused.

mod common;

use common::{message, shared, stored};
use oreo_core::units::KCAL_PER_MOL;
use oreo_core::{System, Vec3};
use oreo_formats::npz::{write_npz, NpzArray, NpzReader};
use oreo_formats::{
    load, read_frames, DataSet, DeclaredUnits, EnergyUnit, Labels, LengthUnit, ReadOptions,
};
use std::fs;
use std::path::Path;

fn with_labels(labels: Labels) -> ReadOptions {
    ReadOptions {
        labels: Some(labels),
        ..ReadOptions::default()
    }
}

fn declared(energy: EnergyUnit, length: LengthUnit) -> ReadOptions {
    ReadOptions {
        units: Some(DeclaredUnits {
            energy,
            length,
            forces: None,
        }),
        ..ReadOptions::default()
    }
}

fn refused(path: &Path, options: &ReadOptions) -> String {
    message(load(path, options).unwrap_err(), path)
}

#[test]
fn rmd17_has_two_sets_of_labels() {
    let path = stored("rmd17_ethanol_10.npz");
    let revised = load(&path, &ReadOptions::default()).unwrap();
    assert_eq!((revised.len(), revised.total_atoms()), (10, 90));
    let elements = revised.common_elements().unwrap().to_vec();
    assert_eq!(System::new(elements).formula(), "C2H6O");
    assert_eq!(revised.old_indices().unwrap()[0], 39);
    // First frame, as NumPy prints it (kcal/mol, Å).
    assert_eq!(revised.positions(0)[0].x, -0.04253747);
    let expected = -97075.02340654 * KCAL_PER_MOL;
    assert!((revised.energy(0).unwrap() - expected).abs() < 1e-6);
    let force = revised.forces(0).unwrap()[0].x;
    assert!((force - 78.43506233 * KCAL_PER_MOL).abs() < 1e-9);
    let old = load(&path, &with_labels(Labels::Md17)).unwrap();
    // The dynamics behind the frames was that of the old labels: the other set says so, they themselves need not.
    assert_eq!(revised.sampling_energy(3), old.energy(3));
    assert!(revised.energy(3) != old.energy(3));
    assert_eq!(old.sampling_energy(3), None);
    let force = old.forces(0).unwrap()[0].x;
    assert!((force - 66.31349548 * KCAL_PER_MOL).abs() < 1e-9);
    assert_eq!(old.positions(3), revised.positions(3));
    // The frame is a view on the same numbers.
    assert_eq!(old.frame(7).as_ref().forces, old.forces(7));
    assert_eq!(old.frames().count(), 10);
}

#[test]
fn sgdml_says_its_units_and_may_be_in_fortran_order() {
    let path = stored("sgdml_ethanol_3.npz");
    let set = load(&path, &ReadOptions::default()).unwrap();
    let md17 = load(stored("rmd17_ethanol_10.npz"), &with_labels(Labels::Md17)).unwrap();
    assert_eq!(set.len(), 3);
    for i in 0..3 {
        assert_eq!(set.forces(i), md17.forces(i));
        assert_eq!(set.energy(i), md17.energy(i));
        let pairs = set.positions(i).iter().zip(md17.positions(i));
        assert!(pairs.into_iter().all(|(a, b)| (a - b).norm() < 1e-6));
    }
    let error = refused(
        &path,
        &declared(EnergyUnit::ElectronVolt, LengthUnit::Angstrom),
    );
    assert!(
        error.contains("'e_unit': the file says kcal/mol, but eV was declared"),
        "{error}"
    );
    let error = refused(&path, &with_labels(Labels::Rmd17));
    assert!(
        error.contains("no array 'nuclear_charges' (it has: z R E F"),
        "{error}"
    );
}

#[test]
fn wrong_units_are_noticed_and_the_right_ones_named() {
    let path = stored("rmd17_ethanol_10.npz");
    for (energy, length, expected) in [
        (
            EnergyUnit::ElectronVolt,
            LengthUnit::Angstrom,
            "kcal/mol would fit",
        ),
        (
            EnergyUnit::Hartree,
            LengthUnit::Angstrom,
            "kcal/mol would fit",
        ),
        (EnergyUnit::KcalPerMol, LengthUnit::Bohr, "Å would fit"),
        (EnergyUnit::KcalPerMol, LengthUnit::Nanometer, "Å would fit"),
    ] {
        let error = refused(&path, &declared(energy, length));
        assert!(error.contains(expected), "{error}");
    }
    let options = ReadOptions {
        skip_unit_check: true,
        ..declared(EnergyUnit::ElectronVolt, LengthUnit::Angstrom)
    };
    let set = load(&path, &options).unwrap();
    assert!((set.forces(0).unwrap()[0].x - 78.43506233).abs() < 1e-6);
}

/// The same frames in other units, written by us, declared rightly and wrongly.
#[test]
fn declared_units_are_converted_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("atomic.npz");
    let set = load(stored("rmd17_ethanol_10.npz"), &ReadOptions::default()).unwrap();
    let atomic = DeclaredUnits {
        energy: EnergyUnit::Hartree,
        length: LengthUnit::Bohr,
        forces: None,
    };
    let flat = |list: &[Vec3], unit: f64| -> Vec<f64> {
        list.iter()
            .flat_map(|v| [v.x, v.y, v.z])
            .map(|x| x / unit)
            .collect()
    };
    let positions: Vec<_> = (0..10)
        .flat_map(|i| flat(set.positions(i), atomic.length.factor()))
        .collect();
    let forces: Vec<_> = (0..10)
        .flat_map(|i| flat(set.forces(i).unwrap(), atomic.force_factor()))
        .collect();
    let energies: Vec<_> = (0..10)
        .map(|i| set.energy(i).unwrap() / atomic.energy.factor())
        .collect();
    let z: Vec<_> = set
        .elements(0)
        .iter()
        .map(|e| e.atomic_number() as i64)
        .collect();
    write_npz(
        &path,
        &[
            ("z", &[9], NpzArray::I64(&z)),
            ("R", &[10, 9, 3], NpzArray::F64(&positions)),
            ("E", &[10, 1], NpzArray::F64(&energies)),
            ("F", &[10, 9, 3], NpzArray::F64(&forces)),
        ],
    )
    .unwrap();
    let read = load(&path, &declared(atomic.energy, atomic.length)).unwrap();
    for i in 0..10 {
        assert!((read.energy(i).unwrap() - set.energy(i).unwrap()).abs() < 1e-9);
        assert!((read.forces(i).unwrap()[4] - set.forces(i).unwrap()[4]).norm() < 1e-12);
        assert!((read.positions(i)[4] - set.positions(i)[4]).norm() < 1e-12);
    }
    // A window in Å alone would accept bohr: 2.06 is a believable bond length.
    let error = refused(&path, &ReadOptions::default());
    assert!(error.contains("bohr would fit"), "{error}");
    let error = refused(&path, &declared(EnergyUnit::KcalPerMol, LengthUnit::Bohr));
    assert!(error.contains("hartree would fit"), "{error}");
}

const WATER: &str = "O 0 0 0 0.5 0 0\nH 0.96 0 0 -0.5 0.5 0\nH -0.24 0.93 0 0 -0.5 0\n";

fn from_text(text: &str, options: &ReadOptions) -> Result<DataSet, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.extxyz");
    fs::write(&path, text).unwrap();
    load(&path, options).map_err(|error| message(error, &path))
}

#[test]
fn extended_xyz_may_hold_many_molecules() {
    let columns = "Properties=species:S:1:pos:R:3:forces:R:3";
    let text = format!(
        "3\n{columns} energy=-1\n{WATER}2\n{columns} energy=-2\nH 0 0 0 0 0 1\nF 0 0 0.92 0 0 -1\n"
    );
    let set = from_text(&text, &ReadOptions::default()).unwrap();
    assert_eq!((set.len(), set.total_atoms()), (2, 5));
    assert!(set.common_elements().is_none());
    assert_eq!(set.elements(1)[1].symbol(), "F");
    assert_eq!(set.forces(1).unwrap()[0], Vec3::z());
    assert_eq!((set.energy(0), set.energy(1)), (Some(-1.0), Some(-2.0)));
    assert_eq!(set.frame(1).positions[1].z, 0.92);
    let twice = from_text(
        &format!("3\n{columns}\n{WATER}3\n{columns}\n{WATER}"),
        &ReadOptions::default(),
    );
    assert_eq!(twice.unwrap().common_elements().map(<[_]>::len), Some(3));
    let mixed = format!("3\n{columns} energy=-1\n{WATER}3\n{columns}\n{WATER}");
    let error = from_text(&mixed, &ReadOptions::default()).unwrap_err();
    assert!(
        error.contains("frame 1: energy given for only some"),
        "{error}"
    );
    // Forces of 11 meV/Å: neither thermal in eV nor relaxed, but thermal in hartree.
    let small = text
        .replace("0.5", "0.01")
        .replace(" 1\n", " 0.01\n")
        .replace(" -1\n", " -0.01\n");
    let error = from_text(&small, &ReadOptions::default()).unwrap_err();
    assert!(error.contains("hartree would fit"), "{error}");
}

#[test]
fn relaxed_structures_single_atoms_and_argon_pass_the_check() {
    let columns = "Properties=species:S:1:pos:R:3:forces:R:3";
    let relaxed = format!("3\n{columns}\n{}", WATER.replace("0.5", "0.0001"));
    assert!(from_text(&relaxed, &ReadOptions::default()).is_ok());
    assert!(from_text("1\nenergy=-13.6\nH 0 0 0\n", &ReadOptions::default()).is_ok());
    assert!(from_text("2\n\nAr 0 0 0\nAr 0 0 3.8\n", &ReadOptions::default()).is_ok());
    assert!(from_text("2\n\nH 0 0 0\nH 0 0 3.8\n", &ReadOptions::default()).is_err());
}

#[test]
fn packed_molecules_lie_one_behind_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("packed.npz");
    let positions = [
        0.0, 0.0, 0.0, 0.0, 0.0, 0.92, 0.0, 0.0, 0.0, 0.96, 0.0, 0.0, -0.24, 0.93, 0.0,
    ];
    let write = |counts: &[i64], energies: &[f64]| {
        let arrays = [
            ("n_atoms", &[counts.len()][..], NpzArray::I64(counts)),
            ("numbers", &[5], NpzArray::I64(&[1, 9, 8, 1, 1])),
            ("positions", &[5, 3], NpzArray::F64(&positions)),
            ("energies", &[energies.len()], NpzArray::F64(energies)),
        ];
        write_npz(&path, &arrays).unwrap();
    };
    write(&[2, 3], &[-1.0, -2.0]);
    let set = load(&path, &ReadOptions::default()).unwrap();
    assert_eq!((set.len(), set.energy(1)), (2, Some(-2.0)));
    assert_eq!(set.positions(1)[2].y, 0.93);
    for (counts, energies, expected) in [
        (
            &[2, 4][..],
            &[-1.0, -2.0][..],
            "'n_atoms': has shape (2,), expected positive counts that sum to the 5",
        ),
        (&[2, -3, 6], &[-1.0, -2.0, -3.0], "'n_atoms'"),
        (
            &[2, 3],
            &[-1.0],
            "'energies': has shape (1,), expected (2,)",
        ),
        (
            &[2, 3],
            &[-1.0, f64::NAN],
            "'energies': value 0 of row 1 is NaN",
        ),
    ] {
        write(counts, energies);
        let error = refused(&path, &ReadOptions::default());
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn arrays_that_do_not_fit_are_named_with_their_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.npz");
    let r = [0.0, 0.0, 0.0, 0.0, 0.0, 0.74];
    let write = |z: &[i64], shape: &[usize], r: &[f64]| {
        let arrays = [
            ("z", &[z.len()][..], NpzArray::I64(z)),
            ("R", shape, NpzArray::F64(r)),
        ];
        write_npz(&path, &arrays).unwrap();
    };
    write(&[1, 1], &[1, 2, 3], &r);
    assert!(load(&path, &ReadOptions::default()).is_ok());
    for (z, shape, expected) in [
        (
            &[1, 1, 1][..],
            &[1, 2, 3][..],
            "'R': has shape (1, 2, 3), expected (frames, 3, 3)",
        ),
        (
            &[1, 1],
            &[6],
            "'R': has shape (6,), expected (frames, 2, 3)",
        ),
        (&[1, 1], &[2, 1, 3], "'R': has shape (2, 1, 3)"),
        (&[1, 0], &[1, 2, 3], "'z': '0' is not a chemical element"),
        (
            &[1, 200],
            &[1, 2, 3],
            "'z': '200' is not a chemical element",
        ),
        (&[], &[1, 2, 3], "'z': has shape (0,)"),
    ] {
        write(z, shape, &r);
        let error = refused(&path, &ReadOptions::default());
        assert!(error.contains(expected), "{error}");
    }
    write_npz(&path, &[("q", &[1], NpzArray::F64(&[1.0]))]).unwrap();
    assert!(refused(&path, &ReadOptions::default()).contains("no array 'z' (it has: q)"));
    let wrong = write_npz(&path, &[("q", &[2, 3], NpzArray::F64(&[1.0]))]).unwrap_err();
    assert!(message(wrong, &path).contains("'q': has shape (2, 3), expected one for 1 values"));
}

#[test]
fn cut_and_foreign_npz_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.npz");
    let whole = fs::read(stored("rmd17_ethanol_10.npz")).unwrap();
    for cut in [0, 3, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        refused(&path, &ReadOptions::default());
    }
    fs::write(&path, "not a zip").unwrap();
    assert!(refused(&path, &ReadOptions::default()).contains("no npz archive"));
}

#[test]
fn npz_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("predictions.npz");
    let forces: Vec<f64> = (0..30_000).map(f64::from).collect();
    let arrays = [
        ("energies", &[2][..], NpzArray::F64(&[-1.5, 2.5])),
        ("forces", &[2, 5000, 3], NpzArray::F64(&forces)),
        ("n_atoms", &[2], NpzArray::I64(&[5000, 5000])),
    ];
    write_npz(&path, &arrays).unwrap();
    let first = fs::read(&path).unwrap();
    write_npz(&path, &arrays).unwrap();
    assert_eq!(fs::read(&path).unwrap(), first, "bytes depend on the day");
    let mut npz = NpzReader::open(&path).unwrap();
    assert_eq!(npz.names(), ["energies", "forces", "n_atoms"]);
    let read = npz.floats("forces").unwrap();
    assert_eq!(
        (read.shape, read.values),
        (vec![2, 5000, 3], forces.clone())
    );
    assert_eq!(npz.integers("n_atoms").unwrap().values, [5000, 5000]);
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "a temporary file is left");
    let nowhere = folder.path().join("no/such/folder.npz");
    message(write_npz(&nowhere, &arrays).unwrap_err(), &nowhere);
}

/// Every large file that is at hand loads, passes its unit check, and fails it in the wrong unit.
#[test]
fn the_real_data_sets_load() {
    for molecule in [
        "aspirin",
        "azobenzene",
        "benzene",
        "ethanol",
        "malonaldehyde",
        "naphthalene",
        "paracetamol",
        "salicylic",
        "toluene",
    ] {
        let Some(path) = shared(&format!("rmd17/rmd17_{molecule}.npz")) else {
            return;
        };
        let set = load(&path, &ReadOptions::default()).unwrap();
        assert_eq!(set.len(), 8633);
        assert!(
            (0.85..1.4).contains(&set.force_rms().unwrap()),
            "{molecule}"
        );
        let error = refused(
            &path,
            &declared(EnergyUnit::ElectronVolt, LengthUnit::Angstrom),
        );
        assert!(error.contains("kcal/mol would fit"), "{molecule}: {error}");
    }
    for (name, frames) in [
        ("gfn2/ethanol.extxyz.gz", 21_589),
        ("gfn2/conformers/distorted.extxyz.gz", 366),
        ("gfn2/conformers/equilibrium.extxyz.gz", 183),
        ("small/3bpa/train_300K.xyz", 500),
        ("small/acac/train_600K.xyz", 500),
    ] {
        let Some(path) = shared(name) else { return };
        let set = load(&path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(set.len(), frames, "{name}");
        assert!(set.energy(0).is_some() && set.forces(0).is_some());
        assert_eq!(set.cell(0), &oreo_core::Cell::Open, "{name} has pbc F F F");
    }
    let Some(path) = shared("qm9/qm9_geometries.npz") else {
        return;
    };
    let set = load(&path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((set.len(), set.total_atoms()), (128_744, 2_330_532));
    let first = read_frames(&path, &ReadOptions::default()).unwrap().next();
    assert_eq!(
        System::new(first.unwrap().unwrap().elements).formula(),
        "CH4"
    );
}
