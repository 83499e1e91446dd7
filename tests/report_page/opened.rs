//! Pages of runs work in a browser.

use super::browser::{assert_works, chromium, Expected, Opened};
use super::html::{between, contents, page};
use super::runs::{argon, ethanol, folder, oreo, polymer, EXPLODING};
use std::fs;
use std::path::Path;

#[test]
fn five_replicas() {
    let folder = folder();
    let run = folder.path().join("five");
    let flags = "--steps 200 --every 4 --write-velocities --replicas 5";
    ethanol(&run, 0, flags);
    let expected = Expected {
        sections: "verdict run trajectory distances energy temperature bonds shape vibrations replicas definitions",
        figures: 8,
        tables: 8,
        viewer: true,
    };
    assert_works(&run.join("report.html"), &expected);
}

#[test]
fn an_exploding_run() {
    let folder = folder();
    let run = folder.path().join("hot");
    ethanol(&run, 3, &format!("{EXPLODING} 2"));
    let expected = Expected {
        sections: "verdict trajectory",
        figures: 6,
        tables: 7,
        viewer: true,
    };
    let Some(Opened { document, .. }) = assert_works(&run.join("report.html"), &expected) else {
        return;
    };
    assert!(document.contains("Unstable: 2 of 2 replicas") && document.contains("is highlighted"));
}

#[test]
fn a_chain_of_182_atoms() {
    let folder = folder();
    let run = polymer(folder.path());
    let expected = Expected {
        sections: "trajectory distances bonds",
        figures: 6,
        tables: 5,
        viewer: true,
    };
    assert_works(&run.join("report.html"), &expected);
}

#[test]
fn a_box_of_argon_and_three_runs_side_by_side() {
    let folder = folder();
    let argon = argon(folder.path(), "--steps 300 --every 10");
    let mut expected = Expected {
        sections: "trajectory distances",
        figures: 4,
        tables: 3,
        viewer: true,
    };
    assert_works(&argon.join("report.html"), &expected);
    let [cold, hot, together] = ["cold", "hot", "together"].map(|name| folder.path().join(name));
    ethanol(&cold, 0, "--steps 100 --every 5 --replicas 2");
    ethanol(&hot, 3, &format!("{EXPLODING} 1"));
    let [a, b, c, to] = [&argon, &cold, &hot, &together].map(|path| path.to_str().unwrap());
    oreo(&["analyze", a, b, c, "--output", to], 0);
    (expected.sections, expected.figures, expected.tables) = ("run replicas", 6, 8);
    assert_works(&together.join("report.html"), &expected);
}

/// A row for all atoms with the numbers of analysis.json; with too few frames the reason in words. Catches a D without its error, and
/// the reason of another number.
#[test]
fn self_diffusion_has_a_table_or_a_reason() {
    let folder = folder();
    let run = argon(folder.path(), "--steps 1000 --every 5");
    let mut expected = Expected {
        sections: "diffusion",
        figures: 4,
        tables: 4,
        viewer: true,
    };
    let numbers = |run: &Path| contents(&page(run))["runs"][0]["analysis"]["replicas"][0].clone();
    if let Some(Opened { document, .. }) = assert_works(&run.join("report.html"), &expected) {
        let found = &numbers(&run)["diffusion"];
        let all = &found["species"][0];
        let table = between(&document, "Self-diffusion, by kind of atom", "</table>");
        let exponent = format!("{:.2}", all["exponent"].as_f64().unwrap()).replace('-', "−");
        let value = |key: &str| all[key].as_f64().unwrap();
        let (own, error) = (value("diffusion_a2_per_ps"), value("error_a2_per_ps"));
        // Two digits of the error, as on the whole page.
        let digits = (1.0 - error.log10().floor()) as usize;
        let own = format!("{own:.digits$} ± {error:.digits$}").replace('-', "−");
        for part in ["Å²/ps", "cm²/s", &exponent, &own] {
            assert!(table.contains(part), "no {part} in {table}");
        }
        assert!(document.contains("Yeh &amp; Hummer 2004"));
    }
    let run = argon(folder.path(), "--steps 300 --every 10");
    expected.tables = 3;
    if let Some(Opened { document, .. }) = assert_works(&run.join("report.html"), &expected) {
        let reason = &numbers(&run)["not_computed"]["diffusion"];
        let words = between(&document, "<strong>No self-diffusion: </strong>", "</p>");
        assert_eq!(words, reason.as_str().unwrap());
    }
}

/// The checks can fail: a picture from elsewhere is blocked and told, and a script of which a letter was changed does not
/// run at all.
#[test]
fn a_request_and_a_changed_script_would_be_noticed() {
    let Some(chromium) = chromium() else { return };
    let folder = folder();
    let run = folder.path().join("run");
    ethanol(&run, 0, "--steps 20 --every 10 --replicas 1");
    let whole = page(&run);
    let path = folder.path().join("planted.html");
    let picture = "<img src=\"http://127.0.0.1:9/x.png\"></body>";
    fs::write(&path, whole.replace("</body>", picture)).unwrap();
    let opened = Opened::new(&chromium, &path);
    assert!(opened.problems().is_some() && !opened.console.is_empty());
    fs::write(&path, whole.replacen("build_page();", "build_page() ;", 1)).unwrap();
    let opened = Opened::new(&chromium, &path);
    assert!(!opened.is_ready() && !opened.console.is_empty());
}
