//! DCD, the binary trajectory of CHARMM, NAMD and VMD: positions in single precision, so a trajectory for viewing and
//! analysis; restarts come from checkpoints.
//!
//! A file is a sequence of Fortran records (length, bytes, length; lengths as 4-byte integers): a header of 84 bytes, a
//! title, the number of atoms, and for each frame the unit cell (if periodic) and all x, all y, all z.
//! Layout from the CHARMM documentation (dynamc, trajectory files) and the behaviour of VMD, NAMD and chemfiles.
//! Time is in AKMA units: 1 AKMA = √(amu·Å²/(kcal/mol)) = 48.88821 fs.

mod cell;
mod header;
mod reader;
mod writer;

pub use reader::DcdReader;
pub use writer::DcdWriter;

use oreo_core::units::KCAL_PER_MOL;

/// What a DCD header says about time; one for all frames of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Step of the first frame.
    pub first_step: u64,
    /// Steps from frame to frame.
    pub interval: u64,
    /// Length of a step, t.
    pub timestep: f64,
}

impl Default for Timing {
    /// For frames that are no time series: frame k is step k, and a step takes no time.
    fn default() -> Self {
        Self {
            first_step: 0,
            interval: 1,
            timestep: 0.0,
        }
    }
}

/// One AKMA time in t: mass amu and length Å as here, energy kcal/mol instead of eV, so √(eV/(kcal/mol)).
pub(crate) fn akma() -> f64 {
    (1.0 / KCAL_PER_MOL).sqrt()
}

#[cfg(test)]
mod tests {
    use oreo_core::units::FEMTOSECOND;

    #[test]
    fn akma_time_is_the_documented_one() {
        assert!((super::akma() / FEMTOSECOND - 48.888_21).abs() < 1e-5);
    }
}
