//! How many multiplications and additions a second one core can do in f32: the measure that speeds are held against.
//!
//! Independent fused multiply-adds on numbers that stay in registers, with the widest vectors that the processor has,
//! whatever the network itself uses. Nothing is loaded or stored, so a computation can come near and not above, except
//! by the drift of the machine: clocks change with heat and with what the neighbours do. Therefore it is measured
//! before and after what is held against it, and the larger number counts.

use oreo_potentials::oreo::fused::{peak_flops, InstructionSet};
use serde::{Deserialize, Serialize};

/// Billions of floating-point operations a second, one core, f32.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// The larger of the two.
    pub gflops: f64,
    /// Before the systems.
    pub before_gflops: f64,
    /// After the systems.
    pub after_gflops: f64,
    /// Of the multiply-adds.
    pub instruction_set: String,
}

/// In one sentence, for reports.
pub const METHOD: &str = "independent f32 fused multiply-adds in registers on one core, the widest vectors of the \
                          processor, best of several runs, measured before and after; the larger counts";

impl Peak {
    /// Measured once, in about 50 ms; to be completed by [`Self::again`].
    pub fn now() -> Self {
        let found = measure();
        Self::of(found, found)
    }

    /// With a second measurement, after the work.
    pub fn again(&self) -> Self {
        Self::of(self.before_gflops, measure())
    }

    fn of(before: f64, after: f64) -> Self {
        Self {
            gflops: before.max(after),
            before_gflops: before,
            after_gflops: after,
            instruction_set: widest().name().into(),
        }
    }

    /// ms that `mflop` take at the peak of `threads` cores.
    pub fn floor_ms(&self, mflop: f64, threads: u32) -> f64 {
        mflop / (self.gflops * f64::from(threads))
    }
}

/// 1e9/s
fn measure() -> f64 {
    peak_flops(widest()) * 1e-9
}

fn widest() -> InstructionSet {
    let all = InstructionSet::available();
    all.into_iter().max().unwrap_or(InstructionSet::Portable)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Anything from a slow single-board computer to far beyond today's cores; catches a wrong power of ten.
    #[test]
    fn a_core_does_between_a_tenth_and_ten_thousand_gflops() {
        let before = Peak::now();
        let peak = before.again();
        assert_eq!(peak.before_gflops, before.gflops);
        for found in [peak.before_gflops, peak.after_gflops] {
            assert!((0.1..1e4).contains(&found), "{peak:?}");
        }
        assert_eq!(peak.gflops, peak.before_gflops.max(peak.after_gflops));
    }

    /// 400 million operations at 200 billion a second are 2 ms, on two cores 1 ms.
    #[test]
    fn floors_by_hand() {
        let peak = Peak::of(150.0, 200.0);
        assert_eq!(peak.floor_ms(400.0, 1), 2.0);
        assert_eq!(peak.floor_ms(400.0, 2), 1.0);
    }
}
