//! Every block's reverse pass against central differences of its forward pass, in f64; and, for training, the gradient of
//! every weight. Tangents against both.

use super::attention::AttentionLayer;
use super::dual::Dual;
use super::embedding::Embedding;
use super::geometry::DistanceExpansion;
use super::graph::Graph;
use super::layer_norm::LayerNorm;
use super::linear::Linear;
use super::parameters::Parameters;
use super::readout::Readout;
use super::rows::Sums;
use super::{silu, tensors, Model};
use crate::oreo::{Config, Weights};
use candle_core::{DType, Device, Result, Tensor, Var};
use oreo_core::random::Generator;
use std::collections::BTreeMap;

const C: usize = 8;

fn config(vector_cutoff: bool) -> Config {
    Config {
        channels: C,
        layers: 2,
        heads: 2,
        radial_functions: 6,
        max_z: 10,
        vector_cutoff,
        vector_smoothing: if vector_cutoff { 0.05 } else { 0.0 },
        ..Config::et_oreo()
    }
}

/// Untrained, with biases and norms made non-trivial.
fn weights(vector_cutoff: bool) -> BTreeMap<String, Tensor> {
    let mut weights = Weights::random(config(vector_cutoff), 3);
    let mut generator = Generator::new(4, 0);
    for (name, tensor) in &mut weights.tensors {
        if name.ends_with("bias") || name.contains("norm") {
            tensor
                .values
                .iter_mut()
                .for_each(|v| *v += 0.1 * generator.normal());
        }
    }
    tensors(&weights, DType::F64, &Device::Cpu).unwrap()
}

/// Two molecules: a chain of four atoms, a pair; and a lone atom.
fn graph() -> (Graph, Tensor) {
    graph_with(Sums::InTurn)
}

fn graph_with(sums: Sums) -> (Graph, Tensor) {
    let pairs = [[0, 1], [0, 2], [1, 2], [2, 3], [4, 5]];
    let (elements, molecules) = ([8, 1, 6, 7, 6, 1, 8], [0, 0, 0, 0, 1, 1, 2]);
    let graph = Graph::with_sums(&elements, (&molecules, 3), &pairs, sums, &Device::Cpu);
    (graph.unwrap(), random(pairs.len(), 3, 1))
}

fn random(rows: usize, columns: usize, seed: u64) -> Tensor {
    let mut generator = Generator::new(seed, 0);
    let values: Vec<f64> = (0..rows * columns).map(|_| generator.normal()).collect();
    Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
}

/// A number that depends on every element, each with a weight of its own.
fn contract(outputs: &[Tensor]) -> Result<Tensor> {
    let mut sum = Tensor::zeros((), DType::F64, &Device::Cpu)?;
    for (n, output) in outputs.iter().enumerate() {
        let (rows, columns) = output.dims2()?;
        sum = (sum + (output * random(rows, columns, 100 + n as u64))?.sum_all()?)?;
    }
    Ok(sum)
}

/// Relative 1e-6 of the largest component, for every component of every input.
fn assert_gradients(inputs: &[Tensor], block: impl Fn(&[Tensor]) -> Result<Vec<Tensor>>) {
    let variables: Vec<Var> = inputs
        .iter()
        .map(|x| Var::from_tensor(x).unwrap())
        .collect();
    let leaves: Vec<Tensor> = variables.iter().map(|x| x.as_tensor().clone()).collect();
    let gradients = contract(&block(&leaves).unwrap())
        .unwrap()
        .backward()
        .unwrap();
    for (n, input) in inputs.iter().enumerate() {
        let exact = numbers(gradients.get(&leaves[n]).expect("a gradient"));
        let scale = exact.iter().fold(1e-3_f64, |m, g| m.max(g.abs()));
        for k in 0..exact.len() {
            let value = |h: f64| {
                let mut moved = inputs.to_vec();
                let mut values = numbers(input);
                values[k] += h;
                moved[n] = Tensor::from_vec(values, input.dims(), &Device::Cpu).unwrap();
                contract(&block(&moved).unwrap())
                    .unwrap()
                    .to_scalar::<f64>()
                    .unwrap()
            };
            let h = 1e-5;
            let slope = (value(h) - value(-h)) / (2.0 * h);
            assert!(
                (slope - exact[k]).abs() < 1e-6 * scale,
                "input {n}, component {k}: {} by reverse pass, {slope} by differences",
                exact[k]
            );
        }
    }
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn silu_and_layer_norm_have_their_gradients() {
    assert_gradients(&[random(4, C, 1)], |x| Ok(vec![silu(&x[0])?]));
    let weights = weights(true);
    let path = Parameters::new(&weights).at("representation_model.out_norm");
    let norm = LayerNorm::load(&path, C).unwrap();
    assert_gradients(&[random(4, C, 1)], |x| Ok(vec![norm.forward(&x[0])?]));
}

/// The operation with constant weights is this project's own. Seen to fail with dx = dy Wᵀ for a square W.
#[test]
fn constant_and_trained_products_agree_and_have_their_gradients() {
    let (weight, bias) = (random(C, C, 1), random(1, C, 2).squeeze(0).unwrap());
    let constant = Linear::new(&weight, Some(&bias)).unwrap();
    assert_gradients(&[random(5, C, 3)], |x| Ok(vec![constant.forward(&x[0])?]));
    assert_gradients(&[random(5, C, 3), weight.clone()], |x| {
        Ok(vec![Linear::new(&x[1], Some(&bias))?.forward(&x[0])?])
    });
    let variable = Var::from_tensor(&weight).unwrap();
    let trained = Linear::new(&variable, Some(&bias)).unwrap();
    let x = random(5, C, 3);
    assert_eq!(
        numbers(&constant.forward(&x).unwrap()),
        numbers(&trained.forward(&x).unwrap())
    );
}

#[test]
fn geometry_and_embedding_have_their_gradients() {
    let weights = weights(true);
    let path = Parameters::new(&weights).at("representation_model");
    let config = config(true);
    let expansion = DistanceExpansion::load(&path.at("distance_expansion"), &config).unwrap();
    let embedding = Embedding::load(&path, &config).unwrap();
    let (graph, r) = graph();
    assert_gradients(std::slice::from_ref(&r), |inputs| {
        let g = expansion.forward(&graph, &inputs[0])?;
        Ok(vec![g.radial, g.cutoff, g.edge_cutoff, g.directions])
    });
    assert_gradients(&[r], |inputs| {
        let geometry = expansion.forward(&graph, &inputs[0])?;
        Ok(vec![embedding.forward(&graph, &geometry)?])
    });
}

/// By all three inputs: pair vectors, x and vec.
#[test]
fn an_attention_layer_has_its_gradients() {
    for vector_cutoff in [false, true] {
        let weights = weights(vector_cutoff);
        let path = Parameters::new(&weights).at("representation_model");
        let config = config(vector_cutoff);
        let expansion = DistanceExpansion::load(&path.at("distance_expansion"), &config).unwrap();
        let layer = path.at("attention_layers.1");
        let layer = AttentionLayer::load(&layer, &config, &expansion).unwrap();
        let (graph, r) = graph();
        let (x, vec) = (random(7, C, 5), random(21, C, 6));
        assert_gradients(&[r.clone(), x.clone(), vec], |inputs| {
            let geometry = expansion.forward(&graph, &inputs[0])?;
            let (x, vec) = layer.forward(&graph, &geometry, &inputs[1], Some(&inputs[2]))?;
            Ok(vec![x, vec])
        });
        assert_gradients(&[r, x], |inputs| {
            let geometry = expansion.forward(&graph, &inputs[0])?;
            let (x, vec) = layer.forward(&graph, &geometry, &inputs[1], None)?;
            Ok(vec![x, vec])
        });
    }
}

/// The first layer is written out for vec = 0.
#[test]
fn no_vectors_are_vectors_of_zero() {
    let weights = weights(true);
    let path = Parameters::new(&weights).at("representation_model");
    let expansion = DistanceExpansion::load(&path.at("distance_expansion"), &config(true)).unwrap();
    let layer = path.at("attention_layers.0");
    let layer = AttentionLayer::load(&layer, &config(true), &expansion).unwrap();
    let (graph, r) = graph();
    let geometry = expansion.forward(&graph, &r).unwrap();
    let x = random(7, C, 5);
    let zero = Tensor::zeros((21, C), DType::F64, &Device::Cpu).unwrap();
    let (x1, vec1) = layer.forward(&graph, &geometry, &x, None).unwrap();
    let (x2, vec2) = layer.forward(&graph, &geometry, &x, Some(&zero)).unwrap();
    assert_eq!(numbers(&x1), numbers(&x2));
    assert_eq!(numbers(&vec1), numbers(&vec2));
}

/// Where a vector is exactly 0 the gradient is 0, elsewhere that of the norm. Seen to fail with a bare √: NaN.
#[test]
fn the_readout_has_its_gradients_also_beside_vectors_of_zero() {
    let weights = weights(true);
    let path = Parameters::new(&weights).at("output_model.output_network");
    let readout = Readout::load(&path, &config(true)).unwrap();
    let (graph, _) = graph();
    let outputs = |x: &Tensor, vec: &Tensor| {
        let output = readout.forward(&graph, x, vec)?;
        Ok(vec![output.x, output.vec, output.atom_energies])
    };
    let (x, vec) = (random(7, C, 5), random(21, C, 6));
    assert_gradients(&[x.clone(), vec.clone()], |inputs| {
        outputs(&inputs[0], &inputs[1])
    });
    let zero = Var::zeros((21, C), DType::F64, &Device::Cpu).unwrap();
    let energies = readout.forward(&graph, &x, &zero).unwrap().atom_energies;
    let gradients = energies.sum_all().unwrap().backward().unwrap();
    assert!(numbers(gradients.get(&zero).unwrap())
        .iter()
        .all(|&g| g == 0.0));
}

/// Seen to fail when the quotient forgets its denominator's derivative.
#[test]
fn the_tangent_of_the_energy_is_its_gradient_times_the_direction() {
    for vector_cutoff in [false, true] {
        let model = Model::new(&config(vector_cutoff), &weights(vector_cutoff)).unwrap();
        let (graph, r) = graph();
        let direction = random(r.dim(0).unwrap(), 3, 8);
        let variable = Var::from_tensor(&r).unwrap();
        let energies = model.energy(&graph, &variable).unwrap();
        let gradients = energies.sum_all().unwrap().backward().unwrap();
        let slope = (gradients.get(&variable).unwrap() * &direction).unwrap();
        let moving = Dual {
            value: r,
            tangent: direction,
        };
        let dual = model.forward(&graph, &moving).unwrap().energies;
        assert_eq!(numbers(&dual.value), numbers(&energies));
        let (slope, tangent): (f64, f64) = (
            numbers(&slope).iter().sum(),
            numbers(&dual.tangent).iter().sum(),
        );
        assert!(
            (slope - tangent).abs() < 1e-12 * slope.abs(),
            "{slope} {tangent}"
        );
    }
}

/// A vector of zero that starts to move: its norm has no derivative there, so by convention the tangent is 0 and has no
/// gradient. Seen to fail with a slope of ½ beside the constant m of the norm.
#[test]
fn the_tangent_of_a_norm_ignores_vectors_of_zero() {
    let weights = weights(false);
    let path = Parameters::new(&weights).at("output_model.output_network");
    let readout = Readout::load(&path, &config(false)).unwrap();
    let (graph, _) = graph();
    let zero = Var::zeros((21, C), DType::F64, &Device::Cpu).unwrap();
    let x = random(7, C, 5);
    let still = x.zeros_like().unwrap();
    let (x, vec) = (
        Dual {
            value: x,
            tangent: still,
        },
        Dual {
            value: zero.as_tensor().clone(),
            tangent: random(21, C, 6),
        },
    );
    let tangent = readout
        .forward(&graph, &x, &vec)
        .unwrap()
        .atom_energies
        .tangent;
    assert!(numbers(&tangent).iter().all(|&e| e == 0.0));
    let gradients = tangent.sum_all().unwrap().backward().unwrap();
    assert!(numbers(gradients.get(&zero).unwrap())
        .iter()
        .all(|&g| g == 0.0));
}

/// Built from variables the network gives the same energy, and the energy's derivative by every weight, as differences
/// have it. None may be lost on the way: candle drops gradients without a word.
#[test]
fn every_weight_that_acts_has_its_gradient() {
    let constants = weights(false);
    let (graph, r) = graph();
    let energy = |tensors: &BTreeMap<String, Tensor>| {
        let model = Model::new(&config(false), tensors).unwrap();
        model.energy(&graph, &r).unwrap().sum_all().unwrap()
    };
    let variables: BTreeMap<String, Var> = constants
        .iter()
        .map(|(name, tensor)| (name.clone(), Var::from_tensor(tensor).unwrap()))
        .collect();
    let leaves = variables
        .iter()
        .map(|(name, v)| (name.clone(), v.as_tensor().clone()));
    let trained = energy(&leaves.collect());
    let value = |tensors: &BTreeMap<String, Tensor>| energy(tensors).to_scalar::<f64>().unwrap();
    assert!((trained.to_scalar::<f64>().unwrap() - value(&constants)).abs() < 1e-12);
    let gradients = trained.backward().unwrap();
    for (name, variable) in &variables {
        let direction = random(1, variable.elem_count(), 9)
            .reshape(variable.dims())
            .unwrap();
        let moved = |h: f64| {
            let mut tensors = constants.clone();
            let step = (&direction * h).unwrap();
            tensors.insert(name.clone(), (&constants[name] + step).unwrap());
            value(&tensors)
        };
        let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        let exact = gradients.get(variable.as_tensor()).map_or(0.0, |gradient| {
            numbers(&(gradient * &direction).unwrap()).iter().sum()
        });
        assert!(
            (slope - exact).abs() < 1e-6 * exact.abs().max(0.01),
            "{name}: {exact} {slope}"
        );
        assert_eq!(exact == 0.0, without_effect(name), "{name}: {exact}");
    }
}

/// What a GPU does, on the CPU: by pair vectors and by every weight, of the energy and of its tangent. Seen to fail with a pick
/// that has no reverse pass, and with lists that are padded with row 0.
#[test]
fn rows_summed_all_at_once_give_the_gradients_of_rows_summed_in_turn() {
    for vector_cutoff in [false, true] {
        let variables: BTreeMap<String, Var> = weights(vector_cutoff)
            .into_iter()
            .map(|(name, tensor)| (name, Var::from_tensor(&tensor).unwrap()))
            .collect();
        let leaves = variables
            .iter()
            .map(|(name, v)| (name.clone(), v.as_tensor().clone()));
        let model = Model::new(&config(vector_cutoff), &leaves.collect()).unwrap();
        let found = |sums| {
            let (graph, r) = graph_with(sums);
            let r = Var::from_tensor(&r).unwrap();
            let moving = Dual {
                value: r.as_tensor().clone(),
                tangent: random(5, 3, 8),
            };
            let energies = model.forward(&graph, &moving).unwrap().energies;
            let sum = energies.value.sqr().unwrap() + energies.tangent;
            let gradients = sum.unwrap().sum_all().unwrap().backward().unwrap();
            let all = variables.values().chain([&r]);
            let of = |variable: &Var| gradients.get(variable).map_or(Vec::new(), numbers);
            let all: Vec<Vec<f64>> = all.map(of).collect();
            (numbers(&energies.value), all)
        };
        let (energies, in_turn) = found(Sums::InTurn);
        let (others, at_once) = found(Sums::Selected);
        let close = |a: &[f64], b: &[f64], what: &str| {
            assert_eq!(a.len(), b.len(), "{what}");
            let scale = a.iter().fold(1e-3_f64, |m, x| m.max(x.abs()));
            let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs());
            assert!(worst.fold(0.0, f64::max) < 1e-12 * scale, "{what}");
        };
        close(&energies, &others, "energies");
        let names = variables.keys().map(String::as_str).chain(["pair vectors"]);
        for (name, (a, b)) in names.zip(in_turn.iter().zip(&at_once)) {
            close(a, b, name);
        }
    }
}

/// vec is 0 in the first layer; the vectors of the head's last block do not reach the energy.
fn without_effect(name: &str) -> bool {
    name.ends_with("attention_layers.0.vec_proj.weight") || name.ends_with("1.vec2_proj.weight")
}
