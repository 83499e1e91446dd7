//! Between the order of the parameters, in which files have them, and the engine's own order in memory.

use crate::optimiser::{AdamW, Average};
use oreo_core::{Archive, ArchiveError};

/// Numbers of the engine's own order as those of the parameters; see
/// [`Gradients::order`](oreo_potentials::oreo::gradients::Gradients::order).
pub(super) fn to_parameters(order: &[u32], numbers: &[f32], parameters: &mut [f32]) {
    for (&place, &number) in order.iter().zip(numbers) {
        if place > 0 {
            parameters[place as usize - 1] = number;
        }
    }
}

/// The other way; 0 in padding.
pub(super) fn to_memory(order: &[u32], parameters: &[f32], numbers: &mut [f32]) {
    for (&place, number) in order.iter().zip(numbers) {
        *number = match place {
            0 => 0.0,
            place => parameters[place as usize - 1],
        };
    }
}

/// Saves or loads vectors of the optimiser as parameters are: a checkpoint does not depend on the engine.
pub(super) struct Saved<'a> {
    pub order: &'a [u32],
    /// Parameters of the network
    pub count: usize,
    pub archive: &'a mut dyn Archive,
}

impl Saved<'_> {
    pub fn adamw(&mut self, adamw: &mut AdamW<f32>) -> Result<(), ArchiveError> {
        let [first, second] = adamw.moments();
        self.numbers("first-moment", first)?;
        self.numbers("second-moment", second)?;
        self.archive.u64("optimiser-steps", adamw.steps())
    }

    pub fn average(&mut self, average: &mut Average<f32>) -> Result<(), ArchiveError> {
        let (values, updates) = average.parts();
        self.numbers("average", values)?;
        self.archive.u64("average-updates", updates)
    }

    fn numbers(&mut self, name: &str, numbers: &mut [f32]) -> Result<(), ArchiveError> {
        let mut parameters = vec![0.0; self.count];
        to_parameters(self.order, numbers, &mut parameters);
        <f32 as crate::optimiser::Number>::persist(name, &mut parameters, self.archive)?;
        to_memory(self.order, &parameters, numbers);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let order = [3, 0, 1, 2, 0];
        let mut memory = [7.0; 5];
        to_memory(&order, &[1.0, 2.0, 3.0], &mut memory);
        assert_eq!(memory, [3.0, 0.0, 1.0, 2.0, 0.0]);
        let mut parameters = [0.0; 3];
        to_parameters(&order, &memory, &mut parameters);
        assert_eq!(parameters, [1.0, 2.0, 3.0]);
    }
}
