//! The engine: [`Gradients`] on the processor's vectors, molecules shared among threads.

use super::modes::{ForForces, ForWeights};
use super::network::Trained;
use super::parts::Places;
use super::pass::Passage;
use super::tape::Tape;
use super::weight_gradients::WeightGradients;
use crate::oreo::fused::potential::backend;
use crate::oreo::fused::simd::{numbers_mut, Dual, InstructionSet, Plain};
use crate::oreo::fused::team::Team;
use crate::oreo::gradients::{shares, Gradients, Molecule, Rule, Share};
use crate::oreo::Weights;
use oreo_core::{Element, PotentialError, Vec3};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Energies, forces and gradients by weights on the CPU; `T` is f32, or f64 for tests.
///
/// The pass for weights reads what the pass for forces wrote down: [`Gradients::differentiate`] is cheapest right after
/// [`Gradients::evaluate`] of the same molecules, and does that itself otherwise.
pub struct NativeGradients<T: Native> {
    network: Trained<T>,
    places: Places,
    /// As they were set last: where those come from that have no place in memory.
    parameters: Vec<T>,
    set: InstructionSet,
    threads: Vec<Thread<T>>,
    /// `None` for one thread: the caller's own.
    pool: Option<ThreadPool>,
    evaluated: Evaluated,
}

/// f32 or f64.
pub trait Native: Plain {}
impl Native for f32 {}
impl Native for f64 {}

/// What belongs to one thread.
struct Thread<T: Native> {
    share: Share,
    plain: Passage<T>,
    dual: Passage<Dual<T>>,
    tape: Tape<T>,
    gradients: WeightGradients<T>,
    /// Of its share, (molecules,)
    energies: Vec<f64>,
    /// Of its share, (atoms,)
    forces: Vec<Vec3>,
}

/// The molecules that the tapes are of.
#[derive(Default)]
struct Evaluated {
    valid: bool,
    elements: Vec<Element>,
    positions: Vec<Vec3>,
    ends: Vec<usize>,
}

impl Evaluated {
    fn remember(&mut self, batch: &[Molecule<'_>]) {
        self.elements.clear();
        self.positions.clear();
        self.ends.clear();
        for molecule in batch {
            self.elements.extend_from_slice(molecule.elements);
            self.positions.extend_from_slice(molecule.positions);
            self.ends.push(self.positions.len());
        }
        self.valid = true;
    }

    /// Whether these were the last molecules, to the bit, and the weights are still the same.
    fn is(&self, batch: &[Molecule<'_>]) -> bool {
        let mut start = 0;
        let same = |(molecule, &end): (&Molecule<'_>, &usize)| {
            let range = start..end;
            start = end;
            self.elements[range.clone()] == *molecule.elements
                && self.positions[range] == *molecule.positions
        };
        self.valid && self.ends.len() == batch.len() && batch.iter().zip(&self.ends).all(same)
    }
}

impl<T: Native> NativeGradients<T> {
    /// # Errors
    /// When the system gives no threads.
    pub fn new(weights: &Weights, threads: usize) -> Result<Self, PotentialError> {
        let network = Trained::new(weights);
        let places = Places::of(weights);
        let thread = || Thread {
            share: Share::default(),
            plain: Passage::new(&network),
            dual: Passage::new(&network),
            tape: Tape::default(),
            gradients: WeightGradients::new(&places),
            energies: Vec::new(),
            forces: Vec::new(),
        };
        let threads: Vec<_> = (0..threads.max(1)).map(|_| thread()).collect();
        let pool = || ThreadPoolBuilder::new().num_threads(threads.len()).build();
        Ok(Self {
            parameters: weights.parameters().into_iter().map(T::from_f64).collect(),
            set: InstructionSet::detect(),
            pool: match threads.len() {
                1 => None,
                _ => Some(pool().map_err(backend)?),
            },
            network,
            places,
            threads,
            evaluated: Evaluated::default(),
        })
    }

    /// Runs `work` on each thread with what belongs to it.
    fn on_each(&mut self, work: impl Fn(&Trained<T>, &mut Thread<T>) + Sync) {
        let (network, threads) = (&self.network, &mut self.threads);
        match &self.pool {
            None => threads.iter_mut().for_each(|thread| work(network, thread)),
            Some(pool) => pool.install(|| {
                let threads = threads.par_iter_mut().with_max_len(1);
                threads.for_each(|thread| work(network, thread));
            }),
        }
    }

    /// The pass for energies and forces, left with the threads.
    fn pass_for_forces(&mut self, batch: &[Molecule<'_>]) {
        let team = Team::alone(self.set);
        let shares = shares(batch, self.threads.len());
        self.threads
            .iter_mut()
            .zip(shares)
            .for_each(|(thread, share)| thread.share = share);
        self.on_each(|network, thread| {
            thread.tape.clear();
            thread.energies.clear();
            thread.forces.clear();
            for group in thread.share.groups(batch) {
                thread.evaluate(network, team, group.molecules(batch));
            }
        });
        self.evaluated.remember(batch);
    }

    /// Gradients of all threads into those of the first.
    fn sum_gradients(&mut self) {
        let Some((first, others)) = self.threads.split_first_mut() else {
            return;
        };
        for other in others.iter_mut().filter(|thread| !thread.share.is_empty()) {
            let numbers = first.gradients.numbers().iter_mut();
            let sums = numbers.zip(other.gradients.numbers());
            sums.for_each(|(sum, number)| *sum += *number);
        }
    }
}

impl<T: Native> Thread<T> {
    /// Molecules that go through the network together. The way back starts from −std, so that positions get forces, and
    /// the pass for weights the same values.
    fn evaluate(&mut self, network: &Trained<T>, team: Team, molecules: &[Molecule<'_>]) {
        let passage = &mut self.plain;
        passage.place(molecules, &[], network, |value, _| T::from_f64(value));
        let atoms = passage.pairs.elements.len();
        passage.by_energy.clear();
        (passage.by_energy).resize(atoms, T::from_f64(-network.std));
        let tape = &mut self.tape;
        passage.forward(network, team, &mut ForForces { tape });
        passage.reverse(network, team, &mut ForForces { tape });
        let mut start = 0;
        for &end in &passage.pairs.atom_ends {
            let energies = passage.head.energies[start..end].iter();
            let sum: f64 = energies.map(|e| e.to_f64()).sum();
            self.energies.push(network.std * sum + network.mean);
            start = end;
        }
        let first = self.forces.len();
        self.forces.resize(first + atoms, Vec3::zeros());
        let forces = &mut self.forces[first..];
        for (p, pair) in passage.pairs.pairs.iter().enumerate() {
            let force = passage.force(p);
            forces[pair.i as usize] -= force;
            forces[pair.j as usize] += force;
        }
    }

    /// Starts the way back from −std and c std, c = ∂L/∂E.
    fn differentiate(
        &mut self,
        network: &Trained<T>,
        team: Team,
        batch: &[Molecule<'_>],
        (by_energy, by_force): (&[f64], &[Vec3]),
    ) {
        let mut tape = self.tape.read();
        for group in self.share.groups(batch) {
            let molecules = group.molecules(batch);
            let passage = &mut self.dual;
            passage.place(molecules, &by_force[group.atom..], network, Dual::new);
            passage.by_energy.clear();
            for (molecule, by_energy) in molecules.iter().zip(&by_energy[group.first..]) {
                let seed = Dual::new(-network.std, network.std * by_energy);
                let atoms = molecule.positions.len();
                (passage.by_energy).extend(std::iter::repeat_n(seed, atoms));
            }
            let speeds = std::mem::take(&mut passage.speeds);
            let mut mode = ForWeights {
                tape: &mut tape,
                speeds: &speeds,
                gradients: &mut self.gradients,
            };
            passage.forward(network, team, &mut mode);
            passage.reverse(network, team, &mut mode);
            passage.speeds = speeds;
        }
    }
}

impl<T: Native> Gradients<T> for NativeGradients<T> {
    fn set_parameters(&mut self, parameters: &[T]) -> Result<(), PotentialError> {
        self.parameters.copy_from_slice(parameters);
        let mut places = self.places.all().iter();
        self.network.for_each_part(|_, rows| {
            for (number, &place) in numbers_mut(rows).iter_mut().zip(&mut places) {
                if place > 0 {
                    *number = parameters[place as usize - 1];
                }
            }
        });
        self.network.refresh();
        self.evaluated.valid = false;
        Ok(())
    }

    fn evaluate(
        &mut self,
        batch: &[Molecule<'_>],
        energies: &mut [f64],
        forces: &mut [Vec3],
    ) -> Result<(), PotentialError> {
        self.pass_for_forces(batch);
        let (mut molecule, mut atom) = (0, 0);
        for thread in &self.threads {
            let (molecules, atoms) = (thread.energies.len(), thread.forces.len());
            energies[molecule..molecule + molecules].copy_from_slice(&thread.energies);
            forces[atom..atom + atoms].copy_from_slice(&thread.forces);
            (molecule, atom) = (molecule + molecules, atom + atoms);
        }
        Ok(())
    }

    fn differentiate(
        &mut self,
        batch: &[Molecule<'_>],
        by_energy: &[f64],
        by_force: &[Vec3],
    ) -> Result<(), PotentialError> {
        if !self.evaluated.is(batch) {
            self.pass_for_forces(batch);
        }
        let team = Team::alone(self.set);
        self.on_each(|network, thread| {
            thread.gradients.clear();
            thread.differentiate(network, team, batch, (by_energy, by_force));
            thread.gradients.finish();
        });
        self.sum_gradients();
        Ok(())
    }

    fn gradient(&mut self) -> &mut [T] {
        self.threads[0].gradients.numbers()
    }

    fn update(&mut self, rule: Rule<'_, T>) -> Result<(), PotentialError> {
        let gradient = self.threads[0].gradients.numbers();
        let mut end = 0;
        self.network.for_each_part(|_, rows| {
            let numbers = numbers_mut(rows);
            let start = end;
            end += numbers.len();
            rule(start, numbers, &gradient[start..end]);
        });
        self.network.refresh();
        self.evaluated.valid = false;
        Ok(())
    }

    fn parameters(&mut self) -> Result<Vec<T>, PotentialError> {
        let mut places = self.places.all().iter();
        let parameters = &mut self.parameters;
        self.network.for_each_part(|_, rows| {
            for (number, &place) in numbers_mut(rows).iter().zip(&mut places) {
                if place > 0 {
                    parameters[place as usize - 1] = *number;
                }
            }
        });
        Ok(parameters.clone())
    }

    fn order(&self) -> &[u32] {
        self.places.all()
    }
}
