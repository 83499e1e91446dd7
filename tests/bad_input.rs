//! Bad input gets one clear line that says what, where, and what to do; exit status 2; nothing is written or lost (V18).

mod program;

use program::{repository, weights, Workplace, ARGON, ETHANOL};
use std::fs;

/// `oreo run` on a structure with the shipped weights must refuse, and leave no folder behind.
fn refuses_structure(structure: &str, name: &str, parts: &[&str]) {
    let place = Workplace::new();
    place.write(name, structure);
    place.refuses(
        &format!(
            "run --structure {name} --weights {} --steps 5 --output out",
            weights()
        ),
        parts,
    );
    assert!(
        !place.path("out").exists(),
        "nothing is written before the input is checked"
    );
}

fn edited(from: &str, to: &str) -> String {
    assert!(ETHANOL.contains(from));
    ETHANOL.replacen(from, to, 1)
}

#[test]
fn wrong_unit_of_length() {
    let scaled = |factor: f64| {
        let atoms = ETHANOL.lines().skip(2).map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            let x: Vec<f64> = words[1..]
                .iter()
                .map(|word| factor * word.parse::<f64>().unwrap())
                .collect();
            format!("{} {} {} {}\n", words[0], x[0], x[1], x[2])
        });
        format!("9\n\n{}", atoms.collect::<String>())
    };
    refuses_structure(&scaled(1.889_726), "bohr.xyz", &["bohr.xyz", "bohr"]);
    refuses_structure(
        &scaled(0.1),
        "nm.xyz",
        &["nm.xyz", "atoms 0 (C) and", "Å apart", "not in Å"],
    );
}

#[test]
fn overlapping_atoms() {
    let text = edited("C -1.2854  0.2499  0.0000", "C  0.0072 -0.5687  0.0010");
    refuses_structure(
        &text,
        "a.xyz",
        &["a.xyz, frame 0", "atoms 0 (C) and 1 (C) are 0.001 Å apart"],
    );
}

#[test]
fn nan_positions() {
    refuses_structure(&edited("1.1304", "nan"), "a.xyz", &["a.xyz", "line 5"]);
}

#[test]
fn unknown_and_untrained_elements() {
    refuses_structure(
        &edited("O  1.1304", "Qq 1.1304"),
        "a.xyz",
        &["a.xyz", "line 5", "'Qq'"],
    );
    refuses_structure(
        &edited("O  1.1304", "S  1.1304"),
        "a.xyz",
        &["not made for S (atom 2)", "H C O"],
    );
}

#[test]
fn empty_truncated_and_misshapen_structures() {
    refuses_structure("", "a.xyz", &["a.xyz", "empty"]);
    refuses_structure(&ETHANOL[..ETHANOL.len() - 40], "a.xyz", &["a.xyz"]);
    refuses_structure(
        &edited("C -1.2854  0.2499  0.0000", "C -1.2854  0.2499"),
        "a.xyz",
        &["a.xyz", "line 4"],
    );
    refuses_structure(&edited("9\n", "nine\n"), "a.xyz", &["a.xyz", "line 1"]);
}

#[test]
fn frames_and_files_that_do_not_exist() {
    let place = Workplace::new();
    place.write("a.xyz", ETHANOL);
    let weights = weights();
    place.refuses(
        &format!("run --structure a.xyz --frame 3 --weights {weights} --steps 5"),
        &["a.xyz", "3"],
    );
    place.refuses(
        &format!("run --structure b.xyz --weights {weights} --steps 5"),
        &["structure", "b.xyz"],
    );
    place.refuses(
        "run --structure a.xyz --weights w.ckpt --steps 5",
        &["weights", "w.ckpt"],
    );
    place.refuses(
        &format!("run --structure a.xyz --weights {weights} --reference r.npz --steps 5"),
        &["r.npz"],
    );
}

#[test]
fn quantities_of_the_wrong_dimension() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let output = place
        .command("run --structure a.xyz --potential lennard-jones --steps 5 --timestep")
        .arg("500 K")
        .output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("--timestep") && stderr.contains("temperature"),
        "{stderr}"
    );
}

/// What would compute something else than was asked for.
#[cfg(feature = "candle")]
#[test]
fn paths_precisions_and_filters_that_exclude_each_other() {
    let place = Workplace::new();
    place.write("a.xyz", ETHANOL);
    let run = format!(
        "run --structure a.xyz --weights {} --steps 5 --output out --path reference",
        weights()
    );
    place.refuses(
        &format!("{run} --precision f16-weights"),
        &["--precision", "`oreo convert --precision f16`", "f32"],
    );
    place.refuses(
        &format!("{run} --filters table"),
        &["--filters: has no effect with --path reference"],
    );
    place.write("c.toml", "filters = \"splines\"\n");
    place.refuses("run c.toml", &["c.toml:1", "filters", "table"]);
    assert!(!place.path("out").exists());
}

#[test]
fn configs_with_mistakes_name_file_and_line() {
    let place = Workplace::new();
    place.write("c.toml", "steps = 5\ntimstep = \"0.5 fs\"\n");
    place.refuses(
        "run c.toml",
        &["c.toml:2", "timstep", "did you mean 'timestep'"],
    );
    place.write("c.toml", "steps = \"many\"\n");
    place.refuses("run c.toml", &["c.toml:1"]);
    place.write("c.toml", "steps = 5\n[broken\n");
    place.refuses("run c.toml", &["c.toml:2"]);
}

#[test]
fn weights_that_are_damaged() {
    let place = Workplace::new();
    place.write("a.xyz", ETHANOL);
    let good = fs::read(weights()).unwrap();
    let run = "run --structure a.xyz --weights w.safetensors --steps 5";
    place.write("w.safetensors", &good[..good.len() / 2]);
    place.refuses(run, &["w.safetensors"]);
    place.write("w.safetensors", b"");
    place.refuses(run, &["w.safetensors"]);
    place.write(
        "w.safetensors",
        b"not weights at all, but longer than a header",
    );
    place.refuses(run, &["w.safetensors"]);
}

#[test]
fn references_of_another_molecule() {
    let place = Workplace::new();
    let water = "3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n";
    place.write("water.xyz", water);
    place.write("ethanol.xyz", ETHANOL);
    let words = format!(
        "run --structure ethanol.xyz --reference water.xyz --weights {} --steps 5",
        weights()
    );
    place.refuses(&words, &["ethanol.xyz, frame 0 (C2H6O)", "H2O"]);
}

#[test]
fn velocities_that_are_not_there() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let words = "run --structure a.xyz --potential lennard-jones --steps 5 --velocities file";
    place.refuses(words, &["velocities", "--velocities maxwell"]);
}

#[test]
fn data_in_the_wrong_unit() {
    let place = Workplace::new();
    let excerpt = repository("formats/tests/data/rmd17_ethanol_10.npz");
    let words = format!(
        "evaluate --weights {} --data {}",
        weights(),
        excerpt.display()
    );
    assert_eq!(place.oreo(&words).code, 0);
    let wrong = format!("{words} --units eV,A");
    place.refuses(
        &wrong,
        &[
            "rmd17_ethanol_10.npz",
            "force",
            "kcal/mol would fit",
            "--units",
        ],
    );
    assert_eq!(place.oreo(&format!("{wrong} --skip-unit-check")).code, 0);
}

#[test]
fn a_folder_with_a_run_is_never_overwritten_by_accident() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let run = "run --structure a.xyz --potential lennard-jones --steps 20 --output out";
    assert_eq!(place.oreo(run).code, 0);
    let before = place.read("out/replica-0/trajectory.xyz");
    place.refuses(run, &["out is not empty", "--overwrite", "oreo resume"]);
    assert_eq!(before, place.read("out/replica-0/trajectory.xyz"));
    assert_eq!(place.oreo(&format!("{run} --overwrite")).code, 0);
    place.refuses("resume nowhere", &["nowhere", "config.toml"]);
}

#[test]
fn truncated_checkpoints_are_refused_and_the_previous_one_works() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let run = "run --structure a.xyz --potential lennard-jones --steps 40 --every 4 --checkpoint-every 10 --output";
    assert_eq!(place.oreo(&format!("{run} whole")).code, 0);
    assert_eq!(place.oreo(&format!("{run} out")).code, 0);
    let good = place.read("out/checkpoint.oreo");
    place.write("out/checkpoint.oreo", &good[..good.len() / 3]);
    place.refuses(
        "resume out",
        &["checkpoint.oreo", "damaged", "--from-previous"],
    );
    assert_eq!(
        place.read("out/replica-0/trajectory.xyz"),
        place.read("whole/replica-0/trajectory.xyz")
    );
    let ended = place.oreo("resume out --from-previous");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for file in [
        "replica-0/trajectory.xyz",
        "replica-0/trajectory.dcd",
        "replica-0/thermo.csv",
    ] {
        assert!(
            place.read(&format!("out/{file}")) == place.read(&format!("whole/{file}")),
            "{file}"
        );
    }
}

#[test]
fn other_weights_or_reference_cannot_continue_a_run() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    place.write("r.xyz", format!("{ARGON}{ARGON}"));
    let run =
        "run --structure a.xyz --reference r.xyz --potential lennard-jones --steps 10 --output out";
    assert_eq!(place.oreo(run).code, 0);
    place.write("r.xyz", format!("{ARGON}{ARGON}{ARGON}"));
    place.refuses(
        "resume out --steps 20",
        &["reference", "not the one that this run began with"],
    );
}

#[test]
fn a_run_cannot_be_resumed_as_another_one() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let run = "run --structure a.xyz --potential lennard-jones --steps 20 --every 5 --output out";
    assert_eq!(place.oreo(run).code, 0);
    let config = place.read("out/config.toml");
    place.refuses(
        "run --output out --resume --temperature 400",
        &["temperature was", "300 K", "cannot change"],
    );
    place.refuses(
        "run --output out --resume --timestep 1",
        &["timestep was", "cannot change"],
    );
    place.refuses("resume out --steps 10", &["20 steps are done already"]);
    assert!(
        config == place.read("out/config.toml"),
        "a refusal changes nothing"
    );
    let before = place.read("out/summary.json");
    let idle = place.oreo("resume out");
    assert!(
        idle.code == 0 && idle.stderr.contains("nothing to do"),
        "{}",
        idle.stderr
    );
    assert!(
        before == place.read("out/summary.json"),
        "the record of the run stays"
    );
    assert_eq!(place.oreo("run --output out --resume --steps 30").code, 0);
}

/// Catches files that are removed before the lock is taken.
#[test]
fn overwriting_a_run_that_is_going_on_is_refused_and_harms_nothing() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let run = "run --structure a.xyz --potential lennard-jones --steps 20 --output out";
    assert_eq!(place.oreo(run).code, 0);
    let lock = fs::File::create(place.path("out/.lock")).unwrap();
    lock.lock().unwrap();
    place.refuses(&format!("{run} --overwrite"), &["out", "in use"]);
    assert!(
        place.path("out/config.toml").exists()
            && place.path("out/replica-0/trajectory.xyz").exists()
    );
}

#[test]
fn a_start_in_another_order_than_the_reference_is_a_mistake_and_no_instability() {
    let place = Workplace::new();
    place.write("ethanol.xyz", ETHANOL);
    let swapped = edited(
        "C  0.0072 -0.5687  0.0000\nC -1.2854  0.2499  0.0000",
        "C -1.2854  0.2499  0.0000\nC  0.0072 -0.5687  0.0000",
    );
    place.write("swapped.xyz", swapped);
    let words = format!(
        "run --structure swapped.xyz --reference ethanol.xyz --weights {} --steps 5",
        weights()
    );
    place.refuses(
        &words,
        &["swapped.xyz, frame 0", "bond", "order of the reference"],
    );
}

/// Linux has a device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_run_and_names_the_file() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let run = "run --structure a.xyz --potential lennard-jones --steps 4000 --every 1 --formats xyz --output out";
    assert_eq!(place.oreo(&run.replace("4000", "10")).code, 0);
    fs::remove_file(place.path("out/log.txt")).unwrap();
    std::os::unix::fs::symlink("/dev/full", place.path("out/log.txt")).unwrap();
    let ended = place.oreo("resume out --steps 20");
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    ended.is_one_clear_line(&["log.txt", "No space left"]);
}

/// Root may write everywhere, so the test only says something for ordinary users.
#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    fs::create_dir(place.path("locked")).unwrap();
    fs::set_permissions(place.path("locked"), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(place.path("locked/probe"), "").is_ok() {
        println!("skipped: this user may write everywhere");
        return;
    }
    let run = "run --structure a.xyz --potential lennard-jones --steps 4 --output locked/out";
    place.refuses(run, &["locked/out", "ermission"]);
}
