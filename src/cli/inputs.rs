//! What a command reads before it works: potentials, reference frames, structures. All of it is bad input when wrong.

use super::choices::{DeviceChoice, FiltersChoice, PathChoice, PrecisionChoice};
use super::exit::{BadInput, OrBadInput};
use super::plan::{Compute, PotentialPlan};
use super::self_test::SelfTest;
use super::training::head::{ELEMENT_ENERGIES, PROPERTY};
use super::weights_source::WeightsSource;
use crate::built_in::BuiltIn;
use anyhow::Result;
use oreo_core::{Cell, Frame, Potential, System, Vec3};
use oreo_formats::ReadOptions;
use oreo_potentials::oreo::fused::{self, OreoFused};
use oreo_potentials::oreo::seen::SeenDistances;
use oreo_potentials::oreo::{F16Rounding, Weights};
use oreo_training::objective::ElementEnergies;
use oreo_validation::{floor, DistanceHistogram, Distribution, Topology};
use std::path::Path;
use std::sync::Arc;

/// A potential and where it came from.
pub struct LoadedPotential {
    /// Ready to be asked.
    pub potential: Box<dyn Potential>,
    /// Of the weights file; `None` for a built-in potential.
    pub weights_sha256: Option<String>,
    /// Of the record of the weights: what total energies need beside the network's.
    pub element_energies: Option<ElementEnergies>,
    /// Of the weights: which distances they were trained on, as far as they say.
    pub seen: Option<Arc<SeenDistances>>,
    /// What the user should know, one line each.
    pub notes: Vec<String>,
    /// Of the fast path, until it was made: it holds the weights a second time.
    self_test: Option<SelfTest>,
}

impl LoadedPotential {
    /// Compares a fast path with the reference at the structure that is about to be computed; a note says how close they
    /// are. Call it once, before the first step: what it needs is given back then. Nothing to do for potentials with one implementation.
    ///
    /// # Errors
    /// When they do not agree: no step may be taken then.
    pub fn self_test(&mut self, system: &System, positions: &[Vec3], cell: &Cell) -> Result<()> {
        let note = self.tested(system, positions, cell)?;
        self.notes.extend(note);
        Ok(())
    }

    /// The same at a frame; the caller takes the note.
    ///
    /// # Errors
    /// As of [`Self::self_test`].
    pub fn self_test_of_frame(&mut self, frame: &Frame) -> Result<Option<String>> {
        let system = System::new(frame.elements.clone());
        self.tested(&system, &frame.positions, &frame.cell)
    }

    fn tested(
        &mut self,
        system: &System,
        positions: &[Vec3],
        cell: &Cell,
    ) -> Result<Option<String>> {
        match self.self_test.take() {
            Some(test) => test.run(&mut *self.potential, system, positions, cell),
            None => Ok(None),
        }
    }
}

/// Reads weights, or takes a built-in potential.
pub fn potential(plan: &PotentialPlan, compute: &Compute) -> Result<LoadedPotential> {
    match plan {
        PotentialPlan::Et(weights) => network(weights, compute),
        PotentialPlan::LennardJones if compute.device != DeviceChoice::Cpu => {
            let problem = "lennard-jones is computed on the processor; use --device cpu";
            Err(BadInput::new(format!("--device: {problem}")).into())
        }
        PotentialPlan::LennardJones => Ok(LoadedPotential {
            potential: Box::new(oreo_potentials::LennardJones::argon()),
            weights_sha256: None,
            element_energies: None,
            seen: None,
            notes: Vec::new(),
            self_test: None,
        }),
    }
}

fn network(source: &WeightsSource, compute: &Compute) -> Result<LoadedPotential> {
    let weights = source.weights()?;
    if let Some(property) = weights.record.get(PROPERTY) {
        let problem = format!(
            "{source}: predicts {property}, which is no energy and gives no forces; take weights that were trained on forces, or compare it with labels by `oreo evaluate`"
        );
        return Err(BadInput::new(problem).into());
    }
    let element_energies = element_energies(source, &weights)?;
    let seen = weights.seen_distances().or_bad_input()?.map(Arc::new);
    let mut notes = facts(source, &weights);
    let potential: Box<dyn Potential> = match (compute.device, compute.path) {
        (_, PathChoice::Reference) => reference_network(&weights, compute)?,
        (DeviceChoice::Cuda(ordinal), _) => {
            let network = cuda_network(source, &weights, ordinal, compute)?;
            notes.extend(network.1);
            network.0
        }
        (_, PathChoice::Auto | PathChoice::Fused) => {
            let network = OreoFused::new(&weights, &options(compute)).or_bad_input()?;
            notes.push(kernels(&network));
            notes.extend(rounded(source, network.rounding()));
            Box::new(network)
        }
    };
    let weights_sha256 = Some(weights.sha256.clone());
    let self_test = match compute.path {
        PathChoice::Reference => None,
        PathChoice::Auto | PathChoice::Fused => Some(SelfTest::new(weights, compute)?),
    };
    Ok(LoadedPotential {
        potential,
        weights_sha256,
        element_energies,
        seen,
        notes,
        self_test,
    })
}

fn element_energies(source: &WeightsSource, weights: &Weights) -> Result<Option<ElementEnergies>> {
    let Some(text) = weights.record.get(ELEMENT_ENERGIES) else {
        return Ok(None);
    };
    let energies = text.parse().map_err(|problem| {
        BadInput::new(format!("{source}: record '{ELEMENT_ENERGIES}': {problem}"))
    })?;
    Ok(Some(energies))
}

/// What the file says, or fails to say, about itself.
fn facts(source: &WeightsSource, weights: &Weights) -> Vec<String> {
    let mut notes: Vec<_> = weights
        .unused
        .iter()
        .map(|name| format!("{source}: tensor '{name}' is not used"))
        .collect();
    notes.extend(match source {
        WeightsSource::BuiltIn(model) => Some(built_in(*model, weights)),
        WeightsSource::File(_) => (weights.record.get("trained_on")).map(|trained_on| {
            format!(
                "{source} was trained on {}; `oreo inspect` says more",
                names(trained_on)
            )
        }),
    });
    if !weights.elements_recorded() {
        notes.push(format!(
            "{source} does not say which elements it was trained for; record them with `oreo convert --elements`"
        ));
    }
    notes
}

/// Nobody chose a file, so one line must do: which network, for which elements, from which data.
fn built_in(model: BuiltIn, weights: &Weights) -> String {
    let trained_on = weights.record.get("trained_on");
    let trained_on = trained_on.map_or("data that it does not name".into(), |text| names(text));
    let (elements, sha256) = (weights.elements(), &weights.sha256);
    format!(
        "{model}: weights for {elements}, SHA-256 {sha256:.12}…, trained on {trained_on}; `oreo inspect {}` says more",
        model.name()
    )
}

/// More than these are counted and not named.
const MOST_NAMES: usize = 12;

/// `a.npz (SHA-256 …); b.xyz (SHA-256 …)` without the digests, each name once.
fn names(trained_on: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for source in trained_on.split("; ") {
        let name = source.split(" (SHA-256 ").next().unwrap_or(source);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.len() {
        ..=MOST_NAMES => names.join(", "),
        count => format!("{count} files"),
    }
}

fn options(compute: &Compute) -> fused::Options {
    fused::Options {
        precision: match compute.precision {
            PrecisionChoice::F64 => fused::Precision::F64,
            PrecisionChoice::F32 => fused::Precision::F32,
            PrecisionChoice::F16Weights => fused::Precision::F16Weights,
        },
        filters: match compute.filters {
            Some(FiltersChoice::Exact) => fused::Filters::Exact,
            Some(FiltersChoice::Table) | None => fused::Filters::DEFAULT,
        },
        instruction_set: fused::InstructionSet::detect(),
        threads: compute.threads as usize,
    }
}

/// What the last bits of a run depend on beside its plan.
fn kernels(network: &OreoFused) -> String {
    let instructions = fused::InstructionSet::detect().name();
    match network.table_intervals() {
        Some(intervals) => {
            format!(
                "fused path: {instructions}, distance filters in tables of {intervals} intervals"
            )
        }
        None => format!("fused path: {instructions}, distance filters computed exactly"),
    }
}

/// Another model than that of the file, if only by a little: the user should know.
fn rounded(source: &WeightsSource, rounding: Option<F16Rounding>) -> Option<String> {
    let rounding = rounding.filter(|rounding| rounding.changed > 0)?;
    Some(format!(
        "{source}: {} of {} matrix numbers were rounded to f16 on loading; `oreo convert --precision f16` makes the rounded \
         model a file of its own",
        rounding.changed, rounding.numbers
    ))
}

/// No driver, no such device: nothing that came in is at fault.
#[cfg(feature = "cuda")]
fn cuda_network(
    source: &WeightsSource,
    weights: &Weights,
    ordinal: u32,
    compute: &Compute,
) -> Result<(Box<dyn Potential>, Vec<String>)> {
    use oreo_potentials::oreo::cuda::device::OreoCuda;
    let f16 = compute.precision == PrecisionChoice::F16Weights;
    let network = OreoCuda::new(weights, ordinal, f16)?;
    let mut notes = vec![format!(
        "CUDA path, which is new: cuda:{ordinal} ({}), distance filters in tables of {} intervals",
        network.device(),
        network.table_intervals()
    )];
    notes.extend(rounded(source, network.rounding()));
    Ok((Box::new(network), notes))
}

#[cfg(not(feature = "cuda"))]
fn cuda_network(
    _: &WeightsSource,
    _: &Weights,
    _: u32,
    _: &Compute,
) -> Result<(Box<dyn Potential>, Vec<String>)> {
    let problem =
        "this build has no CUDA support: rebuild with --features cuda, or use --device cpu";
    Err(BadInput::new(problem).into())
}

#[cfg(feature = "candle")]
fn reference_network(weights: &Weights, compute: &Compute) -> Result<Box<dyn Potential>> {
    use oreo_potentials::oreo::reference::{gpu, Device, OreoReference, Precision};
    let precision = match compute.precision {
        PrecisionChoice::F64 => Precision::F64,
        PrecisionChoice::F32 | PrecisionChoice::F16Weights => Precision::F32,
    };
    let device = match compute.device {
        DeviceChoice::Auto | DeviceChoice::Cpu => Device::Cpu,
        DeviceChoice::Cuda(ordinal) => gpu(ordinal)?,
    };
    let network = OreoReference::new(weights, precision, &device).or_bad_input()?;
    Ok(Box::new(network))
}

#[cfg(not(feature = "candle"))]
fn reference_network(_: &Weights, _: &Compute) -> Result<Box<dyn Potential>> {
    let problem = "this build has no reference path: rebuild with --features candle";
    Err(BadInput::new(problem).into())
}

/// Frames that a run is compared with.
pub struct Reference {
    /// In time order.
    pub frames: Vec<Frame>,
    /// Which frame of the file each of them is.
    pub file_indices: Vec<usize>,
    /// From mean distances.
    pub topology: Topology,
    /// h(r) of all frames.
    pub distribution: Distribution,
    /// MAE of its first half against its second; `None` with a single frame.
    pub half_split: Option<f64>,
    /// eV, of each frame at the level that it was sampled at, where its labels are of another and the file has both
    pub sampling_energies: Option<Vec<f64>>,
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
    let sampled = order.iter().map(|&frame| data.sampling_energy(frame));
    let sampling_energies = sampled.collect();
    let frames: Vec<Frame> = order.iter().map(|&frame| data.frame(frame)).collect();
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
        sampling_energies,
        sha256: sha256(path)?,
        file_indices: order,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a page of digests on the screen of everyone who names no weights.
    #[test]
    fn the_note_about_built_in_weights_is_a_line_that_can_be_read() {
        let record = "a.npz (SHA-256 0123); b.xyz (SHA-256 4567); a.npz (SHA-256 89ab)";
        assert_eq!(names(record), "a.npz, b.xyz");
        assert_eq!(names("small molecules"), "small molecules");
        let many: Vec<String> = (0..48).map(|k| format!("{k}.xyz (SHA-256 0123)")).collect();
        assert!(names(&many.join("; ")).starts_with("48 files"));
        let note = built_in(BuiltIn::DEFAULT, &BuiltIn::DEFAULT.weights().unwrap());
        assert!(
            note.starts_with("general (built-in): weights for H C N O, "),
            "{note}"
        );
        assert!(
            note.contains("trained on ") && !note.contains('\n'),
            "{note}"
        );
        assert_eq!(note.matches("SHA-256").count(), 1, "{note}");
    }
}
