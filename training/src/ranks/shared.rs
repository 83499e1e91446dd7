//! An engine of which every rank computes its share.

use super::{Group, SumAll};
use oreo_core::{PotentialError, Vec3};
use oreo_potentials::oreo::gradients::{self, Gradients, Molecule, Rule};
use std::marker::PhantomData;
use std::ops::{AddAssign, Range};

/// Behind [`Gradients`] like any other engine; on each rank the same calls, in the same order, with the same batch. Energies
/// and forces are those of the engine to the bit, if they do not depend on the other molecules of a batch; the gradient is
/// a sum in another order.
pub struct Shared<'g, T, G, R> {
    engine: G,
    group: &'g Group<R>,
    /// Scratch: energies and forces of this rank, one after the other
    own: Vec<f64>,
    /// Scratch: the same of all ranks
    all: Vec<f64>,
    number: PhantomData<T>,
}

/// What a rank computes of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Share {
    molecules: Range<usize>,
    /// Of all molecules
    atoms: Range<usize>,
}

impl Share {
    /// Energies and components of forces.
    fn numbers(&self) -> usize {
        self.molecules.len() + 3 * self.atoms.len()
    }
}

/// One for each rank; every rank finds the same.
fn shares(batch: &[Molecule<'_>], ranks: usize) -> Vec<Share> {
    let share = |share: gradients::Share| Share {
        molecules: share.first..share.end,
        atoms: share.atoms(batch),
    };
    gradients::shares(batch, ranks).map(share).collect()
}

impl<'g, T, G, R> Shared<'g, T, G, R> {
    /// The engine of this rank.
    pub fn new(engine: G, group: &'g Group<R>) -> Self {
        Self {
            engine,
            group,
            own: Vec::new(),
            all: Vec::new(),
            number: PhantomData,
        }
    }
}

impl<T, G, R> Gradients<T> for Shared<'_, T, G, R>
where
    T: Copy + Default + AddAssign,
    G: Gradients<T>,
    R: SumAll<T>,
{
    fn set_parameters(&mut self, parameters: &[T]) -> Result<(), PotentialError> {
        self.group.agree(self.engine.set_parameters(parameters))
    }

    fn evaluate(
        &mut self,
        batch: &[Molecule<'_>],
        energies: &mut [f64],
        forces: &mut [Vec3],
    ) -> Result<(), PotentialError> {
        let ranks = self.group.ranks();
        if ranks.count() == 1 {
            return self.engine.evaluate(batch, energies, forces);
        }
        let shares = shares(batch, ranks.count());
        let Share { molecules, atoms } = shares[ranks.rank()].clone();
        let own_energies = &mut energies[molecules.clone()];
        let own_forces = &mut forces[atoms];
        self.group.agree(match molecules.is_empty() {
            true => Ok(()),
            false => (self.engine).evaluate(&batch[molecules], own_energies, own_forces),
        })?;
        self.own.clear();
        self.own.extend_from_slice(own_energies);
        self.own.extend(own_forces.iter().flatten());
        self.gather(&shares, energies, forces);
        Ok(())
    }

    fn differentiate(
        &mut self,
        batch: &[Molecule<'_>],
        by_energy: &[f64],
        by_force: &[Vec3],
    ) -> Result<(), PotentialError> {
        let ranks = self.group.ranks();
        if ranks.count() == 1 {
            return self.engine.differentiate(batch, by_energy, by_force);
        }
        let Share { molecules, atoms } = shares(batch, ranks.count()).swap_remove(ranks.rank());
        // Without molecules, too: the gradient of a rank that has none is 0.
        let (own, by_energy) = (&batch[molecules.clone()], &by_energy[molecules]);
        let differentiated = self.engine.differentiate(own, by_energy, &by_force[atoms]);
        self.group.agree(differentiated)?;
        ranks.sum_all(self.engine.gradient());
        Ok(())
    }

    fn gradient(&mut self) -> &mut [T] {
        self.engine.gradient()
    }

    fn update(&mut self, rule: Rule<'_, T>) -> Result<(), PotentialError> {
        self.group.agree(self.engine.update(rule))
    }

    fn parameters(&mut self) -> Result<Vec<T>, PotentialError> {
        self.engine.parameters()
    }

    fn order(&self) -> &[u32] {
        self.engine.order()
    }
}

impl<T, G, R: SumAll<T>> Shared<'_, T, G, R> {
    /// Everything that the ranks have computed goes to its place.
    fn gather(&mut self, shares: &[Share], energies: &mut [f64], forces: &mut [Vec3]) {
        let counts: Vec<usize> = shares.iter().map(Share::numbers).collect();
        self.all.resize(counts.iter().sum(), 0.0);
        let ranks = self.group.ranks();
        ranks.gather_all(&self.own, &counts, &mut self.all);
        let mut rest = &self.all[..];
        for Share { molecules, atoms } in shares {
            let (of_molecules, after) = rest.split_at(molecules.len());
            let (of_atoms, after) = after.split_at(3 * atoms.len());
            energies[molecules.clone()].copy_from_slice(of_molecules);
            let found = of_atoms.chunks_exact(3).map(Vec3::from_column_slice);
            (forces[atoms.clone()].iter_mut().zip(found)).for_each(|(force, found)| *force = found);
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::Element;

    /// 3 + 1 + 4 + 4 atoms on two ranks, one rank and five. Catches a molecule that nobody or more than one rank takes, and
    /// shares of molecules in place of atoms.
    #[test]
    fn every_molecule_has_one_rank_and_ranks_have_about_as_many_atoms() {
        let elements = [Element::all().next().unwrap(); 4];
        let positions = [Vec3::zeros(); 4];
        let molecule = |n: usize| Molecule {
            elements: &elements[..n],
            positions: &positions[..n],
        };
        let batch = [3, 1, 4, 4].map(molecule);
        let found = |ranks: usize| -> Vec<_> {
            let shares = shares(&batch, ranks).into_iter();
            shares.map(|share| (share.molecules, share.atoms)).collect()
        };
        assert_eq!(found(1), [(0..4, 0..12)]);
        assert_eq!(found(2), [(0..3, 0..8), (3..4, 8..12)]);
        let five = found(5);
        let all: Vec<usize> = five
            .iter()
            .flat_map(|(molecules, _)| molecules.clone())
            .collect();
        assert_eq!(all, [0, 1, 2, 3]);
        assert!(five.iter().any(|(molecules, _)| molecules.is_empty()));
        assert!(shares(&[], 2)
            .iter()
            .all(|share| share.molecules.is_empty()));
    }
}
