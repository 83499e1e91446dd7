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
    /// Of the virial alone.
    virial: f64,
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
            if let Some(virial) = &mut request.virial {
                **virial *= self.virial;
            }
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
    tested_with_virial(scale, energy, 1.0, precision, filters)
}

fn tested_with_virial(
    scale: f64,
    energy: f64,
    virial: f64,
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
        virial,
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
/// network are weaker than 1 eV/Å, so that a table is refused at an error ten times as large.
#[test]
fn wrong_forces_and_energies_are_refused_with_what_to_do() {
    use FiltersChoice::{Exact, Table};
    for (scale, energy, filters) in [
        (1.0001, 0.0, Exact),
        (0.9999, 0.0, Exact),
        (1.003, 0.0, Table),
        (1.0, 0.001, Table),
        (1.0, -0.001, Exact),
    ] {
        let error = tested(scale, energy, Precision::F32, filters).unwrap_err();
        let line = crate::cli::exit::one_line(&error);
        for part in ["fused differs", "relative (tolerance ", "--path reference"] {
            assert!(line.contains(part), "{line}");
        }
        assert!(!error.is::<crate::cli::exit::BadInput>(), "exit code 1");
    }
}

/// A virial of the wrong sign, or of half the pairs: forces and energy say nothing of it.
#[test]
fn a_wrong_virial_is_refused() {
    use FiltersChoice::{Exact, Table};
    for (virial, filters) in [
        (-1.0, Exact),
        (0.5, Exact),
        (-1.0, Table),
        (f64::NAN, Table),
    ] {
        let error = tested_with_virial(1.0, 0.0, virial, Precision::F32, filters).unwrap_err();
        assert!(error.to_string().contains("virial"), "{error}");
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

/// The fast path itself, in every arithmetic. Planted: a reference with the weights of the file where the fast path rounds
/// them to f16 differs by 8e-5 and fails here.
#[test]
fn the_fast_path_passes_in_every_arithmetic() {
    use oreo_potentials::oreo::fused::{Filters, Options, OreoFused, Precision as Fused};
    use {FiltersChoice::*, PrecisionChoice::*};
    let (system, positions) = ethanol();
    for (precision, kernels) in [
        (F64, Fused::F64),
        (F32, Fused::F32),
        (F16Weights, Fused::F16Weights),
    ] {
        for (filters, table) in [(Table, Filters::DEFAULT), (Exact, Filters::Exact)] {
            let compute = Compute {
                device: DeviceChoice::Cpu,
                path: PathChoice::Fused,
                precision,
                filters: Some(filters),
                threads: 1,
            };
            let options = Options {
                precision: kernels,
                filters: table,
                ..Options::default()
            };
            let mut fused = OreoFused::new(&weights(), &options).unwrap();
            let test = SelfTest::new(weights(), &compute).unwrap();
            let said = test.run(&mut fused, &system, &positions, &Cell::Open);
            let said = said.unwrap().unwrap();
            assert!(
                said.contains("fused agrees"),
                "{precision}, {filters}: {said}"
            );
        }
    }
}

/// The reference gets what the fast path multiplies with, and refuses what that refuses.
#[test]
fn half_precision_weights_that_do_not_fit_are_bad_input() {
    let compute = Compute {
        device: DeviceChoice::Cpu,
        path: PathChoice::Fused,
        precision: PrecisionChoice::F16Weights,
        filters: Some(FiltersChoice::Table),
        threads: 1,
    };
    let mut large = weights();
    let name = "representation_model.attention_layers.0.q_proj.weight";
    large.tensors.get_mut(name).unwrap().values[3] = 1e6;
    let error = SelfTest::new(large, &compute).err().unwrap();
    assert!(error.is::<crate::cli::exit::BadInput>(), "{error}");
    assert!(as_computed(weights(), &compute).unwrap().matrices_are_f16());
}

/// A tetrahedron with the carbon in its middle.
fn methane() -> (System, Vec<Vec3>) {
    let corners = [[1., 1., 1.], [1., -1., -1.], [-1., 1., -1.], [-1., -1., 1.]];
    let hydrogen = |corner: [f64; 3]| Vec3::from(corner) * 0.63;
    let elements = ["C", "H", "H", "H", "H"].map(|symbol| symbol.parse().unwrap());
    let positions = std::iter::once(Vec3::zeros()).chain(corners.map(hydrogen));
    (System::new(elements.to_vec()), positions.collect())
}

/// Lengths that are not smoothed have no derivative there: rounding alone decides, and a run should begin all the same. A mistake is
/// refused there, too. Seen to fail with a displacement of 0.
#[test]
fn a_symmetric_structure_is_compared_beside_itself() {
    let compute = Compute {
        device: DeviceChoice::Cpu,
        path: PathChoice::Fused,
        precision: PrecisionChoice::F32,
        filters: Some(FiltersChoice::Exact),
        threads: 1,
    };
    let said = |smoothing: f64, scale: f64| {
        let mut weights = weights();
        weights.config.vector_smoothing = smoothing;
        let (system, positions) = methane();
        let inner = OreoReference::new(&weights, Precision::F32, &Device::Cpu)?;
        let mut potential = Mistaken {
            inner,
            scale,
            energy: 0.0,
            virial: 1.0,
        };
        SelfTest::new(weights, &compute)?.run(&mut potential, &system, &positions, &Cell::Open)
    };
    let line = said(0.0, 1.0).unwrap().unwrap();
    assert!(line.contains("displaced by 0.01"), "{line}");
    let line = said(0.05, 1.0).unwrap().unwrap();
    assert!(!line.contains("displaced"), "{line}");
    said(0.0, 1.01).unwrap_err();
}
