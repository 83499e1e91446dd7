//! The loop. One step: begin, neighbours, one force call for all replicas, finish, contain, consult, observe.

use crate::{Committee, Replica, RunError};
use oreo_core::{Archive, ArchiveError, Capabilities, Persist, Potential, PotentialError, Request};

/// Å. Pairs are listed up to the cutoff plus this, and listed anew when an atom has moved half of it.
pub const DEFAULT_SKIN: f64 = 1.0;

/// Replicas that share one potential. A replica that stops leaves; the others go on.
pub struct Simulation {
    potential: Box<dyn Potential>,
    capabilities: Capabilities,
    replicas: Vec<Replica>,
    committee: Option<Committee>,
    /// Å
    skin: f64,
    /// Empty between steps; keeps its allocation.
    requests: Vec<Request<'static>>,
    /// A step ended with an error halfway, after positions had moved or before everybody had looked: nothing here may be
    /// used or saved any more.
    broken: bool,
}

impl Simulation {
    /// Checks that the potential was made for these systems. Forces are not computed yet: call [`Self::start`] for a
    /// new run, or restore a checkpoint with [`Persist::persist`].
    pub fn new(
        potential: Box<dyn Potential>,
        replicas: Vec<Replica>,
        skin: f64,
    ) -> Result<Self, RunError> {
        let capabilities = potential.capabilities();
        let mut simulation = Self {
            potential,
            capabilities,
            replicas,
            committee: None,
            skin,
            requests: Vec::new(),
            broken: false,
        };
        for replica in &mut simulation.replicas {
            replica.check_shape()?;
            let fits = replica.check_fits(&*simulation.potential);
            fits.map_err(|source| RunError::Unfit {
                replica: replica.id,
                source,
            })?;
            replica.prepare_neighbors(simulation.capabilities.neighbors, skin);
        }
        Ok(simulation)
    }

    /// For tests of what a failing potential leaves behind.
    #[cfg(test)]
    pub(crate) fn wrap_potential(
        mut self,
        wrap: impl FnOnce(Box<dyn Potential>) -> Box<dyn Potential>,
    ) -> Self {
        self.potential = wrap(self.potential);
        self
    }

    /// With further potentials that observers hear of and that move nothing.
    pub fn with_committee(mut self, mut committee: Committee) -> Result<Self, RunError> {
        let cutoff = self.capabilities.neighbors.map(|request| request.cutoff);
        committee.join(&self.replicas, cutoff, self.skin)?;
        self.committee = Some(committee);
        Ok(self)
    }

    /// Forces at step 0, and the first look of the observers. Never after a restore: the saved forces are part of the
    /// state, and the same run must continue to the bit.
    pub fn start(&mut self) -> Result<(), RunError> {
        self.compute_forces()?;
        self.consult()?;
        self.observe(|_| true)
    }

    /// Asks the committee where the atoms are, if there is one and this is a step of its period; what a benchmark times.
    pub fn consult(&mut self) -> Result<(), RunError> {
        match &mut self.committee {
            Some(committee) => committee.consult(&self.replicas),
            None => Ok(()),
        }
    }

    /// Energies and forces where the atoms are, in the one call that a step makes. Nothing moves and nobody looks:
    /// this is what [`Self::start`] begins with, and what a benchmark times.
    pub fn compute_forces(&mut self) -> Result<(), RunError> {
        self.replicas
            .iter_mut()
            .try_for_each(Replica::update_neighbors)?;
        self.evaluate()?;
        self.replicas
            .iter()
            .try_for_each(Replica::check_finite_start)
    }

    /// One step of every active replica.
    pub fn step(&mut self) -> Result<(), RunError> {
        if self.broken {
            return Err(RunError::Broken);
        }
        self.broken = true;
        self.active_mut().try_for_each(Replica::begin)?;
        self.evaluate()?;
        self.active_mut().for_each(Replica::finish);
        self.consult()?;
        self.observe(Replica::is_active)?;
        self.broken = false;
        Ok(())
    }

    /// `steps` steps, or until no replica is left.
    pub fn run(&mut self, steps: u64) -> Result<(), RunError> {
        for _ in 0..steps {
            if self.is_over() {
                break;
            }
            self.step()?;
        }
        self.flush()
    }

    /// Makes everything that observers hold durable.
    pub fn flush(&mut self) -> Result<(), RunError> {
        self.replicas.iter_mut().try_for_each(Replica::flush)
    }

    /// No replica moves any more.
    pub fn is_over(&self) -> bool {
        !self.replicas.iter().any(Replica::is_active)
    }

    /// All replicas, stopped ones too.
    pub fn replicas(&self) -> &[Replica] {
        &self.replicas
    }

    /// What the potential said of itself.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn active_mut(&mut self) -> impl Iterator<Item = &mut Replica> {
        self.replicas
            .iter_mut()
            .filter(|replica| replica.is_active())
    }

    fn observe(&mut self, who: impl Fn(&Replica) -> bool) -> Result<(), RunError> {
        let replicas = self.replicas.iter_mut().enumerate();
        for (k, replica) in replicas.filter(|(_, replica)| who(replica)) {
            let committee = self.committee.as_ref();
            replica.observe(committee.and_then(|committee| committee.deviation(k)))?;
        }
        Ok(())
    }

    /// One call, or as few as the potential's limit allows.
    fn evaluate(&mut self) -> Result<(), RunError> {
        let step = self
            .replicas
            .iter()
            .map(|replica| replica.state.step)
            .max()
            .unwrap_or(0);
        let mut batch = reuse(std::mem::take(&mut self.requests));
        batch.extend(
            self.replicas
                .iter_mut()
                .filter(|replica| replica.is_active())
                .map(Replica::request),
        );
        let outcome = evaluate_within_limit(
            &mut *self.potential,
            &mut batch,
            self.capabilities.atoms_per_call,
        );
        self.requests = reuse(batch);
        outcome.map_err(|source| RunError::Forces {
            step: step + 1,
            source,
        })
    }
}

impl Persist for Simulation {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let invalid = |problem: &str| ArchiveError::Invalid {
            name: "simulation".into(),
            problem: problem.into(),
        };
        if self.broken {
            return Err(invalid(
                "the last step failed halfway and must not be saved",
            ));
        }
        let mut count = self.replicas.len() as u64;
        archive.u64("replicas", &mut count)?;
        if count != self.replicas.len() as u64 {
            return Err(invalid(&format!(
                "has {count} replicas, this run {}",
                self.replicas.len()
            )));
        }
        self.replicas
            .iter_mut()
            .try_for_each(|replica| replica.persist(archive))
    }
}

/// One call, or as few as `atoms_per_call` allows; a configuration is never split.
pub(crate) fn evaluate_within_limit(
    potential: &mut dyn Potential,
    mut batch: &mut [Request<'_>],
    atoms_per_call: Option<usize>,
) -> Result<(), PotentialError> {
    let limit = atoms_per_call.unwrap_or(usize::MAX);
    while !batch.is_empty() {
        let mut atoms = 0;
        let fitting = batch.iter().take_while(|request| {
            atoms += request.system.len();
            atoms <= limit
        });
        let count = fitting.count().max(1);
        let (now, later) = batch.split_at_mut(count);
        potential.evaluate(now)?;
        batch = later;
    }
    Ok(())
}

/// The same allocation for requests of another lifetime. Collecting from a vector's own iterator happens in place, and
/// an empty vector has no element whose lifetime could matter; `tests/allocations.rs` counts.
pub(crate) fn reuse<'a, 'b>(mut requests: Vec<Request<'a>>) -> Vec<Request<'b>> {
    requests.clear();
    requests
        .into_iter()
        .map(|_| unreachable!("the vector was just cleared"))
        .collect()
}
