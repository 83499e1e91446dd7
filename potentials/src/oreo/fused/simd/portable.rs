//! Four numbers that the compiler keeps in whatever registers there are: the definition for the other modules.

use super::{Dual, Real, Vector};
use half::f16;
use std::ops::{Add, Div, Mul, Sub};

/// Four numbers.
#[derive(Clone, Copy)]
pub struct Lanes<T>([T; 4]);

macro_rules! operator {
    ($trait:ident, $method:ident, $operator:tt) => {
        impl<T: Real> $trait for Lanes<T> {
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

impl<T: Real> Vector for Lanes<T> {
    type Scalar = T;
    type Constant = Self;
    const LANES: usize = 4;
    const ROWS: usize = 6;

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
    fn unzip(from: &[Dual<T>]) -> [Self; 2] {
        let value = std::array::from_fn(|n| from[n].value);
        let tangent = std::array::from_fn(|n| from[n].tangent);
        [Self(value), Self(tangent)]
    }

    #[inline(always)]
    fn zip([value, tangent]: [Self; 2], to: &mut [Dual<T>]) {
        for (n, to) in to[..4].iter_mut().enumerate() {
            (to.value, to.tangent) = (value.0[n], tangent.0[n]);
        }
    }

    #[inline(always)]
    fn constant(self) -> Self {
        self
    }

    #[inline(always)]
    fn mul_add_constant(self, factor: Self, addend: Self) -> Self {
        self.mul_add(factor, addend)
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
