//! The figures of an analysis, by the name of their files.

use super::results::{Analysis, ReplicaAnalysis};
use crate::run::MeanStd;
use oreo_validation::diffusion::Diffusion;
use oreo_validation::plots::{self, Axis, DistanceScores, Figure, Mark, Panel};
use oreo_validation::spectrum::{Spectrum, VelocityAutocorrelation};

/// Points of a curve at most; longer ones keep the extremes of each stretch.
const MOST_POINTS: usize = 4000;
/// Share of the highest density below which a spectrum is empty to the eye.
const INVISIBLE: f64 = 0.002;
/// fs; beyond it an autocorrelation is noise, and its swings too narrow to be seen.
const LONGEST_LAG: f64 = 1000.0;

/// File name without extension, and what is in it.
pub fn of(analysis: &Analysis) -> Vec<(String, Figure)> {
    let mut figures = Vec::new();
    figures.extend(distances(analysis).map(|figure| ("h_r".to_string(), figure)));
    for replica in &analysis.replicas {
        for (name, mut figure) in of_replica(replica) {
            if analysis.replicas.len() > 1 {
                figure.title = format!("{} · replica {}", figure.title, replica.id);
            }
            figures.push((format!("replica-{}-{name}", replica.id), figure));
        }
    }
    figures
}

/// All replicas over the reference.
fn distances(analysis: &Analysis) -> Option<Figure> {
    let replicas = &analysis.replicas;
    let alone = replicas.len() == 1;
    let run = |replica: &ReplicaAnalysis| match alone {
        true => "run".to_string(),
        false => format!("replica {}", replica.id),
    };
    let runs: Vec<_> = replicas
        .iter()
        .filter_map(|r| Some((run(r), r.curves.distribution.as_ref()?)))
        .collect();
    let references = [
        ("reference", &analysis.reference_distribution),
        (
            "reference, reweighted to its labels",
            &analysis.reweighted_distribution,
        ),
    ];
    let references = references.into_iter();
    let references: Vec<_> = references
        .filter_map(|(name, h)| Some((name.to_string(), h.as_ref()?)))
        .collect();
    let scores = DistanceScores {
        h_r_mae: analysis.h_r_mae.mean,
        h_r_floor: MeanStd::of(replicas.iter().map(|r| r.h_r.h_r_floor)).mean,
        h_r_half_split: replicas.first()?.h_r.h_r_half_split,
    };
    let mut figure = plots::distances(&runs, &references, &scores);
    if !alone {
        let means = format!("means over {} replicas: ", replicas.len());
        figure.caption.insert_str(0, &means);
    }
    (!runs.is_empty()).then_some(figure)
}

fn of_replica(replica: &ReplicaAnalysis) -> Vec<(&'static str, Figure)> {
    let curves = &replica.curves;
    let mut figures = Vec::new();
    if !curves.temperature_k.is_empty() {
        let figure = plots::temperature_and_energy(
            &thinned(&curves.temperature_k),
            curves.target_k,
            &thinned(&curves.conserved_ev),
        );
        figures.push(("temperature-energy", figure));
    }
    if !curves.force_deviation_max.is_empty() {
        let figure = plots::force_deviation(
            &thinned(&curves.force_deviation_max),
            &thinned(&curves.force_deviation_rms),
            curves.deviation_stop,
        );
        figures.push(("force-deviation", figure));
    }
    if !curves.bond_deviation_a.is_empty() {
        let figure = plots::bond_deviation(
            &over_time(replica, &curves.bond_deviation_a),
            replica.stability.bond_threshold_a,
        );
        figures.push(("bonds", timed(replica, figure)));
    }
    if !curves.rmsd_a.is_empty() {
        let figure = plots::shape(
            &over_time(replica, &curves.rmsd_a),
            &over_time(replica, &curves.radius_of_gyration_a),
        );
        figures.push(("shape", timed(replica, figure)));
    }
    if let Some(radial) = &curves.radial {
        figures.push((
            "g_r",
            plots::radial_distribution(radial, curves.reference_radial.as_ref()),
        ));
    }
    if let Some(autocorrelation) = &curves.autocorrelation {
        figures.push(("autocorrelation", velocity_autocorrelation(autocorrelation)));
    }
    if let Some(diffusion) = &replica.diffusion {
        figures.push(("msd", mean_square_displacement(&diffusion.found)));
    }
    if let Some(spectrum) = &curves.spectrum {
        figures.push(("spectrum", plots::spectrum(spectrum, visible_end(spectrum))));
    }
    figures
}

/// 1/cm, a tenth beyond the last wavenumber with a density that can be seen.
fn visible_end(spectrum: &Spectrum) -> f64 {
    let highest = spectrum.density_cm.iter().copied().fold(0.0, f64::max);
    let last = spectrum
        .density_cm
        .iter()
        .rposition(|&density| density > INVISIBLE * highest);
    1.1 * last.map_or(0.0, |k| spectrum.wavenumber_per_cm[k])
}

fn velocity_autocorrelation(autocorrelation: &VelocityAutocorrelation) -> Figure {
    let points = autocorrelation.values.iter().enumerate();
    let points = points
        .map(|(lag, value)| [lag as f64 * autocorrelation.spacing_fs, *value])
        .collect();
    let last = autocorrelation.values.len().saturating_sub(1) as f64 * autocorrelation.spacing_fs;
    let time = Axis::linear("Time (fs)").range(0.0, last.min(LONGEST_LAG));
    let panel = Panel::new(time, Axis::linear("C(t)")).with("", Mark::Line, points);
    Figure::single("Velocity autocorrelation", panel).captioned("C(t) = Σm<v(0)·v(t)> / Σm<v²>")
}

/// Up to a fifth of the length: further out few stretches are left to average over.
fn mean_square_displacement(diffusion: &Diffusion) -> Figure {
    let mut panel = Panel::new(Axis::linear("Time (ps)"), Axis::linear("MSD (Å²)"));
    let alone = diffusion.species.len() == 1;
    for species in &diffusion.species {
        let name = if alone { "" } else { &species.species };
        let points = species.msd_a2.iter().take(diffusion.frames / 5).enumerate();
        let points = points.map(|(lag, value)| [lag as f64 * diffusion.spacing_ps, *value]);
        panel = panel.with(name, Mark::Line, thinned(&points.collect::<Vec<_>>()));
    }
    let (from, to) = (diffusion.fit_from_ps, diffusion.fit_to_ps);
    let caption = format!("D is a sixth of the slope from {from:.2} to {to:.2} ps");
    Figure::single("Mean squared displacement", panel).captioned(caption)
}

/// Against the number of the frame where no time is known.
fn over_time(replica: &ReplicaAnalysis, values: &[f64]) -> Vec<[f64; 2]> {
    let time = |k: usize| {
        replica
            .curves
            .times_ps
            .as_ref()
            .map_or(k as f64, |times| times[k])
    };
    let points: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(k, value)| [time(k), *value])
        .collect();
    thinned(&points)
}

fn timed(replica: &ReplicaAnalysis, mut figure: Figure) -> Figure {
    if replica.curves.times_ps.is_none() {
        figure
            .panels
            .iter_mut()
            .for_each(|panel| panel.x.label = "Frame".into());
    }
    figure
}

/// The lowest and the highest point of each stretch, in order of time: no excursion is lost.
fn thinned(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    if points.len() <= MOST_POINTS {
        return points.to_vec();
    }
    let stretch = points.len().div_ceil(MOST_POINTS / 2);
    let extremes = |points: &[[f64; 2]]| {
        let by_value = |a: &&[f64; 2], b: &&[f64; 2]| a[1].total_cmp(&b[1]);
        let low = points.iter().min_by(by_value).copied();
        let high = points.iter().max_by(by_value).copied();
        let mut pair: Vec<_> = low.into_iter().chain(high).collect();
        pair.sort_by(|a, b| a[0].total_cmp(&b[0]));
        pair
    };
    points.chunks(stretch).flat_map(extremes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches every k-th point in place of the extremes: the spike would be lost.
    #[test]
    fn a_long_curve_keeps_its_spikes() {
        let mut points: Vec<[f64; 2]> = (0..100_000).map(|k| [f64::from(k), 0.0]).collect();
        points[77_777][1] = 5.0;
        points[33_333][1] = -3.0;
        let thin = thinned(&points);
        assert!(thin.len() <= MOST_POINTS);
        assert!(thin.contains(&[77_777.0, 5.0]) && thin.contains(&[33_333.0, -3.0]));
        assert!(thin.windows(2).all(|pair| pair[0][0] <= pair[1][0]));
    }
}
