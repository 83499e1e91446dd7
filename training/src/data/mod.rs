//! Conformations with their labels, whatever file they come from.
//!
//! - [`open`]: any file as a [`Source`]: what `oreo_formats::load` reads, QM9, PCQM4Mv2, HDF5, packed
//! - [`Packed`], [`PackedWriter`]: millions of conformations in one file, streamed in bounded memory
//! - [`Split`]: which conformations are trained on, validated on and tested on, kept in a file
//! - [`Filter`], [`Subset`]: some of the conformations of a source
//! - [`inspect`], [`check`]: what is in a source, and whether its units make sense
//! - [`Sampler`]: who is in the k-th batch, a pure function of the seed and k · [`Mixture`]: several sources as one

mod filter;
mod hdf5;
mod hdf5_layout;
mod indices;
mod inspection;
mod labelled;
mod mixture;
mod open;
mod origin;
mod packed;
mod permutation;
mod qm9;
mod qm9_xyz;
mod sampler;
mod sdf;
mod split;
mod subset;

pub use filter::{select, Filter, FilterReport, Rejection};
pub use hdf5::Hdf5;
pub use hdf5_layout::Hdf5Layout;
pub use indices::Indices;
pub use inspection::{check, inspect, Inspection, Look, Spread};
pub use labelled::Labelled;
pub use mixture::{Drawn, Mixture};
pub use open::{open, SourceKind, SourceOptions};
pub use origin::{fingerprint, sha256_of_file, Kind, Origin};
pub use packed::{Packed, PackedPart, PackedWriter};
pub(crate) use permutation::mix;
pub use permutation::Permutation;
pub use qm9::Qm9;
pub use qm9_xyz::Qm9Xyz;
pub use sampler::{Draw, Sampler};
pub use sdf::Sdf;
pub use split::{Protocol, Sizes, Split};
pub use subset::Subset;

use crate::TrainingError;
use oreo_core::{Element, Vec3};
use std::path::Path;

/// One conformation. Units are eV and Å.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conformation {
    /// (n,)
    pub elements: Vec<Element>,
    /// Å, (n,)
    pub positions: Vec<Vec3>,
    /// eV/Å, (n,); `None` for an equilibrium structure, whose forces are 0 by definition
    pub forces: Option<Vec<Vec3>>,
    /// eV
    pub energy: Option<f64>,
}

impl Conformation {
    /// Replaces the content, reusing the memory of the lists.
    pub fn replace(
        &mut self,
        elements: impl IntoIterator<Item = Element>,
        positions: impl IntoIterator<Item = Vec3>,
        forces: Option<impl IntoIterator<Item = Vec3>>,
        energy: Option<f64>,
    ) {
        self.elements.clear();
        self.elements.extend(elements);
        self.positions.clear();
        self.positions.extend(positions);
        self.energy = energy;
        match forces {
            None => self.forces = None,
            Some(forces) => {
                let list = self.forces.get_or_insert_default();
                list.clear();
                list.extend(forces);
            }
        }
    }

    /// What is wrong with its shapes or numbers, if anything: a network must never see it.
    pub fn problem(&self) -> Option<String> {
        let n = self.elements.len();
        let lists = [
            ("positions", Some(&self.positions)),
            ("forces", self.forces.as_ref()),
        ];
        if n == 0 {
            return Some("has no atoms".into());
        }
        for (what, list) in lists {
            let Some(list) = list else { continue };
            if list.len() != n {
                return Some(format!("has {n} elements but {} {what}", list.len()));
            }
            if let Some(atom) = list.iter().position(|v| !v.iter().all(|x| x.is_finite())) {
                return Some(format!("{what} of atom {atom} are not finite numbers"));
            }
        }
        match self.energy {
            Some(energy) if !energy.is_finite() => Some(format!("its energy is {energy}")),
            _ => None,
        }
    }
}

/// Many conformations, read one at a time so that data may be larger than memory.
pub trait Source: Send + Sync {
    /// For reports: the name of the file.
    fn name(&self) -> &str;
    /// How many.
    fn len(&self) -> usize;
    /// None at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Replaces `conformation` by number `index`, reusing its memory.
    ///
    /// # Errors
    /// When the file has changed or is damaged; says which conformation.
    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError>;
    /// The file behind it and what is known of its labels; `None` for conformations made in memory.
    fn origin(&self) -> Option<&Origin> {
        None
    }
    /// Conformations of the file that are not shown because a label is missing.
    fn left_out(&self) -> usize {
        0
    }
    /// Names of scalar properties beside the energy, e.g. `homo`; all of them in eV.
    fn properties(&self) -> &[String] {
        &[]
    }
    /// Property number `which` of [`Source::properties`], eV; `None` where the file has none for this conformation.
    fn property(&self, index: usize, which: usize) -> Option<f64> {
        let _ = (index, which);
        None
    }
}

/// The error of a file as a whole.
pub(crate) fn file_error(path: &Path, problem: impl Into<String>) -> TrainingError {
    TrainingError::File {
        path: path.into(),
        problem: problem.into(),
    }
}

/// The error of a source about one of its conformations.
pub(crate) fn frame_error(name: &str, index: usize, problem: &str) -> TrainingError {
    TrainingError::File {
        path: name.into(),
        problem: format!("frame {index}: {problem}"),
    }
}

/// Refuses an index behind the end.
pub(crate) fn check_index(source: &dyn Source, index: usize) -> Result<(), TrainingError> {
    match index < source.len() {
        true => Ok(()),
        false => Err(frame_error(
            source.name(),
            index,
            &format!(
                "there are only {}; use the split that belongs to this file",
                source.len()
            ),
        )),
    }
}
