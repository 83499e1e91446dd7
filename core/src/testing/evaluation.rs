//! Evaluations without an engine.

use crate::{
    Cell, Frame, Mat3, NeighborList, NeighborRequest, Neighbors, Potential, Request, System, Vec3,
};

/// Energy in eV, forces in eV/Å (n,), and the virial in eV where the potential has one.
pub type Answer = (f64, Vec<Vec3>, Option<Mat3>);

/// Energy in eV, forces in eV/Å (n,), and the virial in eV where the potential has one; builds the neighbour list.
///
/// # Panics
/// When the potential or the neighbour list fails.
pub fn energy_and_forces(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
) -> Answer {
    answer_with_skin(potential, system, positions, cell, 0.0)
}

/// All frames in one call of [`Potential::evaluate`].
///
/// # Panics
/// When the potential or a neighbour list fails.
pub fn evaluate_batch(potential: &mut dyn Potential, frames: &[Frame]) -> Vec<Answer> {
    let systems: Vec<_> = (frames.iter())
        .map(|frame| System::new(frame.elements.clone()))
        .collect();
    let mut slots: Vec<_> = (systems.iter().zip(frames))
        .map(|(system, frame)| Slot::new(potential, system, &frame.positions, &frame.cell, 0.0))
        .collect();
    evaluate(potential, &mut slots);
    slots.into_iter().map(|slot| slot.answer).collect()
}

pub(super) fn answer_with_skin(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
    skin: f64,
) -> Answer {
    let mut slot = [Slot::new(potential, system, positions, cell, skin)];
    evaluate(potential, &mut slot);
    let [slot] = slot;
    slot.answer
}

/// Adds to an answer that is already there.
pub(super) fn add_to(
    answer: Answer,
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
) -> Answer {
    let mut slot = [Slot {
        answer,
        ..Slot::new(potential, system, positions, cell, 0.0)
    }];
    evaluate(potential, &mut slot);
    let [slot] = slot;
    slot.answer
}

/// Everything that one request borrows.
struct Slot<'a> {
    system: &'a System,
    positions: &'a [Vec3],
    cell: &'a Cell,
    neighbors: Neighbors,
    answer: Answer,
}

impl<'a> Slot<'a> {
    fn new(
        potential: &dyn Potential,
        system: &'a System,
        positions: &'a [Vec3],
        cell: &'a Cell,
        skin: f64,
    ) -> Self {
        let capabilities = potential.capabilities();
        let build = |request: NeighborRequest| {
            let mut list = NeighborList::new(request, skin);
            list.update(positions, cell).expect("a neighbour list");
            list.pairs().clone()
        };
        Self {
            system,
            positions,
            cell,
            neighbors: capabilities.neighbors.map(build).unwrap_or_default(),
            answer: (
                0.0,
                vec![Vec3::zeros(); positions.len()],
                capabilities.virial.then(Mat3::zeros),
            ),
        }
    }

    fn request(&mut self) -> Request<'_> {
        let (energy, forces, virial) = &mut self.answer;
        Request {
            system: self.system,
            positions: self.positions,
            cell: self.cell,
            neighbors: &self.neighbors,
            energy,
            forces,
            virial: virial.as_mut(),
        }
    }
}

fn evaluate(potential: &mut dyn Potential, slots: &mut [Slot<'_>]) {
    let mut requests: Vec<_> = slots.iter_mut().map(Slot::request).collect();
    if let Err(error) = potential.evaluate(&mut requests) {
        panic!("evaluation failed: {error}");
    }
}
