//! Mean squared displacement by Fourier transform.

use super::groups::Groups;
use oreo_core::Vec3;
use rustfft::{num_complex::Complex64, Fft, FftPlanner};
use std::sync::Arc;

/// Å² by group and lag, up to half the frames.
pub(super) fn displacements(frames: &[Vec<Vec3>], groups: &Groups) -> Vec<Vec<f64>> {
    let lags = frames.len() / 2 + 1;
    let mut sums = vec![vec![0.0; lags]; groups.names.len()];
    let mut squares = SquaredDisplacement::new(frames.len());
    for (atom, &group) in groups.of_atom.iter().enumerate() {
        let path: Vec<Vec3> = frames.iter().map(|frame| frame[atom]).collect();
        let msd = squares.of(&path);
        let add = |sum: &mut Vec<f64>| sum.iter_mut().zip(&msd).for_each(|(sum, x)| *sum += x);
        add(&mut sums[0]);
        if let Some(sum) = sums.get_mut(group) {
            add(sum);
        }
    }
    for (sum, (_, atoms)) in sums.iter_mut().zip(&groups.names) {
        sum.iter_mut().for_each(|value| *value /= *atoms as f64);
    }
    sums
}

/// Of one path after another of the same length.
struct SquaredDisplacement {
    forward: Arc<dyn Fft<f64>>,
    inverse: Arc<dyn Fft<f64>>,
    series: Vec<Complex64>,
    power: Vec<Complex64>,
}

impl SquaredDisplacement {
    fn new(frames: usize) -> Self {
        // Zeros behind, so that the end does not meet the beginning.
        let length = (2 * frames).next_power_of_two();
        let mut planner = FftPlanner::new();
        Self {
            forward: planner.plan_fft_forward(length),
            inverse: planner.plan_fft_inverse(length),
            series: vec![Complex64::ZERO; length],
            power: vec![Complex64::ZERO; length],
        }
    }

    /// Å² of each lag up to half the path.
    fn of(&mut self, path: &[Vec3]) -> Vec<f64> {
        let count = path.len();
        // Differences of squares of large numbers would lose digits.
        let middle = path.iter().sum::<Vec3>() / count as f64;
        self.correlate(path, &middle);
        let scale = 1.0 / self.series.len() as f64;
        let square = |k: usize| (path[k] - middle).norm_squared();
        let mut sum: f64 = 2.0 * (0..count).map(square).sum::<f64>();
        let mut msd = vec![0.0; count / 2 + 1];
        for (lag, value) in msd.iter_mut().enumerate().skip(1) {
            sum -= square(lag - 1) + square(count - lag);
            let correlation = self.power[lag].re * scale;
            *value = (sum - 2.0 * correlation) / (count - lag) as f64;
        }
        msd
    }

    /// Leaves Σ_t r(t+k)·r(t), times the length of the transform, in `power`.
    fn correlate(&mut self, path: &[Vec3], middle: &Vec3) {
        self.power.fill(Complex64::ZERO);
        for axis in 0..3 {
            self.series.fill(Complex64::ZERO);
            for (value, position) in self.series.iter_mut().zip(path) {
                value.re = position[axis] - middle[axis];
            }
            self.forward.process(&mut self.series);
            let power = self.power.iter_mut().zip(&self.series);
            power.for_each(|(sum, value)| sum.re += value.norm_sqr());
        }
        self.inverse.process(&mut self.power);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::random_walk;
    use super::*;

    /// Planted, and seen to fail: the autocorrelation divided by all frames in place of those that it has.
    #[test]
    fn transforms_and_the_definition_agree() {
        let path: Vec<Vec3> = random_walk(1, 101, 0.7, 3).into_iter().flatten().collect();
        let shifted: Vec<Vec3> = path.iter().map(|r| r + Vec3::repeat(500.0)).collect();
        let msd = SquaredDisplacement::new(101).of(&shifted);
        assert_eq!(msd.len(), 51);
        for (lag, value) in msd.iter().enumerate() {
            let squares = (0..101 - lag).map(|t| (path[t + lag] - path[t]).norm_squared());
            let exact = squares.sum::<f64>() / (101 - lag) as f64;
            assert!((value - exact).abs() < 1e-9, "{lag}: {value}, {exact}");
        }
    }
}
