use super::*;
use crate::cli::choices::*;
use oreo_core::testing::ethanol;
use oreo_core::{Capabilities, PotentialError, Request};
use oreo_potentials::oreo::reference::{Device, OreoReference, Precision};
use oreo_potentials::oreo::Config;

/// A fast path with a mistake in it.
struct Mistaken {
    inner: OreoReference,
    scale: f64,
    energy: f64,
}

impl Potential for Mistaken {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        self.inner.evaluate(batch)?;
        for request in batch {
            *request.energy += self.energy;
            request.forces.iter_mut().for_each(|f| *f *= self.scale);
        }
        Ok(())
    }
}

fn weights() -> Weights {
    let config = Config {
        channels: 16,
        layers: 2,
        heads: 4,
        radial_functions: 8,
        max_z: 10,
        ..Config::et_oreo()
    };
    Weights::random(config, 1)
}

fn tested(scale: f64, energy: f64, precision: Precision) -> Result<Option<String>> {
    let compute = Compute {
        device: DeviceChoice::Cpu,
        path: PathChoice::Fused,
        precision: PrecisionChoice::F32,
        filters: Some(FiltersChoice::Table),
        threads: 1,
    };
    let (system, positions) = ethanol();
    let inner = OreoReference::new(&weights(), precision, &Device::Cpu)?;
    let mut potential = Mistaken {
        inner,
        scale,
        energy,
    };
    SelfTest::new(weights(), &compute).run(&mut potential, &system, &positions, &Cell::Open)
}

#[test]
fn a_path_that_only_rounds_passes_and_says_how_close_it_is() {
    for precision in [Precision::F32, Precision::F64] {
        let line = tested(1.0, 0.0, precision).unwrap().unwrap();
        for part in [
            "fused agrees with reference: forces",
            "tolerance 5e-5",
            " ms",
        ] {
            assert!(line.contains(part), "{line}");
        }
    }
}

/// Forces that are wrong by one part in ten thousand, as a filter or a factor that is nearly right makes them.
#[test]
fn wrong_forces_and_energies_are_refused_with_what_to_do() {
    for (scale, energy) in [(1.0001, 0.0), (0.9999, 0.0), (1.0, 0.01), (1.0, -0.01)] {
        let error = tested(scale, energy, Precision::F32).unwrap_err();
        let line = crate::cli::exit::one_line(&error);
        for part in [
            "fused differs",
            "relative (tolerance 5e-5)",
            "--path reference",
        ] {
            assert!(line.contains(part), "{line}");
        }
        assert!(!error.is::<crate::cli::exit::BadInput>(), "exit code 1");
    }
}

#[test]
fn nan_is_refused() {
    assert!(tested(f64::NAN, 0.0, Precision::F32).is_err());
    assert!(tested(1.0, f64::NAN, Precision::F32).is_err());
}
