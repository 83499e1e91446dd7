//! One configuration as files know it: the coin of I/O and data.

use crate::{Cell, Element, State, System, Vec3};

/// An owned configuration; optional parts are `None` when the file does not carry them. Internal units throughout.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// (n,)
    pub elements: Vec<Element>,
    /// Å, (n,)
    pub positions: Vec<Vec3>,
    /// Open or periodic.
    pub cell: Cell,
    /// eV
    pub energy: Option<f64>,
    /// eV/Å, (n,)
    pub forces: Option<Vec<Vec3>>,
    /// Å/t, (n,)
    pub velocities: Option<Vec<Vec3>>,
    /// Step of the run that wrote it.
    pub step: Option<u64>,
    /// t (internal; divide by [`crate::units::FEMTOSECOND`])
    pub time: Option<f64>,
}

/// A borrowed configuration, for writers: no copy per frame.
#[derive(Debug, Clone, Copy)]
pub struct FrameRef<'a> {
    /// (n,)
    pub elements: &'a [Element],
    /// Å, (n,)
    pub positions: &'a [Vec3],
    /// Open or periodic.
    pub cell: &'a Cell,
    /// eV
    pub energy: Option<f64>,
    /// eV/Å, (n,)
    pub forces: Option<&'a [Vec3]>,
    /// Å/t, (n,)
    pub velocities: Option<&'a [Vec3]>,
    /// Step of the run.
    pub step: Option<u64>,
    /// t
    pub time: Option<f64>,
}

impl Frame {
    /// Elements and positions in open space, nothing else.
    pub fn new(elements: Vec<Element>, positions: Vec<Vec3>) -> Self {
        assert_eq!(elements.len(), positions.len(), "one position per element");
        Self {
            elements,
            positions,
            cell: Cell::Open,
            energy: None,
            forces: None,
            velocities: None,
            step: None,
            time: None,
        }
    }

    /// Number of atoms.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// True for a frame without atoms.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Borrowed view.
    pub fn as_ref(&self) -> FrameRef<'_> {
        FrameRef {
            elements: &self.elements,
            positions: &self.positions,
            cell: &self.cell,
            energy: self.energy,
            forces: self.forces.as_deref(),
            velocities: self.velocities.as_deref(),
            step: self.step,
            time: self.time,
        }
    }

    /// A system with standard masses and a state; at rest unless the frame has velocities.
    pub fn to_system_and_state(&self) -> (System, State) {
        let system = System::new(self.elements.clone());
        let mut state = State::at_rest(self.positions.clone(), self.cell.clone());
        if let Some(velocities) = &self.velocities {
            for ((momentum, velocity), mass) in
                state.momenta.iter_mut().zip(velocities).zip(&system.masses)
            {
                *momentum = *mass * velocity;
            }
        }
        (system, state)
    }
}
