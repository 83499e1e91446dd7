//! What a command reads before it works: potentials, reference frames, structures. All of it is bad input when wrong.

use super::exit::{BadInput, OrBadInput};
use super::plan::{Compute, PotentialPlan};
use anyhow::Result;
use oreo_core::{Cell, Frame, Potential};
use oreo_formats::ReadOptions;
use oreo_validation::{floor, DistanceHistogram, Distribution, Topology};
use std::path::Path;

/// A potential and where it came from.
pub struct LoadedPotential {
    /// Ready to be asked.
    pub potential: Box<dyn Potential>,
    /// Of the weights file; `None` for a built-in potential.
    pub weights_sha256: Option<String>,
    /// What the user should know, one line each.
    pub notes: Vec<String>,
}

/// Reads weights, or takes a built-in potential.
pub fn potential(plan: &PotentialPlan, compute: &Compute) -> Result<LoadedPotential> {
    match plan {
        PotentialPlan::Et(weights) => network(weights, compute),
        PotentialPlan::LennardJones => Ok(LoadedPotential {
            potential: Box::new(oreo_potentials::LennardJones::argon()),
            weights_sha256: None,
            notes: Vec::new(),
        }),
    }
}

#[cfg(feature = "candle")]
fn network(path: &Path, compute: &Compute) -> Result<LoadedPotential> {
    use super::choices::PrecisionChoice;
    use oreo_potentials::oreo::reference::{Device, OreoReference, Precision};
    use oreo_potentials::oreo::Weights;
    let weights = Weights::load(path).or_bad_input()?;
    let precision = match compute.precision {
        PrecisionChoice::F64 => Precision::F64,
        _ => Precision::F32,
    };
    let network = OreoReference::new(&weights, precision, &Device::Cpu).or_bad_input()?;
    let file = path.display();
    let mut notes: Vec<_> = weights
        .unused
        .iter()
        .map(|name| format!("{file}: tensor '{name}' is not used"))
        .collect();
    if let Some(trained_on) = weights.record.get("trained_on") {
        notes.push(format!("{file} was trained on {trained_on}"));
    }
    if !weights.elements_recorded() {
        notes.push(format!(
            "{file} does not say which elements it was trained for; record them with `oreo convert --elements`"
        ));
    }
    Ok(LoadedPotential {
        potential: Box::new(network),
        weights_sha256: Some(weights.sha256),
        notes,
    })
}

#[cfg(not(feature = "candle"))]
fn network(_: &Path, _: &Compute) -> Result<LoadedPotential> {
    Err(BadInput::new("this build has no network: rebuild with --features candle").into())
}

/// Frames that a run is compared with.
pub struct Reference {
    /// In time order.
    pub frames: Vec<Frame>,
    /// From mean distances.
    pub topology: Topology,
    /// h(r) of all frames.
    pub distribution: Distribution,
    /// MAE of its first half against its second; `None` with a single frame.
    pub half_split: Option<f64>,
    /// Of the file, lower-case hex.
    pub sha256: String,
}

/// Reads reference frames of one molecule and puts them into time order where the file records it.
pub fn reference(path: &Path, options: &ReadOptions) -> Result<Reference> {
    let data = oreo_formats::load(path, options).or_bad_input()?;
    let mut order: Vec<usize> = (0..data.len()).collect();
    if let Some(indices) = data.old_indices() {
        order.sort_by_key(|&frame| indices[frame]);
    }
    let frames: Vec<Frame> = order.into_iter().map(|frame| data.frame(frame)).collect();
    let name = |error| BadInput::new(format!("{}: {error}", path.display()));
    let pairs = frames
        .iter()
        .map(|frame| (&frame.positions[..], &frame.cell));
    Ok(Reference {
        topology: Topology::from_reference(&frames).map_err(name)?,
        distribution: DistanceHistogram::of(pairs)
            .and_then(|h| h.distribution())
            .map_err(name)?,
        half_split: floor::half_split(&frames).ok(),
        sha256: sha256(path)?,
        frames,
    })
}

fn sha256(path: &Path) -> Result<String> {
    use sha2::{Digest, Sha256};
    let bytes = std::fs::read(path)
        .map_err(|error| BadInput::new(format!("{}: {error}", path.display())))?;
    Ok(Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// Shortest sensible and longest bonded distance, in sums of covalent radii.
const OVERLAP: f64 = 0.4;
const BONDED: f64 = 1.3;

/// Refuses what no network was made for: atoms on top of each other, or a molecule in which no atom has a neighbour at
/// the distance of a bond. Both are most often a wrong unit of length.
pub fn check_structure(frame: &Frame, place: &str) -> Result<()> {
    let mut bonded = false;
    for i in 0..frame.len() {
        for j in i + 1..frame.len() {
            let distance = frame
                .cell
                .displacement(&frame.positions[i], &frame.positions[j])
                .norm();
            let radii = frame.elements[i].covalent_radius() + frame.elements[j].covalent_radius();
            if distance < OVERLAP * radii {
                let pair = format!(
                    "atoms {i} ({}) and {j} ({})",
                    frame.elements[i], frame.elements[j]
                );
                let remedy = "overlapping atoms, or positions that are not in Å? --skip-unit-check accepts them";
                return Err(BadInput::new(format!(
                    "{place}: {pair} are {distance:.3} Å apart: {remedy}"
                ))
                .into());
            }
            bonded |= distance < BONDED * radii;
        }
    }
    if frame.len() > 1 && !bonded && frame.cell == Cell::Open {
        let problem =
            "no two atoms are at the distance of a bond; are the positions in Å (not in bohr)? \
             --skip-unit-check accepts them";
        return Err(BadInput::new(format!("{place}: {problem}")).into());
    }
    Ok(())
}
