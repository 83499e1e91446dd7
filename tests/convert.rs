//! `oreo convert` through the program: what goes in comes out, what gets lost is said, nothing is overwritten.

#[path = "common/program.rs"]
mod program;

use oreo::core::{Frame, Vec3};
use oreo::formats::{load, read_frames, ReadOptions};
use oreo::potentials::oreo::Weights;
use program::{file, json, oreo, refusal, ETHANOL, MODEL};
use std::path::PathBuf;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str) -> String {
        self.0.path().join(name).to_string_lossy().into_owned()
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn convert(words: &[&str]) -> serde_json::Value {
    json(&[&["convert"], words].concat())
}

fn data(name: &str) -> String {
    file(&format!("potentials/tests/data/{name}"))
}

/// Catches a record that is lost, an origin that is overwritten, and elements in the order in which they were typed.
#[test]
fn both_layouts_of_checkpoints_become_safetensors_with_a_record() {
    let folder = Folder::new();
    let expected = Weights::load(data("small_et.safetensors")).unwrap();
    for source in ["small_et_2023layout.ckpt", "small_et_today.ckpt"] {
        let output = folder.file(&format!("{source}.safetensors"));
        let report = convert(&[&data(source), &output, "--elements", "O H C"]);
        let weights = Weights::load(&output).unwrap();
        assert_eq!(weights.tensors, expected.tensors);
        assert_eq!(weights.record["elements"], "H C O");
        let digest = report["input_sha256"].as_str().unwrap();
        assert_eq!(
            weights.record["origin"],
            format!("{source} (SHA-256 {digest})")
        );
        assert_eq!(report["output_sha256"], weights.sha256.as_str());
        assert_eq!(report["stored_as"], "F32");
    }
}

#[test]
fn every_unused_tensor_is_named() {
    let folder = Folder::new();
    let words = [
        "convert",
        &data("small_et_today.ckpt"),
        &folder.file("a.safetensors"),
    ];
    let output = oreo(&words).success();
    let said = String::from_utf8(output.get_output().stderr.clone()).unwrap();
    let line = "tensor 'representation_model.distance.box' is not used and left out";
    assert!(said.contains(line), "{said}");
}

/// The way there and back keeps every number and the record. Catches strides of the wrong axis and a float written
/// little-endian: the cutoff would not be 5.
#[test]
fn a_checkpoint_written_here_is_read_back_in_either_precision() {
    let folder = Folder::new();
    let original = Weights::load(file(MODEL)).unwrap();
    for precision in ["f32", "f64"] {
        let checkpoint = folder.file(&format!("{precision}.ckpt"));
        convert(&[&file(MODEL), &checkpoint, "--precision", precision]);
        let found = Weights::load(&checkpoint).unwrap();
        assert_eq!(found.tensors, original.tensors);
        assert_eq!(found.config, original.config);
        assert_eq!(found.record["elements"], "H C O");
        assert!(found.record["origin"].ends_with(&original.record["origin"]));
        assert_eq!(found.unused, ["representation_model.distance.box"]);
    }
}

#[test]
fn the_precision_of_weights_is_as_asked_for() {
    let folder = Folder::new();
    let double = folder.file("double.safetensors");
    let report = convert(&[&data("small_et.safetensors"), &double, "--precision", "f64"]);
    assert_eq!(report["stored_as"], "F64");
    let single = folder.file("single.safetensors");
    let report = convert(&[&double, &single, "--precision", "f32"]);
    assert_eq!(
        (&report["stored_as"], &report["rounded_numbers"]),
        (&"F32".into(), &0.into())
    );
    assert!(std::fs::metadata(&double).unwrap().len() > std::fs::metadata(&single).unwrap().len());
}

/// In both kinds of file. Caught when planted: the file written in f32 whatever was asked for, and a second rounding that
/// records the rounded file as its source.
#[test]
fn a_model_is_rounded_to_f16_once_and_says_so() {
    let folder = Folder::new();
    let original = Weights::load(file(MODEL)).unwrap();
    for extension in ["safetensors", "ckpt"] {
        let (rounded, again) = (
            folder.file(&format!("rounded.{extension}")),
            folder.file(&format!("again.{extension}")),
        );
        let report = convert(&[&file(MODEL), &rounded, "--precision", "f16"]);
        let (rounding, stored_as) = (&report["rounding"], &report["stored_as"]);
        assert_eq!(stored_as, "F16 matrices");
        assert_eq!(report["rounded_numbers"], rounding["changed"]);
        let number = |key: &str| rounding[key].as_f64().unwrap();
        assert!(number("changed") > 0.9 * number("numbers"));
        assert!((1e-4..4.9e-4).contains(&number("largest_relative_change")));
        let bytes = |key: &str| report[key].as_f64().unwrap();
        assert!(bytes("output_bytes") < 0.7 * bytes("input_bytes"));
        let weights = Weights::load(&rounded).unwrap();
        assert!(weights.matrices_are_f16() && weights.tensors != original.tensors);
        assert_eq!(weights.record["rounded_from_sha256"], original.sha256);

        let found = json(&["inspect", &rounded]);
        assert_eq!(found["stored_as"], "matrices f16, rest f32");
        assert_eq!(found["record"]["matrices_rounded_to"], "f16");

        let output = oreo(&["convert", &rounded, &again, "--precision", "f16"]).success();
        let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
        assert!(text.contains("nothing changed"), "{text}");
        let twice = Weights::load(&again).unwrap();
        assert_eq!(twice.tensors, weights.tensors);
        assert_eq!(twice.record["rounded_from_sha256"], original.sha256);
    }
    // Without being asked, a rounded model stays as small as it is.
    let (rounded, copy) = (folder.file("rounded.ckpt"), folder.file("copy.safetensors"));
    assert_eq!(convert(&[&rounded, &copy])["stored_as"], "F16 matrices");
}

/// Catches: a flag that changes nothing, numbers of the network that change with it, a TorchMD-NET file that does not say what is lost.
#[test]
fn lengths_are_smoothed_as_asked_for_and_the_rest_of_the_weights_stays() {
    let folder = Folder::new();
    let (smooth, checkpoint) = (
        folder.file("smooth.safetensors"),
        folder.file("smooth.ckpt"),
    );
    convert(&[&file(MODEL), &smooth, "--vector-smoothing", "0.001"]);
    let (before, after) = (
        Weights::load(file(MODEL)).unwrap(),
        Weights::load(&smooth).unwrap(),
    );
    assert_eq!(before.config.vector_smoothing, 0.0);
    assert_eq!(after.config.vector_smoothing, 0.001);
    assert_eq!(after.tensors, before.tensors);
    let found = json(&["inspect", &smooth]);
    assert_eq!(found["architecture"]["vector_smoothing"], 0.001);
    let output = oreo(&["convert", &smooth, &checkpoint]).success();
    let said = String::from_utf8(output.get_output().stderr.clone()).unwrap();
    assert!(
        said.contains("TorchMD-NET knows no vector_smoothing"),
        "{said}"
    );
    let line = refusal(&[
        "convert",
        &smooth,
        &checkpoint,
        "--overwrite",
        "--vector-smoothing=-1",
    ]);
    assert!(
        line.contains("--vector-smoothing") && line.contains("positive"),
        "{line}"
    );
}

#[test]
fn a_model_too_large_for_f16_is_not_rounded() {
    let folder = Folder::new();
    let (large, output) = (
        folder.file("large.safetensors"),
        folder.file("a.safetensors"),
    );
    let mut weights = Weights::load(data("small_et.safetensors")).unwrap();
    let name = "representation_model.neighbor_embedding.combine.weight";
    weights.tensors.get_mut(name).unwrap().values[5] = -70_000.0;
    weights.save(&large).unwrap();
    let line = refusal(&["convert", &large, &output, "--precision", "f16"]);
    let said = format!("large.safetensors: the tensor '{name}' holds -70000 at index 5");
    assert!(line.contains(&said), "{line}");
    assert_eq!(folder.names(), ["large.safetensors"]);
}

/// npz → extended XYZ → npz → extended XYZ: positions, energies and forces to the last bit.
#[test]
fn data_sets_survive_the_round_trip_to_the_bit() {
    let folder = Folder::new();
    let (first, npz, second) = (
        folder.file("a.extxyz"),
        folder.file("b.npz"),
        folder.file("c.extxyz"),
    );
    convert(&[&file(ETHANOL), &first]);
    convert(&[&first, &npz]);
    let report = convert(&[&npz, &second]);
    assert_eq!(
        (&report["frames"], &report["atoms"]),
        (&10.into(), &90.into())
    );
    assert_eq!(
        std::fs::read(&first).unwrap(),
        std::fs::read(&second).unwrap()
    );
    let options = ReadOptions::default();
    let (original, packed) = (
        load(file(ETHANOL), &options).unwrap(),
        load(&npz, &options).unwrap(),
    );
    for i in 0..10 {
        assert_eq!(original.frame(i), packed.frame(i));
    }
}

/// Catches frames 1, 4, 7 or 2, 5, 8 in place of 0, 3, 6, 9, and a time step that forgets `--every`.
#[test]
fn each_third_frame_keeps_its_time_in_a_dcd() {
    let folder = Folder::new();
    let (source, thinned) = (folder.file("all.xyz"), folder.file("some.dcd"));
    let mut text = String::new();
    for k in 0..10 {
        let comment = format!("step={} time_fs={}", 40 * k, 20 * k);
        text += &format!(
            "2\n{comment}\nO 0 0 0\nH {} 0 0\n",
            0.9 + 0.01 * f64::from(k)
        );
    }
    std::fs::write(&source, text).unwrap();
    let report = convert(&[&source, &thinned, "--every", "3"]);
    assert_eq!(
        (&report["frames_read"], &report["frames"]),
        (&10.into(), &4.into())
    );
    let back = folder.file("back.xyz");
    convert(&[&thinned, &back, "--topology", &source]);
    let frames: Vec<_> = read_frames(&back, &ReadOptions::default())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (k, frame) in frames.iter().enumerate() {
        assert!((frame.positions[1].x - (0.9 + 0.03 * k as f64)).abs() < 1e-6);
        assert_eq!(frame.step, Some(120 * k as u64));
        let femtoseconds = frame.time.unwrap() / oreo::core::units::FEMTOSECOND;
        assert!((femtoseconds - 60.0 * k as f64).abs() < 1e-3);
        assert_eq!(frame.elements[0].symbol(), "O");
    }
}

#[test]
fn gzip_is_read_and_cells_are_kept() {
    let folder = Folder::new();
    let written = folder.file("a.xyz");
    convert(&[&file("formats/tests/data/ase_open.xyz.gz"), &written]);
    convert(&[
        &file("formats/tests/data/ase_tilted.extxyz"),
        &written,
        "--overwrite",
    ]);
    let read = |path: &str| {
        let frames = read_frames(path, &ReadOptions::default()).unwrap();
        frames.map(Result::unwrap).collect::<Vec<_>>()
    };
    let (before, after) = (
        read(&file("formats/tests/data/ase_tilted.extxyz")),
        read(&written),
    );
    assert_eq!(before.len(), 2);
    for (a, b) in before.iter().zip(&after) {
        assert_eq!(
            (&a.cell, &a.positions, &a.forces),
            (&b.cell, &b.positions, &b.forces)
        );
    }
    let line = refusal(&["convert", &written, &folder.file("b.npz")]);
    assert!(line.contains("has no cells"), "{line}");
}

fn frames_of(path: &str) -> Vec<Frame> {
    let frames = read_frames(path, &ReadOptions::default()).unwrap();
    frames.map(Result::unwrap).collect()
}

/// An atom that moves 4 Å a frame through a box of 10 Å: 0, 12, 24, 36 Å in frames 0, 3, 6, 9, and folded again as it was.
/// Planted, and seen to fail: paths followed over the written frames only, where each atom seems to go 2 Å.
#[test]
fn paths_are_followed_through_the_frames_that_are_left_out() {
    let folder = Folder::new();
    let (folded, straight, again) = (
        folder.file("a.xyz"),
        folder.file("b.xyz"),
        folder.file("c.xyz"),
    );
    let header = "Lattice=\"10 0 0 0 10 0 0 0 10\" pbc=\"T T T\"";
    let frame = |k: i32| format!("1\n{header}\nAr {} 5 5\n", 4 * k % 10);
    std::fs::write(&folded, (0..10).map(frame).collect::<String>()).unwrap();
    let output = oreo(&["convert", &folded, &straight, "--unwrap", "--stride", "3"]).success();
    let said = String::from_utf8(output.get_output().stderr.clone()).unwrap();
    assert!(
        said.contains("up to 0.40 of the height of the box"),
        "{said}"
    );
    let places: Vec<f64> = frames_of(&straight)
        .iter()
        .map(|f| f.positions[0].x)
        .collect();
    assert_eq!(places, [0.0, 12.0, 24.0, 36.0]);
    convert(&[&straight, &again, "--wrap"]);
    let places: Vec<f64> = frames_of(&again).iter().map(|f| f.positions[0].x).collect();
    assert_eq!(places, [0.0, 2.0, 4.0, 6.0]);
    // Alone, an atom is its own centre of mass: the middle of the box in every frame.
    convert(&[&folded, &again, "--center", "--overwrite"]);
    let middle = |frame: &Frame| (frame.positions[0].x - 5.0).abs() < 1e-9;
    assert!(frames_of(&again).iter().all(middle));
}

/// Catches a range that counts from one, ends before its last frame, or thins out from frame 0.
#[test]
fn a_range_of_frames_and_some_of_the_atoms_are_written() {
    let folder = Folder::new();
    let (source, some) = (folder.file("all.xyz"), folder.file("some.xyz"));
    let frame = |k: i32| {
        let comment = "Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.0";
        format!("3\n{comment} step={k}\nO 0 0 {k} 0 0 1\nH 1 0 {k} 0 0 2\nC 2 0 {k} 0 0 3\n")
    };
    std::fs::write(&source, (0..10).map(frame).collect::<String>()).unwrap();
    let range = ["--first", "3", "--last", "7", "--every", "2"];
    let report = convert(&[&[source.as_str(), &some], &range[..], &["--select", "C,0"]].concat());
    assert_eq!(
        (&report["frames_read"], &report["frames"]),
        (&8.into(), &3.into())
    );
    assert_eq!(report["atoms"], 6);
    let left_out = report["left_out"][0].as_str().unwrap();
    assert!(left_out.starts_with("energies"), "{left_out}");
    let found = frames_of(&some);
    let steps: Vec<_> = found.iter().map(|frame| frame.step.unwrap()).collect();
    assert_eq!(steps, [3, 5, 7]);
    let symbols: Vec<_> = found[1].elements.iter().map(|e| e.symbol()).collect();
    assert_eq!(symbols, ["O", "C"]);
    assert_eq!(found[1].positions[1].z, 5.0);
    assert_eq!(found[1].forces.as_ref().unwrap()[1].z, 3.0);
    assert_eq!(found[1].energy, None);
}

/// Water that tumbles about its own axis and flies away: on the first frame it lies still, and its velocities are those of
/// the first frame in every other. Catches velocities that are left as they were.
#[test]
fn a_tumbling_molecule_lies_still_on_its_first_frame() {
    let folder = Folder::new();
    let (source, still) = (folder.file("tumbling.xyz"), folder.file("still.xyz"));
    let shape = [("O", [0.0, 0.0]), ("H", [0.96, 0.0]), ("H", [-0.24, 0.93])];
    let frame = |k: i32| {
        let (sin, cos) = (0.7 * f64::from(k)).sin_cos();
        let mut text = "3\nProperties=species:S:1:pos:R:3:velocities:R:3\n".to_string();
        for (symbol, [x, y]) in shape {
            let (x, y) = (cos * x - sin * y, sin * x + cos * y);
            // Turning once in 628 fs.
            let v = [-0.01 * y, 0.01 * x];
            text += &format!(
                "{symbol} {} {y} {k} {} {} 0\n",
                x + f64::from(k),
                v[0],
                v[1]
            );
        }
        text
    };
    std::fs::write(&source, (0..8).map(frame).collect::<String>()).unwrap();
    convert(&[&source, &still, "--superpose", "--center"]);
    let found = frames_of(&still);
    let masses = [15.999, 1.008, 1.008];
    for frame in &found {
        let center: Vec3 = frame.positions.iter().zip(masses).map(|(r, m)| m * r).sum();
        assert!(center.norm() < 1e-9);
        for k in 0..3 {
            assert!((frame.positions[k] - found[0].positions[k]).norm() < 1e-9);
            let velocities = frame.velocities.as_ref().unwrap();
            assert!((velocities[k] - found[0].velocities.as_ref().unwrap()[k]).norm() < 1e-9);
        }
    }
}

#[test]
fn an_existing_file_is_kept_unless_told_otherwise_and_failures_leave_nothing() {
    let folder = Folder::new();
    let target = folder.file("a.xyz");
    std::fs::write(&target, "precious").unwrap();
    let line = refusal(&["convert", &file(ETHANOL), &target]);
    assert!(line.contains("replace it with --overwrite"), "{line}");
    let broken = folder.file("broken.xyz");
    std::fs::write(&broken, "1\n\nH 0 0 0\n2\n\nH 0 0 0\n").unwrap();
    refusal(&["convert", &broken, &target, "--overwrite"]);
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "precious");
    assert_eq!(folder.names(), ["a.xyz", "broken.xyz"]);
}

#[test]
fn what_makes_no_sense_is_refused_with_a_remedy() {
    let folder = Folder::new();
    let out = |name: &str| folder.file(name);
    let (dcd, small) = (
        file("formats/tests/data/mdanalysis_open.dcd"),
        data("small_et.safetensors"),
    );
    let mixed = folder.file("mixed.xyz");
    std::fs::write(&mixed, "1\n\nH 0 0 0\n1\n\nO 0 0 0\n").unwrap();
    let (safetensors, xyz) = (out("a.safetensors"), out("a.xyz"));
    let cases: [(&[&str], &str); 18] = [
        (&[&dcd, &xyz], "--topology FILE"),
        (
            &[&small, &safetensors, "--precision", "f16-weights"],
            "f16-weights",
        ),
        (&[&small, &safetensors, "--elements", "Xx"], "Xx"),
        (
            &[&small, &safetensors, "--every", "2"],
            "--every: has no meaning for weights",
        ),
        (
            &[&small, &xyz],
            "weights are written to .safetensors or .ckpt",
        ),
        (
            &[&file(ETHANOL), &safetensors],
            "frames are written to .xyz",
        ),
        (
            &[&file(ETHANOL), &xyz, "--elements", "H"],
            "--elements: has no meaning for frames",
        ),
        (&[&mixed, &out("a.dcd")], "different molecules"),
        (
            &[&file(ETHANOL), &xyz, "--wrap"],
            "frame 0: has no periodic cell",
        ),
        (
            &[&file(ETHANOL), &xyz, "--unwrap"],
            "and --unwrap no meaning",
        ),
        (
            &[&file(ETHANOL), &xyz, "--select", "0-9"],
            "no atom 9 to select",
        ),
        (
            &[&file(ETHANOL), &xyz, "--select", "N"],
            "none of the selected atoms",
        ),
        (
            &[&file(ETHANOL), &xyz, "--first", "10"],
            "has 10 frames, 0 to 9",
        ),
        (
            &[&file(ETHANOL), &xyz, "--first", "5", "--last", "4"],
            "is behind --last 4",
        ),
        (
            &[&small, &safetensors, "--superpose"],
            "--superpose: has no meaning for weights",
        ),
        (
            &[&file(ETHANOL), &out("a.opack"), "--center"],
            "--center: has no meaning",
        ),
        (&["/none.ckpt", &safetensors], "/none.ckpt: cannot be read"),
        (&[&small, "/none/a.safetensors"], "its folder is not there"),
    ];
    for (words, message) in cases {
        let line = refusal(&[&["convert"], words].concat());
        assert!(line.contains(message), "{words:?}: {line}");
    }
    assert_eq!(folder.names(), ["mixed.xyz"]);
    assert!(!PathBuf::from(xyz).exists());
}
