//! Four numbers that the compiler keeps in whatever registers there are: the definition for the other modules.

use super::vector::plain_weights;
use super::{Plain, Row, Vector};
use half::f16;
use std::ops::{Add, Div, Mul, Sub};

/// Four numbers.
#[derive(Clone, Copy)]
pub struct Lanes<T>([T; 4]);

macro_rules! operator {
    ($trait:ident, $method:ident, $operator:tt) => {
        impl<T: Plain> $trait for Lanes<T> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(std::array::from_fn(|n| self.0[n] $operator other.0[n]))
            }
        }
    };
}

operator!(Add, add, +);
operator!(Sub, sub, -);
operator!(Mul, mul, *);
operator!(Div, div, /);

impl<T: Plain> Vector for Lanes<T> {
    type Scalar = T;
    const LANES: usize = 4;
    const ROWS: usize = 6;
    plain_weights!();

    #[inline(always)]
    fn splat(value: T) -> Self {
        Self([value; 4])
    }

    #[inline(always)]
    fn load(from: &[T]) -> Self {
        Self([from[0], from[1], from[2], from[3]])
    }

    #[inline(always)]
    fn store(self, to: &mut [T]) {
        to[..4].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn load_f16(from: &[f16]) -> Self {
        Self(std::array::from_fn(|n| T::from_f64(from[n].to_f64())))
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(std::array::from_fn(|n| {
            self.0[n].mul_add(factor.0[n], addend.0[n])
        }))
    }

    #[inline(always)]
    fn sums(four: [Self; 4]) -> [T; 4] {
        four.map(|v| (v.0[0] + v.0[1]) + (v.0[2] + v.0[3]))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.map(T::sqrt))
    }

    #[inline(always)]
    fn exp(self) -> Self {
        Self(self.0.map(T::exp))
    }
}
