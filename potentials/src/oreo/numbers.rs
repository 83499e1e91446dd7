//! From stored bytes to f64: four types, any strides.

use super::contents::{NumberType, Stored};
use super::error::WeightsProblem;
use half::f16;

impl NumberType {
    /// Bytes a number; None for types that are never decoded.
    pub(super) fn width(&self) -> Option<usize> {
        match self {
            Self::F16 | Self::Bf16 => Some(2),
            Self::F32 => Some(4),
            Self::F64 => Some(8),
            Self::Other(_) => None,
        }
    }

    /// `F32`, …
    pub(super) fn name(&self) -> &str {
        match self {
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
            Self::F32 => "F32",
            Self::F64 => "F64",
            Self::Other(name) => name,
        }
    }

    /// Exact in every case. `bytes` is little-endian and `width` long.
    fn decode(&self, bytes: &[u8]) -> f64 {
        let short = || u16::from_le_bytes([bytes[0], bytes[1]]);
        match self {
            Self::F16 => f16::from_bits(short()).to_f64(),
            Self::Bf16 => f32::from_bits(u32::from(short()) << 16).into(),
            Self::F32 => f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).into(),
            Self::F64 => f64::from_le_bytes(bytes.try_into().expect("eight bytes, by width")),
            Self::Other(_) => unreachable!("width is None, so decoding never starts"),
        }
    }
}

impl Stored<'_> {
    /// Bytes a number, if they can be decoded.
    pub(super) fn check_type(&self, name: &str) -> Result<usize, WeightsProblem> {
        self.number_type
            .width()
            .ok_or_else(|| WeightsProblem::TensorType {
                tensor: name.to_string(),
                found: self.number_type.name().to_string(),
            })
    }

    /// Row-major. Allocates eight bytes a number; the caller has compared the shape with what the network demands.
    pub(super) fn values(&self, name: &str) -> Result<Vec<f64>, WeightsProblem> {
        let width = self.check_type(name)?;
        let numbers = self.storage.len() / width;
        if !self.fits(numbers) {
            let beyond = format!("the tensor '{name}' reaches beyond its {numbers} stored numbers");
            return Err(WeightsProblem::Damaged(beyond));
        }
        Ok(self.gather(width))
    }

    /// The last number that is reached lies inside, and no number is claimed more often than there are numbers.
    fn fits(&self, numbers: usize) -> bool {
        let count = product(&self.shape);
        if count == Some(0) {
            return true;
        }
        let reach = self.shape.iter().zip(&self.strides);
        let last = reach
            .map(|(&length, &stride)| (length - 1).checked_mul(stride))
            .try_fold(self.offset, |sum, step| sum.checked_add(step?));
        self.shape.len() == self.strides.len()
            && count.is_some_and(|count| count <= numbers)
            && last.is_some_and(|last| last < numbers)
    }

    fn gather(&self, width: usize) -> Vec<f64> {
        let count = product(&self.shape).unwrap_or(0);
        let mut index = vec![0; self.shape.len()];
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            let at: usize = index.iter().zip(&self.strides).map(|(i, s)| i * s).sum();
            let at = (self.offset + at) * width;
            values.push(self.number(&self.storage[at..at + width]));
            advance(&mut index, &self.shape);
        }
        values
    }

    fn number(&self, bytes: &[u8]) -> f64 {
        if !self.big_endian {
            return self.number_type.decode(bytes);
        }
        let mut reversed = [0; 8];
        let reversed = &mut reversed[..bytes.len()];
        reversed.copy_from_slice(bytes);
        reversed.reverse();
        self.number_type.decode(reversed)
    }
}

/// None on overflow.
pub(super) fn product(shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1usize, |count, &length| count.checked_mul(length))
}

/// Row-major strides of a shape.
pub(super) fn contiguous(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// Next index, the last axis fastest.
fn advance(index: &mut [usize], shape: &[usize]) {
    for (i, &length) in index.iter_mut().zip(shape).rev() {
        *i += 1;
        if *i < length {
            return;
        }
        *i = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored<'a>(storage: &'a [u8], shape: &[usize], strides: &[usize]) -> Stored<'a> {
        Stored {
            number_type: NumberType::F32,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
            offset: 0,
            storage,
            big_endian: false,
        }
    }

    fn counted(numbers: u8) -> Vec<u8> {
        (0..numbers)
            .flat_map(|n| f32::from(n).to_le_bytes())
            .collect()
    }

    /// Reading a transposed tensor as if it were contiguous gives 0 1 2 3 4 5.
    #[test]
    fn a_transposed_tensor_is_read_through_its_strides() {
        let storage = counted(6);
        let transposed = stored(&storage, &[3, 2], &[1, 3]).values("t").unwrap();
        assert_eq!(transposed, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    }

    #[test]
    fn an_offset_selects_a_part_of_a_shared_storage() {
        let storage = counted(6);
        let mut part = stored(&storage, &[2], &[1]);
        part.offset = 4;
        assert_eq!(part.values("t").unwrap(), [4.0, 5.0]);
        part.offset = 5;
        assert!(matches!(part.values("t"), Err(WeightsProblem::Damaged(_))));
    }

    #[test]
    fn claims_beyond_the_storage_are_refused_before_allocating() {
        let storage = counted(6);
        for (shape, strides) in [
            (vec![1 << 40], vec![0]),
            (vec![usize::MAX, 2], vec![0, 0]),
            (vec![2, 2], vec![usize::MAX, 1]),
            (vec![2], vec![6]),
            (vec![2, 2], vec![1]),
        ] {
            let claim = stored(&storage, &shape, &strides);
            assert!(matches!(claim.values("t"), Err(WeightsProblem::Damaged(_))));
        }
    }

    /// Values from the definition of the formats; a bias of 16, or a lost subnormal, is caught.
    #[test]
    fn short_types_decode_exactly() {
        let half = |bits: u16| NumberType::F16.decode(&bits.to_le_bytes());
        let half_cases = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_953_125),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x7bff, 65504.0),
            (0xfc00, f64::NEG_INFINITY),
        ];
        for (bits, value) in half_cases {
            assert_eq!(half(bits), value, "{bits:04x}");
        }
        assert!(half(0x7e00).is_nan());
        let brain: u16 = 0x4049;
        assert_eq!(NumberType::Bf16.decode(&brain.to_le_bytes()), 3.140625);
    }

    #[test]
    fn big_endian_numbers_are_turned_around() {
        let storage = 1.5f32.to_be_bytes();
        let mut tensor = stored(&storage, &[], &[]);
        tensor.big_endian = true;
        assert_eq!(tensor.values("t").unwrap(), [1.5]);
    }
}
