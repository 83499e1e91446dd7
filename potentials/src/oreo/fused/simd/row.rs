//! Rows: the unit of memory.
#![allow(unsafe_code)]
// Only to see rows as the numbers that they are, and to prefetch.

use super::{Plain, Real, Vector};
use half::f16;

/// Channels of a row. Two registers of AVX-512; sizes are padded to multiples of it.
pub const PANEL: usize = 32;

/// Some 32 consecutive channels of one atom, on cache lines of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub struct Row<T>(pub [T; PANEL]);

impl<T: Default + Copy> Default for Row<T> {
    fn default() -> Self {
        Self([T::default(); PANEL])
    }
}

/// What a product reads or writes of a row.
pub trait Factor<T>: Send + Sync {
    /// The numbers that are multiplied.
    fn row(&self) -> &Row<T>;
    /// The same, to be written.
    fn row_mut(&mut self) -> &mut Row<T>;
}

/// A row of plain numbers: all of it.
impl<T: Plain> Factor<T> for Row<T> {
    #[inline(always)]
    fn row(&self) -> &Row<T> {
        self
    }

    #[inline(always)]
    fn row_mut(&mut self) -> &mut Row<T> {
        self
    }
}

/// A row of dual numbers: its tangents. The product of the values is known from elsewhere.
impl<T: Plain> Factor<T> for [Row<T>; 2] {
    #[inline(always)]
    fn row(&self) -> &Row<T> {
        &self[1]
    }

    #[inline(always)]
    fn row_mut(&mut self) -> &mut Row<T> {
        &mut self[1]
    }
}

/// The numbers of many rows, one after the other.
pub fn numbers<T: Plain>(rows: &[Row<T>]) -> &[T] {
    // SAFETY: a row is 32 numbers and nothing else: 128 or 256 bytes, multiples of its alignment.
    unsafe { std::slice::from_raw_parts(rows.as_ptr().cast(), rows.len() * PANEL) }
}

/// The same, to be written.
pub fn numbers_mut<T: Plain>(rows: &mut [Row<T>]) -> &mut [T] {
    // SAFETY: as in `numbers`; the borrow passes on.
    unsafe { std::slice::from_raw_parts_mut(rows.as_mut_ptr().cast(), rows.len() * PANEL) }
}

/// Zeros.
pub fn rows<T: Default + Copy>(count: usize) -> Vec<Row<T>> {
    vec![Row::default(); count]
}

impl<T: Real> Row<T> {
    /// Register `v` of the row, `v < PANEL / V::LANES`.
    #[inline(always)]
    pub fn get<V: Vector<Scalar = T>>(&self, v: usize) -> V {
        V::get(self, v)
    }

    /// Replaces register `v`.
    #[inline(always)]
    pub fn set<V: Vector<Scalar = T>>(&mut self, v: usize, value: V) {
        value.set(self, v);
    }

    /// Adds to register `v`.
    #[inline(always)]
    pub fn add<V: Vector<Scalar = T>>(&mut self, v: usize, value: V) {
        self.set(v, self.get::<V>(v) + value);
    }

    /// Number `n`.
    #[inline(always)]
    pub fn lane(&self, n: usize) -> T {
        T::lane(self, n)
    }

    /// Replaces number `n`.
    #[inline(always)]
    pub fn set_lane(&mut self, n: usize, number: T) {
        T::set_lane(self, n, number);
    }

    /// Adds a · b to register `v`.
    #[inline(always)]
    pub fn add_product<V: Vector<Scalar = T>>(&mut self, v: usize, a: V, b: V) {
        self.set(v, a.mul_add(b, self.get(v)));
    }
}

/// A number as weights keep it in memory: the type of the arithmetic, or half of it.
pub trait Stored: Copy + Default + Send + Sync + 'static {
    /// What it is computed with: f32 or f64.
    type Scalar: Plain;
    /// Rounds to the nearest.
    fn store(value: f64) -> Self;
    /// Exact.
    fn widen(self) -> f64;
    /// Register `v` of a row.
    fn get<V: Vector<Scalar = Self::Scalar>>(row: &Row<Self>, v: usize) -> V;
}

impl Stored for f32 {
    type Scalar = f32;
    fn store(value: f64) -> Self {
        value as f32
    }
    fn widen(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn get<V: Vector<Scalar = f32>>(row: &Row<f32>, v: usize) -> V {
        row.get::<V>(v)
    }
}

impl Stored for f64 {
    type Scalar = f64;
    fn store(value: f64) -> Self {
        value
    }
    fn widen(self) -> f64 {
        self
    }
    #[inline(always)]
    fn get<V: Vector<Scalar = f64>>(row: &Row<f64>, v: usize) -> V {
        row.get::<V>(v)
    }
}

impl Stored for f16 {
    type Scalar = f32;
    fn store(value: f64) -> Self {
        f16::from_f64(value)
    }
    fn widen(self) -> f64 {
        self.to_f64()
    }
    #[inline(always)]
    fn get<V: Vector<Scalar = f32>>(row: &Row<f16>, v: usize) -> V {
        V::load_f16(&row.0[v * V::LANES..(v + 1) * V::LANES])
    }
}

/// Asks for a row that will be needed soon: into the first cache.
#[inline(always)]
pub fn prefetch<T>(row: &Row<T>) {
    ask::<T, true>(row, 0, std::mem::size_of::<Row<T>>());
}

/// The same for half of it.
#[inline(always)]
pub fn prefetch_half<T, const HALF: usize>(row: &Row<T>) {
    let size = std::mem::size_of::<Row<T>>() / 2;
    ask::<T, true>(row, HALF * size, size);
}

/// Asks for a row that will be needed later: from memory into the second cache.
#[inline(always)]
pub fn prefetch_from_memory<T>(row: &Row<T>) {
    ask::<T, false>(row, 0, std::mem::size_of::<Row<T>>());
}

/// The cache lines of `size` bytes of a row; `NEAR`: into the first cache.
#[inline(always)]
#[allow(unsafe_code)]
fn ask<T, const NEAR: bool>(row: &Row<T>, start: usize, size: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_mm_prefetch, _MM_HINT_T0, _MM_HINT_T1};
        let row: *const i8 = std::ptr::from_ref(row).cast();
        for at in (start..start + size).step_by(64) {
            // SAFETY: the address is inside a row that exists, and prefetching changes nothing but caches.
            unsafe {
                match NEAR {
                    true => _mm_prefetch::<_MM_HINT_T0>(row.add(at)),
                    false => _mm_prefetch::<_MM_HINT_T1>(row.add(at)),
                }
            }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (row, start, size);
}
