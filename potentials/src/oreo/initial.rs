//! Values before training, by the same rules as TorchMD-NET (not the same numbers: PyTorch's generator is its own).

use super::file::digest;
use super::layout::{layout, Entry, Start};
use super::{Config, Tensor, Weights};
use oreo_core::random::Generator;
use std::collections::BTreeMap;

impl Weights {
    /// An untrained network: each tensor as its [`Start`] says, rounded to f32. The same seed gives the same weights
    /// on every machine. Its energies mean nothing.
    pub fn random(config: Config, seed: u64) -> Self {
        let mut generator = Generator::new(seed, 0);
        let tensors = layout(&config).into_iter().map(|entry| {
            let values = values(&entry, &config, &mut generator);
            let shape = entry.shape;
            (entry.name, Tensor { shape, values })
        });
        let mut weights = Self {
            tensors: tensors.collect(),
            config,
            unused: Vec::new(),
            record: BTreeMap::from([("origin".into(), format!("untrained, seed {seed}"))]),
            sha256: String::new(),
        };
        weights.sha256 = digest(&weights.to_bytes());
        weights
    }
}

fn values(entry: &Entry, config: &Config, generator: &mut Generator) -> Vec<f64> {
    let first_centre = (-config.cutoff_upper).exp();
    let k = config.radial_functions as f64;
    let value = |index: usize| match entry.start {
        Start::Constant(value) => value,
        Start::Normal => generator.normal(),
        Start::Glorot => {
            let connections = (entry.shape[0] + entry.shape[1]) as f64;
            (6.0 / connections).sqrt() * (2.0 * uniform(generator) - 1.0)
        }
        // K = 1 has no spacing; the single centre is the first.
        Start::RadialCentres => {
            first_centre + index as f64 * (1.0 - first_centre) / (k - 1.0).max(1.0)
        }
        Start::RadialWidths => (2.0 / k * (1.0 - first_centre)).powi(-2),
    };
    let rounded = |value: f64| f64::from(value as f32);
    (0..entry.count()).map(value).map(rounded).collect()
}

/// U(0, 1) from two normal draws: half the sum of their squares is exponentially distributed (Box & Muller 1958).
fn uniform(generator: &mut Generator) -> f64 {
    let (a, b) = (generator.normal(), generator.normal());
    (-0.5 * (a * a + b * b)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Config {
        Config {
            channels: 32,
            layers: 2,
            heads: 4,
            radial_functions: 16,
            ..Config::et_oreo()
        }
    }

    fn moments(values: &[f64]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (
            mean,
            values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n,
        )
    }

    /// 3072 draws: the mean of U(−a, a) scatters by a/√(3·3072) = 0.0104 a, its variance a²/3 by 1.6 %. Forgetting the
    /// factor 2 of the range, or adding inputs twice, is off by far more than the five-fold that is allowed.
    #[test]
    fn linear_maps_start_uniform_within_the_glorot_bound() {
        let weights = Weights::random(small(), 1);
        let o_proj = &weights.tensors["representation_model.attention_layers.0.o_proj.weight"];
        assert_eq!(o_proj.shape, [96, 32]);
        let bound = (6.0f64 / 128.0).sqrt();
        let (mean, variance) = moments(&o_proj.values);
        assert!(o_proj.values.iter().all(|v| v.abs() <= bound));
        assert!(mean.abs() < 0.052 * bound, "{mean}");
        assert!(
            (variance / (bound * bound / 3.0) - 1.0).abs() < 0.08,
            "{variance}"
        );
    }

    #[test]
    fn radial_functions_start_as_in_physnet() {
        let weights = Weights::random(small(), 1);
        let centres = &weights.tensors["representation_model.distance_expansion.means"].values;
        assert!((centres[0] - (-5f64).exp()).abs() < 1e-9);
        assert_eq!(centres[15], 1.0);
        assert!((centres[1] - centres[0] - (centres[15] - centres[14])).abs() < 1e-7);
        // (16/2)² / (1 − e⁻⁵)² = 64 · 1.01361…
        let widths = &weights.tensors["representation_model.distance_expansion.betas"].values;
        assert!((widths[3] - 64.871).abs() < 1e-3, "{}", widths[3]);
    }

    #[test]
    fn the_seed_determines_every_value() {
        assert_eq!(Weights::random(small(), 7), Weights::random(small(), 7));
        let (one, other) = (Weights::random(small(), 7), Weights::random(small(), 8));
        assert_ne!(one.sha256, other.sha256);
    }
}
