//! Labelled configurations in memory, in Oreo's units.

use crate::declared_units::DeclaredUnits;
use oreo_core::{Cell, Element, Frame, FrameRef, Vec3};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Thousands of frames in a few flat lists; of one molecule or of many.
///
/// Energies, forces and cells are there for all frames or for none.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSet {
    pub(crate) path: PathBuf,
    pub(crate) units: DeclaredUnits,
    pub(crate) atoms: Atoms,
    /// Å, (all atoms of all frames,)
    pub(crate) positions: Vec<Vec3>,
    /// eV, (frames,)
    pub(crate) energies: Option<Vec<f64>>,
    /// eV, (frames,); `None` when the labels are of that level, or nobody knows
    pub(crate) sampling_energies: Option<Vec<f64>>,
    /// eV/Å, (all atoms of all frames,)
    pub(crate) forces: Option<Vec<Vec3>>,
    /// (frames,); `None` when all are open
    pub(crate) cells: Option<Vec<Cell>>,
    /// (frames,)
    pub(crate) old_indices: Option<Vec<i64>>,
}

/// Who is in which frame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Atoms {
    /// Every frame has these.
    Same {
        elements: Vec<Element>,
        frames: usize,
    },
    /// Frame i has the atoms `first[i]..first[i + 1]`.
    Varying {
        elements: Vec<Element>,
        first: Vec<usize>,
    },
}

impl DataSet {
    /// Number of frames.
    pub fn len(&self) -> usize {
        match &self.atoms {
            Atoms::Same { frames, .. } => *frames,
            Atoms::Varying { first, .. } => first.len() - 1,
        }
    }

    /// True without frames.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The file it came from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The units that the file was declared to be in; everything here is in Å and eV.
    pub fn units(&self) -> DeclaredUnits {
        self.units
    }

    /// The elements of every frame, when all frames have the same.
    pub fn common_elements(&self) -> Option<&[Element]> {
        match &self.atoms {
            Atoms::Same { elements, .. } => Some(elements),
            Atoms::Varying { .. } => None,
        }
    }

    /// Atoms of all frames together.
    pub fn total_atoms(&self) -> usize {
        self.positions.len()
    }

    /// Elements of frame `i`, (n,). Panics when there is no frame `i`, like a slice; so do the next ones.
    pub fn elements(&self, i: usize) -> &[Element] {
        match &self.atoms {
            Atoms::Same { elements, frames } => {
                assert!(i < *frames, "frame {i} of {frames}");
                elements
            }
            Atoms::Varying { elements, .. } => &elements[self.range(i)],
        }
    }

    /// Å, (n,)
    pub fn positions(&self, i: usize) -> &[Vec3] {
        &self.positions[self.range(i)]
    }

    /// eV
    pub fn energy(&self, i: usize) -> Option<f64> {
        self.energies.as_ref().map(|energies| energies[i])
    }

    /// eV, at the level of theory of the dynamics that frame `i` was drawn from, where that is another one than that of its
    /// labels and the file has both (rMD17 with its revised labels).
    pub fn sampling_energy(&self, i: usize) -> Option<f64> {
        self.sampling_energies.as_ref().map(|energies| energies[i])
    }

    /// eV/Å, (n,)
    pub fn forces(&self, i: usize) -> Option<&[Vec3]> {
        self.forces.as_ref().map(|forces| &forces[self.range(i)])
    }

    /// Open unless the file has lattices.
    pub fn cell(&self, i: usize) -> &Cell {
        self.cells.as_ref().map_or(&Cell::Open, |cells| &cells[i])
    }

    /// Index of each frame in the original MD17 trajectory (rMD17 only), (frames,): frames with close indices are
    /// close in time.
    pub fn old_indices(&self) -> Option<&[i64]> {
        self.old_indices.as_deref()
    }

    /// Frame `i` without copying.
    pub fn frame_ref(&self, i: usize) -> FrameRef<'_> {
        FrameRef {
            elements: self.elements(i),
            positions: self.positions(i),
            cell: self.cell(i),
            energy: self.energy(i),
            forces: self.forces(i),
            velocities: None,
            step: None,
            time: None,
        }
    }

    /// Frame `i` as an owned copy.
    pub fn frame(&self, i: usize) -> Frame {
        Frame {
            cell: self.cell(i).clone(),
            energy: self.energy(i),
            forces: self.forces(i).map(<[Vec3]>::to_vec),
            ..Frame::new(self.elements(i).to_vec(), self.positions(i).to_vec())
        }
    }

    /// Every frame, borrowed.
    pub fn frames(&self) -> impl Iterator<Item = FrameRef<'_>> {
        (0..self.len()).map(|i| self.frame_ref(i))
    }

    /// Root mean square of the force components, eV/Å.
    pub fn force_rms(&self) -> Option<f64> {
        let forces = self.forces.as_ref().filter(|forces| !forces.is_empty())?;
        let sum: f64 = forces.iter().map(Vec3::norm_squared).sum();
        Some((sum / (3 * forces.len()) as f64).sqrt())
    }

    /// Where the atoms of frame `i` are in the flat lists.
    fn range(&self, i: usize) -> Range<usize> {
        match &self.atoms {
            Atoms::Same { elements, .. } => i * elements.len()..(i + 1) * elements.len(),
            Atoms::Varying { first, .. } => first[i]..first[i + 1],
        }
    }
}
