//! Drift of the conserved quantity: its slope in time, with an error that knows of the correlation.
//!
//! The slope is that of least squares over all samples. Its error comes from the scatter of block means about the
//! line, for 64 … 8 blocks, the largest taken (see [`crate::statistics`]): the oscillation that every symplectic
//! integrator shows is correlated and would otherwise make a slope of nothing look certain. Fixed memory.

use crate::blocks::{Block, Blocks};
use crate::ValidationError;
use oreo_core::units::KELVIN;
use oreo_core::{Archive, ArchiveError, Persist};
use serde::Serialize;
use std::convert::Infallible;

const FEWEST_BLOCKS: usize = 8;

/// Means and centred second moments of time and value; merged exactly (Chan, Golub & LeVeque 1983), so that energies
/// of −10⁵ eV with fluctuations of 10⁻⁶ eV lose nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct LineMoments {
    count: f64,
    time: f64,
    value: f64,
    time_time: f64,
    time_value: f64,
    value_value: f64,
}

impl Block for LineMoments {
    fn merge(&mut self, other: &Self) {
        let count = self.count + other.count;
        if count == 0.0 {
            return;
        }
        let (dt, dv) = (other.time - self.time, other.value - self.value);
        let (share, product) = (other.count / count, self.count * other.count / count);
        self.time += share * dt;
        self.value += share * dv;
        self.time_time += other.time_time + product * dt * dt;
        self.time_value += other.time_value + product * dt * dv;
        self.value_value += other.value_value + product * dv * dv;
        self.count = count;
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Persist for LineMoments {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let mut v = [
            self.count,
            self.time,
            self.value,
            self.time_time,
            self.time_value,
            self.value_value,
        ];
        archive.f64s("moments", &mut v)?;
        [
            self.count,
            self.time,
            self.value,
            self.time_time,
            self.time_value,
            self.value_value,
        ] = v;
        Ok(())
    }
}

/// Watches one quantity of a run; adding a sample allocates nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftMeter {
    blocks: Blocks<LineMoments>,
}

/// How fast a conserved quantity leaves its value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Drift {
    /// Slope of least squares.
    pub drift_ev_per_ps: f64,
    /// Standard error of the slope; `None` below 8 blocks, i.e. 8 samples.
    pub drift_error_ev_per_ps: Option<f64>,
    /// Standard deviation about the line.
    pub detrended_std_ev: f64,
    /// How many.
    pub samples: u64,
}

impl Default for DriftMeter {
    fn default() -> Self {
        Self {
            blocks: Blocks::new(LineMoments::default()),
        }
    }
}

impl DriftMeter {
    /// Without samples.
    pub fn new() -> Self {
        Self::default()
    }

    /// A finished series: times in ps, values in eV.
    pub fn of(samples: impl IntoIterator<Item = (f64, f64)>) -> Result<Self, ValidationError> {
        let mut meter = Self::new();
        for (time_ps, value_ev) in samples {
            meter.add(time_ps, value_ev)?;
        }
        Ok(meter)
    }

    /// One sample; refuses numbers that are not finite.
    pub fn add(&mut self, time_ps: f64, value_ev: f64) -> Result<(), ValidationError> {
        if !(time_ps.is_finite() && value_ev.is_finite()) {
            let (quantity, sample) = ("the conserved quantity", self.blocks.samples());
            return Err(ValidationError::NonFiniteSample { quantity, sample });
        }
        let sample = LineMoments {
            count: 1.0,
            time: time_ps,
            value: value_ev,
            ..LineMoments::default()
        };
        let add = |block: &mut LineMoments| {
            block.merge(&sample);
            Ok::<_, Infallible>(())
        };
        match self.blocks.sample(add) {
            Ok(()) => Ok(()),
            Err(never) => match never {},
        }
    }

    /// Fails below two different times.
    pub fn drift(&self) -> Result<Drift, ValidationError> {
        let all = self.blocks.total().unwrap_or_default();
        if all.count < 2.0 || all.time_time <= 0.0 {
            let (quantity, found) = ("the drift", all.count as u64);
            return Err(ValidationError::TooFew {
                quantity,
                unit: "samples",
                needed: 2,
                found,
            });
        }
        let slope = all.time_value / all.time_time;
        // Rounding can leave a perfect line −1e-30 eV² of scatter.
        let scatter = (all.value_value - slope * all.time_value).max(0.0) / all.count;
        let errors =
            [1, 2, 4, 8].map(|factor| slope_error(&self.blocks.coarsened(factor), &all, slope));
        Ok(Drift {
            drift_ev_per_ps: slope,
            drift_error_ev_per_ps: errors.into_iter().flatten().reduce(f64::max),
            detrended_std_ev: scatter.sqrt(),
            samples: self.blocks.samples(),
        })
    }
}

/// Scatter of block means about the line, as an error of its slope: σ² = Σ w r²/(B−2) over Σ w (t−t̄)².
fn slope_error(blocks: &[LineMoments], all: &LineMoments, slope: f64) -> Option<f64> {
    if blocks.len() < FEWEST_BLOCKS {
        return None;
    }
    let residual = |b: &LineMoments| b.value - all.value - slope * (b.time - all.time);
    let squares: f64 = blocks.iter().map(|b| b.count * residual(b).powi(2)).sum();
    let spread: f64 = blocks
        .iter()
        .map(|b| b.count * (b.time - all.time).powi(2))
        .sum();
    Some((squares / (blocks.len() - 2) as f64 / spread).sqrt())
}

impl Persist for DriftMeter {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        self.blocks.persist(archive)
    }
}

impl Drift {
    /// In the unit that engines compare themselves in, kT/ns per degree of freedom.
    pub fn in_kt_per_ns_per_dof(&self, temperature_k: f64, degrees_of_freedom: f64) -> f64 {
        self.drift_ev_per_ps * 1000.0 / (KELVIN * temperature_k * degrees_of_freedom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::random::Generator;

    #[test]
    fn an_exact_line_has_its_slope_and_no_error() {
        let line = |k: i32| (0.05 * f64::from(k), -1e5 + 2e-6 * 0.05 * f64::from(k));
        let drift = DriftMeter::of((0..10_000).map(line))
            .unwrap()
            .drift()
            .unwrap();
        // 1e5 eV has a rounding of 1.5e-11 eV
        assert!(
            (drift.drift_ev_per_ps / 2e-6 - 1.0).abs() < 1e-6,
            "{drift:?}"
        );
        assert!(drift.detrended_std_ev < 1e-10 && drift.drift_error_ev_per_ps.unwrap() < 1e-11);
    }

    /// Merging must not change the sums: slope and scatter of a short series by the textbook formula.
    #[test]
    fn blocks_and_textbook_agree() {
        let series: Vec<(f64, f64)> = (0..333)
            .map(|k| {
                (
                    f64::from(k),
                    (f64::from(k) * 0.7).sin() + 0.01 * f64::from(k),
                )
            })
            .collect();
        let n = 333.0;
        let (t, v) = series
            .iter()
            .fold((0.0, 0.0), |(a, b), (t, v)| (a + t / n, b + v / n));
        let (tt, tv) = series.iter().fold((0.0, 0.0), |(a, b), (x, y)| {
            (a + (x - t).powi(2), b + (x - t) * (y - v))
        });
        let drift = DriftMeter::of(series.clone()).unwrap().drift().unwrap();
        assert!((drift.drift_ev_per_ps - tv / tt).abs() < 1e-12);
        let residual: f64 = series
            .iter()
            .map(|(x, y)| (y - v - tv / tt * (x - t)).powi(2))
            .sum();
        assert!((drift.detrended_std_ev - (residual / n).sqrt()).abs() < 1e-12);
    }

    /// Noise with a correlation time of 100 samples and no slope: over many runs, the scatter of the slope must be
    /// what each run claims. Errors from single samples would be 14 times too small.
    #[test]
    fn the_error_of_a_slope_of_nothing_is_honest() {
        let (runs, mut slopes, mut claims) = (60, 0.0, 0.0);
        for seed in 0..runs {
            let (mut generator, mut x) = (Generator::new(seed, 0), 0.0);
            let mut meter = DriftMeter::new();
            for k in 0..20_000 {
                x = 0.99 * x + generator.normal();
                meter.add(0.001 * f64::from(k), x).unwrap();
            }
            let drift = meter.drift().unwrap();
            slopes += drift.drift_ev_per_ps.powi(2);
            claims += drift.drift_error_ev_per_ps.unwrap().powi(2);
        }
        let ratio = (claims / slopes).sqrt();
        assert!(
            (0.7..1.6).contains(&ratio),
            "claimed over true error: {ratio}"
        );
    }

    /// 1e-3 eV/ps = 1 eV/ns; kT at 300 K is 0.025852 eV; 100 dof.
    #[test]
    fn kt_per_ns_per_dof_by_hand() {
        let drift = DriftMeter::of([(0.0, 0.0), (1.0, 1e-3)])
            .unwrap()
            .drift()
            .unwrap();
        assert!((drift.in_kt_per_ns_per_dof(300.0, 100.0) - 1.0 / 0.025_852 / 100.0).abs() < 1e-4);
        assert_eq!(drift.drift_error_ev_per_ps, None);
        assert!(DriftMeter::of([(0.0, 0.0)]).unwrap().drift().is_err());
        assert!(DriftMeter::new().add(0.0, f64::NAN).is_err());
    }
}
