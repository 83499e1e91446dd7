//! The gradient of a loss by every weight: against TorchMD-NET's double reverse pass, and against differences of the loss.
//!
//! Mistakes planted once in the network or its gradient, and what failed:
//! - atoms moving against u instead of along it: TorchMD-NET's gradient, and the slope of the loss
//! - filters of self loops cut off from the weights: the same two (by 2 % and 1e-5), and the batch without pairs
//! - a layer norm's weight cut off: every test that asks for a gradient, by the error that names the tensor
#![cfg(feature = "candle")]
#![allow(missing_docs)]

mod common;
mod networks;
mod systems;

use common::{read_npz, test_file, Array};
use networks::{definition, rough, small};
use oreo_core::random::Generator;
use oreo_core::{Element, Vec3};
use oreo_potentials::oreo::gradients::{trainable, Gradients, Molecule};
use oreo_potentials::oreo::reference::{Device, FloatDType, ReferenceGradients};
use oreo_potentials::oreo::{Config, Weights};
use std::collections::BTreeMap;
use std::ops::Range;
use systems::{evaluate_one, relative_error, vectors};

/// Molecules one after the other.
#[derive(Default)]
struct Batch {
    elements: Vec<Element>,
    positions: Vec<Vec3>,
    molecules: Vec<Range<usize>>,
}

impl Batch {
    fn add(&mut self, elements: &[Element], positions: &[Vec3]) {
        let start = self.elements.len();
        self.elements.extend(elements);
        self.positions.extend(positions);
        self.molecules.push(start..self.elements.len());
    }

    fn with(mut self, symbols: &[&str], positions: &[[f64; 3]]) -> Self {
        let elements = symbols.iter().map(|symbol| symbol.parse().unwrap());
        let positions: Vec<_> = positions.iter().map(|&r| Vec3::from(r)).collect();
        self.add(&elements.collect::<Vec<_>>(), &positions);
        self
    }

    fn molecules(&self) -> Vec<Molecule<'_>> {
        let molecule = |range: &Range<usize>| Molecule {
            elements: &self.elements[range.clone()],
            positions: &self.positions[range.clone()],
        };
        self.molecules.iter().map(molecule).collect()
    }

    fn evaluate<T>(&self, network: &mut impl Gradients<T>) -> (Vec<f64>, Vec<Vec3>) {
        let mut energies = vec![f64::NAN; self.molecules.len()];
        let mut forces = vec![Vec3::repeat(f64::NAN); self.positions.len()];
        network
            .evaluate(&self.molecules(), &mut energies, &mut forces)
            .unwrap();
        (energies, forces)
    }
}

/// Bent, straight, a fragment out of reach, and a lone atom: every case in which vectors are 0.
fn all_kinds() -> Batch {
    Batch::default()
        .with(
            &["O", "H", "H"],
            &[[0.0, 0.0, 0.1], [0.8, 0.1, -0.5], [-0.7, 0.0, -0.5]],
        )
        .with(
            &["C", "O", "O"],
            &[[0.0, 0.0, 0.0], [1.2, 0.0, 0.0], [-1.2, 0.0, 0.0]],
        )
        .with(&["O"], &[[3.0, 1.0, 2.0]])
        .with(
            &["N", "C", "H", "C", "H", "O"],
            &[
                [0.0, 0.0, 0.0],
                [1.4, 0.1, 0.3],
                [1.9, 1.0, 0.2],
                [2.2, -1.2, 0.4],
                [1.8, -2.2, 0.1],
                [4.6, -1.1, 0.9],
            ],
        )
        .with(
            &["O", "H", "N"],
            &[[0.0, 0.0, 0.0], [0.9, 0.2, 0.1], [12.0, 0.0, 1.0]],
        )
}

fn tiny(vector_cutoff: bool) -> Weights {
    let config = Config {
        channels: 8,
        layers: 2,
        heads: 2,
        radial_functions: 6,
        max_z: 10,
        vector_cutoff,
        vector_smoothing: if vector_cutoff { 0.05 } else { 0.0 },
        ..Config::et_oreo()
    };
    rough(config, 5)
}

fn network<T: FloatDType>(weights: &Weights) -> ReferenceGradients<T> {
    ReferenceGradients::new(weights, &Device::Cpu).unwrap()
}

/// L = ½ Σ_s (E_s − E*_s)² + ½ Σ w_i ‖F_i − F*_i‖² with w and the targets drawn at random.
struct Loss {
    energies: Vec<f64>,
    forces: Vec<Vec3>,
    weights: Vec<f64>,
}

impl Loss {
    fn new(batch: &Batch) -> Self {
        let mut generator = Generator::new(11, 0);
        let mut draw = || generator.normal();
        Self {
            energies: batch.molecules.iter().map(|_| draw()).collect(),
            forces: batch
                .positions
                .iter()
                .map(|_| Vec3::from_fn(|_, _| draw()))
                .collect(),
            weights: batch.positions.iter().map(|_| 1.0 + draw().abs()).collect(),
        }
    }

    fn value(&self, (energies, forces): &(Vec<f64>, Vec<Vec3>)) -> f64 {
        let of_energies: f64 = self
            .by_energy(energies)
            .iter()
            .map(|difference| difference.powi(2))
            .sum();
        let by_force = self.by_force(forces);
        let of_forces: f64 = by_force
            .iter()
            .zip(&self.weights)
            .map(|(u, w)| u.norm_squared() / w)
            .sum();
        0.5 * (of_energies + of_forces)
    }

    fn by_energy(&self, energies: &[f64]) -> Vec<f64> {
        energies
            .iter()
            .zip(&self.energies)
            .map(|(e, target)| e - target)
            .collect()
    }

    fn by_force(&self, forces: &[Vec3]) -> Vec<Vec3> {
        (0..forces.len())
            .map(|i| (forces[i] - self.forces[i]) * self.weights[i])
            .collect()
    }

    /// dL/dθ
    fn gradient<T: Copy + Default + std::ops::AddAssign>(
        &self,
        batch: &Batch,
        network: &mut impl Gradients<T>,
        parameters: usize,
    ) -> Vec<T> {
        let (energies, forces) = batch.evaluate(network);
        let mut gradient = vec![T::default(); parameters];
        network
            .add_gradient(
                &batch.molecules(),
                &self.by_energy(&energies),
                &self.by_force(&forces),
                &mut gradient,
            )
            .unwrap();
        gradient
    }
}

/// Where the numbers of each tensor are.
fn ranges(config: &Config) -> Vec<(String, Range<usize>)> {
    let mut start = 0;
    let range = |entry: oreo_potentials::oreo::layout::Entry| {
        start += entry.count();
        (entry.name.clone(), start - entry.count()..start)
    };
    trainable(config).into_iter().map(range).collect()
}

fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |largest, x| x.abs().max(largest))
}

/// The four molecules that TorchMD-NET was given at once.
fn torchmd_net_batch(arrays: &BTreeMap<String, Array>) -> Batch {
    let mut batch = Batch::default();
    let positions = vectors(&arrays["pos"].values);
    let elements: Vec<Element> = arrays["z"]
        .values
        .iter()
        .map(|&z| Element::from_atomic_number(z as usize).unwrap())
        .collect();
    for molecule in 0..arrays["E_f64"].values.len() {
        let of_molecule = |&atom: &usize| arrays["batch"].values[atom] == molecule as f64;
        let atoms: Vec<usize> = (0..elements.len()).filter(of_molecule).collect();
        let range = atoms[0]..atoms[0] + atoms.len();
        batch.add(&elements[range.clone()], &positions[range]);
    }
    batch
}

/// L = mean of (F − F*)² over all components. Errors relative to the largest component of each tensor.
#[test]
fn every_gradient_equals_torchmd_nets_double_reverse_pass() {
    let arrays = read_npz(&test_file("small_train.npz"));
    let (weights, batch) = (small(false), torchmd_net_batch(&arrays));
    let mut network = network::<f64>(&weights);
    let (energies, forces) = batch.evaluate(&mut network);
    assert!(relative_error(&forces, &vectors(&arrays["F_f64"].values)) < 1e-11);
    for (energy, expected) in energies.iter().zip(&arrays["E_f64"].values) {
        assert!((energy - expected).abs() < 1e-11 * expected.abs());
    }
    let difference: Vec<Vec3> = forces
        .iter()
        .zip(vectors(&arrays["F_target"].values))
        .map(|(force, target)| force - target)
        .collect();
    let count = 3.0 * forces.len() as f64;
    let loss = difference.iter().map(Vec3::norm_squared).sum::<f64>() / count;
    assert!((loss - arrays["loss"].values[0]).abs() < 1e-11 * loss);
    let by_force: Vec<Vec3> = difference.iter().map(|d| d * (2.0 / count)).collect();
    let mut gradient = vec![0.0; weights.parameter_count()];
    network
        .add_gradient(
            &batch.molecules(),
            &vec![0.0; energies.len()],
            &by_force,
            &mut gradient,
        )
        .unwrap();
    let mut worst = 0.0_f64;
    for (name, range) in ranges(&weights.config) {
        let (found, expected) = (&gradient[range], &arrays[&format!("grad/{name}")].values);
        assert_eq!(found.len(), expected.len(), "{name}");
        let errors: Vec<f64> = found.iter().zip(expected).map(|(a, b)| a - b).collect();
        let (error, scale) = (largest(&errors), largest(expected));
        assert!(error <= 1e-9 * scale, "{name}: {error:e} of {scale:e}");
        worst = worst.max(error / scale.max(f64::MIN_POSITIVE));
    }
    println!("largest relative error {worst:.1e}");
}

/// Energies and forces both in the loss, 24 parameters of each tensor (all where it has fewer).
#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    let batch = all_kinds();
    let loss = Loss::new(&batch);
    for vector_cutoff in [false, true] {
        let weights = tiny(vector_cutoff);
        let mut network = network::<f64>(&weights);
        let mut parameters = weights.parameters();
        let gradient = loss.gradient(&batch, &mut network, parameters.len());
        let mut generator = Generator::new(3, 0);
        let mut worst = 0.0_f64;
        for (name, range) in ranges(&weights.config) {
            let scale = largest(&gradient[range.clone()]).max(1e-3);
            let stride = range.len().div_ceil(24);
            for first in range.clone().step_by(stride) {
                let k = (first + (generator.normal().abs() * stride as f64) as usize % stride)
                    .min(range.end - 1);
                let kept = parameters[k];
                let mut moved = |h: f64| {
                    parameters[k] = kept + h;
                    network.set_parameters(&parameters).unwrap();
                    loss.value(&batch.evaluate(&mut network))
                };
                // Abramowitz & Stegun 25.3.6: the error is of order h⁴
                let h = 1e-4;
                let (near, far) = (moved(h) - moved(-h), moved(2.0 * h) - moved(-2.0 * h));
                let slope = (8.0 * near - far) / (12.0 * h);
                parameters[k] = kept;
                let error = (slope - gradient[k]).abs() / scale;
                assert!(error < 1e-7, "{name}: {} but {slope}", gradient[k]);
                worst = worst.max(error);
            }
        }
        println!("vector_cutoff = {vector_cutoff}: largest relative error {worst:.1e}");
    }
}

/// Exactly those that cannot act: elements that no molecule has, and two tensors whose output goes nowhere.
#[test]
fn no_gradient_is_missing() {
    let batch = all_kinds();
    let weights = tiny(true);
    let mut network = network::<f64>(&weights);
    let gradient = Loss::new(&batch).gradient(&batch, &mut network, weights.parameter_count());
    for (name, range) in ranges(&weights.config) {
        if name.ends_with("embedding.weight") {
            for (z, row) in gradient[range].chunks_exact(8).enumerate() {
                let present = [1, 6, 7, 8].contains(&z);
                assert_eq!(row.iter().all(|&g| g == 0.0), !present, "{name}, Z = {z}");
                assert_eq!(row.iter().all(|&g| g != 0.0), present, "{name}, Z = {z}");
            }
            continue;
        }
        let zeros = gradient[range.clone()].iter().filter(|&&g| g == 0.0);
        let expected = match name.as_str() {
            "representation_model.attention_layers.0.vec_proj.weight"
            | "output_model.output_network.1.vec2_proj.weight" => range.len(),
            // vec = 0 before the first layer: o1 and o2 multiply it
            "representation_model.attention_layers.0.o_proj.weight"
            | "representation_model.attention_layers.0.o_proj.bias" => range.len() * 2 / 3,
            // vec_j ⊙ a: the second of three parts
            "representation_model.attention_layers.0.v_proj.weight"
            | "representation_model.attention_layers.0.v_proj.bias"
            | "representation_model.attention_layers.0.dv_proj.weight"
            | "representation_model.attention_layers.0.dv_proj.bias" => range.len() / 3,
            // The gate of vectors that nothing reads: the second of two rows
            "output_model.output_network.1.update_net.layers.2.weight"
            | "output_model.output_network.1.update_net.layers.2.bias" => range.len() / 2,
            _ => 0,
        };
        assert_eq!(zeros.count(), expected, "{name}");
    }
}

#[test]
fn single_precision_is_near_double() {
    let batch = all_kinds();
    let loss = Loss::new(&batch);
    for vector_cutoff in [false, true] {
        let weights = tiny(vector_cutoff);
        let count = weights.parameter_count();
        let exact = loss.gradient(&batch, &mut network::<f64>(&weights), count);
        let single = loss.gradient(&batch, &mut network::<f32>(&weights), count);
        for (name, range) in ranges(&weights.config) {
            let errors: Vec<f64> = range
                .clone()
                .map(|k| f64::from(single[k]) - exact[k])
                .collect();
            let (error, scale) = (largest(&errors), largest(&exact[range]));
            assert!(error <= 1e-4 * scale, "{name}: {error:e} of {scale:e}");
        }
    }
}

/// A lone atom has no pair vectors at all: dL/dθ comes from its energy.
#[test]
fn a_batch_without_pairs_has_a_gradient() {
    let batch = Batch::default().with(&["O"], &[[0.0; 3]]).with(
        &["H", "C"],
        &[[0.0, 0.0, 0.0], [5.0, 0.0, 0.0]], // at the cutoff, so not within
    );
    let weights = tiny(true);
    let mut network = network::<f64>(&weights);
    let (_, forces) = batch.evaluate(&mut network);
    assert!(forces.iter().all(|force| *force == Vec3::zeros()));
    let count = weights.parameter_count();
    let gradient = Loss::new(&batch).gradient(&batch, &mut network, count);
    assert!(gradient.iter().all(|g| g.is_finite()));
    assert!(gradient.iter().any(|&g| g != 0.0));
}

#[test]
fn gradients_add_up_over_molecules() {
    let batch = all_kinds();
    let weights = tiny(false);
    let mut network = network::<f64>(&weights);
    let count = weights.parameter_count();
    let loss = Loss::new(&batch);
    let together = loss.gradient(&batch, &mut network, count);
    let (energies, forces) = batch.evaluate(&mut network);
    let (by_energy, by_force) = (loss.by_energy(&energies), loss.by_force(&forces));
    let mut sum = vec![0.0; count];
    for (m, molecule) in batch.molecules().into_iter().enumerate() {
        let range = batch.molecules[m].clone();
        network
            .add_gradient(&[molecule], &by_energy[m..=m], &by_force[range], &mut sum)
            .unwrap();
    }
    let scale = largest(&together);
    for (a, b) in together.iter().zip(&sum) {
        assert!((a - b).abs() < 1e-13 * scale);
    }
}

#[test]
fn energies_and_forces_are_those_of_the_potential() {
    let batch = all_kinds();
    let weights = tiny(true);
    let (energies, forces) = batch.evaluate(&mut network::<f64>(&weights));
    for (m, range) in batch.molecules.iter().enumerate() {
        let atomic_number = |element: &Element| element.atomic_number() as f64;
        let numbers: Vec<f64> = batch.elements[range.clone()]
            .iter()
            .map(atomic_number)
            .collect();
        let molecule = systems::Molecule::new(&numbers, batch.positions[range.clone()].to_vec());
        let answer = evaluate_one(&mut definition(&weights), &molecule);
        assert!((answer.energy - energies[m]).abs() < 1e-12);
        assert!(relative_error(&forces[range.clone()], &answer.forces) < 1e-12);
    }
}

#[test]
fn what_has_no_gradient_is_refused_by_name() {
    let mut network = network::<f32>(&tiny(true));
    let mut refused = |batch: Batch| {
        let (molecules, atoms) = (batch.molecules.len(), batch.positions.len());
        let (mut energies, mut forces) = (vec![0.0; molecules], vec![Vec3::zeros(); atoms]);
        let error = network.evaluate(&batch.molecules(), &mut energies, &mut forces);
        error.unwrap_err().to_string()
    };
    let message = refused(all_kinds().with(&["H", "H"], &[[0.0; 3], [f64::NAN, 0.0, 0.0]]));
    assert!(message.contains("atom 1 of molecule 5"), "{message}");
    let message = refused(Batch::default().with(&["Ne"], &[[0.0; 3]]));
    assert!(message.contains("max_z = 10"), "{message}");
}
