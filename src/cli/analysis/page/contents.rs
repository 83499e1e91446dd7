//! Everything that a page shows, as one JSON object: the numbers of `analysis.json`, the curves, the frames, the run.
//!
//! The page has a size that a mail takes. Long curves are cut into stretches, trajectories into frames; of very many
//! replicas only the first have curves, and the page says so.

use super::movie::{self, Movie};
use super::verdict;
use crate::cli::analysis::card::Card;
use crate::cli::analysis::curves::{Curves, TemperatureTargets};
use crate::cli::analysis::definitions;
use crate::cli::analysis::pair_distances::PairDensity;
use crate::cli::analysis::results::{Analysis, ReplicaAnalysis};
use crate::cli::page::packed::Floats;
use crate::cli::page::series::Series;
use crate::cli::page::verdict::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Of all curves over time together, base64.
const CURVE_BYTES: usize = 2_500_000;
/// Of all frames together, base64.
const MOVIE_BYTES: usize = 3_000_000;
/// Over all runs of a page; the numbers of the others are in the tables.
const MOST_DRAWN: usize = 50;
/// Stretches of a curve.
const MOST_STRETCHES: usize = 1500;
/// x, y, low and high in base64.
const STRETCH_BYTES: usize = 22;
/// Curves over time of a replica.
const CURVES: usize = 12;

/// The whole object.
#[derive(Debug, Serialize)]
pub struct Contents<'a> {
    oreo: &'static str,
    /// Of the keys of `analysis.json`.
    definitions: BTreeMap<&'static str, &'static str>,
    /// Side by side.
    runs: Vec<Run<'a>>,
}

/// One run or trajectory.
#[derive(Debug, Serialize)]
struct Run<'a> {
    /// Short; no other run of the page has it.
    label: String,
    verdict: Verdict,
    card: Option<&'a Card>,
    analysis: &'a Analysis,
    molecule: Molecule,
    /// h(r)
    reference_h_r: Option<Floats>,
    /// The same as the level of theory of the labels would have it.
    reweighted_h_r: Option<Floats>,
    /// Parts of it, by pair of elements.
    reference_pairs: Vec<PairPart>,
    replicas: Vec<Replica>,
}

#[derive(Debug, Serialize)]
struct Molecule {
    elements: Vec<&'static str>,
    /// Å, of each atom.
    covalent_radii_a: Vec<f64>,
    /// Two atoms and the reference length in Å.
    bonds: Vec<(usize, usize, f64)>,
}

#[derive(Debug, Serialize)]
struct PairPart {
    pair: String,
    density: Floats,
}

/// Curves and frames of a replica.
#[derive(Debug, Serialize)]
struct Replica {
    id: u32,
    h_r: Option<Floats>,
    pairs: Vec<PairPart>,
    g_r: Option<Radial>,
    /// By name; a time series each.
    series: BTreeMap<&'static str, Series>,
    /// Whether the frames have times; else they are counted.
    timed: bool,
    targets: Option<TemperatureTargets>,
    deviation_stop: Option<f64>,
    autocorrelation: Option<Sampled>,
    spectrum: Option<Sampled>,
    movie: Option<Movie>,
}

/// Values at multiples of a spacing, the first at `start`.
#[derive(Debug, Serialize)]
struct Sampled {
    start: f64,
    spacing: f64,
    y: Floats,
}

#[derive(Debug, Serialize)]
struct Radial {
    bin_width_a: f64,
    g: Floats,
    reference: Option<Floats>,
    /// By pair of elements.
    partial: Vec<PairPart>,
}

impl<'a> Contents<'a> {
    /// Of one analysis or of several, side by side.
    pub fn of(analyses: &[&'a Analysis]) -> Self {
        let all: usize = analyses
            .iter()
            .map(|analysis| analysis.replicas.len())
            .sum();
        let room = Room::for_replicas(all.min(MOST_DRAWN));
        let labels = labels(analyses);
        let mut left = MOST_DRAWN;
        let runs = analyses.iter().zip(labels).map(|(analysis, label)| {
            let drawn = analysis.replicas.len().min(left);
            left -= drawn;
            Run::of(analysis, label, drawn, &room)
        });
        Self {
            oreo: env!("CARGO_PKG_VERSION"),
            definitions: definitions::all(),
            runs: runs.collect(),
        }
    }
}

/// For one replica.
struct Room {
    stretches: usize,
    movie_bytes: usize,
}

impl Room {
    fn for_replicas(count: usize) -> Self {
        let count = count.max(1);
        let stretches = CURVE_BYTES / (count * CURVES * STRETCH_BYTES);
        Self {
            stretches: stretches.clamp(50, MOST_STRETCHES),
            movie_bytes: MOVIE_BYTES / count,
        }
    }
}

impl<'a> Run<'a> {
    fn of(analysis: &'a Analysis, label: String, drawn: usize, room: &Room) -> Self {
        let h_r = |h: &Option<oreo_validation::Distribution>| {
            Some(Floats::of(h.as_ref()?.density().iter().copied()))
        };
        let drawn = analysis.replicas.iter().take(drawn);
        Self {
            label,
            verdict: verdict::of(analysis),
            card: analysis.card.as_ref(),
            analysis,
            molecule: Molecule::of(analysis.replicas.first()),
            reference_h_r: h_r(&analysis.reference_distribution),
            reweighted_h_r: h_r(&analysis.reweighted_distribution),
            reference_pairs: parts(&analysis.reference_pairs),
            replicas: drawn.map(|replica| Replica::of(replica, room)).collect(),
        }
    }
}

impl Molecule {
    fn of(replica: Option<&ReplicaAnalysis>) -> Self {
        let curves = replica.map(|replica| &replica.curves);
        let elements = curves.map_or(&[][..], |curves| &curves.elements);
        let bonds = curves.map_or(&[][..], |curves| &curves.topology.bonds);
        let bond = |b: &oreo_validation::Bond| (b.atoms[0], b.atoms[1], b.reference);
        Self {
            elements: elements.iter().map(|element| element.symbol()).collect(),
            covalent_radii_a: elements.iter().map(|e| e.covalent_radius()).collect(),
            bonds: bonds.iter().map(bond).collect(),
        }
    }
}

fn parts(pairs: &[PairDensity]) -> Vec<PairPart> {
    let part = |p: &PairDensity| PairPart {
        pair: p.pair.clone(),
        density: Floats::of(p.density.iter().copied()),
    };
    pairs.iter().map(part).collect()
}

impl Replica {
    fn of(replica: &ReplicaAnalysis, room: &Room) -> Self {
        let curves = &replica.curves;
        let density = |h: &oreo_validation::Distribution| Floats::of(h.density().iter().copied());
        Self {
            id: replica.id,
            h_r: curves.distribution.as_ref().map(density),
            pairs: parts(&curves.pairs),
            g_r: radial(curves),
            series: series(curves, room.stretches),
            timed: curves.times_ps.is_some(),
            targets: curves.targets,
            deviation_stop: curves.deviation_stop,
            autocorrelation: curves.autocorrelation.as_ref().map(|c| Sampled {
                start: 0.0,
                spacing: c.spacing_fs,
                y: Floats::of(c.values.iter().copied()),
            }),
            spectrum: curves.spectrum.as_ref().and_then(spectrum),
            movie: movie::of(curves, room.movie_bytes),
        }
    }
}

/// Wavenumbers are equally spaced from 0.
fn spectrum(found: &oreo_validation::spectrum::Spectrum) -> Option<Sampled> {
    Some(Sampled {
        start: *found.wavenumber_per_cm.first()?,
        spacing: found.wavenumber_per_cm.get(1)? - found.wavenumber_per_cm.first()?,
        y: Floats::of(found.density_cm.iter().copied()),
    })
}

fn radial(curves: &Curves) -> Option<Radial> {
    let g = curves.radial.as_ref()?;
    let reference = curves.reference_radial.as_ref();
    Some(Radial {
        bin_width_a: g.bin_width(),
        g: Floats::of(g.g().iter().copied()),
        reference: reference.map(|g| Floats::of(g.g().iter().copied())),
        partial: parts(&curves.partial_radial),
    })
}

fn series(curves: &Curves, most: usize) -> BTreeMap<&'static str, Series> {
    let over_time = |values: &[f64]| -> Vec<[f64; 2]> {
        let time = |k: usize| match &curves.times_ps {
            Some(times) => times.get(k).copied().unwrap_or(f64::NAN),
            None => k as f64,
        };
        values
            .iter()
            .enumerate()
            .map(|(k, y)| [time(k), *y])
            .collect()
    };
    let of_frames = [
        ("bond_deviation_a", &curves.bond_deviation_a),
        ("rmsd_a", &curves.rmsd_a),
        ("radius_of_gyration_a", &curves.radius_of_gyration_a),
    ];
    let of_thermo = [
        ("potential_ev", &curves.potential_ev),
        ("kinetic_ev", &curves.kinetic_ev),
        ("conserved_ev", &curves.conserved_ev),
        ("temperature_k", &curves.temperature_k),
        ("t_trans_k", &curves.t_trans_k),
        ("t_rot_k", &curves.t_rot_k),
        ("t_vib_k", &curves.t_vib_k),
        ("force_deviation_max", &curves.force_deviation_max),
        ("force_deviation_rms", &curves.force_deviation_rms),
    ];
    let of_frames = of_frames.map(|(name, values)| (name, Series::of(&over_time(values), most)));
    let of_thermo = of_thermo.map(|(name, points)| (name, Series::of(points, most)));
    let all = of_frames.into_iter().chain(of_thermo);
    all.filter_map(|(name, series)| Some((name, series?)))
        .collect()
}

/// Last parts of the paths, as many as tell them apart.
fn labels(analyses: &[&Analysis]) -> Vec<String> {
    let short = |parts: usize| -> Vec<String> {
        let last = |analysis: &&Analysis| {
            let path = Path::new(&analysis.target);
            let all: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
            all[all.len().saturating_sub(parts)..].join("/")
        };
        analyses.iter().map(last).collect()
    };
    let differ = |labels: &[String]| {
        let mut sorted = labels.to_vec();
        sorted.sort();
        sorted.dedup();
        sorted.len() == labels.len()
    };
    let found = (1..8).map(short).find(|labels| differ(labels));
    found.unwrap_or_else(|| {
        let numbered = short(1).into_iter().enumerate();
        numbered
            .map(|(k, name)| format!("{} {name}", k + 1))
            .collect()
    })
}
