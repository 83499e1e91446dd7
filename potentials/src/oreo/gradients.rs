//! What training asks of a network: energies, forces, and the gradient of a loss by every weight.
//!
//! A loss L(E, F) with F = −∂E/∂r has the gradient
//!   dL/dθ = Σ_s ∂L/∂E_s · ∂E_s/∂θ − Σ_s u_s · ∂/∂r (∂E_s/∂θ), u = ∂L/∂F held constant:
//! the second term is the derivative of ∂E/∂θ when the atoms move along u. One forward-mode (tangent) pass gives it, so no
//! second-order automatic differentiation is needed.

use super::layout::{layout, Entry};
use super::{Config, Weights};
use oreo_core::{Element, PotentialError, Vec3};

/// One molecule, in open space.
#[derive(Debug, Clone, Copy)]
pub struct Molecule<'a> {
    /// (n,)
    pub elements: &'a [Element],
    /// Å, (n,)
    pub positions: &'a [Vec3],
}

/// A network that can be trained. `T` is the type of its parameters, f32 or f64; they are all trainable tensors of
/// [`trainable`], one after the other.
pub trait Gradients<T> {
    /// Replaces the parameters.
    ///
    /// # Errors
    /// Of the backend.
    ///
    /// # Panics
    /// When there are not as many as the network has.
    fn set_parameters(&mut self, parameters: &[T]) -> Result<(), PotentialError>;

    /// Replaces `energies` (eV, one for each molecule) and `forces` (eV/Å, one for each atom of the batch).
    ///
    /// # Errors
    /// Of the backend.
    fn evaluate(
        &mut self,
        batch: &[Molecule<'_>],
        energies: &mut [f64],
        forces: &mut [Vec3],
    ) -> Result<(), PotentialError>;

    /// Adds dL/dθ to `gradient`, from ∂L/∂E of each molecule (1/eV) and ∂L/∂F of each atom (Å/eV).
    ///
    /// # Errors
    /// Of the backend.
    fn add_gradient(
        &mut self,
        batch: &[Molecule<'_>],
        by_energy: &[f64],
        by_force: &[Vec3],
        gradient: &mut [T],
    ) -> Result<(), PotentialError>;
}

/// The tensors that training changes, in the order in which their numbers follow each other.
pub fn trainable(config: &Config) -> Vec<Entry> {
    let mut entries = layout(config);
    entries.retain(|entry| entry.trainable);
    entries
}

impl Weights {
    /// The numbers of all trainable tensors in the order of [`trainable`].
    pub fn parameters(&self) -> Vec<f64> {
        trainable(&self.config)
            .iter()
            .flat_map(|entry| self.tensors[&entry.name].values.iter().copied())
            .collect()
    }

    /// Replaces them.
    ///
    /// # Panics
    /// When there are not as many as the network has.
    pub fn set_parameters(&mut self, parameters: impl IntoIterator<Item = f64>) {
        let mut parameters = parameters.into_iter();
        for entry in trainable(&self.config) {
            let tensor = self.tensors.get_mut(&entry.name);
            for value in &mut tensor.expect("every tensor of the layout is there").values {
                *value = parameters.next().expect("a number for each weight");
            }
        }
        assert!(parameters.next().is_none(), "more numbers than weights");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_back_where_they_were() {
        let config = Config {
            channels: 8,
            layers: 2,
            heads: 2,
            radial_functions: 4,
            ..Config::et_oreo()
        };
        let weights = Weights::random(config.clone(), 1);
        let mut others = Weights::random(config, 2);
        others.set_parameters(weights.parameters());
        assert_eq!(others.tensors, weights.tensors);
        assert_eq!(weights.parameters().len(), weights.parameter_count());
    }
}
