//! A look at frames in time, or at single structures; read frame by frame.

use super::data_set::DataSetFacts;
use super::rows::Rows;
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::frame_progress::FrameProgress;
use anyhow::Result;
use oreo_core::units::FEMTOSECOND;
use oreo_core::{Cell, Element, Frame, System};
use oreo_formats::{read_frames, DcdReader, FileFormat, FormatError, Frames, ReadOptions};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What is in the file.
#[derive(Debug, Serialize)]
pub struct TrajectoryFacts {
    kind: &'static str,
    file: PathBuf,
    format: &'static str,
    frames: u64,
    /// Of the first frame.
    atoms: usize,
    /// Every frame has the same elements.
    one_molecule: bool,
    /// Of the first frame; `null` where the format has no elements.
    formula: Option<String>,
    /// Edges of the first frame; `null` in open space.
    cell_a: Option<[f64; 3]>,
    first_step: Option<u64>,
    last_step: Option<u64>,
    steps_between_frames: Option<u64>,
    frame_interval_fs: Option<f64>,
    timestep_fs: Option<f64>,
    length_ps: Option<f64>,
    has: Vec<&'static str>,
    /// What stopped the reading; `null` when the file is whole.
    problem: Option<String>,
}

/// Either, after a look at the format and the first frame.
pub enum FramesFacts {
    /// Labelled frames without times.
    DataSet(Box<DataSetFacts>),
    /// Everything else.
    Trajectory(Box<TrajectoryFacts>),
}

/// Labelled frames without times are a data set, and so is every npz file.
pub fn look(path: &Path, options: ReadOptions) -> Result<FramesFacts> {
    let format = FileFormat::of(path).or_bad_input()?;
    if options.labels.is_some() && format != FileFormat::Npz {
        let problem = "--labels is for rMD17 files, which this is not";
        return Err(BadInput::new(format!("{}: {problem}", path.display())).into());
    }
    let is_data_set = match format {
        FileFormat::Npz => true,
        FileFormat::Xyz => {
            let first = read_frames(path, &options).or_bad_input()?.next();
            first.is_some_and(|frame| frame.is_ok_and(|frame| is_labelled_and_timeless(&frame)))
        }
        _ => false,
    };
    Ok(match is_data_set {
        true => FramesFacts::DataSet(Box::new(DataSetFacts::of(path, &options)?)),
        false => FramesFacts::Trajectory(Box::new(TrajectoryFacts::of(path, format)?)),
    })
}

fn is_labelled_and_timeless(frame: &Frame) -> bool {
    let labelled = frame.energy.is_some() || frame.forces.is_some();
    labelled && frame.time.is_none() && frame.step.is_none()
}

/// A stand-in for the elements that a DCD does not have.
fn open(path: &Path, format: FileFormat) -> Result<Frames, FormatError> {
    match format {
        FileFormat::Dcd => {
            let atoms = DcdReader::atoms_of(path)?;
            let bound = std::fs::metadata(path).map_or(0, |metadata| metadata.len() / 12);
            // A damaged header must not claim more atoms than the file could hold.
            if atoms as u64 > bound {
                let path = path.to_path_buf();
                return Err(FormatError::Empty { path });
            }
            let stand_in: Element = "H".parse().expect("hydrogen");
            Ok(Box::new(DcdReader::open(path, &vec![stand_in; atoms])?))
        }
        _ => read_frames(path, &ReadOptions::default()),
    }
}

impl TrajectoryFacts {
    fn of(path: &Path, format: FileFormat) -> Result<Self> {
        let mut frames = open(path, format).or_bad_input()?;
        let first = match frames.next() {
            Some(frame) => frame.or_bad_input()?,
            None => return Err(FormatError::Empty { path: path.into() }).or_bad_input(),
        };
        let mut facts = Self::of_first(path, format, &first);
        let mut progress = FrameProgress::new(None);
        let (mut second, mut last) = (None, None);
        for frame in frames {
            match frame {
                Ok(frame) => {
                    facts.frames += 1;
                    facts.one_molecule &= frame.elements == first.elements;
                    let mark = (frame.step, frame.time);
                    second = second.or(Some(mark));
                    last = Some(mark);
                }
                Err(error) => facts.problem = Some(error.to_string()),
            }
            progress.advance(1);
        }
        progress.finish();
        facts.set_times((first.step, first.time), second, last);
        if facts.frames == 1 && first.time.is_none() && format != FileFormat::Dcd {
            facts.kind = "structure";
        }
        Ok(facts)
    }

    fn of_first(path: &Path, format: FileFormat, first: &Frame) -> Self {
        let has = [
            ("energies", first.energy.is_some()),
            ("forces", first.forces.is_some()),
            ("velocities", first.velocities.is_some()),
        ];
        let formula = || System::new(first.elements.clone()).formula();
        Self {
            kind: "trajectory",
            file: path.to_path_buf(),
            format: match format {
                FileFormat::Xyz => "XYZ",
                FileFormat::Dcd => "DCD",
                FileFormat::Npz => "npz",
                FileFormat::Chemfiles => "by chemfiles",
            },
            frames: 1,
            atoms: first.len(),
            one_molecule: true,
            formula: (format != FileFormat::Dcd).then(formula),
            cell_a: edges(&first.cell),
            first_step: first.step,
            last_step: first.step,
            steps_between_frames: None,
            frame_interval_fs: None,
            timestep_fs: None,
            length_ps: None,
            has: has
                .into_iter()
                .filter(|(_, has)| *has)
                .map(|(name, _)| name)
                .collect(),
            problem: None,
        }
    }

    fn set_times(&mut self, first: Mark, second: Option<Mark>, last: Option<Mark>) {
        let elapsed = |later: Option<Mark>| Some((later?.1? - first.1?) / FEMTOSECOND);
        let steps = |later: Option<Mark>| later?.0?.checked_sub(first.0?);
        self.frame_interval_fs = elapsed(second);
        self.steps_between_frames = steps(second);
        let step = self.steps_between_frames.filter(|&steps| steps > 0);
        self.timestep_fs = self
            .frame_interval_fs
            .zip(step)
            .map(|(fs, steps)| fs / steps as f64);
        self.length_ps = elapsed(last).map(|fs| 1e-3 * fs);
        self.last_step = last.map_or(self.first_step, |mark| mark.0);
    }

    /// For people.
    pub fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        rows.add(self.kind, self.file.display());
        rows.add("format", self.format);
        let atoms = match self.one_molecule {
            true => format!("{} of {} atoms", self.frames, self.atoms),
            false => format!(
                "{} of different molecules, {} atoms in the first",
                self.frames, self.atoms
            ),
        };
        rows.add("frames", atoms);
        rows.add(
            "formula",
            self.formula
                .as_deref()
                .unwrap_or("unknown: the format has no elements"),
        );
        match self.cell_a {
            Some([a, b, c]) => rows.add("cell", format!("edges {a:.3}, {b:.3}, {c:.3} Å")),
            None => rows.add("cell", "open"),
        }
        rows.add_some(
            "steps",
            self.first_step
                .zip(self.last_step)
                .map(|(a, b)| format!("{a} to {b}")),
        );
        rows.add_some(
            "time step",
            self.timestep_fs.map(|fs| format!("{fs:.4} fs")),
        );
        rows.add_some(
            "between frames",
            self.frame_interval_fs.map(|fs| format!("{fs:.3} fs")),
        );
        rows.add_some("length", self.length_ps.map(|ps| format!("{ps:.4} ps")));
        rows.add_all("with", &self.has);
        rows.add_some("PROBLEM", self.problem.as_ref());
        rows
    }
}

/// Step and time of a frame.
type Mark = (Option<u64>, Option<f64>);

fn edges(cell: &Cell) -> Option<[f64; 3]> {
    match cell {
        Cell::Open => None,
        Cell::Periodic(periodic) => {
            Some([0, 1, 2].map(|axis| periodic.vectors().column(axis).norm()))
        }
    }
}
