//! The gradient of a loss of energies and forces by every weight.
//!
//! With u = ∂L/∂F held constant, dL/dθ = ∂/∂θ (Σ_s ∂L/∂E_s E_s − D_u E), where D_u E = Σ u·∂E/∂r is the tangent of the
//! energy when the atoms move along u: one forward pass with [`Dual`] numbers, one reverse pass to the weights.

use super::batch::Batch;
use super::dual::Dual;
use super::potential::{backend, energies_and_pair_gradients, rows, NAME};
use super::{tensors, Model};
use crate::oreo::gradients::{trainable, Gradients, Molecule, Rule};
use crate::oreo::layout::Entry;
use crate::oreo::{Config, Weights};
use candle_core::{bail, Device, FloatDType, Result, Tensor, Var};
use oreo_core::{PotentialError, Vec3};
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// The definition that faster ways to train are held to; on the CPU or on a GPU, in `T` = f32 or f64.
pub struct ReferenceGradients<T> {
    config: Config,
    /// In the order of the parameters
    entries: Vec<Entry>,
    /// Every tensor of the network, in `T`
    tensors: BTreeMap<String, Tensor>,
    /// Made of them as constants, for energies and forces
    model: Model,
    device: Device,
    /// In the order of the parameters, which is its own
    parameters: Vec<T>,
    gradient: Vec<T>,
    order: Vec<u32>,
    /// Scratch only.
    batch: Batch,
    number: PhantomData<T>,
}

impl<T: FloatDType> ReferenceGradients<T> {
    /// Starts from these weights; `mean` and `std` stay theirs.
    ///
    /// # Errors
    /// [`PotentialError::Backend`] on hyper-parameters that this network does not have, on missing or misshapen tensors,
    /// and when the device fails.
    pub fn new(weights: &Weights, device: &Device) -> std::result::Result<Self, PotentialError> {
        let build = || {
            let tensors = tensors(weights, T::DTYPE, device)?;
            let model = Model::new(&weights.config, &tensors)?;
            device.synchronize()?;
            Result::Ok((tensors, model))
        };
        let (tensors, model) = build().map_err(backend)?;
        let parameters: Vec<T> = weights.parameters().into_iter().map(T::from_f64).collect();
        Ok(Self {
            gradient: vec![T::zero(); parameters.len()],
            order: (1..).take(parameters.len()).collect(),
            parameters,
            config: weights.config.clone(),
            entries: trainable(&weights.config),
            tensors,
            model,
            device: device.clone(),
            batch: Batch::default(),
            number: PhantomData,
        })
    }

    /// Makes the network of the parameters.
    fn rebuild(&mut self) -> Result<()> {
        // One copy to the device; the tensors are parts of it.
        let all = Tensor::from_slice(&self.parameters, self.parameters.len(), &self.device)?;
        let mut start = 0;
        for entry in &self.entries {
            let tensor = all.narrow(0, start, entry.count())?;
            let tensor = tensor.reshape(entry.shape.as_slice())?;
            self.tensors.insert(entry.name.clone(), tensor);
            start += entry.count();
        }
        self.model = Model::new(&self.config, &self.tensors)?;
        self.device.synchronize()
    }

    /// Refuses a read beyond the table of elements, and what would become a gradient of NaN.
    fn fill(&mut self, molecules: &[Molecule<'_>]) -> std::result::Result<(), PotentialError> {
        for (m, molecule) in molecules.iter().enumerate() {
            assert_eq!(molecule.elements.len(), molecule.positions.len());
            for (atom, (element, r)) in molecule.elements.iter().zip(molecule.positions).enumerate()
            {
                let problem = if element.atomic_number() >= self.config.max_z {
                    let max_z = self.config.max_z;
                    format!("is {element}, which has no embedding (max_z = {max_z})")
                } else if !r.iter().all(|x| x.is_finite()) {
                    format!(
                        "is at ({}, {}, {}) Å; leave this molecule out",
                        r.x, r.y, r.z
                    )
                } else {
                    continue;
                };
                return Err(PotentialError::Backend {
                    potential: NAME.into(),
                    message: format!("atom {atom} of molecule {m} {problem}"),
                });
            }
        }
        self.batch.fill_open(molecules, self.config.cutoff_upper);
        Ok(())
    }

    /// Energies (eV) and ∂E/∂r of each pair (eV/Å).
    fn energies_and_gradients(&mut self) -> Result<(Vec<f64>, Vec<Vec3>)> {
        let graph = self.batch.graph(&self.device)?;
        let vectors = rows(&self.batch.vectors, T::DTYPE, &self.device)?;
        energies_and_pair_gradients(&self.model, &graph, &vectors)
    }

    /// Σ_s ∂L/∂E_s E_s − D_u E of a network made of these tensors.
    fn objective(
        &mut self,
        tensors: &BTreeMap<String, Tensor>,
        by_energy: &[f64],
        by_force: &[Vec3],
    ) -> Result<Tensor> {
        let along = |&[i, j]: &[u32; 2]| by_force[j as usize] - by_force[i as usize];
        let directions: Vec<Vec3> = self.batch.topology.pairs.iter().map(along).collect();
        let pair_vectors = Dual {
            value: rows(&self.batch.vectors, T::DTYPE, &self.device)?,
            tangent: rows(&directions, T::DTYPE, &self.device)?,
        };
        let graph = self.batch.graph(&self.device)?;
        let model = Model::new(&self.config, tensors)?;
        let energies = model.forward(&graph, &pair_vectors)?.energies;
        let by_energy = Tensor::from_slice(by_energy, by_energy.len(), &self.device)?;
        (energies.value * by_energy)?.sum_all()? - energies.tangent.sum_all()?
    }

    /// Into `self.gradient`. A GPU is waited for once, at the end.
    fn by_weights(&mut self, by_energy: &[f64], by_force: &[Vec3]) -> Result<()> {
        let mut tensors = self.tensors.clone();
        let mut variables = Vec::new();
        for entry in &self.entries {
            let variable = Var::from_tensor(&tensors[&entry.name])?;
            tensors.insert(entry.name.clone(), variable.as_tensor().clone());
            variables.push(variable);
        }
        let gradients = self.objective(&tensors, by_energy, by_force)?.backward()?;
        let of_entry = |(entry, variable): (&Entry, &Var)| match gradients.get(variable) {
            Some(of_tensor) => of_tensor.flatten_all(),
            None if self.has_no_effect(&entry.name) => variable.zeros_like()?.flatten_all(),
            None => bail!("the reverse pass does not reach '{}'", entry.name),
        };
        let parts = self.entries.iter().zip(&variables).map(of_entry);
        let all = Tensor::cat(&parts.collect::<Result<Vec<_>>>()?, 0)?;
        self.gradient.copy_from_slice(&all.to_vec1::<T>()?);
        Ok(())
    }

    /// vec is 0 in the first layer; the vectors of the head's last block do not reach the energy; without pairs there are
    /// no neighbours to embed. Any other tensor without a gradient was lost on the way, which candle does without a word.
    fn has_no_effect(&self, name: &str) -> bool {
        match name {
            "representation_model.attention_layers.0.vec_proj.weight"
            | "output_model.output_network.1.vec2_proj.weight" => true,
            "representation_model.neighbor_embedding.distance_proj.weight"
            | "representation_model.neighbor_embedding.distance_proj.bias" => {
                self.batch.vectors.is_empty()
            }
            _ => false,
        }
    }
}

/// An element without embedding (Z ≥ `max_z`) and a position that is not finite are errors.
impl<T: FloatDType> Gradients<T> for ReferenceGradients<T> {
    fn set_parameters(&mut self, parameters: &[T]) -> std::result::Result<(), PotentialError> {
        assert_eq!(parameters.len(), self.config.parameter_count());
        self.parameters.copy_from_slice(parameters);
        self.rebuild().map_err(backend)
    }

    fn evaluate(
        &mut self,
        batch: &[Molecule<'_>],
        energies: &mut [f64],
        forces: &mut [Vec3],
    ) -> std::result::Result<(), PotentialError> {
        forces.fill(Vec3::zeros());
        if batch.is_empty() {
            return Ok(());
        }
        self.fill(batch)?;
        let (found, gradients) = self.energies_and_gradients().map_err(backend)?;
        energies.copy_from_slice(&found);
        for (&[i, j], gradient) in self.batch.topology.pairs.iter().zip(gradients) {
            forces[i as usize] += gradient;
            forces[j as usize] -= gradient;
        }
        Ok(())
    }

    fn differentiate(
        &mut self,
        batch: &[Molecule<'_>],
        by_energy: &[f64],
        by_force: &[Vec3],
    ) -> std::result::Result<(), PotentialError> {
        let atoms: usize = batch.iter().map(|molecule| molecule.elements.len()).sum();
        assert_eq!((by_energy.len(), by_force.len()), (batch.len(), atoms));
        self.gradient.fill(T::zero());
        if batch.is_empty() {
            return Ok(());
        }
        self.fill(batch)?;
        self.by_weights(by_energy, by_force).map_err(backend)
    }

    fn gradient(&mut self) -> &mut [T] {
        &mut self.gradient
    }

    fn update(&mut self, rule: Rule<'_, T>) -> std::result::Result<(), PotentialError> {
        rule(0, &mut self.parameters, &self.gradient);
        self.rebuild().map_err(backend)
    }

    fn parameters(&mut self) -> std::result::Result<Vec<T>, PotentialError> {
        Ok(self.parameters.clone())
    }

    fn order(&self) -> &[u32] {
        &self.order
    }
}
