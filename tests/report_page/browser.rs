//! Headless Chromium.

use super::html::between;
use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where Chromium is, if anywhere.
pub fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("OREO_CHROMIUM") {
        return Some(path.into());
    }
    let names = "chromium chromium-browser google-chrome google-chrome-stable";
    let path = std::env::var_os("PATH")?;
    let mut folders = std::env::split_paths(&path);
    let found = folders.find_map(|folder| {
        let mut all = names.split(' ').map(|name| folder.join(name));
        all.find(|path| path.is_file())
    });
    if found.is_none() {
        println!("skipped: no Chromium on the path; name one in OREO_CHROMIUM");
    }
    found
}

/// A page after its own check.
pub struct Opened {
    pub document: String,
    /// What was written to the console.
    pub console: Vec<String>,
}

impl Opened {
    pub fn new(chromium: &Path, page: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let flags = "--headless=new --no-sandbox --disable-gpu --enable-logging=stderr \
            --virtual-time-budget=5000 --window-size=1280,900 --dump-dom";
        let output = Command::new(chromium)
            .args(flags.split_whitespace())
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("file://{}#self-check", page.display()))
            .timeout(Duration::from_secs(240))
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let console = text(&output.stderr);
        let console = console.lines().filter(|line| line.contains("CONSOLE"));
        Self {
            document: text(&output.stdout),
            console: console.map(String::from).collect(),
        }
    }

    /// Whether its script has run to the end.
    pub fn is_ready(&self) -> bool {
        self.document.contains("data-ready=\"true\"")
    }

    /// What went wrong on the page at any time.
    pub fn problems(&self) -> Option<&str> {
        let root = between(&self.document, "<html", ">");
        root.contains("data-problems").then_some(root)
    }

    /// What the page's own check has found.
    pub fn checked(&self) -> Value {
        let json = between(&self.document, "data-self-check=\"", "\"");
        serde_json::from_str(&json.replace("&quot;", "\"")).unwrap()
    }
}

/// At least these, separated by blanks, so many figures and tables.
pub struct Expected {
    pub sections: &'static str,
    pub figures: u64,
    pub tables: u64,
    /// Of a trajectory.
    pub viewer: bool,
}

/// Opens the page: no complaint, no request, everything that moves moves, by mouse, keys and fingers. Of plots it was seen to fail with a
/// zoom about the left end, a zoom the wrong way, a picture that does not move along with two fingers, a finger that is never
/// lifted, and a single one that reads nothing.
pub fn assert_works(page: &Path, expected: &Expected) -> Option<Opened> {
    let opened = Opened::new(&chromium()?, page);
    assert!(opened.is_ready(), "{:?}", opened.console);
    assert_eq!(opened.console, Vec::<String>::new());
    assert_eq!(opened.problems(), None);
    let found = opened.checked();
    for none in ["problems", "requests"] {
        assert_eq!(found[none], 0, "{none}: {found}");
    }
    let plots = "plot_reads plot_zooms touch_reads_plot touch_zooms_plot table_sorts";
    let viewer = "canvas_drawn slider_moves rotation_moves touch_rotates touch_zooms";
    for (checks, wanted) in [(plots, true.into()), (viewer, viewed(expected.viewer))] {
        for check in checks.split(' ') {
            assert_eq!(found[check], wanted, "{check}: {found}");
        }
    }
    assert_eq!(found["overflow"], false, "{found}");
    let counts = [
        ("figures", expected.figures),
        ("curves", expected.figures),
        ("tables", expected.tables),
    ];
    for (what, least) in counts {
        assert!(found[what].as_u64() >= Some(least), "{what}: {found}");
    }
    let there = found["sections"].as_array().unwrap();
    for name in expected.sections.split(' ') {
        assert!(there.contains(&name.into()), "{name}: {found}");
    }
    Some(opened)
}

/// Of a page without a viewer nothing is said of it.
fn viewed(there: bool) -> Value {
    match there {
        true => true.into(),
        false => Value::Null,
    }
}
