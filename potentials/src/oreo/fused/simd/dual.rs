//! Numbers that carry their derivative along one direction: forward-mode differentiation. A kernel that runs on them
//! computes what it always computes, and beside it how that changes when its inputs move along the direction.
//!
//! A row of dual numbers is two plain rows in memory, its values and its tangents: registers are loaded as plain ones are,
//! and products with weights, which are linear, can work on the tangents alone.
#![allow(unsafe_code)]
// Only to see a row of dual numbers as the two rows that it is.

use super::{InstructionSet, Kernel, Plain, Real, Row, Vector};
use half::f16;
use std::ops::{Add, AddAssign, Div, Mul, Sub};

/// A number and its derivative.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(C)]
pub struct Dual<T> {
    /// x
    pub value: T,
    /// ẋ
    pub tangent: T,
}

/// Registers of dual numbers.
#[derive(Clone, Copy)]
pub struct DualVector<V> {
    value: V,
    tangent: V,
}

/// The rules of differentiation, written once for numbers and for registers.
macro_rules! rules {
    ($dual:ident<$inner:ident: $bound:ident>) => {
        impl<$inner: $bound> Add for $dual<$inner> {
            type Output = Self;
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                Self {
                    value: self.value + other.value,
                    tangent: self.tangent + other.tangent,
                }
            }
        }
        impl<$inner: $bound> Sub for $dual<$inner> {
            type Output = Self;
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                Self {
                    value: self.value - other.value,
                    tangent: self.tangent - other.tangent,
                }
            }
        }
        impl<$inner: $bound> Mul for $dual<$inner> {
            type Output = Self;
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                let tangent = self.value * other.tangent;
                Self {
                    value: self.value * other.value,
                    tangent: self.tangent.mul_add(other.value, tangent),
                }
            }
        }
        impl<$inner: $bound> Div for $dual<$inner> {
            type Output = Self;
            #[inline(always)]
            fn div(self, other: Self) -> Self {
                let value = self.value / other.value;
                Self {
                    value,
                    tangent: (self.tangent - value * other.tangent) / other.value,
                }
            }
        }
        impl<$inner: $bound> $dual<$inner> {
            #[inline(always)]
            fn fused(self, factor: Self, addend: Self) -> Self {
                let tangent = self.value.mul_add(factor.tangent, addend.tangent);
                Self {
                    value: self.value.mul_add(factor.value, addend.value),
                    tangent: self.tangent.mul_add(factor.value, tangent),
                }
            }

            #[inline(always)]
            fn exponential(self) -> Self {
                let value = self.value.exp();
                Self {
                    value,
                    tangent: value * self.tangent,
                }
            }
        }
    };
}

rules!(Dual<T: Plain>);
rules!(DualVector<V: Vector>);

impl<T: Plain> AddAssign for Dual<T> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<T: Plain> Dual<T> {
    /// x and ẋ, rounded.
    pub fn new(value: f64, tangent: f64) -> Self {
        Self {
            value: T::from_f64(value),
            tangent: T::from_f64(tangent),
        }
    }
}

/// Runs a kernel of dual numbers on registers of plain ones.
struct OnPlain<K>(K);

impl<T: Plain, K: Kernel<Dual<T>>> Kernel<T> for OnPlain<K> {
    type Output = K::Output;

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) -> K::Output {
        self.0.run::<DualVector<V>>()
    }
}

impl<T: Plain> Real for Dual<T> {
    type Plain = T;
    const TINY: Self = Self {
        value: T::TINY,
        tangent: T::ZERO,
    };
    const ZERO: Self = Self {
        value: T::ZERO,
        tangent: T::ZERO,
    };

    fn from_f64(value: f64) -> Self {
        Self::new(value, 0.0)
    }

    fn to_f64(self) -> f64 {
        self.value.to_f64()
    }

    fn exp(self) -> Self {
        self.exponential()
    }

    /// Where the root is 0 it has no derivative, and 0 is taken.
    fn sqrt(self) -> Self {
        let value = self.value.sqrt();
        Self {
            value,
            tangent: self.tangent / (value + value + T::TINY),
        }
    }

    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self.fused(factor, addend)
    }

    #[inline(always)]
    fn fixed(value: T) -> Self {
        Self {
            value,
            tangent: T::ZERO,
        }
    }

    fn fixed_row(values: &Row<T>) -> Row<Self> {
        let mut row = Row::default();
        row.halves_mut()[0] = *values;
        row
    }

    #[inline(always)]
    fn lane(row: &Row<Self>, n: usize) -> Self {
        let [values, tangents] = row.halves();
        Self {
            value: values.0[n],
            tangent: tangents.0[n],
        }
    }

    #[inline(always)]
    fn set_lane(row: &mut Row<Self>, n: usize, number: Self) {
        let [values, tangents] = row.halves_mut();
        (values.0[n], tangents.0[n]) = (number.value, number.tangent);
    }

    #[inline(always)]
    fn four(row: &Row<Self>, start: usize) -> [Self; 4] {
        let [values, tangents] = row.halves().each_ref().map(|half| T::four(half, start));
        let mut four = [Self::ZERO; 4];
        for n in 0..4 {
            (four[n].value, four[n].tangent) = (values[n], tangents[n]);
        }
        four
    }

    #[inline(always)]
    fn set_four(row: &mut Row<Self>, start: usize, four: [Self; 4]) {
        let [values, tangents] = row.halves_mut();
        T::set_four(values, start, four.map(|number| number.value));
        T::set_four(tangents, start, four.map(|number| number.tangent));
    }

    fn dispatch<K: Kernel<Self>>(set: InstructionSet, kernel: K) -> K::Output {
        T::dispatch(set, OnPlain(kernel))
    }
}

impl<T: Plain> Row<Dual<T>> {
    /// Values and tangents.
    #[inline(always)]
    pub fn halves(&self) -> &[Row<T>; 2] {
        // SAFETY: the 32 dual numbers of a row are 64 plain ones in memory (both types are `repr(C)`), as two rows are, and
        // any of them is valid. Rows begin at multiples of 64 bytes; so does the second half, since 32 numbers fill 128 or 256.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }

    /// The same, to be written.
    #[inline(always)]
    pub fn halves_mut(&mut self) -> &mut [Row<T>; 2] {
        // SAFETY: as in `halves`; the borrow passes on.
        unsafe { &mut *std::ptr::from_mut(self).cast() }
    }
}

/// Rows of dual numbers as pairs of rows.
pub fn halves<T: Plain>(rows: &[Row<Dual<T>>]) -> &[[Row<T>; 2]] {
    // SAFETY: as in `Row::halves`, row by row; the sizes are equal.
    unsafe { std::slice::from_raw_parts(rows.as_ptr().cast(), rows.len()) }
}

/// The same, to be written.
pub fn halves_mut<T: Plain>(rows: &mut [Row<Dual<T>>]) -> &mut [[Row<T>; 2]] {
    // SAFETY: as in `halves`; the borrow passes on.
    unsafe { std::slice::from_raw_parts_mut(rows.as_mut_ptr().cast(), rows.len()) }
}

impl<V: Vector> Vector for DualVector<V>
where
    V::Scalar: Plain,
{
    type Scalar = Dual<V::Scalar>;
    type Constant = V;
    const LANES: usize = V::LANES;
    const ROWS: usize = V::ROWS / 2;

    #[inline(always)]
    fn splat(number: Self::Scalar) -> Self {
        Self {
            value: V::splat(number.value),
            tangent: V::splat(number.tangent),
        }
    }

    fn load(_: &[Self::Scalar]) -> Self {
        unreachable!("values and derivatives are in different halves of a row")
    }

    fn store(self, _: &mut [Self::Scalar]) {
        unreachable!("values and derivatives are in different halves of a row")
    }

    #[inline(always)]
    fn get(row: &Row<Self::Scalar>, v: usize) -> Self {
        let [values, tangents] = row.halves();
        Self {
            value: V::get(values, v),
            tangent: V::get(tangents, v),
        }
    }

    #[inline(always)]
    fn set(self, row: &mut Row<Self::Scalar>, v: usize) {
        let [values, tangents] = row.halves_mut();
        self.value.set(values, v);
        self.tangent.set(tangents, v);
    }

    fn load_f16(_: &[f16]) -> Self {
        unreachable!("f16 weights are not trained")
    }

    #[inline(always)]
    fn get_constant(row: &Row<V::Scalar>, v: usize) -> V {
        V::get(row, v)
    }

    #[inline(always)]
    fn fixed(value: V) -> Self {
        Self {
            value,
            tangent: V::zero(),
        }
    }

    #[inline(always)]
    fn moving(value: V, slope: V, speed: V::Scalar) -> Self {
        Self {
            value,
            tangent: slope * V::splat(speed),
        }
    }

    #[inline(always)]
    fn times(self, weight: V) -> Self {
        Self {
            value: self.value * weight,
            tangent: self.tangent * weight,
        }
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self.fused(factor, addend)
    }

    #[inline(always)]
    fn mul_add_constant(self, factor: V, addend: Self) -> Self {
        Self {
            value: self.value.mul_add(factor, addend.value),
            tangent: self.tangent.mul_add(factor, addend.tangent),
        }
    }

    #[inline(always)]
    fn sums([a, b, c, d]: [Self; 4]) -> [Self::Scalar; 4] {
        let values = V::sums([a.value, b.value, c.value, d.value]);
        let tangents = V::sums([a.tangent, b.tangent, c.tangent, d.tangent]);
        let mut sums = [Self::Scalar::ZERO; 4];
        for n in 0..4 {
            sums[n] = Dual {
                value: values[n],
                tangent: tangents[n],
            };
        }
        sums
    }

    /// Where the root is 0 it has no derivative, and 0 is taken.
    #[inline(always)]
    fn sqrt(self) -> Self {
        let value = self.value.sqrt();
        let tiny = V::splat(V::Scalar::TINY);
        Self {
            value,
            tangent: self.tangent / (value + value + tiny),
        }
    }

    #[inline(always)]
    fn exp(self) -> Self {
        self.exponential()
    }

    /// σ′ = σ (1 − σ), and not by the rules of its parts: the tangent of e⁻ˣ leaves the range of f32 where σ is nearly 0.
    #[inline(always)]
    fn sigmoid(self) -> Self {
        let value = self.value.sigmoid();
        let slope = value * (V::splat(V::Scalar::from_f64(1.0)) - value);
        Self {
            value,
            tangent: slope * self.tangent,
        }
    }
}
