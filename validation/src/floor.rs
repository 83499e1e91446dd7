//! How large the h(r) MAE of a perfect potential would be: a MAE means nothing without this number beside it.
//!
//! Three answers:
//! - [`sampling_floor`]: of this run, whose frames are correlated in time (block bootstrap)
//! - [`independent_floor`]: of n independent reference frames, ≈ c/√n
//! - [`half_split`]: of the reference itself, first half against second half in time

use crate::blocks::{Block, Blocks};
use crate::{DistanceHistogram, Distribution, ValidationError};
use oreo_core::random::Generator;
use oreo_core::{Archive, ArchiveError, Cell, Frame, Persist, Vec3};
use rand::Rng;
use serde::Serialize;

/// Fewer blocks say nothing about the scatter between blocks.
const FEWEST_BLOCKS: usize = 8;
const RESAMPLES: usize = 200;

impl Block for DistanceHistogram {
    fn merge(&mut self, other: &Self) {
        DistanceHistogram::merge(self, other);
    }
    fn clear(&mut self) {
        DistanceHistogram::clear(self);
    }
}

/// The pair distances of a run, block by block: at most 64 blocks, about 260 kB, however long the run.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockedHistogram {
    blocks: Blocks<DistanceHistogram>,
}

impl Default for BlockedHistogram {
    fn default() -> Self {
        Self {
            blocks: Blocks::new(DistanceHistogram::new()),
        }
    }
}

impl BlockedHistogram {
    /// Without frames.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next frame in time; allocates nothing. Refuses a position that is not finite and stays as it was.
    pub fn add_frame(&mut self, positions: &[Vec3], cell: &Cell) -> Result<(), ValidationError> {
        let frames = self.blocks.samples();
        let located = |error| match error {
            ValidationError::NonFinite { quantity, atom, .. } => ValidationError::NonFinite {
                quantity,
                atom,
                frame: frames,
            },
            other => other,
        };
        self.blocks
            .sample(|block| block.add_frame(positions, cell))
            .map_err(located)
    }

    /// Frames added.
    pub fn frames(&self) -> u64 {
        self.blocks.samples()
    }

    /// Of all frames together.
    pub fn total(&self) -> DistanceHistogram {
        self.blocks.total().unwrap_or_default()
    }

    /// h(r) of all frames. Fails when no pair is within the range.
    pub fn distribution(&self) -> Result<Distribution, ValidationError> {
        self.total().distribution()
    }

    /// In order of time.
    pub fn blocks(&self) -> &[DistanceHistogram] {
        self.blocks.filled()
    }
}

impl Persist for BlockedHistogram {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        self.blocks.persist(archive)
    }
}

/// Expected MAE between the distribution of a run's frames and the one they were drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SamplingFloor {
    /// Same scale as the h(r) MAE.
    pub h_r_floor: f64,
    /// Blocks of the length that decided.
    pub blocks: usize,
    /// Length of these blocks.
    pub frames_per_block: u64,
}

/// Floor of a run with correlated frames. Fails below 8 frames.
///
/// The run is cut into B blocks; drawing B of them with replacement gives a distribution H*, and the mean MAE of H*
/// against that of all frames estimates the mean MAE of all frames against the truth, provided that blocks are longer
/// than the correlation time (Künsch 1989). Too short blocks give too small a floor, so the lengths 1/64 … 1/8 of the
/// run are all tried and the largest estimate is taken: it rises to a plateau with the block length, as in Flyvbjerg
/// and Petersen's blocking. B blocks spread around their own mean, not around the truth: the factor √(B/(B−1)), with
/// B = (Σw)²/Σw² for blocks of unequal weight, puts that right. A motion slower than an eighth of the run stays
/// invisible; then the floor is a lower bound.
pub fn sampling_floor(run: &BlockedHistogram, seed: u64) -> Result<SamplingFloor, ValidationError> {
    let mut best: Option<SamplingFloor> = None;
    for factor in [1, 2, 4, 8] {
        let blocks = run.blocks.coarsened(factor);
        if blocks.len() < FEWEST_BLOCKS {
            break;
        }
        let h_r_floor = bootstrap(&blocks, &mut Generator::new(seed, 0))?;
        if best.is_none_or(|best| h_r_floor > best.h_r_floor) {
            let frames_per_block = factor as u64 * run.blocks.samples_per_block();
            best = Some(SamplingFloor {
                h_r_floor,
                blocks: blocks.len(),
                frames_per_block,
            });
        }
    }
    best.ok_or(ValidationError::TooFew {
        quantity: "the sampling floor of h(r)",
        unit: "frames",
        needed: FEWEST_BLOCKS as u64,
        found: run.frames(),
    })
}

/// Mean MAE of resampled blocks against all of them, corrected for the finite number of blocks.
fn bootstrap(
    blocks: &[DistanceHistogram],
    generator: &mut Generator,
) -> Result<f64, ValidationError> {
    let mut all = DistanceHistogram::new();
    blocks.iter().for_each(|block| all.merge(block));
    let all = all.distribution()?;
    let mut resampled = DistanceHistogram::new();
    let mut sum = 0.0;
    for _ in 0..RESAMPLES {
        resampled.clear();
        for _ in 0..blocks.len() {
            resampled.merge(&blocks[generator.random_range(0..blocks.len())]);
        }
        // 2 is the largest MAE there is: every drawn block had all its pairs beyond the range.
        sum += resampled.mae(&all).unwrap_or(2.0);
    }
    Ok(sum / RESAMPLES as f64 * few_blocks_factor(blocks))
}

fn few_blocks_factor(blocks: &[DistanceHistogram]) -> f64 {
    let weight = |block: &DistanceHistogram| block.frames() as f64;
    let squares: f64 = blocks.iter().map(|block| weight(block).powi(2)).sum();
    let effective = blocks.iter().map(weight).sum::<f64>().powi(2) / squares;
    (effective / (effective - 1.0)).sqrt()
}

/// Mean MAE of `count` random reference frames, drawn with replacement, against all of them: what `count` independent
/// frames of the right distribution score on average (over `draws` repetitions), ≈ c/√count. Replacement makes the
/// set stand for the infinite population; without it the answer would fall to zero at `count` = all frames.
pub fn independent_floor(
    reference: &[Frame],
    count: usize,
    draws: usize,
    seed: u64,
) -> Result<f64, ValidationError> {
    let few = |quantity, found: usize| ValidationError::TooFew {
        quantity,
        unit: "frames",
        needed: 1,
        found: found as u64,
    };
    if reference.is_empty() || count == 0 || draws == 0 {
        return Err(few(
            "the floor of independent frames",
            reference.len().min(count).min(draws),
        ));
    }
    let all = histogram_of(reference)?.distribution()?;
    let mut generator = Generator::new(seed, 0);
    let mut drawn = DistanceHistogram::new();
    let mut sum = 0.0;
    for _ in 0..draws {
        drawn.clear();
        for _ in 0..count {
            let frame = &reference[generator.random_range(0..reference.len())];
            drawn.add_frame(&frame.positions, &frame.cell)?;
        }
        sum += drawn.mae(&all).unwrap_or(2.0);
    }
    Ok(sum / draws as f64)
}

/// MAE of the first half of the frames, in time, against the second half.
pub fn half_split(frames: &[Frame]) -> Result<f64, ValidationError> {
    if frames.len() < 2 {
        let (quantity, found) = ("the half-split of h(r)", frames.len() as u64);
        return Err(ValidationError::TooFew {
            quantity,
            unit: "frames",
            needed: 2,
            found,
        });
    }
    let (first, second) = frames.split_at(frames.len() / 2);
    Ok(histogram_of(first)?
        .distribution()?
        .mae(&histogram_of(second)?.distribution()?))
}

fn histogram_of(frames: &[Frame]) -> Result<DistanceHistogram, ValidationError> {
    DistanceHistogram::of(
        frames
            .iter()
            .map(|frame| (frame.positions.as_slice(), &frame.cell)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(distance: f64) -> Frame {
        let hydrogen = "H".parse().expect("an element");
        Frame::new(
            vec![hydrogen; 2],
            vec![Vec3::zeros(), Vec3::new(distance, 0.0, 0.0)],
        )
    }

    /// Frames alternate between two distances: n independent frames give |k/n − ½|·4 at k ~ binomial; for n = 1 that
    /// is (½ + ½)·... = 1 whichever frame is drawn.
    #[test]
    fn one_frame_of_two_kinds_scores_one() {
        let frames: Vec<Frame> = (0..10).map(|k| pair(1.01 + f64::from(k % 2))).collect();
        let floor = independent_floor(&frames, 1, 50, 7).unwrap();
        assert!((floor - 1.0).abs() < 1e-12);
    }

    /// Catches halves taken by parity instead of by time: these would agree.
    #[test]
    fn half_split_sees_a_change_in_time() {
        let frames: Vec<Frame> = (0..10)
            .map(|k| pair(if k < 5 { 1.01 } else { 2.01 }))
            .collect();
        assert!((half_split(&frames).unwrap() - 2.0).abs() < 1e-12);
        assert!(half_split(&frames[..1]).is_err());
    }

    #[test]
    fn too_short_a_run_has_no_floor() {
        let mut run = BlockedHistogram::new();
        for _ in 0..7 {
            run.add_frame(&pair(1.0).positions, &Cell::Open).unwrap();
        }
        assert!(matches!(
            sampling_floor(&run, 1),
            Err(ValidationError::TooFew { found: 7, .. })
        ));
    }
}
