//! From what the frames of one trajectory told to the numbers of `analysis.json`.

use super::comparison::Comparison;
use super::curves::Curves;
use super::frames::Frames;
use super::kinds::{compared, KindNumbers};
use super::replica::Subject;
use super::results::*;
use oreo_core::Periodic;
use oreo_validation::floor;
use oreo_validation::kinds::KindSummaries;
use oreo_validation::rdf::RadialDistribution;
use std::collections::BTreeMap;

/// Seed of the bootstrap behind the floors; fixed, so that an analysis can be made again.
const FLOOR_SEED: u64 = 0;
/// Numbers of frames that were all seen. What cannot be had is filed with its reason.
pub fn of(
    subject: &Subject,
    comparison: Option<&Comparison>,
    mut frames: Frames,
) -> ReplicaAnalysis {
    let mut missing = missing_shape(&frames);
    let times = frames.clock.times_ps();
    let stability = stability(subject, comparison, &frames, times.as_deref());
    let h_r = distances(&frames, comparison, &mut missing);
    let interval = noted(
        "frame_interval_fs",
        frames.clock.interval_fs(),
        &mut missing,
    );
    let radial = noted("g_r", radial(&frames), &mut missing);
    let reference_radial = radial.as_ref().and_then(|g| comparison?.radial(range(g)));
    let vibrations = noted("spectrum", frames.take_vibrations(), &mut missing);
    let (analysis, vibrations) = vibrations
        .map(|found| (found.analysis, (found.autocorrelation, found.spectrum)))
        .unzip();
    let (autocorrelation, spectrum) = vibrations.unzip();
    let diffusion = noted("diffusion", diffusion(&mut frames), &mut missing);
    let [bond_lengths, bond_angles] = kinds(&frames, comparison, &mut missing);
    ReplicaAnalysis {
        id: subject.id,
        trajectory: subject.path.display().to_string(),
        formula: frames.system.formula(),
        atoms: frames.system.len(),
        periodic: frames.is_periodic(),
        frames: frames.seen,
        frames_analyzed: frames.analyzed,
        frame_interval_fs: interval,
        stable_ps: stability.stable_ps_by_frames,
        h_r,
        stability,
        g_r: radial
            .as_ref()
            .map(|g| radial_analysis(g, reference_radial.as_ref())),
        temperature_k: None,
        conserved: None,
        potential_ev: None,
        equilibrated_after_ps: None,
        rmsd_a: Spread::of(&frames.rmsd),
        radius_of_gyration_a: Spread::of(&frames.radii_of_gyration),
        bond_lengths,
        bond_angles,
        worst_bond: frames.worst_bond.worst(),
        spectrum: analysis,
        diffusion,
        not_computed: missing,
        curves: Curves {
            elements: frames.system.elements.clone(),
            cell: frames.cell().cloned(),
            pairs: frames.pairs.densities(),
            partial_radial: frames.partial_radial(),
            topology: frames.rule.topology,
            snapshots: frames.snapshots,
            distribution: frames.distances.distribution().ok(),
            radial,
            reference_radial,
            times_ps: times,
            bond_deviation_a: frames.deviations,
            rmsd_a: frames.rmsd,
            radius_of_gyration_a: frames.radii_of_gyration,
            autocorrelation,
            spectrum,
            ..Curves::default()
        },
    }
}

fn missing_shape(frames: &Frames) -> BTreeMap<&'static str, String> {
    let mut missing = BTreeMap::new();
    if frames.rmsd.is_empty() {
        let reason = match frames.is_periodic() {
            true => "the frames have a periodic cell; only a molecule in open space has a shape of its own",
            false => "no frame was analyzed",
        };
        missing.insert("rmsd_a", reason.into());
        missing.insert("radius_of_gyration_a", reason.into());
    }
    if frames.worst_bond.worst().is_none() {
        let reason = "the topology has no bonds, or no frame was analyzed";
        missing.insert("worst_bond", reason.into());
    }
    missing
}

fn kinds(
    frames: &Frames,
    comparison: Option<&Comparison>,
    missing: &mut BTreeMap<&'static str, String>,
) -> [Vec<KindNumbers>; 2] {
    let reference = comparison.map(Comparison::kind_summaries);
    let none = KindSummaries::default();
    let no_reference = "there is no reference; give one (--reference)".to_string();
    let reweighted = comparison.ok_or(no_reference.clone());
    let reweighted = reweighted.and_then(Comparison::relabelled);
    let weighted = reweighted.as_ref().map_or(&none, |found| &found.kinds);
    let both = compared(&frames.kinds, reference.as_ref().unwrap_or(&none), weighted);
    let few = "an error of a mean needs eight frames that differ, of the run and of the reference";
    let reason = comparison.map_or(no_reference, |_| few.into());
    let in_errors = |kind: &KindNumbers| kind.reference.as_ref()?.found.in_errors;
    if both[0].iter().any(|bond| in_errors(bond).is_none()) {
        missing.insert("bond_lengths.difference_in_errors", reason.clone());
        missing.insert("bond_angles.difference_in_errors", reason);
    }
    if let (Err(reason), false) = (reweighted, both[0].is_empty()) {
        missing.insert("bond_lengths.reweighted_mean_a", reason.clone());
        missing.insert("bond_angles.reweighted_mean_deg", reason);
    }
    both
}

/// D of a box of edge L is too small by ξkT/(6πηL), ξ = 2.837297 for a cube: Yeh & Hummer, J. Phys. Chem. B 108, 15873
/// (2004). The viscosity η is not known here, so the correction is said and not made.
fn diffusion(frames: &mut Frames) -> Result<DiffusionAnalysis, String> {
    let found = frames.take_diffusion()?;
    let volume = frames.cell().map_or(f64::NAN, Periodic::volume);
    let finite_size = format!(
        "not corrected: in a fluid without walls D is larger by 2.837 kT/(6πηL) (Yeh & Hummer 2004), \
         L = {:.2} Å, η the viscosity, if the box is a cube",
        volume.cbrt()
    );
    Ok(DiffusionAnalysis { found, finite_size })
}

fn radial(frames: &Frames) -> Result<RadialDistribution, String> {
    let radial = frames.radial.as_ref().map_err(String::clone)?;
    radial.distribution().map_err(|error| error.to_string())
}

/// Å
fn range(g: &RadialDistribution) -> f64 {
    g.bin_width() * g.g().len() as f64
}

/// The value, or its reason filed under the key.
pub fn noted<T>(
    key: &'static str,
    found: Result<T, String>,
    missing: &mut BTreeMap<&'static str, String>,
) -> Option<T> {
    found.map_err(|reason| missing.insert(key, reason)).ok()
}

fn distances(
    frames: &Frames,
    comparison: Option<&Comparison>,
    missing: &mut BTreeMap<&'static str, String>,
) -> DistanceAnalysis {
    let run = frames
        .distances
        .distribution()
        .map_err(|error| match frames.analyzed {
            0 => "no frame was analyzed".to_string(),
            _ => error.to_string(),
        });
    let compared = comparison.ok_or("there is no reference; give one (--reference)".to_string());
    let both = run.clone().and_then(|run| Ok((run, compared.clone()?)));
    let mae = both
        .clone()
        .map(|(run, comparison)| run.mae(comparison.distribution()));
    let independent = both.and_then(|(_, comparison)| {
        let floor = comparison.independent_floor(frames.analyzed);
        floor.map_err(|error| error.to_string())
    });
    let reweighted = compared
        .clone()
        .and_then(Comparison::relabelled)
        .and_then(|reference| Ok(run.clone()?.mae(&reference.distribution)));
    let half_split = compared.and_then(|comparison| {
        let few = "a reference of one frame has no halves; give more frames";
        comparison.half_split().ok_or_else(|| few.to_string())
    });
    let sampled = floor::sampling_floor(&frames.distances, FLOOR_SEED)
        .map(|floor| floor.h_r_floor)
        .map_err(|error| error.to_string());
    DistanceAnalysis {
        h_r_mae: noted("h_r.h_r_mae", mae, missing),
        h_r_floor: noted("h_r.h_r_floor", sampled, missing),
        h_r_independent_floor: noted("h_r.h_r_independent_floor", independent, missing),
        h_r_half_split: noted("h_r.h_r_half_split", half_split, missing),
        h_r_mae_reweighted: noted("h_r.h_r_mae_reweighted", reweighted, missing),
        share_beyond_10_a: run.ok().map(|run| run.share_beyond()),
    }
}

fn stability(
    subject: &Subject,
    comparison: Option<&Comparison>,
    frames: &Frames,
    times: Option<&[f64]>,
) -> StabilityAnalysis {
    let time = |frame: u64| times.and_then(|times| times.get(frame as usize)).copied();
    let broken = frames.broken.map(|broken| BrokenFrame {
        time_ps: time(broken.frame),
        ..broken
    });
    let whole = broken.map_or(frames.seen, |broken| broken.frame);
    let last = whole.checked_sub(1).and_then(time);
    StabilityAnalysis {
        bond_threshold_a: subject.bond_threshold,
        topology: subject.topology_name(comparison),
        bonds: frames.rule.topology.bonds.len(),
        first_broken_frame: broken,
        stable_ps_by_frames: last.zip(time(0)).map(|(last, first)| last - first),
        by_every_step: None,
    }
}

fn radial_analysis(
    g: &RadialDistribution,
    reference: Option<&RadialDistribution>,
) -> RadialAnalysis {
    let peak = g
        .centers()
        .zip(g.g().iter().copied())
        .fold(
            (0.0, 0.0),
            |best, now| if now.1 > best.1 { now } else { best },
        );
    RadialAnalysis {
        range_a: range(g),
        bins: g.g().len(),
        g_r_mae_a: reference.and_then(|reference| g.mae(reference).ok()),
        highest_peak_a: peak.0,
        highest_peak: peak.1,
    }
}
