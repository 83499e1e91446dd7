//! Reference frames: what a trajectory is compared with.

use super::frames::{check_elements, RADIAL_BINS};
use super::pair_distances::{PairDensity, PairDistances};
use super::relabelled::Relabelled;
use super::results::ReferenceAnalysis;
use crate::cli::exit::BadInput;
use crate::cli::inputs::Reference;
use anyhow::Result;
use oreo_core::Frame;
use oreo_validation::kinds::{KindStatistics, KindSummaries};
use oreo_validation::rdf::{RadialDistribution, RadialHistogram};
use oreo_validation::{floor, Distribution, Topology, ValidationError};
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// Seed of the draws behind the floor; fixed, so that an analysis can be made again.
const FLOOR_SEED: u64 = 0;
/// Repetitions behind the floor of independent frames; its error is about 1/√10 of its own scatter.
const FLOOR_DRAWS: usize = 10;
/// Frames drawn at most; the floor of more follows from c/√n.
const FLOOR_FRAMES: u64 = 10_000;

/// Reference frames and where they are from.
pub struct Comparison<'a> {
    path: PathBuf,
    reference: Held<'a>,
    relabelled: Result<Relabelled, String>,
    kinds: KindStatistics,
}

/// A run that has just ended lends the frames that it read.
enum Held<'a> {
    Own(Box<Reference>),
    Lent(&'a Reference),
}

impl Deref for Held<'_> {
    type Target = Reference;
    fn deref(&self) -> &Reference {
        match self {
            Held::Own(reference) => reference,
            Held::Lent(reference) => reference,
        }
    }
}

impl<'a> Comparison<'a> {
    /// Takes frames over.
    pub fn new(path: &Path, reference: Reference) -> Result<Self> {
        Self::checked(path, Held::Own(Box::new(reference)))
    }

    /// Borrows frames.
    pub fn lent(path: &Path, reference: &'a Reference) -> Result<Self> {
        Self::checked(path, Held::Lent(reference))
    }

    /// Refuses frames of several molecules: a distribution over them means nothing.
    fn checked(path: &Path, reference: Held<'a>) -> Result<Self> {
        let first = &reference.frames[0].elements;
        for (index, frame) in reference.frames.iter().enumerate() {
            let place = format!("{}, frame {index}", path.display());
            check_elements(&frame.elements, first, &place, "of the first frame")?;
        }
        let kinds = kinds(&reference)
            .map_err(|error| BadInput::new(format!("{}: {error}", path.display())))?;
        let relabelled = Relabelled::of(&reference, &kinds, None);
        Ok(Self {
            kinds,
            path: path.to_path_buf(),
            reference,
            relabelled,
        })
    }

    /// The frames are taken for samples at this thermal energy of the internal modes, eV; `None`: nobody knows.
    pub fn sampled_at(mut self, kt: Option<f64>) -> Self {
        self.relabelled = Relabelled::of(&self.reference, &self.kinds, kt);
        self
    }

    /// For `analysis.json`.
    pub fn summary(&self) -> ReferenceAnalysis {
        ReferenceAnalysis {
            path: self.path.display().to_string(),
            sha256: self.reference.sha256.clone(),
            frames: self.reference.frames.len(),
            h_r_half_split: self.reference.half_split,
            reweighted: self.relabelled.as_ref().ok().map(Relabelled::summary),
        }
    }

    /// The frames as the level of their labels would have them, or why that cannot be had.
    pub fn relabelled(&self) -> Result<&Relabelled, String> {
        self.relabelled.as_ref().map_err(String::clone)
    }

    /// h(r) of all frames.
    pub fn distribution(&self) -> &Distribution {
        &self.reference.distribution
    }

    /// Parts of h(r) of all frames, by pair of elements.
    pub fn pair_densities(&self) -> Vec<PairDensity> {
        let mut pairs = PairDistances::new(&self.first().elements);
        let frames = self.reference.frames.iter();
        frames.for_each(|frame| pairs.add_frame(&frame.positions, &frame.cell));
        pairs.densities()
    }

    /// Mean bond lengths.
    pub fn topology(&self) -> &Topology {
        &self.reference.topology
    }

    /// Bonds and angles by kind, of the frames as they are.
    pub fn kind_summaries(&self) -> KindSummaries {
        KindSummaries {
            bonds: self.kinds.bonds(),
            angles: self.kinds.angles(),
        }
    }

    /// Every frame is of this molecule.
    pub fn first(&self) -> &Frame {
        &self.reference.frames[0]
    }

    /// As read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// First half of the frames against the second.
    pub fn half_split(&self) -> Option<f64> {
        self.reference.half_split
    }

    /// MAE that `frames` independent frames of the reference would score.
    pub fn independent_floor(&self, frames: u64) -> Result<f64, ValidationError> {
        let drawn = frames.min(FLOOR_FRAMES);
        let floor = floor::independent_floor(
            &self.reference.frames,
            drawn as usize,
            FLOOR_DRAWS,
            FLOOR_SEED,
        )?;
        Ok(floor * (drawn as f64 / frames as f64).sqrt())
    }

    /// g(r) in the bins of the run.
    pub fn radial(&self, range: f64) -> Option<RadialDistribution> {
        let frames = &self.reference.frames;
        let mut radial = RadialHistogram::all(frames[0].len(), range, RADIAL_BINS).ok()?;
        frames
            .iter()
            .try_for_each(|frame| radial.add_frame(&frame.positions, &frame.cell))
            .ok()?;
        radial.distribution().ok()
    }
}

fn kinds(reference: &Reference) -> Result<KindStatistics, ValidationError> {
    let elements = &reference.frames[0].elements;
    let mut kinds = KindStatistics::new(&reference.topology.without_bridges(elements), elements)?;
    for frame in &reference.frames {
        kinds.add_frame(&frame.positions, &frame.cell)?;
    }
    Ok(kinds)
}
