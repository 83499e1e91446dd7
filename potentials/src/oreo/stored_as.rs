//! The two types of numbers that weights are written in.

use super::Weights;

/// How the numbers of a file are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredAs {
    /// Four bytes.
    F32,
    /// Eight bytes.
    F64,
}

impl StoredAs {
    /// F32 if that loses nothing, else F64.
    pub fn exact(weights: &Weights) -> Self {
        match Self::F32.inexact(weights) {
            0 => Self::F32,
            _ => Self::F64,
        }
    }

    /// How many numbers would be rounded.
    pub fn inexact(self, weights: &Weights) -> usize {
        let all = weights.tensors.values().flat_map(|tensor| &tensor.values);
        match self {
            Self::F32 => all
                .filter(|&&value| f64::from(value as f32) != value)
                .count(),
            Self::F64 => 0,
        }
    }

    /// Bytes a number.
    pub fn width(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// As safetensors calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F64 => "F64",
        }
    }

    /// As PyTorch calls it.
    pub(super) fn storage_class(self) -> &'static str {
        match self {
            Self::F32 => "FloatStorage",
            Self::F64 => "DoubleStorage",
        }
    }

    /// Little-endian.
    pub(super) fn encode(self, values: &[f64]) -> Vec<u8> {
        match self {
            Self::F32 => values
                .iter()
                .flat_map(|&value| (value as f32).to_le_bytes())
                .collect(),
            Self::F64 => values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        }
    }
}
