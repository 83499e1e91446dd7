//! Millions of conformations in one file, read one at a time in bounded memory.
//!
//! | part | bytes | content, little endian |
//! |---|---|---|
//! | header | 160 | magic, version, units (1: eV, Å), counts, where the parts are, their checksums, its own |
//! | records | | per conformation: size, flags, part, CRC-32, energy f64, elements u8 × n, positions f32 × 3n, forces f32 × 3n (f64 when exact) |
//! | index | 8 (m + 1) | where each record starts, u64, and where the last ends |
//! | description | | JSON: the [`PackedPart`]s: where the conformations come from |
//!
//! Positions are relative to the centroid, so that f32 resolves 5e-7 Å; exact records keep both as they come. A conformation is one record, not a row in several
//! arrays: one positioned read fetches it. The file is read, not mapped: mapping is `unsafe` in Rust (another process may
//! truncate the file), and what counts, bounded memory and the page cache of the system, reading has as well.
//!
//! Checks: opening verifies header, index and description; reading a record verifies the record; [`Packed::verify`]
//! verifies all against the SHA-256 of the header. Files are written beside their name and renamed when whole.

mod header;
mod reader;
mod record;
mod writer;

pub(crate) use header::MAGIC;
pub use reader::Packed;
pub use writer::PackedWriter;

use super::{FilterReport, Indices, Origin};
use serde::{Deserialize, Serialize};

/// Where some of the conformations of a packed file come from; they lie in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedPart {
    /// Name of the source.
    pub name: String,
    /// Its file; `None` when made in memory.
    pub origin: Option<Origin>,
    /// Identifies its conformations, see [`super::fingerprint`].
    pub fingerprint: String,
    /// Which of them are in the file.
    pub indices: Indices,
    /// What the filter left out.
    pub filtered: FilterReport,
}
