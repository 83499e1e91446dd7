//! Which vector instructions to use.

use super::{Kernel, Real};

/// Ordered from slow to fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// Any processor. On 64-bit ARM, NEON with fused multiply-adds: there every processor has it.
    Portable,
    /// x86-64 with AVX2, FMA and F16C.
    Avx2,
    /// x86-64 with AVX-512F as well.
    Avx512,
}

impl InstructionSet {
    /// Environment variable that names another instruction set than the best, for tests and comparisons.
    pub const VARIABLE: &'static str = "OREO_SIMD";
    /// All that this program knows.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// The best that this processor has. The environment variable `OREO_SIMD` (`portable`, `avx2`, `avx512`)
    /// takes the choice away from it.
    ///
    /// # Panics
    /// When the variable names what this processor does not have: whoever sets it wants that and nothing else.
    pub fn detect() -> Self {
        let available = Self::available();
        match std::env::var(Self::VARIABLE) {
            Ok(name) => *available
                .iter()
                .find(|set| set.name() == name)
                .unwrap_or_else(|| {
                    let names: Vec<_> = available.iter().map(|set| set.name()).collect();
                    let names = names.join(", ");
                    panic!("{}={name}: this processor has {names}; name one of them or unset the variable", Self::VARIABLE)
                }),
            Err(std::env::VarError::NotPresent) => {
                *available.last().expect("portable is always there")
            }
            Err(problem) => panic!("{}: {problem}; unset the variable", Self::VARIABLE),
        }
    }

    /// All that this processor has, from slow to fast.
    pub fn available() -> Vec<Self> {
        Self::ALL
            .into_iter()
            .filter(|set| set.is_available())
            .collect()
    }

    /// `portable`, `avx2`, `avx512`
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Whether this processor has them.
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => has_avx2(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => has_avx2() && is_x86_feature_detected!("avx512f"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// Runs a kernel with these instructions.
    ///
    /// # Panics
    /// When this processor does not have them.
    pub(in crate::oreo::fused) fn dispatch<T: Real, K: Kernel<T>>(self, kernel: K) -> K::Output {
        T::dispatch(self, kernel)
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c")
}
