//! What a benchmark trains on: how long a step takes does not depend on whether the labels are true.

use crate::cli::bench::subject::Structure;
use oreo_core::random::Generator;
use oreo_core::{Element, Vec3};
use oreo_training::data::{Conformation, Source};
use oreo_training::TrainingError;

/// Å, standard deviation of each coordinate: about that of a molecule at room temperature.
const DISPLACEMENT: f64 = 0.05;
/// eV/Å, of each component of a force: about that of MD17.
const FORCE: f64 = 1.0;

/// One structure many times, moved at random, with forces at random; the same for the same structure.
pub struct Perturbed {
    name: String,
    elements: Vec<Element>,
    /// Å and eV/Å, (n,) each
    frames: Vec<(Vec<Vec3>, Vec<Vec3>)>,
}

impl Perturbed {
    /// `count` conformations.
    pub fn new(structure: &Structure, count: usize) -> Self {
        let mut generator = Generator::new(1, 0);
        let mut frame = || {
            let moved = structure.frame.positions.iter();
            moved
                .map(|position| {
                    let displacement = DISPLACEMENT * generator.normal_vector();
                    (position + displacement, FORCE * generator.normal_vector())
                })
                .unzip()
        };
        Self {
            name: structure.name.clone(),
            elements: structure.frame.elements.clone(),
            frames: (0..count).map(|_| frame()).collect(),
        }
    }
}

impl Source for Perturbed {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        self.frames.len()
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        let (positions, forces) = &self.frames[index];
        conformation.replace(
            self.elements.iter().copied(),
            positions.iter().copied(),
            Some(forces.iter().copied()),
            None,
        );
        Ok(())
    }
}
