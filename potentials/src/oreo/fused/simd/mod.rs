//! Vectors of numbers in registers, and the choice of the instructions that work on them.
//!
//! A [`Kernel`] is written once for any [`Vector`]; [`InstructionSet::dispatch`] runs it compiled for the processor at
//! hand. The vector types are private to this module: no code can hold one except inside a kernel that was dispatched,
//! so the instructions behind them are never met by a processor that lacks them. That is why the operations are safe.
//!
//! - [`Vector`]: what a register can do · [`Real`]: f32 and f64 · [`Stored`]: numbers as weights keep them
//! - [`Dual`]: either of them with its derivative along one direction, for training
//! - [`Row`]: 32 numbers of one atom, the unit of all memory here
//! - `avx512`, `avx2`, `portable`: the registers of one kind of processor each · `stack`: where they are put aside
//! - [`peak_flops`]: how many operations a second there could be

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod dual;
mod instruction_set;
mod peak;
mod portable;
mod real;
mod row;
#[cfg(target_arch = "x86_64")]
mod stack;
mod vector;

pub(super) use dual::{halves, halves_mut, Dual};
pub use instruction_set::InstructionSet;
pub use peak::peak_flops;
pub(super) use real::{Plain, Real};
pub(super) use row::{
    numbers, numbers_mut, prefetch, prefetch_from_memory, prefetch_half, rows, Factor, Row, Stored,
    PANEL,
};
pub(super) use vector::{silu, silu_with_slope, Kernel, Vector};

#[cfg(test)]
mod tests;
