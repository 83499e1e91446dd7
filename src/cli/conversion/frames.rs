//! Trajectories and data sets, frame by frame.

use super::packed::Packed;
use super::placement::Placement;
use super::unfinished::Unfinished;
use crate::cli::args::ConvertArgs;
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::frame_progress::FrameProgress;
use crate::cli::inspection::kind::FileContent;
use crate::cli::{output, viewers};
use anyhow::Result;
use oreo_core::{Element, Frame};
use oreo_formats::{
    create_trajectory, read_frames, read_structure, FileFormat, FormatError, ReadOptions, Timing,
    TrajectoryWriter,
};
use oreo_training::data::{self, Conformation, SourceOptions};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// The kinds of file that frames are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FramesFormat {
    /// Extended XYZ: keeps everything.
    Xyz,
    /// Positions in single precision, and the cell.
    Dcd,
    /// Arrays, for data sets without cells.
    Npz,
}

/// What was written.
#[derive(Debug, Serialize)]
pub struct ConvertedFrames {
    kind: &'static str,
    input: PathBuf,
    output: PathBuf,
    frames_read: u64,
    frames: u64,
    atoms: u64,
    left_out: Vec<&'static str>,
}

impl FramesFormat {
    /// By extension.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "xyz" | "extxyz" => Some(Self::Xyz),
            "dcd" => Some(Self::Dcd),
            "npz" => Some(Self::Npz),
            _ => None,
        }
    }

    /// What of a frame has no place in a file of this kind.
    fn left_out(self, frame: &Frame) -> Vec<&'static str> {
        let lost = |format: &[Self]| format.contains(&self);
        let parts = [
            ("energies", frame.energy.is_some() && lost(&[Self::Dcd])),
            ("forces", frame.forces.is_some() && lost(&[Self::Dcd])),
            (
                "velocities",
                frame.velocities.is_some() && lost(&[Self::Dcd, Self::Npz]),
            ),
            ("times", frame.time.is_some() && lost(&[Self::Npz])),
            ("digits of the positions beyond f32", lost(&[Self::Dcd])),
        ];
        parts
            .into_iter()
            .filter(|(_, lost)| *lost)
            .map(|(name, _)| name)
            .collect()
    }
}

enum Sink {
    Xyz(Box<dyn TrajectoryWriter>),
    /// With the elements of all frames: the file cannot say that they changed.
    Dcd(Box<dyn TrajectoryWriter>, Vec<Element>),
    Packed(Box<Packed>),
}

impl Sink {
    fn create(
        format: FramesFormat,
        path: &Path,
        first: &Frame,
        second: Option<&Frame>,
    ) -> Result<Self> {
        let trajectory = || create_trajectory(path, timing(first, second));
        Ok(match format {
            FramesFormat::Xyz => Self::Xyz(trajectory()?),
            FramesFormat::Dcd => Self::Dcd(trajectory()?, first.elements.clone()),
            FramesFormat::Npz => Self::Packed(Box::default()),
        })
    }

    fn add(&mut self, frame: &Frame) -> Result<()> {
        let written = match self {
            Sink::Packed(packed) => return packed.add(&frame.as_ref()),
            Sink::Dcd(_, elements) if *elements != frame.elements => {
                let problem = "frames of different molecules do not fit into one DCD file; write .xyz or .npz instead";
                return Err(BadInput::new(problem).into());
            }
            Sink::Xyz(writer) | Sink::Dcd(writer, _) => writer.write(&frame.as_ref()),
        };
        match written {
            // A frame that the format cannot hold came in like that; a full disk did not.
            Err(error @ (FormatError::Unwritable { .. } | FormatError::NotFinite { .. })) => {
                Err(error).or_bad_input()
            }
            other => Ok(other?),
        }
    }

    fn finish(self, path: &Path) -> Result<()> {
        match self {
            Sink::Xyz(mut writer) | Sink::Dcd(mut writer, _) => Ok(writer.flush()?),
            Sink::Packed(packed) => packed.write(path),
        }
    }
}

/// Each `every`-th frame of the range.
pub fn convert(args: &ConvertArgs, format: FramesFormat) -> Result<ConvertedFrames> {
    let target = Unfinished::new(&args.output, args.overwrite)?;
    let mut source = Source::open(args)?;
    let first = source.next_chosen()?;
    let Some(first) = first else {
        return source.nothing(args.input());
    };
    let second = source.next_chosen()?;
    let mut left_out = format.left_out(&first);
    if !left_out.is_empty() {
        let output = args.output.display();
        output::say(format_args!(
            "note: {output}: left out, since the format has no place for them: {}",
            left_out.join(", ")
        ));
    }
    if source.placement.leaves_energies_out() {
        left_out.push("energies");
        let output = args.output.display();
        output::say(format_args!(
            "note: {output}: energies are left out: they are those of all atoms, not of the selected ones"
        ));
    }
    let mut sink = Sink::create(format, target.path(), &first, second.as_ref())?;
    let (mut frames, mut atoms) = (0, 0);
    let mut next = Some(first);
    let mut later = second;
    while let Some(frame) = next {
        sink.add(&frame)?;
        frames += 1;
        atoms += frame.len() as u64;
        next = match later.take() {
            Some(frame) => Some(frame),
            None => source.next_chosen()?,
        };
    }
    sink.finish(target.path())?;
    source.progress.finish();
    if let Some(note) = source.placement.note() {
        output::say(format_args!("note: {}: {note}", args.input().display()));
    }
    target.finish()?;
    Ok(ConvertedFrames {
        kind: "frames",
        input: args.input().to_path_buf(),
        output: args.output.clone(),
        frames_read: source.read,
        frames,
        atoms,
        left_out,
    })
}

struct Source {
    frames: Box<dyn Iterator<Item = Result<Frame>>>,
    range: Range,
    placement: Placement,
    read: u64,
    progress: FrameProgress,
}

/// Numbers of the frames that are written.
struct Range {
    first: u64,
    /// Included.
    last: u64,
    /// Counted from `first`.
    every: u64,
}

impl Range {
    fn of(args: &ConvertArgs) -> Result<Self> {
        let (first, last) = (args.first.unwrap_or(0), args.last.unwrap_or(u64::MAX));
        if first > last {
            let problem = format!("--first {first} is behind --last {last}; exchange them");
            return Err(BadInput::new(problem).into());
        }
        let every = args.every;
        Ok(Self { first, last, every })
    }

    fn has(&self, number: u64) -> bool {
        number >= self.first && (number - self.first).is_multiple_of(self.every)
    }
}

impl Source {
    fn open(args: &ConvertArgs) -> Result<Self> {
        let mut options = args.data_set.read_options();
        if let FileContent::Conformations(_) = FileContent::of(args.input())? {
            return Self::of_conformations(args, options);
        }
        let format = FileFormat::of(args.input()).or_bad_input()?;
        if let Some(topology) = &args.topology {
            if matches!(format, FileFormat::Xyz | FileFormat::Npz) {
                let problem = format!(
                    "--topology has no use: {} names its elements",
                    args.input().display()
                );
                return Err(BadInput::new(problem).into());
            }
            let structure = read_structure(topology, 0, &ReadOptions::default()).or_bad_input()?;
            options.elements = Some(structure.elements);
        } else if format == FileFormat::Dcd {
            let problem =
                "DCD has no elements; give a structure with the same atoms: --topology FILE";
            return Err(BadInput::new(format!("{}: {problem}", args.input().display())).into());
        }
        if args.data_set.labels.is_some() && format != FileFormat::Npz {
            let problem = format!(
                "--labels is for rMD17 files, which {} is not",
                args.input().display()
            );
            return Err(BadInput::new(problem).into());
        }
        let frames = read_frames(args.input(), &options).or_bad_input()?;
        let frames = frames.map(|frame| frame.map_err(anyhow::Error::from));
        Self::new(args, Box::new(frames), None)
    }

    fn new(
        args: &ConvertArgs,
        frames: Box<dyn Iterator<Item = Result<Frame>>>,
        total: Option<u64>,
    ) -> Result<Self> {
        Ok(Self {
            frames,
            range: Range::of(args)?,
            placement: Placement::of(args),
            read: 0,
            progress: FrameProgress::new(total),
        })
    }

    /// Frames have no place for what is only known of the file: its level of theory, its properties.
    fn of_conformations(args: &ConvertArgs, read: ReadOptions) -> Result<Self> {
        if args.topology.is_some() {
            let input = args.input().display();
            let problem = format!("--topology has no use: {input} names its elements");
            return Err(BadInput::new(problem).into());
        }
        let options = SourceOptions {
            read,
            ..SourceOptions::default()
        };
        let source = data::open(args.input(), &options).or_bad_input()?;
        let total = source.len();
        let frame = move |index| {
            let mut conformation = Conformation::default();
            source.read(index, &mut conformation)?;
            Ok(Frame {
                energy: conformation.energy,
                forces: conformation.forces,
                ..Frame::new(conformation.elements, conformation.positions)
            })
        };
        Self::new(args, Box::new((0..total).map(frame)), Some(total as u64))
    }

    /// What lies behind the range is not read.
    fn next_chosen(&mut self) -> Result<Option<Frame>> {
        while self.read <= self.range.last {
            let Some(frame) = self.frames.next() else {
                break;
            };
            let mut frame = frame.or_bad_input()?;
            let number = self.read;
            self.read += 1;
            self.progress.advance(1);
            if number >= self.range.first {
                self.placement.follow(&mut frame, number)?;
            }
            if self.range.has(number) {
                return self.placement.place(frame, number).map(Some);
            }
        }
        Ok(None)
    }

    /// Why there is no frame at all.
    fn nothing(&self, path: &Path) -> Result<ConvertedFrames> {
        if self.read == 0 {
            let path = path.to_path_buf();
            return Err(FormatError::Empty { path }).or_bad_input();
        }
        let (path, read, first) = (path.display(), self.read, self.range.first);
        let problem = format!(
            "{path}: has {read} frames, 0 to {}, and no frame {first}; give a smaller --first",
            read - 1
        );
        Err(BadInput::new(problem).into())
    }
}

/// One step and one interval for all frames, from the first two: a DCD header has room for no more.
fn timing(first: &Frame, second: Option<&Frame>) -> Timing {
    let first_step = first.step.unwrap_or(0);
    let later = second
        .and_then(|frame| frame.step)
        .filter(|&step| step > first_step);
    let interval = later.map_or(1, |step| step - first_step);
    let elapsed = match (first.time, second.and_then(|frame| frame.time)) {
        (Some(start), Some(end)) if end > start => end - start,
        _ => 0.0,
    };
    Timing {
        first_step,
        interval,
        timestep: elapsed / interval as f64,
    }
}

impl fmt::Display for ConvertedFrames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (input, output) = (self.input.display(), self.output.display());
        writeln!(
            f,
            "{} of {} frames: {input} → {output}",
            self.frames, self.frames_read
        )?;
        // Nobody knows here which structure goes with the atoms of a DCD.
        let viewers = match FramesFormat::of(&self.output) {
            Some(FramesFormat::Xyz) => viewers::of_xyz(&self.output),
            Some(FramesFormat::Dcd) => viewers::of_dcd(Path::new("STRUCTURE.xyz"), &self.output),
            _ => return Ok(()),
        };
        writeln!(f, "to see it move: {}", viewers.join("   or   "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::Vec3;

    /// Planted: the time between two frames taken for the time step gives 20 here, not 0.5.
    #[test]
    fn the_time_step_is_the_time_between_frames_over_the_steps_between_them() {
        let frame = |step, time| Frame {
            step: Some(step),
            time: Some(time),
            ..Frame::new(vec!["H".parse().unwrap()], vec![Vec3::zeros()])
        };
        let timing = timing(&frame(40, 20.0), Some(&frame(80, 40.0)));
        assert_eq!((timing.first_step, timing.interval), (40, 40));
        assert_eq!(timing.timestep, 0.5);
    }
}
