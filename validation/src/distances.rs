//! h(r): the distribution of all pair distances of a molecule.
//!
//! Definition (Fu et al., "Forces are not enough", 2022, as computed by its public code): all pairs i ≠ j, plain
//! distances, 500 bins of 0.02 Å on [0, 10) Å, normalised to unit integral over [0, 10]. Pairs beyond 10 Å are
//! therefore in neither the counts nor the normalisation; their share is kept and reported, because two
//! distributions that agree within 10 Å may still differ in it. In a periodic cell the distance is that of the
//! nearest image, which the paper does not define: say so when printing it.

use crate::error::all_finite;
use crate::ValidationError;
use oreo_core::{Archive, ArchiveError, Cell, Persist, Vec3};
use serde::Serialize;

/// Å; pairs beyond are not counted.
pub const RANGE: f64 = 10.0;
/// Number of bins.
pub const BINS: usize = 500;
/// Å
pub const BIN_WIDTH: f64 = RANGE / BINS as f64;

/// Counts of pair distances; adding a frame allocates nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct DistanceHistogram {
    counts: Vec<u64>,
    beyond: u64,
    frames: u64,
}

impl Default for DistanceHistogram {
    fn default() -> Self {
        Self {
            counts: vec![0; BINS],
            beyond: 0,
            frames: 0,
        }
    }
}

impl DistanceHistogram {
    /// Without frames.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of many frames: `(positions, cell)` each.
    pub fn of<'a>(
        frames: impl IntoIterator<Item = (&'a [Vec3], &'a Cell)>,
    ) -> Result<Self, ValidationError> {
        let mut histogram = Self::new();
        for (positions, cell) in frames {
            histogram.add_frame(positions, cell)?;
        }
        Ok(histogram)
    }

    /// Counts every pair of one frame, once (i < j: counting both orders changes nothing after normalisation).
    /// Refuses a frame with a position that is not finite and stays as it was.
    pub fn add_frame(&mut self, positions: &[Vec3], cell: &Cell) -> Result<(), ValidationError> {
        all_finite("position", positions, self.frames)?;
        for (i, a) in positions.iter().enumerate() {
            for b in &positions[i + 1..] {
                self.count(cell.displacement(a, b).norm());
            }
        }
        self.frames += 1;
        Ok(())
    }

    fn count(&mut self, distance: f64) {
        match self.counts.get_mut((distance / BIN_WIDTH) as usize) {
            Some(count) => *count += 1,
            None => self.beyond += 1,
        }
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.beyond += other.beyond;
        self.frames += other.frames;
    }

    /// Back to no frames, keeping the memory.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        self.beyond = 0;
        self.frames = 0;
    }

    /// Frames added.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Pairs per bin, each pair once, (500,)
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Pairs within the range.
    pub fn pairs(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Share of the pairs beyond 10 Å, in [0, 1]; 0 without pairs.
    pub fn share_beyond(&self) -> f64 {
        let all = self.pairs() + self.beyond;
        if all == 0 {
            return 0.0;
        }
        self.beyond as f64 / all as f64
    }

    /// Normalised to unit integral. Fails when no pair is within the range.
    pub fn distribution(&self) -> Result<Distribution, ValidationError> {
        let pairs = self.pairs();
        if pairs == 0 {
            return Err(ValidationError::NothingInRange {
                range: RANGE,
                beyond: self.beyond,
            });
        }
        let density = self
            .counts
            .iter()
            .map(|&count| count as f64 / pairs as f64 / BIN_WIDTH);
        Ok(Distribution {
            density: density.collect(),
            share_beyond: self.share_beyond(),
        })
    }

    /// MAE against a distribution without building one; `None` when no pair is within the range.
    pub fn mae(&self, reference: &Distribution) -> Option<f64> {
        let pairs = self.pairs();
        if pairs == 0 {
            return None;
        }
        let scale = 1.0 / (pairs as f64 * BIN_WIDTH);
        let deviation = |(&count, h): (&u64, &f64)| (count as f64 * scale - h).abs();
        let sum: f64 = self
            .counts
            .iter()
            .zip(&reference.density)
            .map(deviation)
            .sum();
        Some(sum * BIN_WIDTH)
    }
}

impl Persist for DistanceHistogram {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        archive.u64s("counts", &mut self.counts)?;
        archive.u64("beyond", &mut self.beyond)?;
        archive.u64("frames", &mut self.frames)
    }
}

/// Histograms added up with weights.
#[derive(Debug)]
pub(crate) struct WeightedHistogram {
    counts: Vec<f64>,
    beyond: f64,
}

impl Default for WeightedHistogram {
    fn default() -> Self {
        Self {
            counts: vec![0.0; BINS],
            beyond: 0.0,
        }
    }
}

impl WeightedHistogram {
    /// `weight` times another one.
    pub(crate) fn add(&mut self, other: &DistanceHistogram, weight: f64) {
        for (sum, &count) in self.counts.iter_mut().zip(&other.counts) {
            *sum += weight * count as f64;
        }
        self.beyond += weight * other.beyond as f64;
    }

    /// As of [`DistanceHistogram::distribution`].
    pub(crate) fn distribution(&self) -> Result<Distribution, ValidationError> {
        let pairs: f64 = self.counts.iter().sum();
        if pairs <= 0.0 {
            return Err(ValidationError::NothingInRange {
                range: RANGE,
                beyond: self.beyond.round() as u64,
            });
        }
        Ok(Distribution {
            density: self.counts.iter().map(|n| n / pairs / BIN_WIDTH).collect(),
            share_beyond: self.beyond / (pairs + self.beyond),
        })
    }
}

/// h(r) with unit integral over [0, 10] Å.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Distribution {
    /// 1/Å, (500,)
    density: Vec<f64>,
    /// Share of the pairs beyond 10 Å, which the density leaves out.
    share_beyond: f64,
}

impl Distribution {
    /// 1/Å, (500,)
    pub fn density(&self) -> &[f64] {
        &self.density
    }

    /// Share of the pairs beyond 10 Å.
    pub fn share_beyond(&self) -> f64 {
        self.share_beyond
    }

    /// Å, middle of each bin.
    pub fn centers() -> impl Iterator<Item = f64> {
        (0..BINS).map(|k| (k as f64 + 0.5) * BIN_WIDTH)
    }

    /// MAE = Σ_k |h_k − h_ref,k| Δr, in [0, 2], no unit: 0.02 says that 1 % of the pair distances sit elsewhere.
    pub fn mae(&self, other: &Self) -> f64 {
        let deviation = |(a, b): (&f64, &f64)| (a - b).abs();
        self.density
            .iter()
            .zip(&other.density)
            .map(deviation)
            .sum::<f64>()
            * BIN_WIDTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_a_line(xs: &[f64]) -> Vec<Vec3> {
        xs.iter().map(|&x| Vec3::new(x, 0.0, 0.0)).collect()
    }

    fn distribution(xs: &[f64]) -> Distribution {
        let mut histogram = DistanceHistogram::new();
        histogram.add_frame(&on_a_line(xs), &Cell::Open).unwrap();
        histogram.distribution().unwrap()
    }

    /// Atoms at 0, 1.01, 3.05: distances 1.01, 2.04 and 3.05, a third each. Catches a density divided by all pairs
    /// of a frame without the bin width (h would be 1/3, not 1/(3·0.02)).
    #[test]
    fn three_atoms_by_hand() {
        let h = distribution(&[0.0, 1.01, 3.05]);
        let filled: Vec<usize> = (0..BINS).filter(|&k| h.density[k] > 0.0).collect();
        assert_eq!(filled, [50, 102, 152]);
        for k in filled {
            assert!((h.density[k] - 1.0 / (3.0 * 0.02)).abs() < 1e-9);
        }
    }

    /// One of three distances moves to another bin: 2 · 1/3. Catches the mean over bins instead of the sum times Δr
    /// (2/3 would become 0.0667), and a missing absolute value (0).
    #[test]
    fn two_set_mae_by_hand() {
        let a = distribution(&[0.0, 1.01, 3.05]);
        let b = distribution(&[0.0, 1.01, 3.05 + 0.1]);
        assert!(
            (a.mae(&b) - 4.0 / 3.0).abs() < 1e-12,
            "two of three distances moved"
        );
        assert_eq!(a.mae(&a), 0.0);
        assert!((distribution(&[0.0, 1.0]).mae(&distribution(&[0.0, 2.0])) - 2.0).abs() < 1e-12);
    }

    /// Catches counting distant pairs in the last bin and in the normalisation.
    #[test]
    fn pairs_beyond_the_range_are_left_out_and_reported() {
        let h = distribution(&[0.0, 1.01, 20.0]);
        assert!((h.density.iter().sum::<f64>() * BIN_WIDTH - 1.0).abs() < 1e-12);
        assert_eq!(h.density[BINS - 1], 0.0);
        assert!((h.share_beyond() - 2.0 / 3.0).abs() < 1e-12);
        let mut far = DistanceHistogram::new();
        far.add_frame(&on_a_line(&[0.0, 50.0]), &Cell::Open)
            .unwrap();
        assert_eq!(
            far.distribution(),
            Err(ValidationError::NothingInRange {
                range: 10.0,
                beyond: 1
            })
        );
    }

    #[test]
    fn the_nearest_image_counts_in_a_periodic_cell() {
        let cell = Cell::orthorhombic(5.0, 5.0, 5.0).unwrap();
        let mut histogram = DistanceHistogram::new();
        histogram
            .add_frame(&on_a_line(&[0.1, 4.59]), &cell)
            .unwrap();
        assert_eq!(
            histogram.counts()[25],
            1,
            "0.51 Å across the face, not 4.49 Å"
        );
    }

    /// `NaN as usize` is 0: without the guard a broken frame would fill the first bin.
    #[test]
    fn a_broken_frame_is_refused_and_changes_nothing() {
        let mut histogram = DistanceHistogram::new();
        histogram
            .add_frame(&on_a_line(&[0.0, 1.0]), &Cell::Open)
            .unwrap();
        let before = histogram.clone();
        let error = histogram
            .add_frame(&on_a_line(&[0.0, f64::NAN]), &Cell::Open)
            .unwrap_err();
        assert_eq!(
            error,
            ValidationError::NonFinite {
                quantity: "position",
                atom: 1,
                frame: 1
            }
        );
        assert_eq!(histogram, before);
    }

    #[test]
    fn histogram_and_distribution_agree_on_the_mae() {
        let reference = distribution(&[0.0, 1.0, 2.5]);
        let mut histogram = DistanceHistogram::new();
        histogram
            .add_frame(&on_a_line(&[0.0, 1.2, 2.6]), &Cell::Open)
            .unwrap();
        let direct = histogram.mae(&reference).unwrap();
        assert!((direct - histogram.distribution().unwrap().mae(&reference)).abs() < 1e-12);
        assert_eq!(DistanceHistogram::new().mae(&reference), None);
    }
}
