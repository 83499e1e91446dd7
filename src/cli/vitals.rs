//! How the replicas of a run are, and that as lines: one row each while they fit, the rest in one. Pure text, so that the
//! display of a run and `oreo watch` show the same.

use super::pace::{duration, nanoseconds_per_day, three_digits, Line};
use super::terminal::{fit, Size, TextLine, Tone};
use serde::Serialize;

/// One replica, now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Vitals {
    /// From 0
    pub id: u32,
    /// Finished steps
    pub step: u64,
    /// K
    pub temperature_k: Option<f64>,
    /// eV
    pub potential_ev: Option<f64>,
    /// Slope of the conserved quantity so far, eV/ps
    pub drift_ev_per_ps: Option<f64>,
    /// Largest deviation of a bond from its reference length, Å
    pub max_bond_deviation_a: Option<f64>,
    /// Why it moves no more
    pub stop: Option<Stopped>,
}

/// Why and when a replica was stopped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stopped {
    /// Finished
    pub step: u64,
    /// The word of `summary.json`
    pub cause: String,
    /// In words
    pub detail: String,
}

/// Characters of the bar where there is room.
const BAR: usize = 24;
/// Lines that are no replica: bar, pace, head of the table, and the one that the cursor stands in.
const OTHER_LINES: usize = 4;

/// The whole display, no line wider than `size` allows.
pub fn display(line: &Line, replicas: &[Vitals], size: Size) -> Vec<TextLine> {
    let mut lines: Vec<TextLine> = vec![
        bar(line, size.width()).into(),
        fit(&pace(line), ", ", size.width()).into(),
    ];
    match replicas {
        [] => {}
        [one] => lines.push(match &one.stop {
            Some(stop) => stopped(one.id, stop, line.timestep, size),
            None => fit(&health(one), ", ", size.width()).into(),
        }),
        several => lines.extend(table(several, line.timestep, size)),
    }
    lines
}

/// `━━━━━━────────────────── 25.0 %, step 150000 of 600000, 7 min 30 s left`
fn bar(line: &Line, width: usize) -> String {
    let mut parts = vec![
        format!("{:.1} %", line.percent()),
        format!("step {} of {}", line.step, line.total),
    ];
    if line.seconds_left().is_finite() {
        parts.push(format!("{} left", duration(line.seconds_left())));
    }
    drawn_bar(line.percent(), &parts, width)
}

/// A bar that takes at most a third of the line, and what stands behind it.
pub fn drawn_bar(percent: f64, parts: &[String], width: usize) -> String {
    let length = BAR.min(width / 3);
    if length < 8 {
        return fit(parts, ", ", width);
    }
    let share = (percent / 100.0).clamp(0.0, 1.0);
    let done = (share * length as f64).floor() as usize;
    let text = fit(parts, ", ", width - length - 1);
    format!("{}{} {text}", "━".repeat(done), "─".repeat(length - done))
}

/// A speed that nobody knows, or of what does not go on, is left out.
fn pace(line: &Line) -> Vec<String> {
    let speed = line.steps_per_second;
    let time = format!("{} ps", three_digits(line.picoseconds(line.step)));
    if speed <= 0.0 {
        return vec![time];
    }
    let copies = match line.replicas {
        0 | 1 => String::new(),
        several => format!(" × {several}"),
    };
    let day = three_digits(nanoseconds_per_day(speed, line.timestep));
    vec![
        time,
        format!("{day} ns/day{copies}"),
        format!("{} steps/s", three_digits(speed)),
    ]
}

/// `503 K`, `drift 1.2e-5 eV/ps`, `bonds within 0.123 Å`, `-17631.4200 eV`: what there is of it.
fn health(one: &Vitals) -> Vec<String> {
    let parts = [
        one.temperature_k.map(|kelvins| format!("{kelvins:.0} K")),
        one.drift_ev_per_ps
            .map(|drift| format!("drift {drift:.1e} eV/ps")),
        one.max_bond_deviation_a
            .map(|deviation| format!("bonds within {deviation:.3} Å")),
        one.potential_ev.map(|energy| format!("{energy:.4} eV")),
    ];
    parts.into_iter().flatten().collect()
}

/// All of them in one line, for where there is no table: a stopped one is counted, the others are said.
pub fn together(replicas: &[Vitals]) -> String {
    let moving: Vec<&Vitals> = replicas.iter().filter(|one| one.stop.is_none()).collect();
    let stopped = match replicas.len() - moving.len() {
        0 => None,
        count => Some(format!("{count} stopped")),
    };
    let parts = match moving.as_slice() {
        [one] => health(one),
        several => spread(several),
    };
    let parts: Vec<_> = stopped.into_iter().chain(parts).collect();
    parts.join(", ")
}

/// Lowest and highest temperature, and the worst of everything else.
fn spread(moving: &[&Vitals]) -> Vec<String> {
    let worst = |of: fn(&Vitals) -> Option<f64>| {
        let values = moving.iter().filter_map(|one| of(one)).map(f64::abs);
        values.reduce(f64::max)
    };
    let kelvins = || moving.iter().filter_map(|one| one.temperature_k);
    let range = kelvins().reduce(f64::min).zip(kelvins().reduce(f64::max));
    let parts = [
        range.map(|(low, high)| format!("{low:.0}–{high:.0} K")),
        worst(|one| one.drift_ev_per_ps).map(|drift| format!("drifts up to {drift:.1e} eV/ps")),
        worst(|one| one.max_bond_deviation_a)
            .map(|deviation| format!("bonds within {deviation:.3} Å")),
    ];
    parts.into_iter().flatten().collect()
}

/// A head and a row for each replica; of too many, the first ones and a line for all others.
fn table(replicas: &[Vitals], timestep: f64, size: Size) -> Vec<TextLine> {
    let room = size.rows.saturating_sub(OTHER_LINES).max(1);
    let shown = match replicas.len() <= room {
        true => replicas.len(),
        false => room - 1,
    };
    let head = ["replica", "T (K)", "bonds (Å)", "drift (eV/ps)"].map(String::from);
    let head = fit(&columns(head), "  ", size.width());
    let rows = replicas[..shown].iter().map(|one| row(one, timestep, size));
    let mut lines = vec![TextLine::new(head, Tone::Quiet)];
    lines.extend(rows);
    if shown < replicas.len() {
        lines.push(others(&replicas[shown..], size));
    }
    lines
}

/// Right-aligned, as wide as their heads.
fn columns([id, kelvins, bonds, drift]: [String; 4]) -> Vec<String> {
    vec![
        format!("{id:>7}"),
        format!("{kelvins:>7}"),
        format!("{bonds:>9}"),
        format!("{drift:>13}"),
    ]
}

fn row(one: &Vitals, timestep: f64, size: Size) -> TextLine {
    if let Some(stop) = &one.stop {
        return stopped(one.id, stop, timestep, size);
    }
    let or_dash = |text: Option<String>| text.unwrap_or("-".into());
    let cells = [
        one.id.to_string(),
        or_dash(one.temperature_k.map(|kelvins| format!("{kelvins:.0}"))),
        or_dash(one.max_bond_deviation_a.map(|bond| format!("{bond:.3}"))),
        or_dash(one.drift_ev_per_ps.map(|drift| format!("{drift:.1e}"))),
    ];
    fit(&columns(cells), "  ", size.width()).into()
}

fn stopped(id: u32, stop: &Stopped, timestep: f64, size: Size) -> TextLine {
    let time = three_digits(stop.step as f64 * timestep * 1e-3);
    let text = format!(
        "{id:>7}  stopped at step {} ({time} ps), {}: {}",
        stop.step, stop.cause, stop.detail
    );
    TextLine::new(super::terminal::cut(&text, size.width()), Tone::Bad)
}

fn others(replicas: &[Vitals], size: Size) -> TextLine {
    let any_stopped = replicas.iter().any(|one| one.stop.is_some());
    let text = format!("and {} more: {}", replicas.len(), together(replicas));
    let tone = if any_stopped { Tone::Bad } else { Tone::Plain };
    TextLine::new(super::terminal::cut(&text, size.width()), tone)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Line = Line {
        step: 150_000,
        total: 600_000,
        timestep: 0.5,
        replicas: 3,
        steps_per_second: 1000.0,
    };

    fn moving(id: u32, kelvins: f64) -> Vitals {
        Vitals {
            id,
            step: 150_000,
            temperature_k: Some(kelvins),
            potential_ev: Some(-17_631.42),
            drift_ev_per_ps: Some(-1.23e-5),
            max_bond_deviation_a: Some(0.1234),
            stop: None,
        }
    }

    fn broken(id: u32) -> Vitals {
        Vitals {
            stop: Some(Stopped {
                step: 1234,
                cause: "bond".into(),
                detail:
                    "bond 3-5 is 2.103 Å long, 0.583 Å from its reference 1.520 Å (allowed 0.5 Å)"
                        .into(),
            }),
            ..moving(id, 900.0)
        }
    }

    fn text(lines: &[TextLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    /// 450,000 steps at 1000 a second are 7 min 30 s; 0.5 fs × 1000/s is 43.2 ns a day; a quarter of 24 is 6.
    #[test]
    fn one_replica_by_hand() {
        let line = Line {
            replicas: 1,
            ..LINE
        };
        let lines = display(&line, &[moving(0, 503.2)], Size::USUAL);
        assert_eq!(
            text(&lines),
            [
                "━━━━━━────────────────── 25.0 %, step 150000 of 600000, 7 min 30 s left",
                "75.0 ps, 43.2 ns/day, 1000 steps/s",
                "503 K, drift -1.2e-5 eV/ps, bonds within 0.123 Å, -17631.4200 eV",
            ]
        );
    }

    /// Planted: rows without the reason of a stop, and steps of the run for those of the stop (1234 · 0.5 fs = 0.617 ps), fail.
    #[test]
    fn replicas_are_rows_and_a_stopped_one_says_why_and_when() {
        let replicas = [moving(0, 503.2), broken(1), moving(2, 480.0)];
        let lines = display(&LINE, &replicas, Size::USUAL);
        assert_eq!(
            text(&lines)[1..],
            [
                "75.0 ps, 43.2 ns/day × 3, 1000 steps/s",
                "replica    T (K)  bonds (Å)  drift (eV/ps)",
                "      0      503      0.123        -1.2e-5",
                "      1  stopped at step 1234 (0.617 ps), bond: bond 3-5 is 2.103 Å long, 0.58…",
                "      2      480      0.123        -1.2e-5",
            ]
        );
        assert_eq!(lines[4].tone, Tone::Bad);
    }

    /// 24 lines hold bar, pace, head, 20 replicas and the cursor. Planted: one row too many scrolls the first line away.
    #[test]
    fn of_too_many_replicas_the_rest_is_one_line() {
        let mut replicas: Vec<_> = (0..100)
            .map(|id| moving(id, 400.0 + f64::from(id)))
            .collect();
        replicas[50] = broken(50);
        let lines = display(&LINE, &replicas, Size::USUAL);
        assert_eq!(lines.len(), 23);
        assert_eq!(
            lines[22].text,
            "and 81 more: 1 stopped, 419–499 K, drifts up to 1.2e-5 eV/ps, bonds within 0.1…"
        );
        assert_eq!(display(&LINE, &replicas[..20], Size::USUAL).len(), 23);
        assert!(text(&display(&LINE, &replicas[..20], Size::USUAL))[22].starts_with("     19"));
        let tiny = Size {
            rows: 3,
            columns: 80,
        };
        assert!(display(&LINE, &replicas, tiny)[3]
            .text
            .starts_with("and 100 more"));
    }

    #[test]
    fn what_does_not_go_on_has_no_time_left_and_no_speed() {
        let line = Line {
            steps_per_second: 0.0,
            ..LINE
        };
        let lines = display(&line, &[], Size::USUAL);
        let bar = "━━━━━━────────────────── 25.0 %, step 150000 of 600000";
        assert_eq!(text(&lines), [bar, "75.0 ps"]);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let replicas = [moving(0, 503.2), broken(1)];
        for columns in 1..120 {
            let size = Size { rows: 10, columns };
            for replicas in [&replicas[..1], &replicas[1..], &replicas[..]] {
                for line in display(&LINE, replicas, size) {
                    let width = line.text.chars().count();
                    assert!(width <= size.width(), "{width} at {columns}: {}", line.text);
                }
            }
        }
    }

    /// Planted: a mean for the largest drift, and stopped replicas among the temperatures, fail.
    #[test]
    fn one_line_says_the_worst_of_those_that_move() {
        let mut replicas = vec![moving(0, 503.2), broken(1), moving(2, 480.0)];
        replicas[2].drift_ev_per_ps = Some(3e-5);
        replicas[0].max_bond_deviation_a = Some(0.2);
        assert_eq!(
            together(&replicas),
            "1 stopped, 480–503 K, drifts up to 3.0e-5 eV/ps, bonds within 0.200 Å"
        );
        assert_eq!(together(&replicas[1..2]), "1 stopped");
        let argon = Vitals {
            max_bond_deviation_a: None,
            drift_ev_per_ps: None,
            ..moving(0, 30.0)
        };
        assert_eq!(together(&[argon]), "30 K, -17631.4200 eV");
    }
}
