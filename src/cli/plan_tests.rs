use super::choices::*;
use super::config_file;
use super::exit::{one_line, BadInput};
use super::layers::Layers;
use super::plan::*;
use super::settings::RunSettings;
use super::weights_source::WeightsSource;
use crate::built_in::BuiltIn;
use std::path::Path;

fn settings(text: &str) -> RunSettings {
    toml::from_str(text).unwrap()
}

const LEAST: &str = "structure = \"a.xyz\"\nweights = \"w.safetensors\"\nsteps = 10_000\n";

fn planned(flags: &str) -> Result<(Plan, Vec<String>), String> {
    layered(flags, None)
}

fn layered(flags: &str, file: Option<&str>) -> Result<(Plan, Vec<String>), String> {
    let flags = settings(&format!("{LEAST}{flags}"));
    let file = file.map(settings);
    let file = file.as_ref().map(|file| (Path::new("c.toml"), file));
    Plan::new(&Layers::new(&flags, file).unwrap()).map_err(|error| {
        assert!(error.is::<BadInput>(), "exit code 2");
        one_line(&error)
    })
}

fn refused(flags: &str) -> String {
    planned(flags).unwrap_err()
}

/// One plan of each kind, so that every branch of `to_settings` is taken.
const KINDS: [&str; 11] = [
    "",
    "preset = \"md17\"\nreference = \"r.npz\"\nlabels = \"md17\"\nunits = \"kcal/mol,A\"\nskip-unit-check = true",
    "integrator = \"nve\"\nvelocities = \"file\"\nformats = [\"dcd\", \"xyz\"]",
    "integrator = \"nve\"\ntemperature = \"77 K\"\nstability = \"none\"",
    "integrator = \"langevin\"\nthermostat-time = \"0.3 ps\"\nforce-cap = \"10 kcal/mol/A\"",
    "integrator = \"csvr\"\nvelocities = \"zero\"\nprecision = \"f64\"\nthreads = 2",
    "stability = \"rdf\"\nreference = \"r.xyz\"\nrdf-window = \"2 ps\"\nrdf-threshold = 0.3",
    "stability = \"rdf\"\nreference = \"r.xyz\"",
    "precision = \"f16-weights\"\nfilters = \"exact\"\npath = \"fused\"",
    "ensemble = [\"v.safetensors\", \"/u.ckpt\"]\nensemble-stop = \"0.5 eV/A\"",
    "chain-length = 2\nreplicas = 3\nseed = 9\nframe = 4\nwrite-forces = true\nskin = \"0.5 A\"\nfigure-width = \"3.35 in\"",
];

/// Catches a part that is left out of `to_settings`, which makes the recorded run start at test frames.
#[test]
fn a_split_says_at_which_reference_frames_replicas_start() {
    let typed = settings("reference = \"r.npz\"\nsplit = \"s.json\"\npart = \"validation\"");
    let (plan, _) = Plan::new(&Layers::new(&typed, None).unwrap()).unwrap();
    let Start::RandomReferenceFrame(Some(split)) = &plan.start else {
        panic!("{:?}", plan.start)
    };
    assert!(split.path.is_absolute() && split.path.ends_with("s.json"));
    assert_eq!(split.part, PartChoice::Validation);
    let (again, _) = Plan::new(&Layers::new(&plan.to_settings(), None).unwrap()).unwrap();
    assert_eq!(again.start, plan.start);
    assert!(plan.to_string().contains("of part validation of"));
    let default = RunSettings {
        part: None,
        ..typed.clone()
    };
    let (plan, _) = Plan::new(&Layers::new(&default, None).unwrap()).unwrap();
    assert_eq!(plan.to_settings().part, Some(PartChoice::Test));
    let alone = RunSettings {
        split: None,
        ..typed
    };
    let error = Plan::new(&Layers::new(&alone, None).unwrap()).unwrap_err();
    assert!(one_line(&error).contains("--part: has no effect without --split"));
    assert!(refused("split = \"s.json\"").contains("--split: has no effect with --structure"));
}

/// Planted: a setting left out of `to_settings` (skin) fails here.
#[test]
fn the_resolved_config_makes_the_same_plan_and_the_same_text() {
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        let (plan, _) = planned(kind).unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, plan.to_toml().unwrap()).unwrap();
        let read = config_file::read(&path).unwrap();
        let layers = Layers::new(&RunSettings::default(), Some((&path, &read))).unwrap();
        let (again, notes) = Plan::new(&layers).unwrap();
        assert_eq!(again, plan, "{kind}");
        assert_eq!(again.to_toml().unwrap(), plan.to_toml().unwrap());
        assert!(notes.is_empty(), "{notes:?}");
    }
}

#[test]
fn the_shortest_command_has_sensible_defaults() {
    let (plan, notes) = planned("").unwrap();
    assert_eq!(plan.timestep.femtoseconds(), 0.5);
    assert_eq!(plan.ensemble.choice(), IntegratorChoice::NoseHoover);
    assert_eq!(plan.temperature().unwrap().kelvins(), 300.0);
    assert_eq!(plan.dof, DofChoice::Physical);
    assert_eq!(
        (plan.replicas, plan.every, plan.compute.threads),
        (1, 100, 1)
    );
    let Start::Structure { path, frame: 0 } = &plan.start else {
        panic!("{:?}", plan.start)
    };
    assert!(path.is_absolute() && plan.output.ends_with("oreo-run"));
    assert!(notes.is_empty());
}

#[test]
fn only_a_structure_must_be_given() {
    let layers = Layers::new(&settings("weights = \"w\"\nsteps = 1"), None).unwrap();
    let error = Plan::new(&layers).unwrap_err().to_string();
    assert!(
        error.starts_with("no structure: give --structure FILE"),
        "{error}"
    );
    let layers = Layers::new(&settings("structure = \"a.xyz\""), None).unwrap();
    let (plan, notes) = Plan::new(&layers).unwrap();
    let general = WeightsSource::BuiltIn(BuiltIn::General);
    assert_eq!(plan.potential, PotentialPlan::Et(general));
    assert_eq!((plan.steps, notes.len()), (10_000, 0));
}

/// Planted: the name made an absolute path like any other fails here.
#[test]
fn built_in_weights_keep_their_name_in_the_resolved_config() {
    let folder = tempfile::tempdir().unwrap();
    let typed = settings("structure = \"a.xyz\"\nensemble = [\"w\", \"general\"]");
    let (plan, _) = Plan::new(&Layers::new(&typed, None).unwrap()).unwrap();
    let text = plan.to_toml().unwrap();
    assert!(text.contains("weights = \"general\"\n"), "{text}");
    let path = folder.path().join("config.toml");
    std::fs::write(&path, &text).unwrap();
    let read = config_file::read(&path).unwrap();
    let layers = Layers::new(&RunSettings::default(), Some((&path, &read))).unwrap();
    assert_eq!(Plan::new(&layers).unwrap().0, plan);
}

#[test]
fn zero_is_refused_where_it_means_nothing() {
    let without_steps = "structure = \"a\"\nweights = \"w\"\nsteps = 0";
    let layers = Layers::new(&settings(without_steps), None).unwrap();
    assert!(Plan::new(&layers).is_err());
    for key in [
        "every",
        "checkpoint-every",
        "replicas",
        "timestep",
        "temperature",
        "thermostat-time",
        "chain-length",
        "bond-threshold",
        "temperature-cap",
        "force-cap",
        "threads",
    ] {
        let error = refused(&format!("{key} = 0"));
        assert!(error.starts_with(&format!("--{key}: ")), "{error}");
    }
    assert!(refused("formats = []").contains("empty"));
}

#[test]
fn langevin_cannot_keep_the_md17_convention() {
    let error = refused("integrator = \"langevin\"\ndof = \"md17\"");
    assert!(error.contains("translation and rotation"), "{error}");
    for integrator in ["nve", "nose-hoover", "csvr"] {
        assert!(planned(&format!("integrator = \"{integrator}\"\ndof = \"md17\"")).is_ok());
    }
}

#[test]
fn options_without_effect_are_refused() {
    for (flags, key) in [
        (
            "integrator = \"nve\"\nthermostat-time = \"1 ps\"",
            "thermostat-time",
        ),
        ("integrator = \"nve\"\nchain-length = 3", "chain-length"),
        ("integrator = \"csvr\"\nchain-length = 3", "chain-length"),
        (
            "integrator = \"nve\"\nvelocities = \"file\"\ntemperature = 300",
            "temperature",
        ),
        ("rdf-window = \"1 ps\"", "rdf-window"),
        (
            "stability = \"none\"\nbond-threshold = 0.3",
            "bond-threshold",
        ),
        ("potential = \"lennard-jones\"", "weights"),
    ] {
        let error = refused(flags);
        assert!(
            error.starts_with(&format!("--{key}: has no effect")),
            "{error}"
        );
    }
}

/// Planted: the file laid over the flags instead of under them fails here.
#[test]
fn a_flag_that_overrides_the_file_drops_what_depended_on_it_with_a_note() {
    let file = "integrator = \"nose-hoover\"\nchain-length = 5\ntemperature = 300";
    let (plan, notes) = layered("integrator = \"nve\"", Some(file)).unwrap();
    assert_eq!(plan.ensemble, Ensemble::Nve);
    assert_eq!(
        notes,
        ["c.toml: chain-length is ignored with --integrator nve"]
    );
    let from_preset = "preset = \"md17\"\nintegrator = \"nve\"\nvelocities = \"zero\"";
    let (plan, notes) = planned(from_preset).unwrap();
    assert_eq!((plan.temperature(), notes.len()), (None, 1));
    let of_the_file = layered("", Some("integrator = \"nve\"\nchain-length = 5")).unwrap_err();
    assert!(
        of_the_file.starts_with("c.toml: chain-length: "),
        "{of_the_file}"
    );
}

#[test]
fn what_this_build_cannot_do_is_refused_and_not_replaced() {
    let cuda = "device = \"cuda:1\"\n";
    match cfg!(feature = "cuda") {
        true => {
            let (plan, _) = planned(cuda).unwrap();
            assert_eq!(plan.compute.device, DeviceChoice::Cuda(1));
        }
        false => assert!(refused(cuda).contains("no CUDA support")),
    }
    let reference = refused(&format!("{cuda}path = \"reference\""));
    assert!(reference.starts_with("--"), "{reference}");
    let half = refused("path = \"reference\"\nprecision = \"f16-weights\"");
    assert!(half.starts_with("--precision: f16-weights"), "{half}");
    assert!(half.contains("`oreo convert --precision f16` and use --precision f32"));
}

#[test]
fn the_fast_path_is_the_default_and_has_every_precision() {
    let (plan, _) = planned("device = \"auto\"\npath = \"auto\"").unwrap();
    assert_eq!(plan.compute, planned("").unwrap().0.compute);
    assert_eq!(plan.compute.device, DeviceChoice::Cpu);
    assert_eq!(plan.compute.path, PathChoice::Fused);
    assert_eq!(plan.compute.precision, PrecisionChoice::F32);
    assert_eq!(plan.compute.filters, Some(FiltersChoice::Table));
    for precision in ["f64", "f32", "f16-weights"] {
        let (plan, _) = planned(&format!("precision = \"{precision}\"")).unwrap();
        let compute = plan.compute;
        assert_eq!(compute.precision.to_string(), precision);
        assert_eq!(compute.path, PathChoice::Fused);
    }
}

#[cfg(feature = "candle")]
#[test]
fn the_reference_has_no_filters_to_choose() {
    let (plan, _) = planned("path = \"reference\"\nprecision = \"f64\"").unwrap();
    assert_eq!(plan.compute.path, PathChoice::Reference);
    assert_eq!(plan.compute.filters, None);
    let both = refused("path = \"reference\"\nfilters = \"exact\"");
    assert!(both.starts_with("--filters: has no effect with --path reference"));
    let file = Some("filters = \"exact\"");
    let (plan, notes) = layered("path = \"reference\"", file).unwrap();
    assert_eq!(plan.compute.filters, None);
    assert_eq!(notes, ["c.toml: filters is ignored with --path reference"]);
}

#[test]
fn long_time_steps_are_noted_and_absurd_ones_refused() {
    assert!(planned("timestep = \"2 fs\"").unwrap().1.is_empty());
    assert!(planned("timestep = \"4 fs\"").unwrap().1[0].contains("hydrogen"));
    assert!(refused("timestep = \"0.5 ps\"").contains("is the unit right?"));
}

#[test]
fn the_rdf_rule_needs_a_reference_and_no_rule_needs_no_cap() {
    assert!(refused("stability = \"rdf\"").contains("give --reference DATA"));
    let (plan, _) = planned("stability = \"none\"").unwrap();
    assert_eq!((plan.temperature_cap, plan.force_cap), (None, None));
    let (plan, _) = planned("").unwrap();
    assert_eq!(plan.temperature_cap.unwrap().kelvins(), 100_000.0);
    for wrong in ["nan", "inf", "0.0", "-1.0"] {
        let text = format!("stability = \"rdf\"\nreference = \"r\"\nrdf-threshold = {wrong}");
        assert!(refused(&text).starts_with("--rdf-threshold: "));
    }
}

#[test]
fn argon_needs_no_weights_and_has_no_bonds() {
    let text = "structure = \"ar.xyz\"\npotential = \"lennard-jones\"\nsteps = 10";
    let (plan, _) = Plan::new(&Layers::new(&settings(text), None).unwrap()).unwrap();
    assert_eq!(plan.potential, PotentialPlan::LennardJones);
    assert_eq!(plan.stability, StabilityRule::None);
}

/// Catches a level that nobody compares with, and a list that a flag shortened to nothing.
#[test]
fn networks_to_compare_come_with_their_level_or_not_at_all() {
    let (plan, _) = planned("ensemble = [\"v\", \"/u\"]\nensemble-stop = \"500 meV/A\"").unwrap();
    let here = std::path::absolute("v").unwrap();
    assert_eq!(plan.committee, [here, "/u".into()].map(WeightsSource::File));
    assert_eq!(plan.deviation_stop.unwrap().ev_per_angstrom(), 0.5);
    for (flags, problem) in [
        (
            "ensemble-stop = 0.5",
            "--ensemble-stop: has no effect without networks",
        ),
        ("ensemble = []", "--ensemble: is empty"),
        (
            "ensemble = [\"v\"]\nensemble-stop = 0",
            "--ensemble-stop: '0 eV/A' must be",
        ),
        (
            "ensemble = [\"v\", \"c.toml\"]",
            "--ensemble: c.toml is a config file",
        ),
    ] {
        let error = refused(flags);
        assert!(error.starts_with(problem), "{error}");
    }
    let argon = settings("structure = \"ar.xyz\"\npotential = \"lennard-jones\"\nsteps = 1");
    let file = settings("ensemble = [\"v\"]\nensemble-stop = 0.5");
    let layers = Layers::new(&argon, Some((Path::new("c.toml"), &file))).unwrap();
    let (plan, notes) = Plan::new(&layers).unwrap();
    assert!(plan.committee.is_empty() && plan.deviation_stop.is_none());
    assert_eq!(notes.len(), 2, "{notes:?}");
}
