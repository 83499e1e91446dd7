//! What training asks of a network: energies, forces, and the gradient of a loss by every weight.
//!
//! A loss L(E, F) with F = −∂E/∂r has the gradient
//!   dL/dθ = Σ_s ∂L/∂E_s · ∂E_s/∂θ − Σ_s u_s · ∂/∂r (∂E_s/∂θ), u = ∂L/∂F held constant:
//! the second term is the derivative of ∂E/∂θ when the atoms move along u. One forward-mode (tangent) pass gives it, so no
//! second-order automatic differentiation is needed.

mod share;

pub use share::{shares, Share};

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

/// What [`Gradients::update`] calls: the place of the first number in the engine's own order, numbers that follow each
/// other, and the gradient by them.
pub type Rule<'a, T> = &'a mut dyn FnMut(usize, &mut [T], &[T]);

/// A network that can be trained. `T` is the type of its parameters, f32 or f64; they are all trainable tensors of
/// [`trainable`], one after the other. In memory they may lie otherwise: that is the engine's own order, in which a step
/// changes them without moving them.
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

    /// Makes dL/dθ, from ∂L/∂E of each molecule (1/eV) and ∂L/∂F of each atom (Å/eV); see [`Gradients::gradient`]. An
    /// engine may keep what it finds out in [`Gradients::evaluate`] of the same molecules.
    ///
    /// # Errors
    /// Of the backend.
    fn differentiate(
        &mut self,
        batch: &[Molecule<'_>],
        by_energy: &[f64],
        by_force: &[Vec3],
    ) -> Result<(), PotentialError>;

    /// The last dL/dθ in the engine's own order; 0 in its padding. Whoever clips it or adds the part of another machine
    /// does so here.
    fn gradient(&mut self) -> &mut [T];

    /// Changes parameters: `rule` is called with all of them, piece by piece.
    ///
    /// # Errors
    /// Of the backend.
    fn update(&mut self, rule: Rule<'_, T>) -> Result<(), PotentialError>;

    /// For each number of the engine's own order 0 for padding, else one more than the place of its parameter. None
    /// occurs twice; those that have no effect need not occur.
    fn order(&self) -> &[u32];

    /// The parameters, in their order.
    ///
    /// # Errors
    /// Of the backend.
    fn parameters(&mut self) -> Result<Vec<T>, PotentialError>;

    /// Adds dL/dθ to `gradient`, which is in the order of the parameters; else as [`Gradients::differentiate`].
    ///
    /// # Errors
    /// Of the backend.
    fn add_gradient(
        &mut self,
        batch: &[Molecule<'_>],
        by_energy: &[f64],
        by_force: &[Vec3],
        gradient: &mut [T],
    ) -> Result<(), PotentialError>
    where
        T: Copy + std::ops::AddAssign,
    {
        self.differentiate(batch, by_energy, by_force)?;
        for at in 0..self.order().len() {
            if let Some(place) = self.order()[at].checked_sub(1) {
                gradient[place as usize] += self.gradient()[at];
            }
        }
        Ok(())
    }
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
