//! Writing a trajectory frame by frame, so that a resumed run leaves the same bytes as an uninterrupted one.
//!
//! The caller stores [`Position`] in its checkpoint. On resume [`open_for_append`] cuts whatever the checkpoint has not
//! seen (later frames, a torn last one) and goes on. A position in bytes, not a count of frames, because cutting is then
//! independent of the length of the file.

use crate::dcd::{DcdWriter, Timing};
use crate::error::{FormatError, Place};
use crate::xyz_writer::XyzWriter;
use oreo_core::{FrameRef, Vec3};
use std::path::Path;

/// Where a trajectory stands: two numbers for the checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Complete frames.
    pub frames: u64,
    /// Length of the file up to the end of the last complete frame.
    pub bytes: u64,
}

impl Position {
    /// An empty file.
    pub const START: Self = Self {
        frames: 0,
        bytes: 0,
    };
}

/// A trajectory file that grows frame by frame and can be cut.
pub trait TrajectoryWriter: Send {
    /// Appends a frame; on an error the file keeps its complete frames.
    fn write(&mut self, frame: &FrameRef<'_>) -> Result<(), FormatError>;

    /// Brings the header up to date and waits for the disk. Called before each checkpoint and at the end.
    fn flush(&mut self) -> Result<(), FormatError>;

    /// Complete frames and bytes so far.
    fn position(&self) -> Position;

    /// Cuts the file back to an earlier position.
    fn truncate_to(&mut self, position: Position) -> Result<(), FormatError>;

    /// The file.
    fn path(&self) -> &Path;

    /// Complete frames so far.
    fn frames(&self) -> u64 {
        self.position().frames
    }
}

/// A new trajectory; the extension chooses the format: `.xyz`, `.extxyz` or `.dcd`. An older file is overwritten.
/// `timing` goes into the header of a DCD.
pub fn create_trajectory(
    path: impl AsRef<Path>,
    timing: Timing,
) -> Result<Box<dyn TrajectoryWriter>, FormatError> {
    let path = path.as_ref();
    Ok(match kind(path)? {
        Kind::Xyz => Box::new(XyzWriter::create(path)?),
        Kind::Dcd => Box::new(DcdWriter::create(path, timing)?),
    })
}

/// Continues a trajectory behind `position`; what lies behind it is cut off. With [`Position::START`] the file need not
/// exist. Refuses a file that is shorter than `position`.
pub fn open_for_append(
    path: impl AsRef<Path>,
    position: Position,
    timing: Timing,
) -> Result<Box<dyn TrajectoryWriter>, FormatError> {
    let path = path.as_ref();
    Ok(match kind(path)? {
        Kind::Xyz => Box::new(XyzWriter::open_for_append(path, position)?),
        Kind::Dcd => Box::new(DcdWriter::open_for_append(path, position, timing)?),
    })
}

enum Kind {
    Xyz,
    Dcd,
}

fn kind(path: &Path) -> Result<Kind, FormatError> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("xyz" | "extxyz") => Ok(Kind::Xyz),
        Some("dcd") => Ok(Kind::Dcd),
        _ => Err(FormatError::unsupported(
            path,
            "no trajectory format of this name can be written",
            "use the extension .xyz, .extxyz or .dcd",
        )),
    }
}

/// Every part has one entry per atom, and there are atoms.
pub(crate) fn check_lengths(
    path: &Path,
    index: u64,
    frame: &FrameRef<'_>,
) -> Result<(), FormatError> {
    let atoms = frame.elements.len();
    let parts = [
        ("positions", Some(frame.positions)),
        ("forces", frame.forces),
        ("velocities", frame.velocities),
    ];
    let wrong = parts
        .into_iter()
        .find_map(|(name, part)| part.filter(|part| part.len() != atoms).map(|p| (name, p)));
    let problem = match wrong {
        None if atoms > 0 => return Ok(()),
        None => "it has no atoms".into(),
        Some((name, part)) => format!("{} {name} for {atoms} atoms", part.len()),
    };
    Err(FormatError::Unwritable {
        path: path.into(),
        frame: index,
        problem,
        remedy: "give one vector per atom",
    })
}

/// A file with NaN is read by nobody; better to stop here, where the cause is near.
pub(crate) fn check_finite(
    path: &Path,
    index: u64,
    frame: &FrameRef<'_>,
) -> Result<(), FormatError> {
    let not_finite = |quantity: String, value: f64| FormatError::NotFinite {
        path: path.into(),
        place: Place::Frame(index),
        quantity,
        value,
    };
    if let Some(energy) = frame.energy.filter(|energy| !energy.is_finite()) {
        return Err(not_finite("energy".into(), energy));
    }
    if let Some(time) = frame.time.filter(|time| !time.is_finite()) {
        return Err(not_finite("time".into(), time));
    }
    for (name, part) in [
        ("position", Some(frame.positions)),
        ("force", frame.forces),
        ("velocity", frame.velocities),
    ] {
        if let Some((atom, value)) = part.and_then(first_not_finite) {
            return Err(not_finite(format!("{name} of atom {atom}"), value));
        }
    }
    Ok(())
}

fn first_not_finite(vectors: &[Vec3]) -> Option<(usize, f64)> {
    vectors.iter().enumerate().find_map(|(atom, vector)| {
        let value = vector.iter().find(|value| !value.is_finite())?;
        Some((atom, *value))
    })
}
