//! One trajectory: what it is read and compared with, and reading it once.

use super::clock::Clock;
use super::comparison::Comparison;
use super::frames::{check_elements, BondRule, Frames};
use super::numbers;
use super::results::ReplicaAnalysis;
use super::source::{each_frame, End};
use crate::cli::exit::BadInput;
use anyhow::Result;
use oreo_core::Frame;
use oreo_formats::ReadOptions;
use oreo_validation::Topology;
use std::path::PathBuf;

/// A structure that is not part of the trajectory.
pub struct FirstShape {
    /// Elements and bond lengths.
    pub frame: Frame,
    /// For messages.
    pub name: String,
}

/// A trajectory and how to look at it.
pub struct Subject {
    /// Of the replica.
    pub id: u32,
    /// The file.
    pub path: PathBuf,
    /// Elements; topology where there is no reference. `None`: the first frame.
    pub structure: Option<FirstShape>,
    /// How the file may end.
    pub end: End,
    /// Wins over the file, fs.
    pub given_interval_fs: Option<f64>,
    /// Where the file says nothing, fs.
    pub planned_interval_fs: Option<f64>,
    /// Å
    pub bond_threshold: f64,
    /// False for a run that was to go on with broken bonds.
    pub bonds_end_the_analysis: bool,
}

/// Reads all frames and counts. Notes are for the user, one line each.
pub fn analyze(
    subject: &Subject,
    comparison: Option<&Comparison>,
    notes: &mut Vec<String>,
) -> Result<ReplicaAnalysis> {
    let name = subject.path.display();
    let mut frames = None;
    let torn = each_frame(&subject.path, &subject.options(), subject.end, |frame| {
        let frames = match &mut frames {
            Some(frames) => frames,
            None => frames.insert(subject.begin(comparison, &frame)?),
        };
        frames.add(frame)
    })?;
    let Some(frames) = frames else {
        let problem = "has no complete frame; nothing can be analyzed";
        return Err(BadInput::new(format!("{name}: {problem}")).into());
    };
    if torn {
        let text = "its last frame is incomplete and left out, as the run is unfinished";
        notes.push(format!("{name}: {text}"));
    }
    if frames.broken.is_some_and(|broken| broken.frame == 0) {
        let text = "its first frame is already broken; are its atoms in the order of the reference, and is the reference of this molecule?";
        notes.push(format!("{name}: {text}"));
    }
    notes.extend(
        frames
            .clock
            .contradiction()
            .map(|text| format!("{name}: {text}")),
    );
    Ok(numbers::of(subject, comparison, frames))
}

impl Subject {
    fn options(&self) -> ReadOptions {
        let elements = |shape: &FirstShape| shape.frame.elements.clone();
        ReadOptions {
            elements: self.structure.as_ref().map(elements),
            ..ReadOptions::default()
        }
    }

    fn begin(&self, comparison: Option<&Comparison>, first: &Frame) -> Result<Frames> {
        let name = self.path.display().to_string();
        let place = format!("{name}, frame 0");
        if let Some(shape) = &self.structure {
            let whose = format!("of {}", shape.name);
            check_elements(&first.elements, &shape.frame.elements, &place, &whose)?;
        }
        if let Some(comparison) = comparison {
            let whose = format!("of the reference {}", comparison.path().display());
            check_elements(
                &first.elements,
                &comparison.first().elements,
                &place,
                &whose,
            )?;
        }
        let rule = BondRule {
            topology: self.topology(comparison, first),
            threshold: self.bond_threshold,
            ends_the_analysis: self.bonds_end_the_analysis,
        };
        let clock = Clock::new(self.given_interval_fs, self.planned_interval_fs);
        Frames::begin(name, first, rule, clock)
    }

    /// Mean lengths of the reference, else the lengths of one structure.
    fn topology(&self, comparison: Option<&Comparison>, first: &Frame) -> Topology {
        match comparison {
            Some(comparison) => comparison.topology().clone(),
            None => {
                let shape = self.structure.as_ref();
                let frame = shape.map_or(first, |shape| &shape.frame);
                Topology::from_structure(&frame.elements, &frame.positions, &frame.cell)
            }
        }
    }

    /// Where the bonds come from, for `analysis.json`.
    pub fn topology_name(&self, comparison: Option<&Comparison>) -> String {
        match (comparison, &self.structure) {
            (Some(comparison), _) => format!("mean distances of {}", comparison.path().display()),
            (None, Some(shape)) => shape.name.clone(),
            (None, None) => "the first frame".into(),
        }
    }
}
