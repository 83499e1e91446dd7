//! The types of numbers that weights are written in.

use super::rounding::{is_stored_in_f16, nearest_f16};
use super::Weights;
use half::f16;

/// How the numbers of a file are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredAs {
    /// Four bytes.
    F32,
    /// Eight bytes.
    F64,
    /// Two bytes in the matrices that [`is_stored_in_f16`]; every other tensor in four, or in eight if it needs them.
    F16Matrices,
}

/// How the numbers of one tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    F16,
    F32,
    F64,
}

impl StoredAs {
    /// What loses nothing in the least space: F16 matrices for weights recorded as rounded to them, else F32, else F64.
    pub fn exact(weights: &Weights) -> Self {
        if weights.recorded_as_f16() && weights.matrices_are_f16() {
            return Self::F16Matrices;
        }
        match Self::F32.inexact(weights) {
            0 => Self::F32,
            _ => Self::F64,
        }
    }

    /// How many numbers would be rounded.
    pub fn inexact(self, weights: &Weights) -> usize {
        let tensors = weights.tensors.iter();
        let inexact = tensors.map(|(name, tensor)| {
            let number = self.number(name, &tensor.values);
            let values = tensor.values.iter();
            values.filter(|&&value| !number.holds(value)).count()
        });
        inexact.sum()
    }

    /// `F32`, `F64`, `F16 matrices`
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => Number::F32.name(),
            Self::F64 => Number::F64.name(),
            Self::F16Matrices => "F16 matrices",
        }
    }

    /// Of one tensor.
    pub(super) fn number(self, tensor: &str, values: &[f64]) -> Number {
        match self {
            Self::F32 => Number::F32,
            Self::F64 => Number::F64,
            Self::F16Matrices if is_stored_in_f16(tensor) => Number::F16,
            Self::F16Matrices if values.iter().all(|&value| Number::F32.holds(value)) => {
                Number::F32
            }
            Self::F16Matrices => Number::F64,
        }
    }
}

impl Number {
    /// Without rounding.
    fn holds(self, value: f64) -> bool {
        match self {
            Self::F16 => nearest_f16(value) == value,
            Self::F32 => f64::from(value as f32) == value,
            Self::F64 => true,
        }
    }

    /// Bytes a number.
    pub fn width(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// As safetensors calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F16 => "F16",
            Self::F32 => "F32",
            Self::F64 => "F64",
        }
    }

    /// As PyTorch calls it.
    pub fn storage_class(self) -> &'static str {
        match self {
            Self::F16 => "HalfStorage",
            Self::F32 => "FloatStorage",
            Self::F64 => "DoubleStorage",
        }
    }

    /// Little-endian.
    pub fn encode(self, values: &[f64]) -> Vec<u8> {
        let values = values.iter();
        match self {
            Self::F16 => values
                .flat_map(|&value| f16::from_f64(nearest_f16(value)).to_le_bytes())
                .collect(),
            Self::F32 => values
                .flat_map(|&value| (value as f32).to_le_bytes())
                .collect(),
            Self::F64 => values.flat_map(|value| value.to_le_bytes()).collect(),
        }
    }
}
