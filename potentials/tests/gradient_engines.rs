//! The two engines of gradients against each other: the kernels of the fast path on dual numbers, and tensor operations.
#![cfg(feature = "candle")]
#![allow(missing_docs)]

use oreo_core::random::Generator;
use oreo_core::{Element, Vec3};
use oreo_potentials::oreo::fused::NativeGradients;
use oreo_potentials::oreo::gradients::{trainable, Gradients, Molecule};
use oreo_potentials::oreo::reference::{Device, ReferenceGradients};
use oreo_potentials::oreo::{Config, Weights};

/// Forces, energies, and the gradient of a loss of both.
fn answers(
    engine: &mut dyn Gradients<f64>,
    batch: &[Molecule<'_>],
    parameters: usize,
) -> [Vec<f64>; 3] {
    let atoms = batch.iter().map(|m| m.positions.len()).sum();
    let (mut energies, mut forces) = (vec![0.0; batch.len()], vec![Vec3::zeros(); atoms]);
    engine.evaluate(batch, &mut energies, &mut forces).unwrap();
    let by_energy: Vec<f64> = energies.iter().map(|e| 0.3 * e - 1.0).collect();
    let by_force: Vec<Vec3> = forces.iter().map(|f| f.map(|x| 2.0 * x - 0.1)).collect();
    let mut gradient = vec![0.0; parameters];
    let adding = engine.add_gradient(batch, &by_energy, &by_force, &mut gradient);
    adding.unwrap();
    let forces = forces.iter().flat_map(|f| [f.x, f.y, f.z]).collect();
    [energies, forces, gradient]
}

fn relative(a: &[f64], b: &[f64]) -> f64 {
    let size = b.iter().map(|b| b * b).sum::<f64>().sqrt();
    let difference = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    difference.sqrt() / size.max(1e-12)
}

/// Heads narrower and wider than half a row, one layer and several, both places of the cutoff; every tensor.
#[test]
fn both_engines_give_the_same_gradients() {
    let sizes = [[16, 2, 1], [24, 3, 3], [64, 8, 2], [80, 2, 2]];
    for (n, [channels, heads, layers]) in sizes.into_iter().enumerate() {
        let config = Config {
            channels,
            heads,
            layers,
            radial_functions: 7 + 30 * n,
            max_z: 12,
            vector_cutoff: n % 2 == 0,
            ..Config::et_oreo()
        };
        let weights = Weights::random(config, 11 + n as u64);
        let mut generator = Generator::new(n as u64, 0);
        let elements: Vec<Element> = [6, 1, 8, 7, 1, 9, 6]
            .map(|z| Element::from_atomic_number(z).unwrap())
            .to_vec();
        let positions: Vec<Vec3> = (0..elements.len())
            .map(|at| Vec3::new(1.2 * at as f64, 0.0, 0.0) + generator.normal_vector() * 0.3)
            .collect();
        let batch = [7, 1, 4].map(|count| Molecule {
            elements: &elements[..count],
            positions: &positions[..count],
        });
        let parameters = weights.parameter_count();
        let mut native = NativeGradients::<f64>::new(&weights, 2).unwrap();
        let mut reference = ReferenceGradients::<f64>::new(&weights, &Device::Cpu).unwrap();
        let found = answers(&mut native, &batch, parameters);
        let expected = answers(&mut reference, &batch, parameters);
        assert!(relative(&found[0], &expected[0]) < 1e-11);
        assert!(relative(&found[1], &expected[1]) < 1e-11);
        let mut at = 0;
        for entry in trainable(&weights.config) {
            let range = at..at + entry.count();
            at = range.end;
            let error = relative(&found[2][range.clone()], &expected[2][range]);
            assert!(error < 1e-9, "{error:e} {}", entry.name);
        }
    }
}
