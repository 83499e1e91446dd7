//! `report.html`: one file that works alone. What is in it is read from its JSON; that it works is seen in Chromium where
//! there is one (`OREO_CHROMIUM`, or on the path), by the page's own check: `report.html#self-check`.
#![cfg(all(feature = "cli", feature = "candle"))]

#[path = "common/program.rs"]
mod program;

use assert_cmd::Command;
use program::{file, MODEL};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const REFERENCE: &str = "examples/data/rmd17_ethanol_1000.npz";
const MEGABYTES: usize = 8;
/// Three more than the evenly spaced ones: two at the break and the last.
const MOST_FRAMES: usize = 203;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs the program; panics unless it ends with this status.
fn oreo(words: &[&str], status: i32) -> String {
    let output = Command::cargo_bin("oreo").unwrap().args(words).output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{words:?}: {text}");
    String::from_utf8(output.stdout).unwrap()
}

/// Ethanol by a real network; `more` are flags of `oreo run`.
fn ethanol(output: &Path, status: i32, more: &[&str]) {
    let (weights, reference) = (file(MODEL), file(REFERENCE));
    let output = output.to_str().unwrap();
    let words = [
        "run",
        "--preset",
        "md17",
        "--weights",
        &weights,
        "--reference",
        &reference,
        "--output",
        output,
    ];
    oreo(&[&words[..], more].concat(), status);
}

fn page(folder: &Path) -> String {
    fs::read_to_string(folder.join("report.html")).unwrap()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start}")) + start.len();
    let length = text[from..].find(end).unwrap_or_else(|| panic!("no {end}"));
    &text[from..from + length]
}

fn contents(page: &str) -> Value {
    let json = between(
        page,
        "<script type=\"application/json\" id=\"page-contents\">",
        "</script>",
    );
    serde_json::from_str(json).unwrap()
}

/// RFC 4648, to floats.
fn floats(text: &Value) -> Vec<f32> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("{c} is not base64"),
    };
    let text = text.as_str().unwrap().trim_end_matches('=');
    let bits = text
        .bytes()
        .flat_map(|c| (0..6).rev().map(move |k| value(c) >> k & 1));
    let bits: Vec<u8> = bits.collect();
    let byte = |bits: &[u8]| bits.iter().fold(0, |byte, bit| byte << 1 | bit);
    let bytes: Vec<u8> = bits.chunks_exact(8).map(byte).collect();
    let float = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
    bytes.chunks_exact(4).map(float).collect()
}

/// Nothing is loaded from anywhere, and only this very script may run.
fn assert_alone(page: &str) {
    assert!(page.len() < MEGABYTES << 20, "{} bytes", page.len());
    let (before, rest) = page.split_once("<noscript>").unwrap();
    let script = between(rest, "<script>", "</script>");
    let markup = before.to_lowercase();
    for forbidden in [
        "src=",
        "url(",
        "@import",
        "http:",
        "https:",
        "<link rel=\"stylesheet",
    ] {
        assert!(!markup.contains(forbidden), "{forbidden}");
    }
    // The one address is a name: that of SVG.
    let addresses = script.matches("http").count();
    assert_eq!(
        addresses,
        script.matches("\"http://www.w3.org/2000/svg\"").count()
    );
    for forbidden in [
        "fetch(",
        "XMLHttpRequest",
        "import(",
        "innerHTML",
        "eval(",
        "document.write",
    ] {
        assert!(!script.contains(forbidden), "{forbidden}");
    }
    let policy = between(page, "Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"));
    let digest = between(policy, "sha256-", "'");
    let digest: Vec<u8> = padded_base64(digest);
    assert_eq!(digest, Sha256::digest(script.as_bytes()).to_vec());
    assert_eq!(page.matches("</script>").count(), 2);
}

/// A digest of 32 bytes.
fn padded_base64(text: &str) -> Vec<u8> {
    floats(&Value::from(text))
        .iter()
        .flat_map(|f| f.to_le_bytes())
        .collect()
}

/// The distribution in the page scores what analysis.json says. Catches a curve of another replica, bins that are cut
/// or shifted, and numbers in another order of bytes.
#[test]
fn the_page_is_one_file_and_its_curves_give_the_numbers_of_the_analysis() {
    let folder = folder();
    let run = folder.path().join("run");
    ethanol(
        &run,
        0,
        &["--steps", "400", "--every", "2", "--replicas", "2"],
    );
    let page = page(&run);
    assert_alone(&page);
    let contents = contents(&page);
    let run = &contents["runs"][0];
    let reference = floats(&run["reference_h_r"]);
    assert_eq!(
        (reference.len(), run["replicas"].as_array().unwrap().len()),
        (500, 2)
    );
    for (replica, numbers) in [0, 1].map(|k| (&run["replicas"][k], &run["analysis"]["replicas"][k]))
    {
        let own = floats(&replica["h_r"]);
        let mae: f32 = own
            .iter()
            .zip(&reference)
            .map(|(a, b)| (a - b).abs())
            .sum::<f32>()
            * 0.02;
        let expected = numbers["h_r"]["h_r_mae"].as_f64().unwrap();
        assert!(
            (f64::from(mae) - expected).abs() < 1e-4,
            "{mae}, {expected}"
        );
        let parts: f32 = replica["pairs"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|part| floats(&part["density"]))
            .sum();
        assert!((parts * 0.02 - 1.0).abs() < 1e-3, "{parts}");
        let frames = replica["movie"]["frames"].as_array().unwrap();
        assert!(frames.len() > 100 && frames.len() <= MOST_FRAMES);
        assert_eq!(frames.last().unwrap(), 200);
        for name in [
            "potential_ev",
            "kinetic_ev",
            "conserved_ev",
            "t_vib_k",
            "rmsd_a",
            "bond_deviation_a",
        ] {
            assert_eq!(floats(&replica["series"][name]["y"]).len(), 201, "{name}");
        }
        // 500 K counted over 27 modes sit in the 21 that move.
        let target = |part: &str| replica["targets"][part].as_f64().unwrap();
        assert!(
            (target("all") - 500.0).abs() < 1e-9
                && (target("vibration") - 500.0 * 27.0 / 21.0).abs() < 1e-9
        );
        assert_eq!((target("rotation"), target("translation")), (0.0, 0.0));
    }
    assert_eq!(run["verdict"]["state"], "stable");
    assert_eq!(
        run["verdict"]["headline"],
        "Stable to the end, all 2 replicas: 0.2000 ps"
    );
    let record: Vec<_> = run["card"]["weights"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line[0].as_str().unwrap())
        .collect();
    assert!(record.contains(&"sha256") && record.contains(&"architecture"));
}

#[test]
fn the_verdict_of_a_broken_run_has_time_cause_and_atoms() {
    let folder = folder();
    let run = folder.path().join("hot");
    ethanol(
        &run,
        3,
        &[
            "--steps",
            "1000",
            "--every",
            "5",
            "--replicas",
            "1",
            "--temperature",
            "3000",
        ],
    );
    let run = &contents(&page(&run))["runs"][0];
    let verdict = &run["verdict"];
    assert_eq!(verdict["state"], "unstable");
    let stop = &run["analysis"]["replicas"][0]["stability"]["by_every_step"];
    let atoms: Vec<_> = stop["atoms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|atom| atom.as_u64().unwrap())
        .collect();
    assert_eq!(atoms.len(), 2);
    let name = |atom: u64| {
        format!(
            "{}{atom}",
            run["molecule"]["elements"][atom as usize].as_str().unwrap()
        )
    };
    let line = verdict["details"][0].as_str().unwrap();
    let names = format!("bond {}–{} is", name(atoms[0]), name(atoms[1]));
    assert!(
        line.contains(&format!("stopped at step {}", stop["step"])) && line.contains(&names),
        "{line}"
    );
}

/// A trajectory alone: 0.74 Å of the first frame is the reference, the third frame is 0.7 Å off.
#[test]
fn a_trajectory_is_judged_by_its_frames_and_keeps_those_around_the_break() {
    let folder = folder();
    let at = |d: f64| format!("2\n\nH 0 0 0\nH 0 0 {d}\n");
    let path = folder.path().join("h2.xyz");
    fs::write(&path, [0.74, 0.75, 1.44].map(at).concat()).unwrap();
    oreo(
        &[
            "analyze",
            path.to_str().unwrap(),
            "--frame-interval",
            "10 fs",
        ],
        0,
    );
    let run = &contents(&page(&folder.path().join("h2-analysis")))["runs"][0];
    assert_eq!(run["verdict"]["headline"], "Unstable after 0.0100 ps");
    let line = run["verdict"]["details"][0].as_str().unwrap();
    let expected =
        "The trajectory: in saved frame 2 (0.0200 ps) bond H0–H1 is 1.440 Å long, 0.700 Å";
    assert!(line.starts_with(expected), "{line}");
    assert_eq!(
        run["replicas"][0]["movie"]["frames"],
        serde_json::json!([0, 1, 2])
    );
    assert_eq!(run["card"], Value::Null);
}

/// A folder `<` in which there is a folder `script>…`: its path ends a script. Catches JSON that is not escaped.
#[test]
fn a_path_that_ends_a_script_stays_text() {
    let folder = folder();
    let run = folder
        .path()
        .join("a<")
        .join("script><img src=x onerror=alert(1)>");
    fs::create_dir_all(run.parent().unwrap()).unwrap();
    ethanol(
        &run,
        0,
        &["--steps", "20", "--every", "10", "--replicas", "1"],
    );
    let page = page(&run);
    assert_alone(&page);
    assert!(!page.contains("<img") && page.contains("\\u003c/script>") && page.contains("&lt;img"));
    let target = contents(&page)["runs"][0]["analysis"]["target"].clone();
    assert!(target
        .as_str()
        .unwrap()
        .ends_with("<img src=x onerror=alert(1)>"));
}

#[test]
fn several_runs_share_a_page_and_keep_their_own_files() {
    let folder = folder();
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
    ethanol(
        &first,
        0,
        &["--steps", "40", "--every", "10", "--replicas", "1"],
    );
    ethanol(
        &second,
        0,
        &[
            "--steps",
            "40",
            "--every",
            "10",
            "--replicas",
            "2",
            "--seed",
            "9",
        ],
    );
    let together = folder.path().join("together");
    let paths = [&first, &second, &together].map(|path| path.to_str().unwrap());
    fs::remove_file(first.join("analysis.json")).unwrap();
    let printed = oreo(
        &[
            "analyze", paths[0], paths[1], "--output", paths[2], "--json",
        ],
        0,
    );
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed["runs"].as_array().unwrap().len(), 2);
    let own: Value =
        serde_json::from_slice(&fs::read(first.join("analysis.json")).unwrap()).unwrap();
    assert_eq!(own, printed["runs"][0]);
    let page = page(&together);
    assert_alone(&page);
    let runs = contents(&page)["runs"].clone();
    let labels: Vec<_> = runs
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["label"].clone())
        .collect();
    assert_eq!(labels, ["first", "second"]);
    // Nothing is written over a report of one of them.
    oreo(&["analyze", paths[0], paths[1], "--output", paths[0]], 2);
    oreo(&["analyze", paths[0], paths[0], "--output", paths[2]], 2);
}

/// Where Chromium is, if anywhere.
fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("OREO_CHROMIUM") {
        return Some(path.into());
    }
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let all = folders
        .iter()
        .flat_map(|folder| names.map(|name| folder.join(name)));
    let found = all.into_iter().find(|path| path.is_file());
    if found.is_none() {
        println!("skipped: no Chromium on the path; name one in OREO_CHROMIUM");
    }
    found
}

/// The document after the page's own check, and what was written to the console.
fn opened(chromium: &Path, page: &Path) -> (String, Vec<String>) {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(chromium)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
        ])
        .args([
            "--virtual-time-budget=5000",
            "--window-size=1280,900",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}#self-check", page.display()))
        .timeout(std::time::Duration::from_secs(120))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let console = text(&output.stderr);
    let console = console.lines().filter(|line| line.contains("CONSOLE"));
    (text(&output.stdout), console.map(String::from).collect())
}

/// What went wrong on the page at any time.
fn problems(document: &str) -> Option<&str> {
    let root = between(document, "<html", ">");
    root.contains("data-problems").then_some(root)
}

/// Of the page's own check.
fn checked(document: &str) -> Value {
    let json = between(document, "data-self-check=\"", "\"").replace("&quot;", "\"");
    serde_json::from_str(&json).unwrap()
}

/// Opens the page; no complaint, no request, everything that moves moves.
fn assert_works(page: &Path, sections: &[&str], figures: u64, tables: u64) {
    let Some(chromium) = chromium() else { return };
    let (document, console) = opened(&chromium, page);
    assert!(document.contains("data-ready=\"true\""), "{console:?}");
    assert_eq!(console, Vec::<String>::new());
    assert_eq!(problems(&document), None);
    let found = checked(&document);
    for none in ["problems", "requests"] {
        assert_eq!(found[none], 0, "{none}: {found}");
    }
    for yes in [
        "canvas_drawn",
        "slider_moves",
        "rotation_moves",
        "plot_reads",
        "plot_zooms",
        "table_sorts",
    ] {
        assert_eq!(found[yes], true, "{yes}: {found}");
    }
    assert_eq!(found["overflow"], false, "{found}");
    assert!(
        found["figures"].as_u64() >= Some(figures) && found["curves"].as_u64() >= Some(figures),
        "{found}"
    );
    assert!(found["tables"].as_u64() >= Some(tables), "{found}");
    let there = found["sections"].as_array().unwrap();
    sections
        .iter()
        .for_each(|name| assert!(there.contains(&Value::from(*name)), "{name}: {found}"));
}

#[test]
fn five_replicas_in_a_browser() {
    let folder = folder();
    let run = folder.path().join("five");
    ethanol(
        &run,
        0,
        &[
            "--steps",
            "200",
            "--every",
            "4",
            "--write-velocities",
            "--replicas",
            "5",
        ],
    );
    let sections = [
        "verdict",
        "run",
        "trajectory",
        "distances",
        "energy",
        "temperature",
        "bonds",
        "shape",
        "vibrations",
        "replicas",
        "definitions",
    ];
    assert_works(&run.join("report.html"), &sections, 8, 8);
}

#[test]
fn an_exploding_run_in_a_browser() {
    let folder = folder();
    let run = folder.path().join("hot");
    ethanol(
        &run,
        3,
        &[
            "--steps",
            "1000",
            "--every",
            "5",
            "--replicas",
            "2",
            "--temperature",
            "3000",
        ],
    );
    let path = run.join("report.html");
    assert_works(&path, &["verdict", "trajectory"], 6, 7);
    let Some(chromium) = chromium() else { return };
    let (document, _) = opened(&chromium, &path);
    assert!(document.contains("Unstable: 2 of 2 replicas") && document.contains("is highlighted"));
}

/// C60H122, as long as the polymers of the paper: a zigzag chain with tetrahedral angles.
fn chain() -> String {
    let carbons = 60;
    let mut atoms = String::new();
    for k in 0..carbons {
        let side = if k % 2 == 0 { 1.0 } else { -1.0 };
        let (x, y) = (1.26 * f64::from(k), 0.44 * side);
        atoms += &format!("C {x} {y} 0\n");
        for z in [0.88, -0.88] {
            atoms += &format!("H {x} {} {z}\n", y + 0.64 * side);
        }
    }
    for (x, y) in [(-0.88, -0.2), (1.26 * 59.0 + 0.88, 0.2)] {
        atoms += &format!("H {x} {y} 0\n");
    }
    format!("{}\n\n{atoms}", 3 * carbons + 2)
}

#[test]
fn a_chain_of_182_atoms_in_a_browser() {
    let folder = folder();
    let (structure, run) = (folder.path().join("chain.xyz"), folder.path().join("chain"));
    fs::write(&structure, chain()).unwrap();
    let (weights, output) = (file(MODEL), run.to_str().unwrap());
    let words = [
        "run",
        "--weights",
        &weights,
        "--structure",
        structure.to_str().unwrap(),
        "--steps",
        "12",
        "--every",
        "2",
        "--temperature",
        "300",
        "--stability",
        "none",
        "--output",
        output,
    ];
    oreo(&words, 0);
    assert_works(
        &run.join("report.html"),
        &["trajectory", "distances", "bonds"],
        6,
        5,
    );
}

#[test]
fn a_box_of_argon_and_three_runs_side_by_side_in_a_browser() {
    let folder = folder();
    let structure = folder.path().join("argon.xyz");
    let edge = 5.4 * 2.0;
    let mut text = format!("32\nLattice=\"{edge} 0 0 0 {edge} 0 0 0 {edge}\" pbc=\"T T T\"\n");
    for cell in 0..8 {
        let corner = [cell % 2, cell / 2 % 2, cell / 4].map(|k| 5.4 * f64::from(k));
        for [x, y, z] in [
            [0.0, 0.0, 0.0],
            [2.7, 2.7, 0.0],
            [2.7, 0.0, 2.7],
            [0.0, 2.7, 2.7],
        ] {
            text += &format!("Ar {} {} {}\n", corner[0] + x, corner[1] + y, corner[2] + z);
        }
    }
    fs::write(&structure, text).unwrap();
    let argon = folder.path().join("argon");
    let words = [
        "run",
        "--potential",
        "lennard-jones",
        "--structure",
        structure.to_str().unwrap(),
        "--steps",
        "300",
        "--every",
        "10",
        "--timestep",
        "2 fs",
        "--temperature",
        "80 K",
        "--output",
        argon.to_str().unwrap(),
    ];
    oreo(&words, 0);
    assert_works(
        &argon.join("report.html"),
        &["trajectory", "distances"],
        4,
        3,
    );
    let [cold, hot] = ["cold", "hot"].map(|name| folder.path().join(name));
    ethanol(
        &cold,
        0,
        &["--steps", "100", "--every", "5", "--replicas", "2"],
    );
    ethanol(
        &hot,
        3,
        &[
            "--steps",
            "1000",
            "--every",
            "5",
            "--replicas",
            "1",
            "--temperature",
            "3000",
        ],
    );
    let together = folder.path().join("together");
    let paths = [&argon, &cold, &hot, &together].map(|path| path.to_str().unwrap());
    oreo(
        &[
            "analyze", paths[0], paths[1], paths[2], "--output", paths[3],
        ],
        0,
    );
    assert_works(&together.join("report.html"), &["run", "replicas"], 6, 8);
}

/// The checks above can fail: a picture from elsewhere is blocked and told, and a script of which a letter was changed does
/// not run at all.
#[test]
fn a_request_and_a_changed_script_would_be_noticed() {
    let Some(chromium) = chromium() else { return };
    let folder = folder();
    let run = folder.path().join("run");
    ethanol(
        &run,
        0,
        &["--steps", "20", "--every", "10", "--replicas", "1"],
    );
    let whole = page(&run);
    let path = folder.path().join("planted.html");
    fs::write(
        &path,
        whole.replace("</body>", "<img src=\"http://127.0.0.1:9/x.png\"></body>"),
    )
    .unwrap();
    let (document, console) = opened(&chromium, &path);
    assert!(problems(&document).is_some() && !console.is_empty());
    fs::write(&path, whole.replacen("build_page();", "build_page() ;", 1)).unwrap();
    let (document, console) = opened(&chromium, &path);
    assert!(!document.contains("data-ready=\"true\"") && !console.is_empty());
}
