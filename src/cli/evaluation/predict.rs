//! The network's energies and forces for chosen frames of a data set, several frames a call.

use crate::cli::exit::BadInput;
use crate::simulation::evaluate_within_limit;
use anyhow::{bail, Result};
use oreo_core::{Capabilities, NeighborList, NeighborRequest, Potential, Request, System, Vec3};
use oreo_formats::DataSet;
use std::time::{Duration, Instant};

/// A potential, and room for the frames of one call.
pub struct Predictor {
    potential: Box<dyn Potential>,
    capabilities: Capabilities,
    slots: Vec<Slot>,
    /// Time inside neighbour lists and the potential.
    pub spent: Duration,
}

/// What one frame of a call needs beside what the data set holds.
struct Slot {
    system: System,
    neighbors: NeighborList,
    energy: f64,
    forces: Vec<Vec3>,
}

impl Predictor {
    /// `batch` frames a call, fewer where the potential wants no more atoms.
    pub fn new(potential: Box<dyn Potential>, batch: usize) -> Self {
        let capabilities = potential.capabilities();
        // Without a request nothing may be listed: no pair is closer than 0.
        let request = capabilities
            .neighbors
            .unwrap_or(NeighborRequest { cutoff: 0.0 });
        let slot = || Slot {
            system: System::new(Vec::new()),
            neighbors: NeighborList::new(request, 0.0),
            energy: 0.0,
            forces: Vec::new(),
        };
        Self {
            potential,
            capabilities,
            slots: std::iter::repeat_with(slot).take(batch).collect(),
            spent: Duration::ZERO,
        }
    }

    /// What the potential says of itself.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Refuses a frame that the potential was not made for, before anything is computed.
    pub fn check(&self, data: &DataSet, frames: &[usize]) -> Result<()> {
        for &frame in frames {
            let system = System::new(data.elements(frame).to_vec());
            if let Err(error) = self.capabilities.check(&system, data.cell(frame)) {
                let file = data.path().display();
                return Err(BadInput::new(format!("{file}, frame {frame}: {error}")).into());
            }
        }
        Ok(())
    }

    /// One call for at most as many frames as a batch has; `visit` gets frame, energy (eV) and forces (eV/Å, (n,)) in
    /// the order of `frames`.
    pub fn predict(
        &mut self,
        data: &DataSet,
        frames: &[usize],
        mut visit: impl FnMut(usize, f64, &[Vec3]) -> Result<()>,
    ) -> Result<()> {
        let started = Instant::now();
        self.fill(data, frames)?;
        self.evaluate(data, frames)?;
        self.spent += started.elapsed();
        for (&frame, slot) in frames.iter().zip(&self.slots) {
            if !slot.is_finite() {
                bail!(
                    "{}, frame {frame}: the predicted energy or forces are not finite; do two atoms overlap?",
                    data.path().display()
                );
            }
            visit(frame, slot.energy, &slot.forces)?;
        }
        Ok(())
    }

    fn fill(&mut self, data: &DataSet, frames: &[usize]) -> Result<()> {
        for (&frame, slot) in frames.iter().zip(&mut self.slots) {
            let elements = data.elements(frame);
            if slot.system.elements != elements {
                slot.system = System::new(elements.to_vec());
            }
            slot.energy = 0.0;
            slot.forces.clear();
            slot.forces.resize(elements.len(), Vec3::zeros());
            slot.neighbors
                .update(data.positions(frame), data.cell(frame))
                .map_err(|error| {
                    BadInput::new(format!("{}, frame {frame}: {error}", data.path().display()))
                })?;
        }
        Ok(())
    }

    fn evaluate(&mut self, data: &DataSet, frames: &[usize]) -> Result<()> {
        let request = |(&frame, slot)| request(data, frame, slot);
        let mut batch: Vec<_> = frames.iter().zip(&mut self.slots).map(request).collect();
        let limit = self.capabilities.atoms_per_call;
        evaluate_within_limit(&mut *self.potential, &mut batch, limit)?;
        Ok(())
    }
}

fn request<'a>(data: &'a DataSet, frame: usize, slot: &'a mut Slot) -> Request<'a> {
    Request {
        system: &slot.system,
        positions: data.positions(frame),
        cell: data.cell(frame),
        neighbors: slot.neighbors.pairs(),
        energy: &mut slot.energy,
        forces: &mut slot.forces,
        virial: None,
    }
}

impl Slot {
    fn is_finite(&self) -> bool {
        let mut components = self.forces.iter().flat_map(|force| force.iter());
        self.energy.is_finite() && components.all(|value| value.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::Cell;
    use oreo_formats::{ReadOptions, TrajectoryWriter, XyzWriter};

    /// Argon pairs of growing distance, in frames of two and three atoms.
    fn argon(folder: &std::path::Path) -> DataSet {
        let path = folder.join("argon.xyz");
        let mut writer = XyzWriter::create(&path).unwrap();
        for k in 0..5 {
            let atoms = 2 + k % 2;
            let elements = vec!["Ar".parse().unwrap(); atoms];
            let place = |i: usize| Vec3::new(i as f64 * (3.6 + 0.1 * k as f64), 0.0, 0.0);
            let frame = oreo_core::Frame::new(elements, (0..atoms).map(place).collect());
            writer.write(&frame.as_ref()).unwrap();
        }
        writer.flush().unwrap();
        oreo_formats::load(&path, &ReadOptions::default()).unwrap()
    }

    fn all(data: &DataSet, batch: usize) -> Vec<(usize, f64, Vec<Vec3>)> {
        let potential = Box::new(oreo_potentials::LennardJones::argon());
        let mut predictor = Predictor::new(potential, batch);
        let frames: Vec<usize> = (0..data.len()).collect();
        let mut found = Vec::new();
        for chunk in frames.chunks(batch) {
            predictor
                .predict(data, chunk, |frame, energy, forces| {
                    found.push((frame, energy, forces.to_vec()));
                    Ok(())
                })
                .unwrap();
        }
        found
    }

    /// Planted: energies that are not set back to zero between calls, and forces of the frame before, fail here.
    #[test]
    fn a_batch_of_unequal_frames_gives_what_single_frames_give() {
        let folder = tempfile::tempdir().unwrap();
        let data = argon(folder.path());
        let single = all(&data, 1);
        assert_eq!(single.len(), 5);
        for batch in [2, 3, 8] {
            assert_eq!(all(&data, batch), single);
        }
        let potential = &mut oreo_potentials::LennardJones::argon();
        let system = System::new(data.elements(3).to_vec());
        let (energy, forces, _) = oreo_core::testing::energy_and_forces(
            potential,
            &system,
            data.positions(3),
            &Cell::Open,
        );
        assert_eq!((single[3].1, &single[3].2), (energy, &forces));
    }

    #[test]
    fn an_element_that_the_potential_does_not_know_is_named_with_its_frame() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mixed.xyz");
        std::fs::write(&path, "1\n\nAr 0 0 0\n1\n\nXe 0 0 0\n").unwrap();
        let data = oreo_formats::load(&path, &ReadOptions::default()).unwrap();
        let predictor = Predictor::new(Box::new(oreo_potentials::LennardJones::argon()), 1);
        predictor.check(&data, &[0]).unwrap();
        let error = predictor.check(&data, &[0, 1]).unwrap_err();
        assert!(error.is::<BadInput>());
        assert!(
            error.to_string().contains("mixed.xyz, frame 1: "),
            "{error}"
        );
    }
}
