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

fn tested(
    scale: f64,
    energy: f64,
    precision: Precision,
    filters: FiltersChoice,
) -> Result<Option<String>> {
    let compute = Compute {
        device: DeviceChoice::Cpu,
        path: PathChoice::Fused,
        precision: PrecisionChoice::F32,
        filters: Some(filters),
        threads: 1,
    };
    let (system, positions) = ethanol();
    let inner = OreoReference::new(&weights(), precision, &Device::Cpu)?;
    let mut potential = Mistaken {
        inner,
        scale,
        energy,
    };
    SelfTest::new(weights(), &compute)?.run(&mut potential, &system, &positions, &Cell::Open)
}

#[test]
fn a_path_that_only_rounds_passes_and_says_how_close_it_is() {
    for (filters, said) in [
        (FiltersChoice::Table, "(tolerance 5e-5), energy"),
        (FiltersChoice::Exact, "(tolerance 5e-6), energy"),
    ] {
        let line = tested(1.0, 0.0, Precision::F32, filters).unwrap().unwrap();
        for part in ["fused agrees with reference: forces", said, " ms"] {
            assert!(line.contains(part), "{line}");
        }
    }
}

/// Forces that are wrong by one part in ten thousand, as a factor that is nearly right makes them; those of this small
/// network are weaker than 1 eV/Å, so that the tolerance of a table is nearly as wide.
#[test]
fn wrong_forces_and_energies_are_refused_with_what_to_do() {
    use FiltersChoice::{Exact, Table};
    for (scale, energy, filters) in [
        (1.0001, 0.0, Exact),
        (0.9999, 0.0, Exact),
        (1.001, 0.0, Table),
        (1.0, 0.001, Table),
        (1.0, -0.001, Exact),
    ] {
        let error = tested(scale, energy, Precision::F32, filters).unwrap_err();
        let line = crate::cli::exit::one_line(&error);
        for part in [
            "fused differs",
            "relative (tolerance 5e-",
            "--path reference",
        ] {
            assert!(line.contains(part), "{line}");
        }
        assert!(!error.is::<crate::cli::exit::BadInput>(), "exit code 1");
    }
}

#[test]
fn nan_is_refused() {
    for (scale, energy) in [(f64::NAN, 0.0), (1.0, f64::NAN)] {
        assert!(tested(scale, energy, Precision::F32, FiltersChoice::Table).is_err());
    }
}

/// The engine refuses it with the name of the atom and exit code 2.
#[test]
fn a_structure_that_the_network_was_not_made_for_is_left_to_the_engine() {
    let compute = Compute {
        device: DeviceChoice::Cpu,
        path: PathChoice::Fused,
        precision: PrecisionChoice::F32,
        filters: Some(FiltersChoice::Table),
        threads: 1,
    };
    let mut potential = OreoReference::new(&weights(), Precision::F32, &Device::Cpu).unwrap();
    let argon = System::from_symbols(&["Ar"]).unwrap();
    let test = SelfTest::new(weights(), &compute).unwrap();
    let said = test.run(&mut potential, &argon, &[Vec3::zeros()], &Cell::Open);
    assert_eq!(said.unwrap(), None);
}
