//! Frames that say the same twice: of no use in training, and misleading when one of them is a test frame.
//!
//! Two frames of the same elements in the same order are near-duplicates if the distances of all pairs of atoms differ
//! by less than [`THRESHOLD`] (root mean square over pairs). Rotated, shifted and mirrored copies are therefore found;
//! copies with atoms in another order are not.
//!
//! No pair of frames is missed: for groups of pairs with means m_g, Σ_g n_g (Δm_g)² ≤ Σ (Δd)² (Cauchy and Schwarz), so
//! frames are sorted by the mean over all pairs and only those are compared whose means allow it.

use oreo_core::Element;
use oreo_formats::DataSet;
use std::collections::BTreeMap;

/// Å, root mean square over pairs of atoms.
pub const THRESHOLD: f64 = 0.01;
/// Groups of pairs whose means rule frames out.
const GROUPS: usize = 8;
/// Distances that are computed at most for the means; beyond, the question is left open.
const MOST_DISTANCES: usize = 2_000_000_000;
/// Frames; the comparison grows with their square.
const MOST_FRAMES: usize = 200_000;

/// Number of frames that have a near-duplicate; `None` for a set too large to look at.
pub fn count(data: &DataSet) -> Option<usize> {
    let distances = |i| data.positions(i).len() * data.positions(i).len() / 2;
    let work: usize = (0..data.len()).map(distances).sum();
    if data.len() > MOST_FRAMES || work > MOST_DISTANCES {
        return None;
    }
    let mut molecules = BTreeMap::<&[Element], Vec<usize>>::new();
    for frame in 0..data.len() {
        molecules
            .entry(data.elements(frame))
            .or_default()
            .push(frame);
    }
    Some(
        molecules
            .values()
            .map(|frames| of_molecule(data, frames))
            .sum(),
    )
}

struct Summary {
    frame: usize,
    mean: f64,
    /// √n_g m_g / √n, so that squared differences add up to a bound of the mean square.
    groups: [f64; GROUPS],
}

fn of_molecule(data: &DataSet, frames: &[usize]) -> usize {
    let mut summaries: Vec<_> = frames.iter().map(|&frame| summary(data, frame)).collect();
    summaries.sort_by(|a, b| a.mean.total_cmp(&b.mean));
    let mut has_duplicate = vec![false; summaries.len()];
    for (i, a) in summaries.iter().enumerate() {
        for (j, b) in summaries.iter().enumerate().skip(i + 1) {
            if b.mean - a.mean >= THRESHOLD {
                break;
            }
            let known = has_duplicate[i] && has_duplicate[j];
            if !known && could_be_near(a, b) && are_near(data, a.frame, b.frame) {
                has_duplicate[i] = true;
                has_duplicate[j] = true;
            }
        }
    }
    has_duplicate.into_iter().filter(|&found| found).count()
}

fn summary(data: &DataSet, frame: usize) -> Summary {
    let (mut sums, mut counts) = ([0.0; GROUPS], [0usize; GROUPS]);
    for (pair, distance) in distances(data, frame).enumerate() {
        sums[pair % GROUPS] += distance;
        counts[pair % GROUPS] += 1;
    }
    let all = counts.iter().sum::<usize>().max(1) as f64;
    let scaled = |g: usize| sums[g] / (counts[g].max(1) as f64 * all).sqrt();
    Summary {
        frame,
        mean: sums.iter().sum::<f64>() / all,
        groups: std::array::from_fn(scaled),
    }
}

fn could_be_near(a: &Summary, b: &Summary) -> bool {
    let differences = a.groups.iter().zip(&b.groups).map(|(a, b)| (a - b).powi(2));
    differences.sum::<f64>() < THRESHOLD * THRESHOLD
}

/// Gives up as soon as the sum is too large.
fn are_near(data: &DataSet, a: usize, b: usize) -> bool {
    let atoms = data.positions(a).len();
    let allowed = THRESHOLD * THRESHOLD * (atoms * (atoms - 1) / 2).max(1) as f64;
    let mut sum = 0.0;
    distances(data, a).zip(distances(data, b)).all(|(a, b)| {
        sum += (a - b).powi(2);
        sum < allowed
    })
}

/// Å, every pair once.
fn distances(data: &DataSet, frame: usize) -> impl Iterator<Item = f64> + '_ {
    let (positions, cell) = (data.positions(frame), data.cell(frame));
    let pairs = (1..positions.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    pairs.map(move |(i, j)| cell.displacement(&positions[i], &positions[j]).norm())
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::{random::Generator, Frame, Vec3};
    use oreo_formats::{load, ReadOptions, TrajectoryWriter, XyzWriter};

    fn data(frames: &[Vec<Vec3>]) -> DataSet {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("frames.xyz");
        let mut writer = XyzWriter::create(&path).unwrap();
        for positions in frames {
            let elements = vec!["C".parse().unwrap(); positions.len()];
            let frame = Frame::new(elements, positions.clone());
            writer.write(&frame.as_ref()).unwrap();
        }
        writer.flush().unwrap();
        let options = ReadOptions {
            skip_unit_check: true,
            ..ReadOptions::default()
        };
        load(&path, &options).unwrap()
    }

    fn cloud(generator: &mut Generator) -> Vec<Vec3> {
        (0..7).map(|_| 2.0 * generator.normal_vector()).collect()
    }

    /// Every pair of frames by the definition.
    fn by_brute_force(data: &DataSet) -> usize {
        let near = |a: usize, b: usize| {
            let squares = distances(data, a)
                .zip(distances(data, b))
                .map(|(a, b)| (a - b).powi(2));
            let squares: Vec<f64> = squares.collect();
            squares.iter().sum::<f64>() / (squares.len() as f64) < THRESHOLD * THRESHOLD
        };
        let all = 0..data.len();
        all.clone()
            .filter(|&a| all.clone().any(|b| a != b && near(a, b)))
            .count()
    }

    /// Catches comparing positions in place of distances.
    #[test]
    fn a_turned_and_shifted_copy_is_found_and_another_molecule_is_not() {
        let mut generator = Generator::new(3, 0);
        let first = cloud(&mut generator);
        let turn = nalgebra::Rotation3::from_euler_angles(0.4, 1.1, -0.7);
        let copy = first
            .iter()
            .map(|r| turn * r + Vec3::new(5.0, -2.0, 1.0))
            .collect();
        let shorter = first[..6].to_vec();
        let set = data(&[first, cloud(&mut generator), copy, shorter]);
        assert_eq!(count(&set), Some(2));
    }

    /// Displacements around the threshold: some pairs are near, some are not. Catches a window or a bound that rules
    /// out true near-duplicates (means not scaled by √n_g).
    #[test]
    fn nothing_is_missed_by_sorting() {
        let mut generator = Generator::new(4, 0);
        let mut frames = Vec::new();
        for k in 0..60 {
            let positions = cloud(&mut generator);
            let size = 0.0004 * f64::from(k);
            let moved = positions
                .iter()
                .map(|r| r + size * generator.normal_vector());
            frames.push(moved.collect());
            frames.push(positions);
        }
        let set = data(&frames);
        let expected = by_brute_force(&set);
        assert!((40..100).contains(&expected), "{expected}");
        assert_eq!(count(&set), Some(expected));
    }
}
