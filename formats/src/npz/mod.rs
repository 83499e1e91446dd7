//! Arrays of NumPy: `.npz`, a zip of `.npy` entries.
//!
//! Read: little-endian floats and integers, C and Fortran order (returned in C order), and text. Written: f64 and i64.
//! Nothing is allocated on the word of a header: an array grows as its numbers arrive.

mod header;
mod reader;
mod writer;

pub use reader::NpzReader;
pub use writer::{write_npz, NpzArray};

/// Numbers with a shape, in C order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array<T> {
    /// Length along each axis; empty for a single number.
    pub shape: Vec<usize>,
    /// As many as the product of `shape`.
    pub values: Vec<T>,
}

/// As Python prints it: `(8633, 9, 3)`.
pub(crate) fn show_shape(shape: &[usize]) -> String {
    match shape {
        [single] => format!("({single},)"),
        _ => {
            let axes: Vec<_> = shape.iter().map(usize::to_string).collect();
            format!("({})", axes.join(", "))
        }
    }
}
