//! What `oreo train` must not be trained on is refused before the first step: one line with file, place and remedy, exit
//! status 2, no folder; with 3 GB of address space, so that a claim of terabytes is not believed either.
#![cfg(unix)]

mod program;

use oreo::formats::npz::{write_npz, NpzArray};
use oreo::formats::{load, DataSet, ReadOptions};
use oreo::potentials::oreo::{Config, Weights};
use program::{repository, Ended, Workplace};
use std::fmt::Write;
use std::process::Command;

/// kB
const ADDRESS_SPACE: u64 = 3_000_000;
const BOHR: f64 = 0.529177210544;
/// eV
const KCAL: f64 = 0.0433641;

/// Trains on one file; `more` are further keys under `[[data]]`.
fn config(file: &str, more: &str, variant: &str) -> String {
    format!(
        r#"
output = "run"
[network]
channels = 8
layers = 1
heads = 2
radial-functions = 4
[[data]]
file = "{file}"
validation = 1
{more}
[training]
steps = 2
batch = 2
[training.objective]
variant = "{variant}"
[training.schedule]
warm-up-steps = 1
"#
    )
}

fn train(place: &Workplace, file: &str, more: &str, variant: &str) -> Ended {
    place.write("c.toml", config(file, more, variant));
    let limited = format!("ulimit -v {ADDRESS_SPACE}; exec \"$0\" train c.toml");
    let output = Command::new("sh")
        .args(["-c", &limited])
        .arg(assert_cmd::cargo::cargo_bin("oreo"))
        .current_dir(place.path(""))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Exit status 2, one line with the file and all of `parts` and a remedy, and nothing is made.
fn refuses(place: &Workplace, file: &str, more: &str, variant: &str, parts: &[&str]) {
    let ended = train(place, file, more, variant);
    assert_eq!(ended.code, 2, "{file}: {}{}", ended.stdout, ended.stderr);
    ended.is_one_clear_line(&[&[file, ";"], parts].concat());
    assert!(!place.path("run").exists(), "{file}: {}", ended.stderr);
}

fn forces_only(place: &Workplace, file: &str, parts: &[&str]) {
    refuses(place, file, "", "torchmdnet", parts);
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(repository(&format!("training/tests/data/{name}"))).unwrap()
}

fn ethanol() -> DataSet {
    let path = repository("training/tests/data/rmd17_ethanol_10.npz");
    load(path, &ReadOptions::default()).unwrap()
}

/// Frames 0 to 3 as extended XYZ, after a change of the numbers of each atom.
fn extxyz(mut change: impl FnMut(usize, usize, &mut [f64; 3], &mut [f64; 3])) -> String {
    let (set, mut text) = (ethanol(), String::new());
    for frame in 0..4 {
        let energy = set.energy(frame).unwrap();
        let _ = writeln!(
            text,
            "9\nProperties=species:S:1:pos:R:3:forces:R:3 energy={energy}"
        );
        for (atom, element) in set.elements(frame).iter().enumerate() {
            let mut r = set.positions(frame)[atom].into();
            let mut f = set.forces(frame).unwrap()[atom].into();
            change(frame, atom, &mut r, &mut f);
            let [r, f] = [r, f].map(|v: [f64; 3]| format!("{} {} {}", v[0], v[1], v[2]));
            let _ = writeln!(text, "{} {r} {f}", element.symbol());
        }
    }
    text
}

/// As MD17: `z R F`, kcal/mol and Å unless the units say otherwise.
fn npz(place: &Workplace, name: &str, shape: [usize; 3], z: &[i64], r: &[f64], f: &[f64]) {
    let energies = vec![0.0; shape[0]];
    let atoms = [z.len()];
    let arrays = [
        ("z", &atoms[..], NpzArray::I64(z)),
        (
            "R",
            &[r.len() / 3 / z.len().max(1), z.len(), 3][..],
            NpzArray::F64(r),
        ),
        ("E", &shape[..1], NpzArray::F64(&energies)),
        ("F", &shape[..], NpzArray::F64(f)),
    ];
    write_npz(place.path(name), &arrays).unwrap();
}

/// z, R (Å) and F (kcal/mol/Å) of four frames.
fn arrays() -> (Vec<i64>, Vec<f64>, Vec<f64>) {
    let set = ethanol();
    let numbers = set.elements(0).iter();
    let z = numbers
        .map(|element| element.atomic_number() as i64)
        .collect();
    let r = (0..4).flat_map(|k| set.positions(k).iter().flatten().copied());
    let f = (0..4).flat_map(|k| set.forces(k).unwrap().iter().flatten());
    let (r, f) = (r.collect(), f.map(|x| x / KCAL).collect());
    (z, r, f)
}

/// The first place of a number in a file.
fn at(bytes: &[u8], number: [u8; 8]) -> usize {
    let place = bytes.windows(8).position(|window| window == number);
    place.expect("the number is in the file")
}

/// What this file makes is taken when nothing is wrong with it: without this, every refusal below might be of something else.
#[test]
fn the_same_files_without_the_mistake_are_trained_on() {
    for (name, more, variant) in [
        ("good.extxyz", "", "torchmdnet"),
        ("good.npz", "", "torchmdnet"),
        (
            "good.h5",
            "units = \"hartree,A,hartree/bohr\"",
            "torchmdnet",
        ),
        ("good.opack", "", "torchmdnet"),
        ("good.sdf", "", "et-oreo"),
    ] {
        let place = Workplace::new();
        place.write("good.extxyz", extxyz(|_, _, _, _| {}));
        let (z, r, f) = arrays();
        npz(&place, "good.npz", [4, 9, 3], &z, &r, &f);
        place.write("good.h5", fixture("species_layout.h5"));
        place.write("good.sdf", fixture("two_molecules.sdf"));
        assert_eq!(place.oreo("convert good.extxyz good.opack").code, 0);
        let ended = train(&place, name, more, variant);
        assert_eq!(ended.code, 0, "{name}: {}", ended.stderr);
        assert!(place.path("run/last.safetensors").exists());
    }
}

/// An exact packed file is its source for training, too: the same weights to the bit.
#[test]
fn packed_and_unpacked_frames_train_the_same_weights() {
    let place = Workplace::new();
    place.write("frames.extxyz", extxyz(|_, _, _, _| {}));
    let packing = "convert frames.extxyz frames.opack --precision f64";
    assert_eq!(place.oreo(packing).code, 0);
    let tensors = ["frames.extxyz", "frames.opack"].map(|file| {
        let ended = train(&place, file, "", "torchmdnet");
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let weights = Weights::load(place.path("run/last.safetensors")).unwrap();
        std::fs::remove_dir_all(place.path("run")).unwrap();
        weights.tensors
    });
    assert!(tensors[0] == tensors[1]);
}

#[test]
fn numbers_that_are_none() {
    let place = Workplace::new();
    let nan_at = |frame, atom| {
        extxyz(move |f, a, r, _| {
            if (f, a) == (frame, atom) {
                r[1] = f64::NAN;
            }
        })
    };
    place.write("r.extxyz", nan_at(2, 4));
    forces_only(&place, "r.extxyz", &["line 29"]);
    let (z, r, mut f) = arrays();
    f[2 * 27 + 13] = f64::NAN;
    npz(&place, "f.npz", [4, 9, 3], &z, &r, &f);
    forces_only(&place, "f.npz", &["frame 2", "atom 4", "NaN"]);
    // In HDF5 a row without a label is left out, as ANI-1x has them; positions must be there.
    let mut bytes = fixture("species_layout.h5");
    let place_of = at(&bytes, ethanol().positions(3)[0].x.to_le_bytes());
    bytes[place_of..place_of + 8].copy_from_slice(&f64::NAN.to_le_bytes());
    place.write("r.h5", bytes);
    let units = "units = \"hartree,A,hartree/bohr\"";
    refuses(
        &place,
        "r.h5",
        units,
        "torchmdnet",
        &["ethanol/run-1", "row 3"],
    );
}

/// Forces in hartree/bohr where kcal/mol/Å are declared, and more of the kind.
#[test]
fn units_that_do_not_fit_the_numbers() {
    let place = Workplace::new();
    let (z, r, f) = arrays();
    let scaled = |list: &[f64], factor: f64| list.iter().map(|x| factor * x).collect::<Vec<_>>();
    let hartree_per_bohr = scaled(&f, KCAL / 27.211386 * BOHR);
    npz(&place, "f.npz", [4, 9, 3], &z, &r, &hartree_per_bohr);
    forces_only(
        &place,
        "f.npz",
        &["forces are in kcal/mol/Å", "units under [[data]]"],
    );
    npz(
        &place,
        "bohr.npz",
        [4, 9, 3],
        &z,
        &scaled(&r, 1.0 / BOHR),
        &f,
    );
    forces_only(
        &place,
        "bohr.npz",
        &["positions are in Å", "bohr would fit"],
    );
    // The remedy that was named.
    let declared = "units = \"kcal/mol,bohr,kcal/mol/A\"";
    assert_eq!(train(&place, "bohr.npz", declared, "torchmdnet").code, 0);
    std::fs::remove_dir_all(place.path("run")).unwrap();
    place.write("ev.extxyz", extxyz(|_, _, _, f| *f = f.map(|x| x / KCAL)));
    forces_only(
        &place,
        "ev.extxyz",
        &["forces are in eV/Å", "kcal/mol would fit"],
    );
    place.write("s.h5", fixture("species_layout.h5"));
    forces_only(&place, "s.h5", &["units are not known", "[[data]]"]);
    let wrong = "units = \"eV,A\"";
    refuses(
        &place,
        "s.h5",
        wrong,
        "torchmdnet",
        &["root mean square force"],
    );
    place.write("m.sdf", fixture("two_molecules.sdf"));
    refuses(&place, "m.sdf", wrong, "et-oreo", &["SDF", "units"]);
    let unknown = "units = \"eV,furlong\"";
    let ended = train(&place, "s.h5", unknown, "torchmdnet");
    assert_eq!(ended.code, 2);
    ended.is_one_clear_line(&["c.toml:", "furlong"]);
}

#[test]
fn nothing_at_all() {
    let place = Workplace::new();
    for name in ["a.npz", "a.extxyz", "a.xyz.gz", "a.h5", "a.opack", "a.sdf"] {
        place.write(name, "");
        forces_only(&place, name, &["empty"]);
    }
    npz(&place, "none.npz", [0, 9, 3], &arrays().0, &[], &[]);
    forces_only(&place, "none.npz", &["frames"]);
    std::fs::create_dir(place.path("folder")).unwrap();
    forces_only(&place, "folder", &["no .xyz files"]);
}

#[test]
fn shapes_that_do_not_fit_each_other() {
    let place = Workplace::new();
    let (z, r, f) = arrays();
    npz(&place, "f.npz", [3, 9, 3], &z, &r, &f[..81]);
    forces_only(&place, "f.npz", &["'F'", "(3, 9, 3)"]);
    npz(&place, "z.npz", [4, 9, 3], &z[..8], &r[..96], &f);
    forces_only(&place, "z.npz", &["(4, 9, 3)"]);
    let text = extxyz(|_, _, _, _| {});
    place.write("n.extxyz", text.replacen("9\n", "8\n", 1));
    forces_only(&place, "n.extxyz", &["line 11"]);
    let some_without = text.replacen(":forces:R:3", ":other:R:3", 1);
    place.write("some.extxyz", some_without);
    forces_only(&place, "some.extxyz", &["frame 1", "forces"]);
}

#[test]
fn elements_that_nobody_knows() {
    let place = Workplace::new();
    let (mut z, r, f) = arrays();
    z[3] = 200;
    npz(&place, "z.npz", [4, 9, 3], &z, &r, &f);
    forces_only(&place, "z.npz", &["200"]);
    let text = extxyz(|_, _, _, _| {});
    place.write("x.extxyz", text.replacen("\nO ", "\nXx ", 1));
    forces_only(&place, "x.extxyz", &["line 5", "'Xx'"]);
    // An element, but none that the given weights have a place for.
    let config = Config {
        channels: 8,
        layers: 1,
        heads: 2,
        radial_functions: 4,
        max_z: 9,
        ..Config::et_oreo()
    };
    let weights = Weights::random(config, 1);
    weights.save(place.path("w.safetensors")).unwrap();
    let second = text.find("\n9\n").unwrap() + 1;
    let heavy = text[second..].replacen("\nO ", "\nS ", 1);
    place.write("heavy.extxyz", format!("{}{heavy}", &text[..second]));
    let from_new = self::config("heavy.extxyz", "", "torchmdnet");
    let (from, to) = (
        from_new.find("[network]").unwrap(),
        from_new.find("[[data]]").unwrap(),
    );
    let from_weights = format!("init = \"w.safetensors\"\n{}", &from_new[to..]);
    place.write("c.toml", format!("{}{from_weights}", &from_new[..from]));
    place.refuses(
        "train c.toml",
        &["heavy.extxyz", "frame 1", "has S", "max_z"],
    );
    assert!(!place.path("run").exists());
}

#[test]
fn archives_that_end_early() {
    let place = Workplace::new();
    place.write("whole.extxyz", extxyz(|_, _, _, _| {}));
    for name in ["whole.opack", "whole.npz"] {
        assert_eq!(place.oreo(&format!("convert whole.extxyz {name}")).code, 0);
    }
    place.write("whole.h5", fixture("ani1x_layout.h5"));
    place.write("whole.sdf", fixture("two_molecules.sdf"));
    place.write(
        "whole.xyz.gz",
        std::fs::read(repository("formats/tests/data/ase_open.xyz.gz")).unwrap(),
    );
    for name in ["opack", "npz", "h5", "sdf", "xyz.gz", "extxyz"] {
        let whole = place.read(&format!("whole.{name}"));
        for part in [0.3, 0.6, 0.97] {
            let file = format!("cut.{name}");
            place.write(&file, &whole[..(part * whole.len() as f64) as usize]);
            forces_only(&place, &file, &[]);
        }
    }
}

#[test]
fn damage_inside_an_archive() {
    let place = Workplace::new();
    place.write("whole.extxyz", extxyz(|_, _, _, _| {}));
    place.oreo("convert whole.extxyz d.opack");
    let mut bytes = place.read("d.opack");
    bytes[160 + 2 * (24 + 9 + 24 * 9) + 50] ^= 1;
    place.write("d.opack", bytes);
    forces_only(&place, "d.opack", &["frame 2", "checksum"]);
}

/// Anywhere in the file, not only among a sample of it.
#[test]
fn atoms_that_are_there_twice() {
    let place = Workplace::new();
    let mut first = [0.0; 3];
    let text = extxyz(|frame, atom, r, _| match (frame, atom) {
        (3, 0) => first = *r,
        (3, 5) => *r = first,
        _ => {}
    });
    place.write("twice.extxyz", text);
    forces_only(
        &place,
        "twice.extxyz",
        &["frame 3", "0 and 5", "0.000 Å apart"],
    );
}

#[test]
fn labels_that_the_objective_needs() {
    let place = Workplace::new();
    place.write("qm9.npz", fixture("qm9_first_7.npz"));
    forces_only(&place, "qm9.npz", &["frame 0", "without forces"]);
    let text = extxyz(|_, _, _, _| {}).replace(":forces:R:3", ":other:R:3");
    place.write("energies.extxyz", &text);
    forces_only(&place, "energies.extxyz", &["frame 0", "without forces"]);
    // Forces for an objective of equilibrium structures only.
    place.write("forces.extxyz", extxyz(|_, _, _, _| {}));
    let nothing_asked = "forces = 0.0\nzero-force = 1.0";
    let text = config("forces.extxyz", "", "et-ore");
    let variant = "variant = \"et-ore\"";
    place.write(
        "c.toml",
        text.replace(variant, &format!("{variant}\n{nothing_asked}")),
    );
    place.refuses("train c.toml", &["forces.extxyz", "frame 0", ";"]);
}

/// Sizes in a header are claims. Under the limit of address space, believing them would end the program.
#[test]
fn sizes_that_nobody_has() {
    let place = Workplace::new();
    let text = extxyz(|_, _, _, _| {});
    place.write("n.extxyz", text.replacen("9\n", "999999999999\n", 1));
    forces_only(&place, "n.extxyz", &["999999999999"]);
    let (z, r, f) = arrays();
    npz(&place, "n.npz", [4, 9, 3], &z, &r, &f);
    let claim = |from: &str, to: &str| {
        let mut bytes = place.read("n.npz");
        let here = bytes.windows(from.len()).position(|w| w == from.as_bytes());
        let here = here.unwrap();
        bytes[here..here + to.len()].copy_from_slice(to.as_bytes());
        place.write("n.npz", bytes);
    };
    // R and F both, so that they agree: 900 GB.
    for _ in 0..2 {
        claim("(4, 9, 3), }         ", "(4000000000, 9, 3), }");
    }
    forces_only(&place, "n.npz", &[]);
    // A packed file with a right checksum in its header, and 2^60 conformations of 2^60 atoms.
    place.write("whole.extxyz", &text);
    place.oreo("convert whole.extxyz p.opack");
    let mut bytes = place.read("p.opack");
    bytes[16..24].copy_from_slice(&(1u64 << 60).to_le_bytes());
    let checksum = crc32fast::hash(&bytes[..156]);
    bytes[156..160].copy_from_slice(&checksum.to_le_bytes());
    place.write("p.opack", bytes);
    forces_only(&place, "p.opack", &["overlap or leave gaps"]);
    // An HDF5 file whose arrays all claim 2^50 rows: version 1, rank, flags, padding, sizes, largest sizes.
    let mut bytes = fixture("species_layout.h5");
    let mut claims = 0;
    for here in 0..bytes.len() - 24 {
        let rank = usize::from(bytes[here + 1]);
        let padding = bytes[here + 3..here + 8] == [0; 5];
        let rows = bytes[here + 8..here + 16] == 4u64.to_le_bytes();
        if bytes[here] == 1 && [1, 3].contains(&rank) && padding && rows {
            for size in [here + 8, here + 8 + 8 * rank] {
                bytes[size..size + 8].copy_from_slice(&(1u64 << 50).to_le_bytes());
            }
            claims += 1;
        }
    }
    assert_eq!(claims, 3, "positions, energies, forces");
    place.write("n.h5", bytes);
    refuses(
        &place,
        "n.h5",
        "units = \"hartree,A,hartree/bohr\"",
        "torchmdnet",
        &[],
    );
    let text = String::from_utf8(fixture("two_molecules.sdf")).unwrap();
    place.write("n.sdf", text.replacen("  5  0", "999  0", 1));
    forces_only(&place, "n.sdf", &["frame 0", "of 999"]);
}
