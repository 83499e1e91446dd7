//! The folder of a relaxation: what is in it, and that nothing else is touched.

use super::plan::RelaxPlan;
use super::records::Records;
use super::summary::Summary;
use crate::checkpoint::{replace_atomically, sync_folder};
use crate::cli::exit::{BadInput, OrBadInput};
use crate::run::RunDirectory;
use crate::Relaxation;
use anyhow::{Context, Result};
use oreo_core::FrameRef;
use oreo_formats::{TrajectoryWriter, XyzWriter};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// What a relaxation writes; `--overwrite` removes these and nothing else.
const OWN_FILES: [&str; 7] = [
    "relaxed.xyz",
    "trajectory.xyz",
    "convergence.csv",
    "plots/convergence.svg",
    "plots/convergence.png",
    "summary.json",
    "log.txt",
];
/// While `relaxed.xyz` is being written; such a name is tidied up by whoever locks the folder next.
const PARTIAL: &str = ".oreo-relaxed.partial";

/// Names and files.
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// What [`Self::create`] would refuse; touches nothing.
    pub fn check(root: &Path, overwrite: bool) -> Result<()> {
        let entries = fs::read_dir(root).into_iter().flatten().flatten();
        let full = entries
            .into_iter()
            .any(|entry| entry.file_name() != ".lock");
        if full && !overwrite {
            let problem =
                "is not empty; replace the relaxation in it with --overwrite, or choose another folder";
            return super::refused("output", format!("{} {problem}", root.display()));
        }
        RunDirectory::check(root, true)
            .or_bad_input()
            .context("--output")
    }

    /// Made if missing; the lock keeps a second process out as long as it lives.
    pub fn create(root: &Path, overwrite: bool) -> Result<(Self, File)> {
        Self::check(root, overwrite)?;
        let no = |problem| BadInput::new(format!("--output: {}: {problem}", root.display()));
        fs::create_dir_all(root).map_err(no)?;
        let lock = RunDirectory::new(root).lock().or_bad_input()?;
        let folder = Self { root: root.into() };
        for name in OWN_FILES {
            let path = folder.root.join(name);
            if path.exists() {
                fs::remove_file(&path).with_context(|| unwritable(&path))?;
            }
        }
        Ok((folder, lock))
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn log(&self) -> PathBuf {
        self.root.join("log.txt")
    }

    /// Grows step by step, too.
    pub fn convergence(&self) -> PathBuf {
        self.root.join("convergence.csv")
    }

    pub fn relaxed(&self) -> PathBuf {
        self.root.join("relaxed.xyz")
    }

    pub fn trajectory(&self) -> PathBuf {
        self.root.join("trajectory.xyz")
    }

    /// Grows step by step, so that a killed process leaves what it had.
    pub fn trajectory_writer(&self) -> Result<XyzWriter> {
        Ok(XyzWriter::create(self.trajectory())?)
    }

    /// With energy and forces; those on fixed atoms are what the potential says, too.
    pub fn frame(relaxation: &Relaxation) -> FrameRef<'_> {
        let state = relaxation.state();
        FrameRef {
            elements: &relaxation.system().elements,
            positions: &state.positions,
            cell: &state.cell,
            energy: Some(state.energy),
            forces: Some(&state.forces),
            velocities: None,
            step: Some(state.step),
            time: None,
        }
    }

    /// The last structure, as a whole or not at all.
    pub fn write_relaxed(&self, relaxation: &Relaxation) -> Result<()> {
        let (partial, path) = (self.root.join(PARTIAL), self.relaxed());
        let mut writer = XyzWriter::create(&partial)?;
        writer.write(&Self::frame(relaxation))?;
        writer.flush()?;
        fs::rename(&partial, &path)
            .and_then(|()| sync_folder(&self.root))
            .with_context(|| unwritable(&path))
    }

    /// `convergence.csv` to its end, and its figure; also of a relaxation that failed, as far as it came.
    pub fn write_records(&self, plan: &RelaxPlan, records: &Records) -> Result<()> {
        records.finish()?;
        self.plot(plan, records)
    }

    pub fn write_summary(&self, summary: &Summary) -> Result<()> {
        let text = serde_json::to_vec_pretty(summary);
        let text = text.context("the summary cannot be written as JSON")?;
        self.write(&self.root.join("summary.json"), &text)
    }

    fn write(&self, path: &Path, contents: &[u8]) -> Result<()> {
        replace_atomically(path, contents).with_context(|| unwritable(path))
    }

    #[cfg(feature = "plots")]
    fn plot(&self, plan: &RelaxPlan, records: &Records) -> Result<()> {
        use oreo_validation::plots::relaxation;
        let folder = self.root.join("plots");
        fs::create_dir_all(&folder).with_context(|| unwritable(&folder))?;
        let figure = relaxation(
            &records.points(|record| record.max_force),
            plan.fmax.ev_per_angstrom(),
            &records.points(|record| record.energy),
        );
        let size = crate::cli::figure_size::of(plan.figure_width);
        figure.save(&folder.join("convergence"), size)?;
        Ok(())
    }

    #[cfg(not(feature = "plots"))]
    fn plot(&self, _: &RelaxPlan, _: &Records) -> Result<()> {
        crate::cli::output::say("note: no plot: this build was made without the feature plots");
        Ok(())
    }
}

fn unwritable(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}
