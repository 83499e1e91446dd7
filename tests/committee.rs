//! A committee of potentials whose forces are known by hand: it is asked when it should be, about what it should be, says
//! what follows from the formulas, and moves nothing.

mod common;

use common::argon_replica;
use oreo::core::{
    Archive, ArchiveError, Capabilities, Cell, ForceDeviation, NeighborList, NeighborRequest,
    Observer, ObserverError, Persist, Potential, PotentialError, Request, State, Stop, System,
    Vec3, View,
};
use oreo::integrators::VelocityVerlet;
use oreo::observers::{Deviations, Thermo};
use oreo::potentials::{HarmonicWell, LennardJones};
use oreo::validation::stability::DeviationRule;
use oreo::{Committee, Replica, RunError, Simulation};
use std::ops::ControlFlow;

/// Remembers what it was shown.
#[derive(Default)]
struct Diary(Vec<(u64, Vec<Vec3>, Option<ForceDeviation>)>);

impl Observer for Diary {
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        let State {
            step, positions, ..
        } = view.state;
        self.0
            .push((*step, positions.clone(), view.force_deviation));
        Ok(ControlFlow::Continue(()))
    }
}

impl Persist for Diary {
    fn persist(&mut self, _: &mut dyn Archive) -> Result<(), ArchiveError> {
        Ok(())
    }
}

fn well(stiffness: f64) -> Box<dyn Potential> {
    Box::new(HarmonicWell::new(stiffness, Vec3::zeros()).unwrap())
}

/// Three hydrogens that fly apart from the middle of a well, the first one slowest.
fn hydrogens(id: u32, speed: f64) -> Replica {
    let system = System::from_symbols(&["H", "H", "H"]).unwrap();
    let mut state = State::at_rest(vec![Vec3::zeros(); 3], Cell::Open);
    state.momenta[0] = Vec3::new(0.1 * speed, 0.0, 0.0);
    state.momenta[1] = Vec3::new(0.0, speed, 0.0);
    state.momenta[2] = Vec3::new(0.0, 0.0, -0.5 * speed);
    let integrator = VelocityVerlet::new(0.01).unwrap();
    Replica::new(id, system.into(), state, Box::new(integrator))
}

/// Forces of −k r with k of 1, 3 and 8 eV/Å², mean 4: an atom at r deviates by √((9 + 1 + 16)/3) r. Planted and caught: the
/// potential of the dynamics left out of the mean, a member counted twice, forces not zeroed between members, members asked
/// before the step is finished or at every step.
#[test]
fn wells_deviate_by_what_their_stiffnesses_say_at_the_steps_of_the_period() {
    let replicas = vec![
        hydrogens(0, 1.0).watch(1, Diary::default()),
        hydrogens(1, 2.0).watch(1, Diary::default()),
    ];
    let mut simulation = Simulation::new(well(1.0), replicas, 1.0)
        .unwrap()
        .with_committee(Committee::new(vec![well(3.0), well(8.0)], 4))
        .unwrap();
    simulation.start().unwrap();
    simulation.run(20).unwrap();
    let factor = (26.0_f64 / 3.0).sqrt();
    for replica in simulation.replicas() {
        let Diary(lines) = replica.observer::<Diary>().unwrap();
        assert_eq!(lines.len(), 21);
        for (step, positions, found) in lines {
            let Some(found) = found else {
                assert!(!step.is_multiple_of(4), "step {step}: not asked");
                continue;
            };
            assert!(step.is_multiple_of(4), "step {step}: asked");
            let squares: Vec<_> = positions.iter().map(Vec3::norm_squared).collect();
            let max = factor * squares[1].sqrt();
            let rms = factor * (squares.iter().sum::<f64>() / 3.0).sqrt();
            assert!((found.max - max).abs() < 1e-12, "step {step}: {found:?}");
            assert!((found.rms - rms).abs() < 1e-12, "step {step}: {found:?}");
            assert!(*step == 0 || found.atom == 1 && found.max > 0.1);
        }
    }
}

/// Wells of 1 and 3 eV/Å²: the deviation is the distance of the farthest atom. The fast replica passes 0.3 Å first. Planted
/// and caught: statistics that leave out the row of the stop.
#[test]
fn a_replica_stops_at_the_first_row_above_the_level_and_the_row_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = |id: u32| folder.path().join(format!("{id}.csv"));
    let replica = |id: u32| {
        let thermo = Thermo::new(path(id), 0.01, 9, Default::default());
        hydrogens(id, 1.0 + f64::from(id))
            .watch(5, DeviationRule::new(0.3).unwrap())
            .watch(1, Diary::default())
            .watch(5, thermo.with_force_deviation())
            .watch(5, Deviations::default())
    };
    let mut simulation = Simulation::new(well(1.0), (0..2).map(replica).collect(), 1.0)
        .unwrap()
        .with_committee(Committee::new(vec![well(3.0)], 5))
        .unwrap();
    simulation.start().unwrap();
    simulation.run(27).unwrap();
    let [slow, fast] = simulation.replicas() else {
        panic!("two replicas")
    };
    assert!(slow.is_active() && slow.state.step == 27);
    let farthest = |line: &(u64, Vec<Vec3>, _)| line.1[1].norm();
    let lines = &fast.observer::<Diary>().unwrap().0;
    let rows = lines.iter().filter(|line| line.0.is_multiple_of(5));
    let first = rows.clone().find(|row| farthest(row) > 0.3).unwrap();
    let earlier = lines
        .iter()
        .any(|line| line.0 < first.0 && farthest(line) > 0.3);
    assert!(earlier, "a step between two rows was above, too");
    let Some(Stop::ForceDeviation {
        step,
        atom: 1,
        deviation,
        level: 0.3,
    }) = fast.stop()
    else {
        panic!("{:?}", fast.stop())
    };
    assert_eq!((*step, fast.state.step), (first.0, first.0));
    assert!((deviation - farthest(first)).abs() < 1e-12);
    let statistics = fast.observer::<Deviations>().unwrap().statistics().unwrap();
    let mean = rows.clone().map(farthest).sum::<f64>() / rows.count() as f64;
    assert!((statistics.mean - mean).abs() < 1e-12);
    assert_eq!((statistics.max, statistics.max_step), (*deviation, *step));
    let text = std::fs::read_to_string(path(1)).unwrap();
    let (header, last) = (text.lines().next().unwrap(), text.lines().last().unwrap());
    let columns = ",force_deviation_max_ev_per_a,force_deviation_rms_ev_per_a";
    assert!(header.ends_with(columns), "{header}");
    let fields: Vec<_> = last.split(',').collect();
    assert_eq!(fields.len(), header.split(',').count());
    assert_eq!(
        (fields[0], fields[11]),
        (
            step.to_string().as_str(),
            format!("{deviation:.6}").as_str()
        )
    );
}

/// Argon that reaches to `cutoff` Å and is deeper than the real one, so that it differs everywhere.
fn deep(cutoff: f64) -> Box<dyn Potential> {
    Box::new(LennardJones::new(0.02, 3.405, cutoff).unwrap())
}

fn shallow() -> Box<dyn Potential> {
    Box::new(LennardJones::new(0.01, 3.405, 6.0).unwrap())
}

/// Å, a little less than a distance in the crystal: pairs come and go.
const FAR: f64 = 6.45;

/// Deviations of two models on each atom, with lists made for these positions alone: the largest, and the root mean square.
fn truth(system: &System, positions: &[Vec3]) -> [f64; 2] {
    let forces = |mut potential: Box<dyn Potential>, cutoff: f64| {
        let (mut energy, mut forces) = (0.0, vec![Vec3::zeros(); system.len()]);
        let mut list = NeighborList::new(NeighborRequest { cutoff }, 0.0);
        list.update(positions, &Cell::Open).unwrap();
        let request = Request {
            system,
            positions,
            cell: &Cell::Open,
            neighbors: list.pairs(),
            energy: &mut energy,
            forces: &mut forces,
            virial: None,
        };
        potential.evaluate(&mut [request]).unwrap();
        forces
    };
    let (one, other) = (forces(shallow(), 6.0), forces(deep(FAR), FAR));
    let apart = one.iter().zip(&other).map(|(a, b)| 0.5 * (a - b).norm());
    let squares = apart.clone().map(|d| d * d).sum::<f64>();
    let rms = (squares / system.len() as f64).sqrt();
    [apart.fold(0.0, f64::max), rms]
}

fn argon(ids: &[u32], committee: Option<Committee>) -> Simulation {
    let replica = |&id: &u32| argon_replica(id, "langevin").watch(1, Diary::default());
    let simulation = Simulation::new(shallow(), ids.iter().map(replica).collect(), 0.0).unwrap();
    let mut simulation = match committee {
        Some(committee) => simulation.with_committee(committee).unwrap(),
        None => simulation,
    };
    simulation.start().unwrap();
    simulation.run(200).unwrap();
    simulation
}

/// Pairs beyond 6 Å are in no list of the dynamics. Planted and caught: the list of the replica for
/// all members, an own list that is built once.
#[test]
fn a_member_that_sees_farther_is_told_of_all_its_pairs() {
    let simulation = argon(&[0], Some(Committee::new(vec![deep(FAR)], 50)));
    let replica = &simulation.replicas()[0];
    let lines = &replica.observer::<Diary>().unwrap().0;
    let asked: Vec<_> = lines.iter().filter(|line| line.2.is_some()).collect();
    assert_eq!(asked.len(), 5);
    for (step, positions, found) in asked {
        let [max, rms] = truth(&replica.system, positions);
        let found = found.unwrap();
        assert!(
            (found.max / max - 1.0).abs() < 1e-12,
            "step {step}: {found:?}"
        );
        assert!(
            (found.rms / rms - 1.0).abs() < 1e-12,
            "step {step}: {found:?}"
        );
    }
}

/// Planted and caught: a force that the committee changes in its last digit, a meter that forgets for the first replica
/// only.
#[test]
fn a_committee_moves_nothing_and_says_the_same_of_a_replica_alone_and_among_others() {
    let members = || Committee::new(vec![deep(FAR), deep(5.0)], 10);
    let silent = argon(&[0, 1, 2], None);
    let together = argon(&[0, 1, 2], Some(members()));
    for (id, (one, other)) in silent
        .replicas()
        .iter()
        .zip(together.replicas())
        .enumerate()
    {
        assert!(one.state == other.state, "replica {id}");
        assert_eq!(one.conserved().to_bits(), other.conserved().to_bits());
        let alone = argon(&[id as u32], Some(members()));
        let diary = |replica: &Replica| {
            let lines = replica.observer::<Diary>().unwrap().0.iter();
            lines.map(|line| line.2).collect::<Vec<_>>()
        };
        assert_eq!(diary(other), diary(&alone.replicas()[0]), "replica {id}");
    }
}

/// A well that breaks down where an atom is farther than 0.3 Å from the middle.
struct Brittle {
    by_error: bool,
}

impl Potential for Brittle {
    fn capabilities(&self) -> Capabilities {
        well(1.0).capabilities()
    }

    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        for request in batch.iter_mut() {
            let broken = request.positions.iter().position(|r| r.norm() > 0.3);
            match broken {
                Some(_) if self.by_error => {
                    let message = "out of memory".into();
                    let potential = "brittle well".into();
                    return Err(PotentialError::Backend { potential, message });
                }
                Some(atom) => request.forces[atom].z = f64::NAN,
                None => {}
            }
        }
        Ok(())
    }
}

fn brittle(by_error: bool) -> Simulation {
    let replicas = vec![
        hydrogens(0, 0.5).watch(1, Deviations::default()),
        hydrogens(1, 2.0).watch(1, Deviations::default()),
    ];
    let member: Box<dyn Potential> = Box::new(Brittle { by_error });
    let simulation = Simulation::new(well(1.0), replicas, 1.0).unwrap();
    let mut simulation = simulation
        .with_committee(Committee::new(vec![well(1.0), member], 1))
        .unwrap();
    simulation.start().unwrap();
    simulation
}

/// Planted and caught: deviations that are handed on as they are.
#[test]
fn a_member_without_a_number_stops_that_replica_and_one_without_an_answer_ends_the_run() {
    let mut simulation = brittle(false);
    simulation.run(40).unwrap();
    let [slow, fast] = simulation.replicas() else {
        panic!("two replicas")
    };
    assert!(slow.is_active());
    let Some(Stop::NonFinite { quantity, .. }) = fast.stop() else {
        panic!("{:?}", fast.stop())
    };
    assert_eq!(quantity, "force of the ensemble on atom 1");
    let statistics = fast.observer::<Deviations>().unwrap().statistics().unwrap();
    assert!(statistics.max.is_finite());
    let error = brittle(true).run(40).unwrap_err();
    assert!(
        matches!(error, RunError::Member { member: 2, .. }),
        "{error}"
    );
}

#[test]
fn a_member_made_for_other_elements_is_refused_by_its_number() {
    let simulation = Simulation::new(well(1.0), vec![hydrogens(0, 1.0)], 1.0).unwrap();
    let members = vec![
        well(2.0),
        Box::new(LennardJones::argon()) as Box<dyn Potential>,
    ];
    let error = simulation
        .with_committee(Committee::new(members, 1))
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .starts_with("ensemble member 2, replica 0: "),
        "{error}"
    );
}
