//! The two types of numbers that parameters come in: f32 in training, f64 where a reference is compared.

use oreo_core::{Archive, ArchiveError};
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Sub, SubAssign};

/// A floating-point type of parameters.
pub trait Number:
    Copy
    + Default
    + PartialEq
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + 'static
{
    /// Rounded where needed.
    fn from_f64(value: f64) -> Self;
    /// Exact.
    fn to_f64(self) -> f64;
    /// The root.
    fn sqrt(self) -> Self;
    /// Saves or loads a vector whose length does not change, bit by bit.
    ///
    /// # Errors
    /// Another number of values in the archive.
    fn persist(
        name: &str,
        values: &mut [Self],
        archive: &mut dyn Archive,
    ) -> Result<(), ArchiveError>;
}

macro_rules! number {
    ($kind:ty) => {
        impl Number for $kind {
            fn from_f64(value: f64) -> Self {
                value as Self
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn sqrt(self) -> Self {
                self.sqrt()
            }
            fn persist(
                name: &str,
                values: &mut [Self],
                archive: &mut dyn Archive,
            ) -> Result<(), ArchiveError> {
                const WIDTH: usize = size_of::<$kind>();
                let mut bytes = Vec::with_capacity(values.len() * WIDTH);
                values
                    .iter()
                    .for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
                archive.bytes(name, &mut bytes)?;
                if bytes.len() != values.len() * WIDTH {
                    return Err(ArchiveError::Length {
                        name: name.into(),
                        expected: values.len(),
                        found: bytes.len() / WIDTH,
                    });
                }
                for (value, bytes) in values.iter_mut().zip(bytes.chunks_exact(WIDTH)) {
                    *value = Self::from_le_bytes(bytes.try_into().expect("chunks of that width"));
                }
                Ok(())
            }
        }
    };
}

number!(f32);
number!(f64);
