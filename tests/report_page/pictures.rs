//! Pictures of pages to look at, for docs/images/:
//! `OREO_PICTURES=FOLDER cargo test --release --test report_page pictures -- --ignored`

use super::browser::chromium;
use super::html::{between, page};
use super::runs::{ethanol, folder, oreo};
use assert_cmd::Command;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Width and height, and flags of Chromium.
struct Screen(u32, u32, &'static str);

const LIGHT: &str = "";
const DARK: &str = "--blink-settings=preferredColorScheme=0";

/// Only these sections, for there is no scrolling on a picture.
fn only(sections: &str) -> String {
    format!("document.querySelectorAll('main > section').forEach((one) => (one.hidden = !'{sections}'.split(' ').includes(one.id)));")
}

/// The page with a few words behind its script, under the policy that allows just this script.
fn staged(page: &str, words: &str) -> String {
    let whole = page.replacen("build_page();", &format!("build_page(); {words}"), 1);
    assert_ne!(whole, page);
    let (_, script) = whole.rsplit_once("<script>").unwrap();
    let script = &script[..script.find("</script>").unwrap()];
    let digest = base64(&Sha256::digest(script.as_bytes()));
    let before = between(page, "'sha256-", "'").to_string();
    whole.replacen(&before, &digest, 1)
}

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = |k: usize| {
        bytes
            .get(k / 8)
            .is_some_and(|byte| byte >> (7 - k % 8) & 1 == 1)
    };
    let letter = |k: usize| (0..6).fold(0, |sum, bit| 2 * sum + usize::from(bits(6 * k + bit)));
    let count = (8 * bytes.len()).div_ceil(6);
    let text: String = (0..count).map(|k| char::from(letters[letter(k)])).collect();
    text + &"=".repeat(bytes.len().div_ceil(3) * 4 - count)
}

fn take(run: &Path, words: &str, Screen(width, height, flags): Screen, picture: &Path) {
    let Some(chromium) = chromium() else { return };
    let staged = staged(&page(run), words);
    let path = run.join("staged.html");
    fs::write(&path, staged).unwrap();
    let profile = tempfile::tempdir().unwrap();
    let fixed =
        "--headless=new --no-sandbox --disable-gpu --hide-scrollbars --virtual-time-budget=8000";
    Command::new(chromium)
        .args(fixed.split(' ').chain(flags.split_whitespace()))
        .arg(format!("--window-size={width},{height}"))
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(format!("file://{}", path.display()))
        .timeout(Duration::from_secs(240))
        .assert()
        .success();
    assert!(fs::metadata(picture).unwrap().len() > 20_000);
}

#[test]
#[ignore = "minutes"]
fn pictures_of_a_break_of_runs_side_by_side_and_of_a_spectrum() {
    let folder = folder();
    let to = std::env::var_os("OREO_PICTURES").map_or(folder.path().to_path_buf(), PathBuf::from);
    let [long, five, hot, together] =
        ["long", "five", "hot", "together"].map(|name| folder.path().join(name));
    // Every step is saved, so that the break can be seen.
    let flags = "--steps 1000 --every 1 --temperature 3000 --replicas 2";
    ethanol(&hot, 3, flags);
    let words = only("verdict trajectory")
        + "document.getElementById('trajectory').viewer.show_replica(1); document.getElementById('trajectory').viewer.to_break.click();";
    take(
        &hot,
        &words,
        Screen(1160, 1090, DARK),
        &to.join("report-break-dark.png"),
    );

    ethanol(
        &long,
        0,
        "--steps 20000 --every 4 --write-velocities --replicas 1",
    );
    let screen = Screen(1160, 885, LIGHT);
    take(
        &long,
        &only("vibrations"),
        screen,
        &to.join("report-spectrum.png"),
    );

    ethanol(&five, 0, "--steps 4000 --every 20 --replicas 5");
    let [a, b, c, all] = [&long, &five, &hot, &together].map(|path| path.to_str().unwrap());
    oreo(&["analyze", a, b, c, "--output", all], 0);
    let screen = Screen(1160, 1085, LIGHT);
    take(&together, "", screen, &to.join("report-side-by-side.png"));
}
