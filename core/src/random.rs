//! The named generator: Xoshiro256++ (Blackman & Vigna 2019), seeded per replica, its state in every checkpoint.
//!
//! Named, because `StdRng` may change between versions of its crate and an old checkpoint would then continue
//! differently.

use crate::{Archive, ArchiveError, Persist, Vec3};
use rand::{RngCore, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A stream of random numbers that can be saved and continued to the bit.
#[derive(Debug, Clone, PartialEq)]
pub struct Generator(Xoshiro256PlusPlus);

impl Generator {
    /// Stream number `stream` of a seed: the same seed jumped ahead `stream` times by 2¹²⁸ draws, so that streams
    /// never overlap.
    pub fn new(seed: u64, stream: u32) -> Self {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        (0..stream).for_each(|_| generator.jump());
        Self(generator)
    }

    /// One draw from N(0, 1).
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// Three independent draws from N(0, 1).
    pub fn normal_vector(&mut self) -> Vec3 {
        Vec3::new(self.normal(), self.normal(), self.normal())
    }
}

impl RngCore for Generator {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
    fn fill_bytes(&mut self, destination: &mut [u8]) {
        self.0.fill_bytes(destination);
    }
}

impl Persist for Generator {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let name = "generator";
        let invalid = |error: serde_json::Error| ArchiveError::Invalid {
            name: name.into(),
            problem: error.to_string(),
        };
        let mut state = serde_json::to_vec(&self.0).map_err(invalid)?;
        archive.bytes(name, &mut state)?;
        self.0 = serde_json::from_slice(&state).map_err(invalid)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pinned: a change of these numbers breaks every saved run.
    #[test]
    fn values_are_stable() {
        let mut generator = Generator::new(42, 0);
        let draws = [generator.next_u64(), generator.next_u64()];
        assert_eq!(draws, [0xd076_4d4f_4476_689f, 0x519e_4174_576f_3791]);
        assert_ne!(Generator::new(42, 1), Generator::new(42, 0));
    }
}
