//! What `oreo convert` takes.

use super::DataSetArgs;
use crate::cli::choices::*;
use crate::cli::conversion::selection::Selection;
use crate::cli::quantity::Force;
use crate::cli::settings::count;
use clap::Args;
use oreo_core::Element;
use std::path::PathBuf;

/// `oreo convert`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oreo convert epoch=99.ckpt et.safetensors --elements \"H C N O\"
  oreo convert et.safetensors et-f16.safetensors --precision f16
  oreo convert first/replica-0/trajectory.dcd aspirin.xyz --topology aspirin-start.xyz
  oreo convert ani1x.h5 qm9.npz mine.extxyz mix.opack --max-force \"20 eV/A\"
  oreo convert first/replica-0/trajectory.xyz heavy.xyz --first 100 --every 10 --select heavy --superpose
  oreo convert box.dcd unwrapped.xyz --topology box.xyz --unwrap")]
pub struct ConvertArgs {
    /// What to read; the format is that of its content, and general the built-in weights if nothing of that name is there.
    /// Several only into one packed file
    #[arg(value_name = "IN", required = true, num_args = 1..)]
    pub inputs: Vec<PathBuf>,
    /// What to write; the format is that of its name. Anything that can be trained on goes into .opack
    #[arg(value_name = "OUT", required = true)]
    pub output: PathBuf,
    /// Of converted weights [default: as they are]; f16 rounds the model once and records it. Of packed files f32, with
    /// positions from the centroid (default), or f64: every bit of the source
    #[arg(long, value_enum, value_name = "NAME")]
    pub precision: Option<StorageChoice>,
    /// ε of the lengths √(v² + ε²) − ε in the head of converted weights: forces without a jump where a vector vanishes by symmetry,
    /// as on the carbon of methane. Weights begin with 0 [default: as they are]
    #[arg(long, value_name = "NUMBER")]
    pub vector_smoothing: Option<f64>,
    /// Elements that converted weights were trained for, such as "H C O"
    #[arg(long, value_name = "SYMBOLS", value_delimiter = ' ')]
    pub elements: Option<Vec<Element>>,
    /// Elements for trajectories without them (DCD)
    #[arg(long, value_name = "FILE")]
    pub topology: Option<PathBuf>,
    /// How to read data sets.
    #[command(flatten)]
    pub data_set: DataSetArgs,
    /// Leave conformations with a longer force on any atom out of a packed file [eV/A without a unit]
    #[arg(long, value_name = "FORCE")]
    pub max_force: Option<Force>,
    /// Each N-th frame only
    #[arg(long, visible_alias = "stride", value_name = "N", value_parser = count(), default_value_t = 1)]
    pub every: u64,
    /// Begin with this frame, counted from 0; of a trajectory or data set
    #[arg(long, value_name = "N")]
    pub first: Option<u64>,
    /// End with this frame, which is still written
    #[arg(long, value_name = "N")]
    pub last: Option<u64>,
    /// Write these atoms only: symbols, heavy (all but H), numbers from 0, such as C,O or 0-8,12. Energies, which are those
    /// of all atoms, are left out
    #[arg(long, value_name = "ATOMS")]
    pub select: Option<Selection>,
    /// Continuous paths across the faces of a box. Looks at every frame of the range, also those that --every leaves out
    #[arg(long, conflicts_with = "wrap")]
    pub unwrap: bool,
    /// All atoms inside their box
    #[arg(long)]
    pub wrap: bool,
    /// Move the centre of mass of what is written to the origin; in a box, along unwrapped paths, to its middle. Velocities
    /// stay as they are
    #[arg(long)]
    pub center: bool,
    /// Lay every frame on the first one written (Kabsch, atoms of equal weight); velocities and forces turn along. Not in a
    /// box
    #[arg(long)]
    pub superpose: bool,
    /// Replace OUT if it exists
    #[arg(long)]
    pub overwrite: bool,
}

impl ConvertArgs {
    /// The first, and but for packing the only one.
    pub fn input(&self) -> &std::path::Path {
        &self.inputs[0]
    }

    /// Which flags about single frames were given.
    pub fn about_frames(&self) -> [(&'static str, bool); 7] {
        [
            ("first", self.first.is_some()),
            ("last", self.last.is_some()),
            ("select", self.select.is_some()),
            ("unwrap", self.unwrap),
            ("wrap", self.wrap),
            ("center", self.center),
            ("superpose", self.superpose),
        ]
    }
}
