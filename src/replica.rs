//! One independent copy of a system: its own dynamics, generator, observers and fate.

use crate::RunError;
use oreo_core::{
    Archive, ArchiveError, ForceDeviation, Integrator, NeighborError, NeighborList,
    NeighborRequest, Neighbors, Observer, Persist, Potential, PotentialError, Request, Scope,
    State, Stop, System, Vec3, View,
};
use oreo_validation::stability::first_non_finite;
use std::any::Any;
use std::ops::ControlFlow;
use std::sync::Arc;

/// An observer and how often it looks.
struct Watch {
    every: u64,
    observer: Box<dyn Observer>,
}

/// An independent copy with its own dynamics, generator, files and fate.
pub struct Replica {
    /// Number within the simulation.
    pub id: u32,
    /// Elements and masses.
    pub system: Arc<System>,
    /// What evolves.
    pub state: State,
    /// How it evolves.
    pub integrator: Box<dyn Integrator>,
    neighbors: Option<NeighborList>,
    watches: Vec<Watch>,
    stop: Option<Stop>,
}

/// For potentials that read no neighbour list.
static NO_NEIGHBORS: Neighbors = Neighbors {
    first: Vec::new(),
    second: Vec::new(),
    shifts: Vec::new(),
};

impl Replica {
    /// A replica that nobody watches yet.
    pub fn new(
        id: u32,
        system: Arc<System>,
        state: State,
        integrator: Box<dyn Integrator>,
    ) -> Self {
        Self {
            id,
            system,
            state,
            integrator,
            neighbors: None,
            watches: Vec::new(),
            stop: None,
        }
    }

    /// Adds an observer that looks at steps 0, `every`, 2·`every`, … in the order in which they were added.
    pub fn watch(mut self, every: u64, observer: impl Observer) -> Self {
        assert!(
            every > 0,
            "an observer must have a period of at least one step"
        );
        self.watches.push(Watch {
            every,
            observer: Box::new(observer),
        });
        self
    }

    /// The first observer of a type, e.g. to read its results after the run.
    pub fn observer<T: Observer>(&self) -> Option<&T> {
        self.watches
            .iter()
            .find_map(|watch| (&*watch.observer as &dyn Any).downcast_ref())
    }

    /// Why it ended early, if it did.
    pub fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// Still moving.
    pub fn is_active(&self) -> bool {
        self.stop.is_none()
    }

    /// eV, of the integrator.
    pub fn conserved(&self) -> f64 {
        self.integrator.conserved(&self.system, &self.state)
    }

    pub(crate) fn check_shape(&self) -> Result<(), RunError> {
        let atoms = self.system.len();
        let state = &self.state;
        match [
            state.positions.len(),
            state.momenta.len(),
            state.forces.len(),
        ]
        .into_iter()
        .find(|&n| n != atoms)
        {
            None => Ok(()),
            Some(found) => Err(RunError::Shape {
                replica: self.id,
                atoms,
                found,
            }),
        }
    }

    pub(crate) fn prepare_neighbors(&mut self, request: Option<NeighborRequest>, skin: f64) {
        self.neighbors = request.map(|request| NeighborList::new(request, skin));
    }

    /// An atom that has left by millions of boxes retires this replica only; anything else is an error of the run.
    pub(crate) fn update_neighbors(&mut self) -> Result<(), RunError> {
        let Some(list) = &mut self.neighbors else {
            return Ok(());
        };
        let (replica, step) = (self.id, self.state.step);
        match list.update(&self.state.positions, &self.state.cell) {
            Err(NeighborError::Escaped { atom, boxes }) => {
                let quantity = format!("position of atom {atom}, {boxes:.0e} boxes away,");
                let step = step + 1;
                self.stop = Some(Stop::NonFinite { step, quantity });
                Ok(())
            }
            other => other.map_err(|source| RunError::Neighbors {
                replica,
                step,
                source,
            }),
        }
    }

    /// Who is near whom, as of the last update.
    pub(crate) fn pairs(&self) -> &Neighbors {
        self.neighbors
            .as_ref()
            .map_or(&NO_NEIGHBORS, NeighborList::pairs)
    }

    /// Moves to where forces are needed. A position that is no longer finite retires the replica here, so that no
    /// neighbour list and no potential ever sees it.
    pub(crate) fn begin(&mut self) -> Result<(), RunError> {
        self.integrator.begin(&self.system, &mut self.state);
        let finite = |position: &Vec3| position.iter().all(|x| x.is_finite());
        if !self.state.positions.iter().all(finite) {
            self.retire_as_non_finite(self.state.step + 1);
            return Ok(());
        }
        self.update_neighbors()
    }

    /// Zeroes energy and forces and lends them to the potential.
    pub(crate) fn request(&mut self) -> Request<'_> {
        let State {
            positions,
            forces,
            energy,
            cell,
            ..
        } = &mut self.state;
        *energy = 0.0;
        forces.fill(Vec3::zeros());
        let neighbors = self
            .neighbors
            .as_ref()
            .map_or(&NO_NEIGHBORS, NeighborList::pairs);
        Request {
            system: &self.system,
            positions,
            cell,
            neighbors,
            energy,
            forces,
            virial: None,
        }
    }

    /// Completes the step; a NaN retires this replica only.
    pub(crate) fn finish(&mut self) {
        if self.state.is_finite() {
            self.integrator.finish(&self.system, &mut self.state);
        }
        if !self.state.is_finite() {
            self.retire_as_non_finite(self.state.step + 1);
        }
    }

    fn retire_as_non_finite(&mut self, step: u64) {
        self.stop = Some(Stop::NonFinite {
            step,
            quantity: first_non_finite(&self.state).unwrap_or_default(),
        });
    }

    /// Shows the finished step to every observer whose period divides it; all see it, the first reason to stop counts.
    /// `force_deviation` is what the committee said, if it was asked.
    pub(crate) fn observe(
        &mut self,
        force_deviation: Option<ForceDeviation>,
    ) -> Result<(), RunError> {
        let step = self.state.step;
        if self
            .watches
            .iter()
            .all(|watch| !step.is_multiple_of(watch.every))
        {
            return Ok(());
        }
        let conserved = self.conserved();
        if !conserved.is_finite() {
            let quantity = "conserved quantity".into();
            self.stop = Some(Stop::NonFinite { step, quantity });
            return Ok(());
        }
        if let Some(found) = force_deviation.filter(|found| !found.rms.is_finite()) {
            let quantity = format!("force of the ensemble on atom {}", found.atom);
            self.stop = Some(Stop::NonFinite { step, quantity });
            return Ok(());
        }
        let view = View {
            replica: self.id,
            system: &self.system,
            state: &self.state,
            conserved,
            force_deviation,
        };
        let due = |watch: &&mut Watch| step.is_multiple_of(watch.every);
        for watch in self.watches.iter_mut().filter(due) {
            if self.stop.is_some() && !watch.observer.sees_the_stop() {
                continue;
            }
            let verdict = watch.observer.observe(&view);
            let verdict = verdict.map_err(|source| RunError::Observer {
                replica: view.replica,
                step,
                source,
            })?;
            if let (ControlFlow::Break(stop), None) = (verdict, &self.stop) {
                self.stop = Some(stop);
            }
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> Result<(), RunError> {
        let (replica, step) = (self.id, self.state.step);
        let mut observers = self.watches.iter_mut().map(|watch| &mut watch.observer);
        observers
            .try_for_each(|observer| observer.flush())
            .map_err(|source| RunError::Observer {
                replica,
                step,
                source,
            })
    }

    pub(crate) fn check_fits(&self, potential: &dyn Potential) -> Result<(), PotentialError> {
        potential
            .capabilities()
            .check(&self.system, &self.state.cell)
    }

    pub(crate) fn check_finite_start(&self) -> Result<(), RunError> {
        let replica = self.id;
        match first_non_finite(&self.state) {
            None => Ok(()),
            Some(quantity) => Err(RunError::NonFiniteStart { replica, quantity }),
        }
    }
}

impl Persist for Replica {
    /// Neighbour lists are caches and stay out: their order, hence the forces, does not depend on when they were built.
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let mut archive = Scope::new(archive, format!("replica-{}", self.id));
        self.system.elements.clone().persist(&mut archive)?;
        self.state.persist(&mut archive)?;
        self.stop.persist(&mut archive)?;
        self.integrator
            .persist(&mut Scope::new(&mut archive, "integrator"))?;
        for (k, watch) in self.watches.iter_mut().enumerate() {
            watch
                .observer
                .persist(&mut Scope::new(&mut archive, format!("observer-{k}")))?;
        }
        Ok(())
    }
}
