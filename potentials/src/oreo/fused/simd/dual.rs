//! Numbers that carry their derivative along one direction: forward-mode differentiation. A kernel that runs on them
//! computes what it always computes, and beside it how that changes when its inputs move along the direction.

use super::{InstructionSet, Kernel, Real, Row, Stored, Vector};
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

/// A weight of a network of dual numbers: it stays what it is along any direction.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(transparent)]
pub struct Fixed<T>(pub T);

/// Registers of dual numbers.
#[derive(Clone, Copy)]
pub struct DualVector<V> {
    value: V,
    tangent: V,
}

/// A number whose square root can be taken and that a register can hold: f32 and f64.
pub trait Plain: Real<Plain = Self> {}
impl Plain for f32 {}
impl Plain for f64 {}

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

    fn dispatch<K: Kernel<Self>>(set: InstructionSet, kernel: K) -> K::Output {
        T::dispatch(set, OnPlain(kernel))
    }
}

impl<T: Plain> Stored for Dual<T> {
    type Scalar = Self;

    fn store(value: f64) -> Self {
        Self::from_f64(value)
    }

    fn widen(self) -> f64 {
        self.to_f64()
    }

    #[inline(always)]
    fn get<V: Vector<Scalar = Self>>(row: &Row<Self>, v: usize) -> V::Constant {
        row.get::<V>(v).constant()
    }
}

impl<T: Plain> Stored for Fixed<T> {
    type Scalar = Dual<T>;

    fn store(value: f64) -> Self {
        Self(T::from_f64(value))
    }

    fn widen(self) -> f64 {
        self.0.to_f64()
    }

    #[inline(always)]
    fn get<V: Vector<Scalar = Dual<T>>>(row: &Row<Self>, v: usize) -> V::Constant {
        V::load_fixed(&row.0[v * V::LANES..(v + 1) * V::LANES])
    }
}

/// Most lanes of a register.
const MOST_LANES: usize = 16;

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

    #[inline(always)]
    fn load(from: &[Self::Scalar]) -> Self {
        let [value, tangent] = V::unzip(from);
        Self { value, tangent }
    }

    #[inline(always)]
    fn store(self, to: &mut [Self::Scalar]) {
        V::zip([self.value, self.tangent], to);
    }

    fn load_f16(_: &[f16]) -> V {
        unreachable!("f16 weights are not trained")
    }

    #[inline(always)]
    fn load_fixed(from: &[Fixed<V::Scalar>]) -> V {
        let from = &from[..V::LANES];
        let mut values = [V::Scalar::ZERO; MOST_LANES];
        for n in 0..V::LANES {
            values[n] = from[n].0;
        }
        V::load(&values)
    }

    #[inline(always)]
    fn constant(self) -> V {
        self.value
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
}
