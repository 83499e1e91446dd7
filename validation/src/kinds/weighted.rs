//! Bonds and angles by kind over frames that count unequally.
//!
//! A weighted mean is a ratio of two sums, Σwm/Σw, of which both scatter: frames that weigh much and lie far from the mean are what
//! its error comes from (Cochran, Sampling Techniques, 3rd ed. 1977, chapter 6).

use super::{Kind, KindStatistics, KindSummary};
use crate::angles::angle_deg;
use crate::error::{all_finite, same_length};
use crate::{Reweighting, ValidationError};
use oreo_core::Frame;

/// Blocks in time that an error comes from: the largest of these. As of frames that count equally.
const BLOCKS: [usize; 4] = [64, 32, 16, 8];

/// Of all kinds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KindSummaries {
    /// Lengths in Å, in order of atomic numbers.
    pub bonds: Vec<KindSummary>,
    /// Degrees, in order of atomic numbers.
    pub angles: Vec<KindSummary>,
}

impl Reweighting {
    /// Bonds and angles at the level that is wanted. `kinds` says which atoms they are between; what it has counted plays no
    /// part. `min` and `max` are those of all frames, whatever they weigh.
    ///
    /// # Errors
    /// Another number of frames than of weights, a frame of another molecule, a position that is not finite.
    pub fn kinds(
        &self,
        frames: &[Frame],
        kinds: &KindStatistics,
    ) -> Result<KindSummaries, ValidationError> {
        let weights = self.weights();
        same_length("weights of frames", weights.len(), frames.len())?;
        for (index, frame) in (0..).zip(frames) {
            same_length("atoms in a frame", kinds.atoms, frame.len())?;
            all_finite("position", &frame.positions, index)?;
        }
        let length = |&[i, j]: &[usize; 2], frame: &Frame| {
            let [from, to] = [i, j].map(|atom| &frame.positions[atom]);
            frame.cell.displacement(from, to).norm()
        };
        let angle =
            |&atoms: &[usize; 3], frame: &Frame| angle_deg(atoms, &frame.positions, &frame.cell);
        let bonds = kinds.bonds.iter();
        let angles = kinds.angles.iter();
        Ok(KindSummaries {
            bonds: bonds
                .map(|kind| kind.weighted(weights, frames, length))
                .collect(),
            angles: angles
                .map(|kind| kind.weighted(weights, frames, angle))
                .collect(),
        })
    }
}

impl<const N: usize> Kind<N> {
    /// `weights` sum to 1, (frames,)
    fn weighted(
        &self,
        weights: &[f64],
        frames: &[Frame],
        value: impl Fn(&[usize; N], &Frame) -> f64,
    ) -> KindSummary {
        let of_frame = |frame| self.moments(|member| value(member, frame));
        let moments: Vec<_> = frames.iter().map(of_frame).collect();
        let both = || weights.iter().zip(&moments);
        let mean = both().map(|(w, m)| w * m.mean).sum::<f64>();
        let square = |(w, m): (&f64, &crate::moments::Moments)| {
            w * (m.standard_deviation().powi(2) + (m.mean - mean).powi(2))
        };
        let parts: Vec<f64> = both().map(|(w, m)| w * (m.mean - mean)).collect();
        KindSummary {
            kind: self.name.clone(),
            count: self.members.len(),
            mean,
            std: both().map(square).sum::<f64>().sqrt(),
            error: error(&parts),
            min: moments.iter().map(|m| m.min).fold(f64::INFINITY, f64::min),
            max: moments
                .iter()
                .map(|m| m.max)
                .fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

/// √(B/(B−1) Σ R²), R the sum of w(m − m̄) over a block; `None` below 8 frames.
fn error(parts: &[f64]) -> Option<f64> {
    let scatter = |blocks: usize| {
        let start = |k: usize| k * parts.len() / blocks;
        let sum = |k: usize| parts[start(k)..start(k + 1)].iter().sum::<f64>();
        let squares = (0..blocks).map(|k| sum(k).powi(2)).sum::<f64>();
        (squares * blocks as f64 / (blocks - 1) as f64).sqrt()
    };
    let known = BLOCKS.iter().filter(|&&blocks| blocks <= parts.len());
    known.map(|&blocks| scatter(blocks)).reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bond, Topology};
    use oreo_core::{Element, Vec3};

    const KT: f64 = 0.05;

    /// H–C–H bent by a right angle, with these lengths.
    fn frame([first, second]: [f64; 2]) -> Frame {
        let positions = [[first, 0.0, 0.0], [0.0; 3], [0.0, second, 0.0]];
        Frame::new(elements(), positions.map(Vec3::from).to_vec())
    }

    fn elements() -> Vec<Element> {
        ["H", "C", "H"].map(|s| s.parse().unwrap()).to_vec()
    }

    fn kinds() -> KindStatistics {
        let bond = |atoms| Bond {
            atoms,
            reference: 1.0,
        };
        let bonds = [[0, 1], [1, 2]].map(bond).to_vec();
        KindStatistics::new(&Topology { bonds }, &elements()).unwrap()
    }

    /// Frames of these weights, up to a factor.
    fn weighted(weights: &[f64], frames: &[Frame]) -> KindSummaries {
        let wanted: Vec<f64> = weights.iter().map(|w| -KT * w.ln()).collect();
        let reweighting = Reweighting::new(&vec![0.0; wanted.len()], &wanted, KT).unwrap();
        reweighting.kinds(frames, &kinds()).unwrap()
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, {expected}");
    }

    /// Lengths 1.0 and 1.2 count ¾, 2.0 and 2.2 count ¼: mean 1.1 + ¼, variance 0.01 within frames and ¾ · ¼ between them.
    /// Catches a spread that forgets the one between frames.
    #[test]
    fn two_frames_of_unequal_weight_by_hand() {
        let found = weighted(&[3.0, 1.0], &[frame([1.0, 1.2]), frame([2.0, 2.2])]);
        let bond = &found.bonds[0];
        assert_eq!(
            (bond.kind.as_str(), bond.count, bond.error),
            ("H-C", 2, None)
        );
        near(bond.mean, 1.35);
        near(bond.std, 0.1975_f64.sqrt());
        assert_eq!((bond.min, bond.max), (1.0, 2.2));
        let angle = &found.angles[0];
        assert_eq!((angle.kind.as_str(), angle.count), ("H-C-H", 1));
        near(angle.mean, 90.0);
    }

    /// Eight frames, 1 Å of weight 1/6 and 2 Å of weight 1/12 in turns: mean 4/3, each frame is 1/18 of the way off, error
    /// √(8/7 · 8/18²). Catches an error without the 8/7 of eight blocks.
    #[test]
    fn the_error_of_a_weighted_mean_by_hand() {
        let weights = [2.0, 1.0].repeat(4);
        let frames: Vec<_> = (0..8).map(|k| frame([[1.0, 2.0][k % 2]; 2])).collect();
        let bond = &weighted(&weights, &frames).bonds[0];
        near(bond.mean, 4.0 / 3.0);
        near(bond.error.unwrap(), (64.0 / 7.0_f64).sqrt() / 18.0);
        assert_eq!(weighted(&weights[1..], &frames[1..]).bonds[0].error, None);
    }

    /// 128 frames that drift: the same numbers, errors among them, as without weights.
    #[test]
    fn equal_weights_are_none() {
        let length = |k: i32| 1.0 + 0.001 * f64::from(k) + 0.1 * f64::from(k).sin();
        let frames: Vec<_> = (0..128).map(|k| frame([length(k), 1.1])).collect();
        let mut plain = kinds();
        for frame in &frames {
            plain.add_frame(&frame.positions, &frame.cell).unwrap();
        }
        let found = weighted(&[1.0; 128], &frames);
        for (own, other) in found.bonds.iter().zip(plain.bonds()) {
            near(own.mean, other.mean);
            near(own.std, other.std);
            near(own.error.unwrap(), other.error.unwrap());
            assert_eq!((own.min, own.max), (other.min, other.max));
        }
        assert!(found.bonds[0].error.unwrap() > 0.005);
    }

    #[test]
    fn other_frames_are_refused() {
        let one = Reweighting::new(&[0.0], &[0.0], KT).unwrap();
        assert!(one.kinds(&[], &kinds()).is_err());
        assert!(one.kinds(&[frame([f64::NAN, 1.0])], &kinds()).is_err());
        let hydrogen = Frame::new(elements()[..1].to_vec(), vec![Vec3::zeros()]);
        assert!(one.kinds(&[hydrogen], &kinds()).is_err());
    }
}
