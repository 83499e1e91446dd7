//! The engine: [`Gradients`] on the processor's vectors, molecules shared among threads.

use super::collect::{Nothing, WeightGradients};
use super::network::Trained;
use super::parts::Places;
use super::pass::Passage;
use crate::oreo::fused::potential::backend;
use crate::oreo::fused::simd::{Dual, Fixed, InstructionSet, Plain};
use crate::oreo::fused::team::Team;
use crate::oreo::gradients::{Gradients, Molecule};
use crate::oreo::Weights;
use oreo_core::{PotentialError, Vec3};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Most atoms that go through the network together.
const ATOMS_TOGETHER: usize = 96;

/// Energies, forces and gradients by weights on the CPU; `T` is f32, or f64 for tests.
pub struct NativeGradients<T: Native> {
    plain: Trained<T>,
    dual: Trained<Fixed<T>>,
    places: Places,
    parameters: usize,
    set: InstructionSet,
    threads: Vec<Thread<T>>,
    /// `None` for one thread: the caller's own.
    pool: Option<ThreadPool>,
}

/// f32 or f64.
pub trait Native: Plain + crate::oreo::fused::simd::Stored<Scalar = Self> {}
impl Native for f32 {}
impl Native for f64 {}

struct Thread<T: Native> {
    plain: Passage<T>,
    dual: Passage<Dual<T>>,
    gradients: WeightGradients<T>,
}

impl<T: Native> NativeGradients<T> {
    /// # Errors
    /// When the system gives no threads.
    pub fn new(weights: &Weights, threads: usize) -> Result<Self, PotentialError> {
        let (plain, dual) = (Trained::new(weights), Trained::new(weights));
        let places = Places::of(weights);
        let thread = || Thread {
            plain: Passage::new(&plain),
            dual: Passage::new(&dual),
            gradients: WeightGradients::new(&places),
        };
        let threads: Vec<_> = (0..threads.max(1)).map(|_| thread()).collect();
        let pool = match threads.len() {
            1 => None,
            count => Some(
                ThreadPoolBuilder::new()
                    .num_threads(count)
                    .build()
                    .map_err(backend)?,
            ),
        };
        Ok(Self {
            parameters: weights.parameter_count(),
            set: InstructionSet::detect(),
            plain,
            dual,
            places,
            threads,
            pool,
        })
    }

    /// Runs `work` on each thread with its share of the molecules and what belongs to it.
    fn shared<P: Send>(
        &mut self,
        shares: Vec<(Share, P)>,
        work: impl Fn(&Trained<T>, &Trained<Fixed<T>>, &mut Thread<T>, Share, P) + Sync,
    ) {
        let (plain, dual) = (&self.plain, &self.dual);
        let jobs = self.threads.iter_mut().zip(shares);
        match &self.pool {
            None => jobs.for_each(|(thread, (share, own))| work(plain, dual, thread, share, own)),
            Some(pool) => pool.scope(|scope| {
                for (thread, (share, own)) in jobs {
                    let work = &work;
                    scope.spawn(move |_| work(plain, dual, thread, share, own));
                }
            }),
        }
    }
}

/// Molecules that follow each other, and the first of their atoms.
#[derive(Clone, Copy)]
struct Share {
    first: usize,
    end: usize,
    atom: usize,
}

fn atoms(molecules: &[Molecule<'_>]) -> usize {
    molecules.iter().map(|m| m.positions.len()).sum()
}

/// One for each thread, about as many atoms as the others.
fn shares(batch: &[Molecule<'_>], threads: usize) -> Vec<Share> {
    let total = atoms(batch);
    let (mut at, mut atom) = (0, 0);
    let share = |thread: usize| {
        let (first, first_atom) = (at, atom);
        let enough = total * (thread + 1) / threads;
        while at < batch.len() && atom < enough {
            atom += batch[at].positions.len();
            at += 1;
        }
        Share {
            first,
            end: at,
            atom: first_atom,
        }
    };
    (0..threads).map(share).collect()
}

/// The molecules of a share, as many at a time as fit together.
fn groups<'b>(batch: &'b [Molecule<'b>], share: Share) -> impl Iterator<Item = Share> + 'b {
    let (mut at, mut atom) = (share.first, share.atom);
    std::iter::from_fn(move || {
        let (first, first_atom) = (at, atom);
        while at < share.end && (at == first || atoms(&batch[first..=at]) <= ATOMS_TOGETHER) {
            atom += batch[at].positions.len();
            at += 1;
        }
        (at > first).then_some(Share {
            first,
            end: at,
            atom: first_atom,
        })
    })
}

/// The first `count` of some places; the rest stays.
fn take<'a, A>(all: &mut &'a mut [A], count: usize) -> &'a mut [A] {
    let (first, rest) = std::mem::take(all).split_at_mut(count);
    *all = rest;
    first
}

impl<T: Native> Gradients<T> for NativeGradients<T> {
    fn set_parameters(&mut self, parameters: &[T]) -> Result<(), PotentialError> {
        assert_eq!(parameters.len(), self.parameters, "numbers for all weights");
        let places = &self.places;
        (self.plain).for_each_part(|part, numbers| {
            places.fill(part, numbers, parameters, |p| p, |p| p);
        });
        (self.dual).for_each_part(|part, numbers| {
            let number = |value| Dual {
                value,
                tangent: T::ZERO,
            };
            places.fill(part, numbers, parameters, Fixed, number);
        });
        self.plain.refresh();
        self.dual.refresh();
        Ok(())
    }

    fn evaluate(
        &mut self,
        batch: &[Molecule<'_>],
        energies: &mut [f64],
        forces: &mut [Vec3],
    ) -> Result<(), PotentialError> {
        let team = Team::alone(self.set);
        let (mut energies, mut forces) = (energies, forces);
        let jobs = shares(batch, self.threads.len()).into_iter().map(|share| {
            let count = share.end - share.first;
            let atoms = atoms(&batch[share.first..share.end]);
            let own_energies = take(&mut energies, count);
            (share, (own_energies, take(&mut forces, atoms)))
        });
        let jobs = jobs.collect();
        self.shared(jobs, |plain, _, thread, share, (energies, forces)| {
            for group in groups(batch, share) {
                let molecules = &batch[group.first..group.end];
                let (molecule, atom) = (group.first - share.first, group.atom - share.atom);
                let energies = &mut energies[molecule..molecule + molecules.len()];
                let forces = &mut forces[atom..atom + atoms(molecules)];
                evaluate_group(plain, team, &mut thread.plain, molecules, energies, forces);
            }
        });
        Ok(())
    }

    fn add_gradient(
        &mut self,
        batch: &[Molecule<'_>],
        by_energy: &[f64],
        by_force: &[Vec3],
        gradient: &mut [T],
    ) -> Result<(), PotentialError> {
        let team = Team::alone(self.set);
        let jobs = shares(batch, self.threads.len())
            .into_iter()
            .map(|share| (share, ()));
        self.shared(jobs.collect(), |_, dual, thread, share, ()| {
            thread.gradients.clear();
            for group in groups(batch, share) {
                let molecules = &batch[group.first..group.end];
                let passage = &mut thread.dual;
                let directions = &by_force[group.atom..];
                passage.place(
                    molecules,
                    directions,
                    &dual.basis,
                    dual.vector_cutoff,
                    Dual::new,
                );
                passage.by_energy.clear();
                for (molecule, by_energy) in molecules.iter().zip(&by_energy[group.first..]) {
                    let seed = Dual::new(-dual.std, dual.std * by_energy);
                    let atoms = molecule.positions.len();
                    (passage.by_energy).extend(std::iter::repeat_n(seed, atoms));
                }
                passage.forward::<_, true>(dual, team);
                passage.reverse(dual, team, &mut thread.gradients);
            }
        });
        for thread in &self.threads {
            self.places.add_to(thread.gradients.parts(), gradient);
        }
        Ok(())
    }
}

fn evaluate_group<T: Native>(
    network: &Trained<T>,
    team: Team,
    passage: &mut Passage<T>,
    molecules: &[Molecule<'_>],
    energies: &mut [f64],
    forces: &mut [Vec3],
) {
    let make = |value: f64, _: f64| T::from_f64(value);
    passage.place(molecules, &[], &network.basis, network.vector_cutoff, make);
    passage.by_energy.clear();
    (passage.by_energy).resize(forces.len(), T::from_f64(1.0));
    passage.forward::<_, false>(network, team);
    passage.reverse(network, team, &mut Nothing);
    let mut start = 0;
    for (molecule, energy) in molecules.iter().zip(energies) {
        let end = start + molecule.positions.len();
        let sum: f64 = passage.head.energies[start..end]
            .iter()
            .map(|e| e.to_f64())
            .sum();
        *energy = network.std * sum + network.mean;
        start = end;
    }
    forces.fill(Vec3::zeros());
    for (p, pair) in passage.pairs.pairs.iter().enumerate() {
        let (mut by_t, mut by_cutoff, mut by_unit) = (0.0, 0.0, Vec3::zeros());
        for panel in &passage.work.panels {
            let [t, x, y, z] = panel.g_pairs[p].map(|g| g.to_f64());
            by_t += t;
            by_unit += Vec3::new(x, y, z);
            by_cutoff += panel.g_cutoffs[p].to_f64();
        }
        let gradient = passage.pairs.geometry[p].gradient(by_t, by_cutoff, by_unit) * network.std;
        forces[pair.i as usize] += gradient;
        forces[pair.j as usize] -= gradient;
    }
}
