//! Further potentials that are asked now and then about the positions that the one potential of the simulation has led to.
//! They move nothing: how far their forces deviate from each other and from those of the dynamics says where the
//! networks know what they are talking about.
//!
//! People call it an ensemble of networks, and so does the program (`--ensemble`); here it is a committee, because an
//! ensemble in this code is NVE or NVT.

use crate::replica::Replica;
use crate::simulation::{evaluate_within_limit, reuse};
use crate::RunError;
use oreo_core::{
    Capabilities, ForceDeviation, NeighborList, NeighborRequest, Potential, Request, Vec3,
};
use oreo_validation::deviation::DeviationMeter;

/// Asks all its members in one call each about all replicas. Nothing of it is in a checkpoint: it has no memory.
pub struct Committee {
    every: u64,
    members: Vec<Member>,
    /// One for each replica, in their order.
    seats: Vec<Seat>,
    /// Empty between calls; keeps its allocation.
    requests: Vec<Request<'static>>,
}

struct Member {
    potential: Box<dyn Potential>,
    capabilities: Capabilities,
}

/// What the committee keeps for a replica: scratch only.
struct Seat {
    /// When a member sees farther than the potential of the dynamics; else the list of the replica serves, since a list may
    /// hold more pairs than a potential wants.
    neighbors: Option<NeighborList>,
    /// eV, of one member; nobody reads it, since models may count from another zero.
    energy: f64,
    /// eV/Å, (n,), of one member.
    forces: Vec<Vec3>,
    meter: DeviationMeter,
    /// Asked at this step.
    due: bool,
}

impl Committee {
    /// To be asked at steps 0, `every`, 2·`every`, …: the period of whoever writes the answer down.
    ///
    /// # Panics
    /// Without a member, or with a period of 0.
    pub fn new(members: Vec<Box<dyn Potential>>, every: u64) -> Self {
        assert!(!members.is_empty(), "a committee must have a member");
        assert!(every > 0, "the period must be at least one step");
        let member = |potential: Box<dyn Potential>| Member {
            capabilities: potential.capabilities(),
            potential,
        };
        Self {
            every,
            members: members.into_iter().map(member).collect(),
            seats: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// Takes its memory, and refuses systems that a member was not made for. `cutoff` is what the lists of the replicas
    /// reach to, Å.
    pub(crate) fn join(
        &mut self,
        replicas: &[Replica],
        cutoff: Option<f64>,
        skin: f64,
    ) -> Result<(), RunError> {
        for replica in replicas {
            for (k, member) in self.members.iter().enumerate() {
                let fits = member
                    .capabilities
                    .check(&replica.system, &replica.state.cell);
                fits.map_err(|source| RunError::UnfitMember {
                    member: k + 1,
                    replica: replica.id,
                    source,
                })?;
            }
        }
        let request = self.farther_than(cutoff);
        let seat = |replica: &Replica| Seat {
            neighbors: request.map(|request| NeighborList::new(request, skin)),
            energy: 0.0,
            forces: vec![Vec3::zeros(); replica.system.len()],
            meter: DeviationMeter::new(replica.system.len()),
            due: false,
        };
        self.seats = replicas.iter().map(seat).collect();
        Ok(())
    }

    /// The largest cutoff of a member, if the lists of the replicas do not reach that far.
    fn farther_than(&self, cutoff: Option<f64>) -> Option<NeighborRequest> {
        let members = self.members.iter();
        let requests = members.filter_map(|member| member.capabilities.neighbors);
        let largest = requests.map(|request| request.cutoff).reduce(f64::max)?;
        cutoff
            .is_none_or(|cutoff| largest > cutoff)
            .then_some(NeighborRequest { cutoff: largest })
    }

    /// At a step of its period: forces of every member where the active replicas are. Allocates nothing once it is warm.
    pub(crate) fn consult(&mut self, replicas: &[Replica]) -> Result<(), RunError> {
        for (seat, replica) in self.seats.iter_mut().zip(replicas) {
            seat.due = replica.is_active() && replica.state.step.is_multiple_of(self.every);
            if seat.due {
                seat.prepare(replica)?;
            }
        }
        match self.seats.iter().any(|seat| seat.due) {
            true => self.ask(replicas),
            false => Ok(()),
        }
    }

    fn ask(&mut self, replicas: &[Replica]) -> Result<(), RunError> {
        for (k, member) in self.members.iter_mut().enumerate() {
            let mut batch = reuse(std::mem::take(&mut self.requests));
            let seats = self.seats.iter_mut().zip(replicas);
            let due = seats.filter(|(seat, _)| seat.due);
            batch.extend(due.map(|(seat, replica)| seat.request(replica)));
            let limit = member.capabilities.atoms_per_call;
            let outcome = evaluate_within_limit(&mut *member.potential, &mut batch, limit);
            self.requests = reuse(batch);
            outcome.map_err(|source| RunError::Member {
                member: k + 1,
                source,
            })?;
            for seat in self.seats.iter_mut().filter(|seat| seat.due) {
                seat.meter.add(&seat.forces);
            }
        }
        Ok(())
    }

    /// Of the last call; `None` for a replica that was not asked about.
    pub(crate) fn deviation(&self, replica: usize) -> Option<ForceDeviation> {
        let seat = self.seats.get(replica).filter(|seat| seat.due)?;
        Some(seat.meter.deviation())
    }
}

impl Seat {
    /// Begins with the forces of the dynamics.
    fn prepare(&mut self, replica: &Replica) -> Result<(), RunError> {
        self.meter.clear();
        self.meter.add(&replica.state.forces);
        let Some(list) = &mut self.neighbors else {
            return Ok(());
        };
        let state = &replica.state;
        let updated = list.update(&state.positions, &state.cell);
        updated.map_err(|source| RunError::Neighbors {
            replica: replica.id,
            step: state.step,
            source,
        })
    }

    /// Zeroes energy and forces and lends them to a member.
    fn request<'a>(&'a mut self, replica: &'a Replica) -> Request<'a> {
        self.energy = 0.0;
        self.forces.fill(Vec3::zeros());
        Request {
            system: &replica.system,
            positions: &replica.state.positions,
            cell: &replica.state.cell,
            neighbors: match &self.neighbors {
                Some(list) => list.pairs(),
                None => replica.pairs(),
            },
            energy: &mut self.energy,
            forces: &mut self.forces,
            virial: None,
        }
    }
}
