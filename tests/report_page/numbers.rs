//! What pages of runs say is what the analysis has found.

use super::html::{assert_alone, contents, floats, list, page};
use super::program::ETHANOL;
use super::runs::{ethanol, ethanol_against, folder, oreo, EXPLODING};
use serde_json::Value;
use std::fs;

/// Three more than the evenly spaced ones: two at the break and the last.
const MOST_FRAMES: usize = 203;

/// h(r) is in bins of 0.02 Å.
const BIN: f64 = 0.02;

fn sum(values: impl Iterator<Item = f32>) -> f64 {
    values.map(f64::from).sum()
}

/// The distribution in the page scores what analysis.json says. Catches a curve of another replica, bins that are cut
/// or shifted, and numbers in another order of bytes.
#[test]
fn the_page_is_one_file_and_its_curves_give_the_numbers_of_the_analysis() {
    let folder = folder();
    let run = folder.path().join("run");
    ethanol(&run, 0, "--steps 400 --every 2 --replicas 2");
    let page = page(&run);
    assert_alone(&page);
    let run = &contents(&page)["runs"][0];
    let reference = floats(&run["reference_h_r"]);
    assert_eq!((reference.len(), list(&run["replicas"]).len()), (500, 2));
    for (replica, numbers) in [0, 1].map(|k| (&run["replicas"][k], &run["analysis"]["replicas"][k]))
    {
        let own = floats(&replica["h_r"]);
        let differences = own.iter().zip(&reference).map(|(a, b)| (a - b).abs());
        let mae = BIN * sum(differences);
        let expected = numbers["h_r"]["h_r_mae"].as_f64().unwrap();
        assert!((mae - expected).abs() < 1e-4, "{mae}, {expected}");
        let pairs = list(&replica["pairs"]).iter();
        let parts = BIN * sum(pairs.flat_map(|part| floats(&part["density"])));
        assert!((parts - 1.0).abs() < 1e-3, "{parts}");
        let frames = list(&replica["movie"]["frames"]);
        assert!(frames.len() > 100 && frames.len() <= MOST_FRAMES);
        assert_eq!(frames.last().unwrap(), 200);
        let series = "potential_ev kinetic_ev conserved_ev t_vib_k rmsd_a bond_deviation_a";
        for name in series.split(' ') {
            assert_eq!(floats(&replica["series"][name]["y"]).len(), 201, "{name}");
        }
        // 500 K counted over 27 modes sit in the 21 that move.
        let targets = ["all", "vibration", "rotation", "translation"];
        let targets = targets.map(|part| replica["targets"][part].as_f64().unwrap());
        let expected = [500.0, 500.0 * 27.0 / 21.0, 0.0, 0.0];
        let off = targets.iter().zip(expected).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f64::max) < 1e-9, "{targets:?}");
    }
    let (verdict, headline) = (
        &run["verdict"],
        "Stable to the end, all 2 replicas: 0.2000 ps",
    );
    assert_eq!(
        (&verdict["state"], &verdict["headline"]),
        (&"stable".into(), &headline.into())
    );
    let record: Vec<_> = list(&run["card"]["weights"])
        .iter()
        .map(|line| &line[0])
        .collect();
    assert!(["sha256", "architecture"]
        .iter()
        .all(|key| record.contains(&&Value::from(*key))));
}

/// Frames with energies of two levels of theory, once as they were sampled and once as the level of their labels would have
/// them: the page has both curves, and what is between them is what analysis.json says. Catches the same curve twice, and
/// bonds of the frames as they are.
#[test]
fn the_reweighted_reference_is_in_the_page() {
    let folder = folder();
    let run = folder.path().join("run");
    ethanol_against(ETHANOL, &run, 0, "--steps 40 --every 2 --replicas 1");
    let run = &contents(&page(&run))["runs"][0];
    let shift = run["analysis"]["reference"]["reweighted"]["h_r_shift"]
        .as_f64()
        .unwrap();
    let [own, plain] = ["reweighted_h_r", "reference_h_r"].map(|name| floats(&run[name]));
    let found = BIN * sum(own.iter().zip(&plain).map(|(a, b)| (a - b).abs()));
    assert!(
        (found - shift).abs() < 1e-4 && shift > 1e-3,
        "{found}, {shift}"
    );
    for bond in list(&run["analysis"]["replicas"][0]["bond_lengths"]) {
        let [plain, reweighted] = ["reference_mean_a", "reweighted_mean_a"].map(|key| &bond[key]);
        assert!(reweighted.is_f64() && reweighted != plain, "{bond}");
    }
}

#[test]
fn the_verdict_of_a_broken_run_has_time_cause_and_atoms() {
    let folder = folder();
    let run = folder.path().join("hot");
    ethanol(&run, 3, &format!("{EXPLODING} 1"));
    let run = &contents(&page(&run))["runs"][0];
    assert_eq!(run["verdict"]["state"], "unstable");
    let stop = &run["analysis"]["replicas"][0]["stability"]["by_every_step"];
    let name = |atom: &Value| {
        let element = &run["molecule"]["elements"][atom.as_u64().unwrap() as usize];
        format!("{}{atom}", element.as_str().unwrap())
    };
    let atoms: Vec<_> = list(&stop["atoms"]).iter().map(name).collect();
    assert_eq!(atoms.len(), 2);
    let line = run["verdict"]["details"][0].as_str().unwrap();
    let names = format!("bond {} is", atoms.join("–"));
    assert!(
        line.contains(&format!("stopped at step {}", stop["step"])),
        "{line}"
    );
    assert!(line.contains(&names), "{line}");
}

/// A trajectory alone: 0.74 Å of the first frame is the reference, the third frame is 0.7 Å off.
#[test]
fn a_trajectory_is_judged_by_its_frames_and_keeps_those_around_the_break() {
    let folder = folder();
    let at = |d: f64| format!("2\n\nH 0 0 0\nH 0 0 {d}\n");
    let path = folder.path().join("h2.xyz");
    fs::write(&path, [0.74, 0.75, 1.44].map(at).concat()).unwrap();
    let words = [
        "analyze",
        path.to_str().unwrap(),
        "--frame-interval",
        "10 fs",
    ];
    oreo(&words, 0);
    let run = &contents(&page(&folder.path().join("h2-analysis")))["runs"][0];
    assert_eq!(run["verdict"]["headline"], "Unstable after 0.0100 ps");
    let line = run["verdict"]["details"][0].as_str().unwrap();
    let expected =
        "The trajectory: in saved frame 2 (0.0200 ps) bond H0–H1 is 1.440 Å long, 0.700 Å";
    assert!(line.starts_with(expected), "{line}");
    let frames = serde_json::json!([0, 1, 2]);
    assert_eq!(run["replicas"][0]["movie"]["frames"], frames);
    assert_eq!(run["card"], Value::Null);
}

/// A folder `<` in which there is a folder `script>…`: its path ends a script. Catches JSON that is not escaped.
#[test]
fn a_path_that_ends_a_script_stays_text() {
    let folder = folder();
    let name = "script><img src=x onerror=alert(1)>";
    let run = folder.path().join("a<").join(name);
    fs::create_dir_all(run.parent().unwrap()).unwrap();
    ethanol(&run, 0, "--steps 20 --every 10 --replicas 1");
    let page = page(&run);
    assert_alone(&page);
    assert!(!page.contains("<img") && page.contains("\\u003c/script>") && page.contains("&lt;img"));
    let target = &contents(&page)["runs"][0]["analysis"]["target"];
    assert!(target
        .as_str()
        .unwrap()
        .ends_with("<img src=x onerror=alert(1)>"));
}

#[test]
fn several_runs_share_a_page_and_keep_their_own_files() {
    let folder = folder();
    let [first, second, together] =
        ["first", "second", "together"].map(|name| folder.path().join(name));
    ethanol(&first, 0, "--steps 40 --every 10 --replicas 1");
    ethanol(&second, 0, "--steps 40 --every 10 --replicas 2 --seed 9");
    let [a, b, to] = [&first, &second, &together].map(|path| path.to_str().unwrap());
    fs::remove_file(first.join("analysis.json")).unwrap();
    let printed = oreo(&["analyze", a, b, "--output", to, "--json"], 0);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(list(&printed["runs"]).len(), 2);
    let own = fs::read(first.join("analysis.json")).unwrap();
    let own: Value = serde_json::from_slice(&own).unwrap();
    assert_eq!(own, printed["runs"][0]);
    let page = page(&together);
    assert_alone(&page);
    let contents = contents(&page);
    let labels: Vec<_> = list(&contents["runs"])
        .iter()
        .map(|run| &run["label"])
        .collect();
    assert_eq!(labels, ["first", "second"]);
    // Nothing is written over a report of one of them.
    oreo(&["analyze", a, b, "--output", a], 2);
    oreo(&["analyze", a, a, "--output", to], 2);
}
