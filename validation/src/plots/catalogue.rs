//! The figures of a report.

use super::{Axis, Figure, Mark, Panel};
use crate::correlation::ParitySample;
use crate::force_size::ForceSizeBin;
use crate::forces::ForceReport;
use crate::rdf::RadialDistribution;
use crate::spectrum::Spectrum;
use crate::Distribution;

/// What is printed beside h(r); `None` where there is no such number.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DistanceScores {
    /// MAE of the run against the reference.
    pub h_r_mae: Option<f64>,
    /// What a perfect potential would score in a run like this.
    pub h_r_floor: Option<f64>,
    /// First half of the reference against its second half.
    pub h_r_half_split: Option<f64>,
}

/// h(r) of runs over that of references, by name, and below how far each is from the first reference.
pub fn distances(
    runs: &[(String, &Distribution)],
    references: &[(String, &Distribution)],
    scores: &DistanceScores,
) -> Figure {
    let all = || references.iter().chain(runs);
    let last = |h: &Distribution| h.density().iter().rposition(|&h| h > 0.0).unwrap_or(0);
    let end = all().map(|(_, h)| last(h)).max().unwrap_or(0) as f64;
    let end = (end * crate::distances::BIN_WIDTH + 0.5).ceil().min(10.0);
    let alone = runs.len() == 1 && !references.is_empty();
    let mark = |number: usize| match alone && number == references.len() {
        true => Mark::Dashed,
        false => Mark::Line,
    };
    let panel = |label: &str| {
        let distance = Axis::linear("Pair distance r (Å)").range(0.0, end);
        Panel::new(distance, Axis::linear(label))
    };
    let points = |value: &dyn Fn(usize) -> f64| -> Vec<[f64; 2]> {
        let centers = Distribution::centers().enumerate();
        centers.map(|(bin, r)| [r, value(bin)]).collect()
    };
    let (mut upper, mut lower) = (panel("h(r) (1/Å)"), panel("h(r) − reference (1/Å)"));
    for (number, (name, h)) in all().enumerate() {
        let own = h.density();
        upper = upper.with(name, mark(number), points(&|bin| own[bin]));
        if let Some((_, reference)) = references.first() {
            // The first one is the line at zero; colours are those of the panel above.
            let there = reference.density();
            lower = lower.with("", mark(number), points(&|bin| own[bin] - there[bin]));
        }
    }
    Figure {
        title: "Distribution of pair distances".into(),
        caption: caption(scores),
        panels: match references.is_empty() {
            true => vec![upper],
            false => vec![upper, lower],
        },
    }
}

fn caption(scores: &DistanceScores) -> String {
    let numbers = [
        ("MAE", scores.h_r_mae),
        ("sampling floor", scores.h_r_floor),
        ("half-split of the reference", scores.h_r_half_split),
    ];
    let known = numbers
        .iter()
        .filter_map(|(name, value)| value.map(|value| format!("{name} {value:.3}")));
    known.collect::<Vec<_>>().join(" · ")
}

/// g(r) of a run, over that of its reference.
pub fn radial_distribution(
    run: &RadialDistribution,
    reference: Option<&RadialDistribution>,
) -> Figure {
    let points = |g: &RadialDistribution| {
        g.centers()
            .zip(g.g())
            .map(|(r, g)| [r, *g])
            .collect::<Vec<_>>()
    };
    let mut panel = Panel::new(Axis::linear("r (Å)"), Axis::linear("g(r)")).level("ideal gas", 1.0);
    let mut caption = String::new();
    if let Some(reference) = reference {
        panel = panel.with("reference", Mark::Line, points(reference));
        caption = run
            .mae(reference)
            .map_or_else(|error| error.to_string(), |mae| format!("MAE {mae:.3} Å"));
    }
    let mark = if reference.is_some() {
        Mark::Dashed
    } else {
        Mark::Line
    };
    Figure::single("Radial distribution", panel.with("run", mark, points(run))).captioned(caption)
}

/// Temperature and conserved energy; the energy relative to its first value, in meV. Points are `[time in ps, value]`
/// with K and eV.
pub fn temperature_and_energy(
    temperature_k: &[[f64; 2]],
    target_k: Option<f64>,
    conserved_ev: &[[f64; 2]],
) -> Figure {
    let time = || Axis::linear("Time (ps)");
    let mut upper = Panel::new(time(), Axis::linear("Temperature (K)")).with(
        "",
        Mark::Line,
        temperature_k.to_vec(),
    );
    if let Some(target) = target_k {
        upper = upper.level(format!("target {target:.0} K"), target);
    }
    let first = conserved_ev.first().map_or(0.0, |point| point[1]);
    let relative = conserved_ev
        .iter()
        .map(|[t, e]| [*t, 1000.0 * (e - first)])
        .collect();
    let lower = Panel::new(time(), Axis::linear("ΔE (meV)")).with("", Mark::Line, relative);
    let title = "Temperature and conserved energy".to_string();
    let caption = "ΔE: conserved quantity of the integrator since the first point".to_string();
    Figure {
        title,
        caption,
        panels: vec![upper, lower],
    }
}

/// Largest deviation of a bond from its reference, with the threshold of the stability rule.
pub fn bond_deviation(time_ps_deviation_a: &[[f64; 2]], threshold_a: f64) -> Figure {
    let highest = time_ps_deviation_a
        .iter()
        .map(|point| point[1])
        .filter(|y| y.is_finite())
        .fold(threshold_a, f64::max);
    let panel = Panel::new(
        Axis::linear("Time (ps)"),
        Axis::linear("Largest bond deviation (Å)").range(0.0, 1.05 * highest),
    )
    .with("", Mark::Line, time_ps_deviation_a.to_vec())
    .level(format!("threshold {threshold_a} Å"), threshold_a);
    Figure::single("Bonds against the reference topology", panel)
}

/// Deviation of the forces of several networks, `[time in ps, eV/Å]`, with the level that stops a run if there is one.
pub fn force_deviation(max: &[[f64; 2]], rms: &[[f64; 2]], level: Option<f64>) -> Figure {
    let values = max.iter().map(|point| point[1]);
    let highest = values
        .filter(|y| y.is_finite())
        .fold(level.unwrap_or(0.0), f64::max);
    let mut axis = Axis::linear("Force deviation (eV/Å)");
    if highest > 0.0 {
        axis = axis.range(0.0, 1.05 * highest);
    }
    let mut panel = Panel::new(Axis::linear("Time (ps)"), axis)
        .with("largest of an atom", Mark::Line, max.to_vec())
        .with("root mean square over the atoms", Mark::Line, rms.to_vec());
    if let Some(level) = level {
        panel = panel.level(format!("stop level {level} eV/Å"), level);
    }
    let caption = "√<|F − <F>|²> over the networks of the ensemble, which may be wrong together";
    Figure::single("How far the networks agree", panel).captioned(caption)
}

/// RMSD after superposition on the first frame, and radius of gyration. Points are `[time in ps, Å]`.
pub fn shape(rmsd_a: &[[f64; 2]], radius_of_gyration_a: &[[f64; 2]]) -> Figure {
    let panel = |label: &str, points: &[[f64; 2]]| {
        Panel::new(Axis::linear("Time (ps)"), Axis::linear(label)).with(
            "",
            Mark::Line,
            points.to_vec(),
        )
    };
    Figure {
        title: "Shape of the molecule".into(),
        caption: "RMSD after optimal superposition; radius of gyration weighted by mass".into(),
        panels: vec![
            panel("RMSD (Å)", rmsd_a),
            panel("Rg (Å)", radius_of_gyration_a),
        ],
    }
}

/// The way to a minimum: largest force on an atom that may move, `[step, eV/Å]`, down to `fmax`, and the energy,
/// `[step, eV]`, relative to its last value.
pub fn relaxation(max_force: &[[f64; 2]], fmax: f64, energy: &[[f64; 2]]) -> Figure {
    let last = |points: &[[f64; 2]]| points.last().copied().unwrap_or_default();
    let [step, force] = last(max_force);
    let steps = || Axis::linear("Step").range(0.0, step);
    let upper = Panel::new(steps(), Axis::logarithmic("Largest force (eV/Å)"))
        .with("", Mark::Line, max_force.to_vec())
        .level(format!("fmax {fmax} eV/Å"), fmax);
    let end = energy.last().map_or(0.0, |point| point[1]);
    let relative = energy.iter().map(|[step, e]| [*step, e - end]).collect();
    // Most of the way is small beside the first steps.
    let fall = Axis::logarithmic("E − E(end) (eV)");
    let lower = Panel::new(steps(), fall).with("", Mark::Line, relative);
    let caption = format!("{step} steps · largest force {force:.2e} eV/Å · energy {end:.6} eV");
    Figure {
        title: "Way to the minimum".into(),
        caption: caption.replace('-', "−"),
        panels: vec![upper, lower],
    }
}

/// Predicted against reference force components.
pub fn force_parity(sample: &ParitySample, report: &ForceReport) -> Figure {
    let all = || sample.pairs().iter().flatten().copied();
    let (low, high) = (
        all().fold(f64::INFINITY, f64::min),
        all().fold(f64::NEG_INFINITY, f64::max),
    );
    let axis = |label: &str| {
        Axis::linear(label).range(low - 0.03 * (high - low), high + 0.03 * (high - low))
    };
    let panel = Panel::new(
        axis("Reference force component (eV/Å)"),
        axis("Predicted (eV/Å)"),
    )
    .with(
        "perfect agreement",
        Mark::Guide,
        vec![[low, low], [high, high]],
    )
    .with(
        format!(
            "{} of {} force components",
            sample.pairs().len(),
            sample.seen()
        ),
        Mark::Points,
        sample.pairs().to_vec(),
    );
    let cosine = report
        .force_cosine
        .map_or(String::new(), |cosine| format!(" · cosine {cosine:.5}"));
    let caption = format!(
        "MAE {:.1} meV/Å (components) · RMSE {:.1} meV/Å{cosine} · {} frames",
        report.force_mae_mev_per_a, report.force_rmse_mev_per_a, report.frames,
    );
    Figure::single("Predicted and reference forces", panel).captioned(caption)
}

/// One bar a name, such as an element or a molecule, first on top; `measure` with its unit.
pub fn errors_by_name(title: &str, measure: &str, errors: &[(String, f64)]) -> Figure {
    let names = errors.iter().map(|(name, _)| name.clone()).collect();
    let largest = errors.iter().map(|(_, error)| *error);
    let largest = largest.filter(|e| e.is_finite()).fold(0.0, f64::max);
    let end = if largest > 0.0 { 1.05 * largest } else { 1.0 };
    let bars = errors.iter().enumerate();
    let bars = bars.map(|(k, (_, error))| [*error, -(k as f64)]).collect();
    let panel = Panel::new(
        Axis::linear(measure).range(0.0, end),
        Axis::named("", names),
    );
    Figure::single(title, panel.with("", Mark::Bars, bars))
}

/// Error of the forces on atoms against the size of these forces.
pub fn error_by_force(bins: &[ForceSizeBin]) -> Figure {
    let points = bins.iter();
    let points = points.map(|bin| [bin.force_ev_per_a, bin.force_mae_mev_per_a]);
    let largest = bins.iter().map(|bin| bin.force_mae_mev_per_a);
    let largest = largest.fold(0.0, f64::max);
    let mut y = Axis::linear("Force MAE (meV/Å)");
    if largest > 0.0 {
        y = y.range(0.0, 1.08 * largest);
    }
    let panel = Panel::new(Axis::linear("Reference force on an atom (eV/Å)"), y);
    let panel = panel.with("", Mark::LineAndPoints, points.collect());
    let atoms = bins.iter().map(|bin| bin.atoms).max().unwrap_or(0);
    let caption =
        format!("Each point: the mean of about {atoms} atoms with forces of similar size");
    Figure::single("Error of forces by their size", panel).captioned(caption)
}

/// Density of vibrational states up to `limit` 1/cm, e.g. 4000. The side lobes of the window, a few per cent below
/// zero beside sharp peaks, are drawn as zero.
pub fn spectrum(spectrum: &Spectrum, limit: f64) -> Figure {
    let points: Vec<[f64; 2]> = spectrum
        .wavenumber_per_cm
        .iter()
        .zip(&spectrum.density_cm)
        .map(|(k, s)| [*k, 1000.0 * s.max(0.0)])
        .collect();
    let end = points.last().map_or(limit, |last| last[0].min(limit));
    let panel = Panel::new(
        Axis::linear("Wavenumber (1/cm)").range(0.0, end),
        Axis::linear("Density of states (0.001 cm)"),
    )
    .with("", Mark::Line, points);
    let caption = format!(
        "From the velocity autocorrelation · resolution {:.0}/cm · this frame spacing shows up to {:.0}/cm",
        spectrum.resolution_per_cm,
        spectrum.wavenumber_per_cm.last().copied().unwrap_or(0.0),
    );
    Figure::single("Vibrational spectrum", panel).captioned(caption)
}
