//! `--figure-width` of every command that draws.
#![cfg(all(feature = "cli", feature = "plots"))]

mod program;

use program::{repository, Workplace, ARGON};

/// 85 mm in whole units of the drawing.
const COLUMN: &str = "width=\"85.04mm\"";

fn is_a_column_wide(place: &Workplace, figure: &str) -> bool {
    String::from_utf8(place.read(figure))
        .unwrap()
        .contains(COLUMN)
}

const RUN: &str =
    "run --structure a.xyz --potential lennard-jones --temperature 20 --every 10 --formats xyz --output out";
const FIGURE: &str = "out/plots/replica-0-temperature-energy.svg";

/// A flag, a key of the config file, and what is recorded for `oreo resume`. Catches a key that is left out of the record.
#[test]
fn a_run_draws_as_wide_as_it_was_asked_to() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let succeeds = |words: &str| {
        let ended = place.oreo(words);
        assert_eq!(ended.code, 0, "{words}: {}", ended.stderr);
    };
    succeeds(&format!("{RUN} --steps 50"));
    assert!(!is_a_column_wide(&place, FIGURE));
    succeeds("resume out --steps 60 --figure-width 85mm");
    assert!(is_a_column_wide(&place, FIGURE));
    succeeds(&format!(
        "{RUN} --steps 50 --overwrite --figure-width 8.5cm"
    ));
    assert!(is_a_column_wide(&place, FIGURE));
    succeeds("resume out --steps 60");
    assert!(is_a_column_wide(&place, FIGURE));
    for (number, status) in [("85", 0), ("\"85 mm\"", 0), ("10", 2), ("true", 2)] {
        place.write("c.toml", format!("figure-width = {number}"));
        let words = RUN.replacen("run", "run c.toml", 1);
        let ended = place.oreo(&format!("{words} --steps 50 --overwrite"));
        assert_eq!(ended.code, status, "{number}: {}", ended.stderr);
        assert!(is_a_column_wide(&place, FIGURE), "{number}");
        if status == 2 {
            ended.is_one_clear_line(&["c.toml:1", "figure-width", "width"]);
        }
    }
}

#[test]
fn a_relaxation_and_a_benchmark_draw_as_wide_as_they_were_asked_to() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let ended = place.oreo("relax --structure a.xyz --potential lennard-jones --figure-width 85");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(is_a_column_wide(&place, "oreo-relax/plots/convergence.svg"));

    let record = repository("docs/bench.json").display().to_string();
    let words = format!("bench --render {record} --figure-width 85mm");
    let ended = place.oreo(&format!("{words} --output speed.md"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(is_a_column_wide(&place, "time-against-atoms.svg"));
    // The document alone has no figure.
    place.refuses(&words, &["--figure-width belongs to", "--output"]);
}
