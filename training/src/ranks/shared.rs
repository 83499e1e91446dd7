//! An engine of which every rank computes its share.

use super::{Group, SumAll};
use oreo_core::{PotentialError, Vec3};
use oreo_potentials::oreo::gradients::{Gradients, Molecule};
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
    /// Scratch: the gradient
    sums: Vec<T>,
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

/// One for each rank: molecules that follow each other, with about as many atoms as the others have. Every rank finds the
/// same shares.
fn shares(batch: &[Molecule<'_>], ranks: usize) -> Vec<Share> {
    let total: usize = batch.iter().map(|m| m.positions.len()).sum();
    let (mut molecule, mut atom) = (0, 0);
    let share = |rank: usize| {
        let (first, first_atom) = (molecule, atom);
        let enough = total * (rank + 1) / ranks;
        while molecule < batch.len() && atom < enough {
            atom += batch[molecule].positions.len();
            molecule += 1;
        }
        Share {
            molecules: first..molecule,
            atoms: first_atom..atom,
        }
    };
    (0..ranks).map(share).collect()
}

impl<'g, T, G, R> Shared<'g, T, G, R> {
    /// The engine of this rank.
    pub fn new(engine: G, group: &'g Group<R>) -> Self {
        Self {
            engine,
            group,
            own: Vec::new(),
            all: Vec::new(),
            sums: Vec::new(),
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

    fn add_gradient(
        &mut self,
        batch: &[Molecule<'_>],
        by_energy: &[f64],
        by_force: &[Vec3],
        gradient: &mut [T],
    ) -> Result<(), PotentialError> {
        let ranks = self.group.ranks();
        if ranks.count() == 1 {
            return (self.engine).add_gradient(batch, by_energy, by_force, gradient);
        }
        self.sums.clear();
        self.sums.resize(gradient.len(), T::default());
        let Share { molecules, atoms } = shares(batch, ranks.count()).swap_remove(ranks.rank());
        self.group.agree(match molecules.is_empty() {
            true => Ok(()),
            false => self.engine.add_gradient(
                &batch[molecules.clone()],
                &by_energy[molecules],
                &by_force[atoms],
                &mut self.sums,
            ),
        })?;
        ranks.sum_all(&mut self.sums);
        let sums = gradient.iter_mut().zip(&self.sums);
        sums.for_each(|(gradient, &sum)| *gradient += sum);
        Ok(())
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
