//! Writes frames. On resume the file is cut back to what the checkpoint has seen.

use super::write_error;
use oreo_core::{
    Archive, ArchiveError, FrameRef, Observer, ObserverError, Persist, Stop, Vec3, View,
};
use oreo_formats::{open_for_append, Position, Timing, TrajectoryWriter};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// What a frame carries besides positions, energy, step and time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FrameContent {
    /// eV/Å
    pub forces: bool,
    /// Å/fs in the file
    pub velocities: bool,
}

/// One trajectory file of one replica.
pub struct Trajectory {
    path: PathBuf,
    timing: Timing,
    content: FrameContent,
    /// Internal time units.
    timestep: f64,
    /// `None` until the first frame of a new run, or until a checkpoint says where to continue.
    writer: Option<Box<dyn TrajectoryWriter>>,
    velocities: Vec<Vec3>,
}

impl Trajectory {
    /// The extension of the path chooses the format. Nothing is opened yet: a new file begins with the first frame, a
    /// resumed one where its checkpoint ends.
    pub fn new(path: PathBuf, timing: Timing, content: FrameContent, timestep: f64) -> Self {
        Self {
            path,
            timing,
            content,
            timestep,
            writer: None,
            velocities: Vec::new(),
        }
    }

    /// Frames in the file.
    pub fn frames(&self) -> u64 {
        self.writer.as_ref().map_or(0, |writer| writer.frames())
    }

    fn open(
        &self,
        position: Position,
    ) -> Result<Box<dyn TrajectoryWriter>, oreo_formats::FormatError> {
        open_for_append(&self.path, position, self.timing)
    }
}

impl Observer for Trajectory {
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        if self.writer.is_none() {
            self.writer = Some(self.open(Position::START).map_err(write_error)?);
        }
        if self.content.velocities {
            self.velocities.clear();
            let pairs = view.state.momenta.iter().zip(&view.system.masses);
            self.velocities
                .extend(pairs.map(|(momentum, mass)| momentum / *mass));
        }
        let frame = FrameRef {
            elements: &view.system.elements,
            positions: &view.state.positions,
            cell: &view.state.cell,
            energy: Some(view.state.energy),
            forces: self.content.forces.then_some(&view.state.forces[..]),
            velocities: self.content.velocities.then_some(&self.velocities[..]),
            step: Some(view.state.step),
            time: Some(view.state.step as f64 * self.timestep),
        };
        let writer = self.writer.as_mut().expect("opened above");
        writer.write(&frame).map_err(write_error)?;
        Ok(ControlFlow::Continue(()))
    }

    fn flush(&mut self) -> Result<(), ObserverError> {
        self.writer
            .as_mut()
            .map_or(Ok(()), |writer| writer.flush())
            .map_err(write_error)
    }
}

impl Persist for Trajectory {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let mut position = self
            .writer
            .as_ref()
            .map_or(Position::START, |writer| writer.position());
        archive.u64("frames", &mut position.frames)?;
        archive.u64("bytes", &mut position.bytes)?;
        let invalid = |error: oreo_formats::FormatError| ArchiveError::Invalid {
            name: "trajectory".into(),
            problem: error.to_string(),
        };
        match &mut self.writer {
            Some(writer) if writer.position() == position => {}
            Some(writer) => writer.truncate_to(position).map_err(invalid)?,
            None if position == Position::START => {}
            None => self.writer = Some(self.open(position).map_err(invalid)?),
        }
        Ok(())
    }
}
