//! What can be typed: commands and flags, no logic. `plan` says what is meant.

use super::choices::*;
use super::conversion::selection::Selection;
use super::figure_size::FigureArgs;
use super::quantity::{Force, Length, Time};
use super::relaxation::AtomSelection;
use super::settings::{count, small_count, threads, RunSettings};
use super::weights_source::WeightsSource;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use oreo_core::Element;
use std::path::PathBuf;

/// Molecular dynamics with a learned potential
#[derive(Debug, Parser)]
#[command(name = "oreo", version, arg_required_else_help = true)]
#[command(after_help = "\
Exit codes: 0 success, 1 failed, 2 usage or bad input, 3 stopped by a stability rule, 130 interrupted.
Example:    oreo run --structure aspirin.xyz --output first")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Print one JSON object on standard output; everything else goes to standard error
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run molecular dynamics
    Run(Box<RunArgs>),
    /// Continue a run from its last checkpoint, to the bit
    Resume(ResumeArgs),
    /// Show a run, a training or a relaxation that goes on in another process, until it ends
    Watch(WatchArgs),
    /// Train the network on forces: from scratch, pre-training, fine-tuning
    Train(TrainArgs),
    /// Move atoms to the minimum of the energy that they belong to
    Relax(Box<RelaxArgs>),
    /// Compare predicted energies and forces with those of a data set
    Evaluate(EvaluateArgs),
    /// Convert weights, trajectories and data sets between formats
    Convert(ConvertArgs),
    /// Say what a file is: weights, data set, trajectory, checkpoint, folder of a run
    Inspect(InspectArgs),
    /// Say what a run or a trajectory is worth: numbers, plots, one page
    Analyze(AnalyzeArgs),
    /// Time energies and forces, the steps made of them, and steps of training
    Bench(BenchArgs),
    /// Make a table of the ET-OREO paper: train, run, score; continues where it was stopped
    Reproduce(ReproduceArgs),
    /// Say what this machine and this build can do
    Doctor(DoctorArgs),
    /// Print what a shell needs to complete commands, flags and values of oreo
    Completions(CompletionsArgs),
    /// Write manual pages, one for each command
    Man(ManArgs),
}

/// `oreo run`: every setting is a flag here and a key in the config file.
#[derive(Debug, Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Quantities take units: \"0.5 fs\", \"300 ps\", \"500 K\", \"1 nm\", \"10 kcal/mol/A\". Flags override the config file, and both
override the preset. Every flag with a value is also a key of the config file, without the dashes: timestep = \"0.5 fs\".
Without --weights and --potential the network has the built-in weights `general`: `oreo inspect general` says what they know.
Examples:
  oreo run --structure aspirin.xyz --output first
  oreo run --structure aspirin.xyz --weights et.safetensors --steps 100000 --temperature \"500 K\" --output second
  oreo run --preset md17 --structure rmd17_aspirin.npz --weights et.safetensors --reference rmd17_aspirin.npz
  oreo run config.toml --seed 7 --output second --dry-run
  oreo run config.toml --ensemble second.safetensors third.safetensors --ensemble-stop \"0.1 eV/A\""
)]
pub struct RunArgs {
    /// Settings in TOML; relative paths in it are relative to it
    #[arg(value_name = "CONFIG")]
    pub config: Option<PathBuf>,
    /// Everything else.
    #[command(flatten)]
    pub settings: RunSettings,
    /// Continue from the last checkpoint in the output folder
    #[arg(long, conflicts_with = "overwrite")]
    pub resume: bool,
    /// Replace what is in the output folder
    #[arg(long)]
    pub overwrite: bool,
    /// Only say what would run, and what memory and time to expect
    #[arg(long)]
    pub dry_run: bool,
}

/// `oreo train`
#[derive(Debug, Args)]
#[command(after_help = "\
Every setting is a key of the config file; --dry-run prints all of them with their defaults, the data and the time expected.
Example:
  oreo train ethanol.toml --dry-run
  oreo train ethanol.toml
  oreo train --resume ethanol-training
  oreo train --resume ethanol-training --steps 600000
  oreo train aspirin.toml --init ethanol-training/best.safetensors")]
pub struct TrainArgs {
    /// Settings in TOML; relative paths in it are relative to it
    #[arg(value_name = "CONFIG")]
    pub config: Option<PathBuf>,
    /// Continue the training in this folder from its last checkpoint
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    pub resume: Option<PathBuf>,
    /// With --resume: new total number of steps, counted from step 0
    #[arg(long, value_name = "N", requires = "resume", value_parser = count())]
    pub steps: Option<u64>,
    /// Weights to begin with, a file or the name of built-in ones (general), instead of `init` of the config file
    #[arg(long, value_name = "FILE|NAME", conflicts_with = "resume")]
    pub init: Option<WeightsSource>,
    /// Folder of the run, instead of that of the config file
    #[arg(long, value_name = "DIR", conflicts_with = "resume")]
    pub output: Option<PathBuf>,
    /// Say what would be done: data, steps, time, memory; nothing is written
    #[arg(long)]
    pub dry_run: bool,
    /// How large figures are.
    #[command(flatten)]
    pub figures: FigureArgs,
}

/// `oreo reproduce`
#[derive(Debug, Args)]
#[command(after_help = "\
The small scale takes two cores about a day in all, the paper's needs a large machine. Every job is a command of this program; its
line, its log and what it found are kept. validation/reproduce/README.md says what is in DATA and where it comes from.
Example:
  oreo reproduce md17 --data DATA --output reproduction --jobs 2
  oreo reproduce md17 --data DATA --output reproduction --dry-run
  oreo reproduce --render validation/results --output docs/RESULTS.md")]
pub struct ReproduceArgs {
    /// Which table
    #[arg(value_name = "EXPERIMENT", required_unless_present = "render")]
    pub experiment: Option<ExperimentChoice>,
    /// How large
    #[arg(long, value_name = "NAME", default_value_t = ScaleChoice::Small)]
    pub scale: ScaleChoice,
    /// Folder of the data sets
    #[arg(long, value_name = "DIR", required_unless_present = "render")]
    pub data: Option<PathBuf>,
    /// Folder of everything that is made; what is done there is not done again [default: reproduction-SCALE]
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Jobs at the same time, of one thread each
    #[arg(long, value_name = "N", value_parser = small_count(), default_value_t = 1)]
    pub jobs: u32,
    /// Labels of rMD17 that md17 is fine-tuned on; pre-training takes the recomputed ones
    #[arg(long, value_name = "NAME", default_value_t = Labels::Rmd17)]
    pub labels: Labels,
    /// Only jobs with this in their name, and those that they need; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub only: Vec<String>,
    /// Say how far each job is
    #[arg(long)]
    pub dry_run: bool,
    /// Write RESULTS.md from the JSON files in this folder; to --output if it is given
    #[arg(long, value_name = "DIR", conflicts_with_all = ["experiment", "data", "only", "dry_run"])]
    pub render: Option<PathBuf>,
}

/// `oreo resume`
#[derive(Debug, Args)]
#[command(after_help = "\
Example: oreo resume first --steps 20000")]
pub struct ResumeArgs {
    /// Output folder of a run
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// New total number of steps, counted from step 0
    #[arg(long, value_name = "N", value_parser = count())]
    pub steps: Option<u64>,
    /// Start from the checkpoint before the last one
    #[arg(long)]
    pub from_previous: bool,
    /// Threads of the network [default: as the run began]
    #[arg(long, value_name = "N", value_parser = threads())]
    pub threads: Option<u32>,
    /// How large figures are.
    #[command(flatten)]
    pub figures: FigureArgs,
}

/// `oreo watch`
#[derive(Debug, Args)]
#[command(after_help = "\
Only reads, and may be started and ended at any time. A run shows step, time, speed, temperature, drift of the conserved quantity and
the largest deviation of a bond, for each replica; a training its errors; a relaxation step, energy and largest force. Exit code 0: it
completed or converged; 3: a stability rule stopped a replica; 1: it is not finished or not converged and nobody works on it, and how
to continue is said. With --json the object comes at the end.
Examples:
  oreo watch first
  oreo watch first --once --json")]
pub struct WatchArgs {
    /// Output folder of `oreo run`, `oreo train` or `oreo relax`
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// Say how it is now, and leave
    #[arg(long)]
    pub once: bool,
}

/// `oreo completions`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oreo completions bash > ~/.local/share/bash-completion/completions/oreo
  oreo completions zsh > \"${fpath[1]}/_oreo\"
  oreo completions fish > ~/.config/fish/completions/oreo.fish")]
pub struct CompletionsArgs {
    /// For which shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `oreo man`
#[derive(Debug, Args)]
#[command(after_help = "\
Example: oreo man --output ~/.local/share/man/man1    # then: man oreo, man oreo-run")]
pub struct ManArgs {
    /// Folder of the pages, oreo.1, oreo-run.1 and so on; made if missing, pages of these names are replaced
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
}

/// `oreo analyze`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples: oreo analyze first --reference rmd17_aspirin.npz
          oreo analyze first second third --output comparison    # each as before, and one page for all
          oreo analyze first --figure-width \"85 mm\"             # figures for one column of a journal
          oreo analyze ethanol-training                          # the report of a training")]
pub struct AnalyzeArgs {
    /// Output folder of a run, or one trajectory; several are analyzed one by one and shown side by side. Or the folder of a
    /// training: its report is made again
    #[arg(value_name = "DIR|TRAJECTORY", required = true)]
    pub targets: Vec<PathBuf>,
    /// Reference frames for h(r), its floor and the bond topology [default: those of the run]
    #[arg(long, value_name = "DATA")]
    pub reference: Option<PathBuf>,
    /// How to read data sets.
    #[command(flatten)]
    pub data_set: DataSetArgs,
    /// Where the report goes [default: the run's folder, or the trajectory's name with -analysis]; of several, where the
    /// page of all goes [default: oreo-comparison]
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Elements and topology for trajectories without them (DCD)
    #[arg(long, value_name = "FILE")]
    pub structure: Option<PathBuf>,
    /// Time between two frames, where the trajectory does not say it [fs without a unit]
    #[arg(long, value_name = "TIME")]
    pub frame_interval: Option<Time>,
    /// Allowed deviation of a bond from its reference length [A without a unit; default: 0.5 A]
    #[arg(long, value_name = "LENGTH")]
    pub bond_threshold: Option<Length>,
    /// How large figures are.
    #[command(flatten)]
    pub figures: FigureArgs,
}

/// `oreo evaluate`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oreo evaluate --weights et.safetensors --data rmd17_aspirin.npz --frames 1000 --predictions out.npz
  oreo evaluate --weights run/best.safetensors --data rmd17_aspirin.npz --split run/splits/0.json")]
pub struct EvaluateArgs {
    /// Weights of the network, .safetensors or .ckpt, or the name of built-in ones, general, if there is no such file
    #[arg(long, value_name = "FILE|NAME")]
    pub weights: WeightsSource,
    /// Frames with energies and forces
    #[arg(long, value_name = "DATA")]
    pub data: PathBuf,
    /// How to read data sets.
    #[command(flatten)]
    pub data_set: DataSetArgs,
    /// For weights that predict a property: its table, beside a packed QM9
    #[arg(long, value_name = "CSV")]
    pub properties: Option<PathBuf>,
    /// A file of `splits/` of a training: only the frames of one of its parts
    #[arg(long, value_name = "FILE")]
    pub split: Option<PathBuf>,
    /// Which part of the split [default: test]
    #[arg(long, value_name = "NAME", requires = "split")]
    pub part: Option<PartChoice>,
    /// Write the predicted energies and forces
    #[arg(long, value_name = "OUT.npz")]
    pub predictions: Option<PathBuf>,
    /// At most this many frames [default: all]
    #[arg(long, value_name = "N", value_parser = count())]
    pub frames: Option<u64>,
    /// Each N-th frame only
    #[arg(long, value_name = "N", value_parser = count(), default_value_t = 1)]
    pub every: u64,
    /// Frames per call of the network
    #[arg(long, value_name = "N", value_parser = small_count(), default_value_t = 1)]
    pub batch: u32,
    /// Parity plot of the forces, .svg or .png
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// How large figures are.
    #[command(flatten)]
    pub figures: FigureArgs,
    /// Where, how and in what the network computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// `oreo relax`
#[derive(Debug, Args)]
#[command(after_help = "\
Converged means that no free atom feels a force of --fmax or more. The cell keeps its shape. DIR gets relaxed.xyz, trajectory.xyz,
convergence.csv, plots/, summary.json and log.txt; exit code 1 if --max-steps were not enough.
Examples:
  oreo relax --structure ethanol.xyz --output relaxed
  oreo relax --structure surface.xyz --weights et.safetensors --fix 0-31,40 --fmax \"5 meV/A\" --optimizer fire")]
pub struct RelaxArgs {
    /// Where the atoms are: any file that `oreo doctor` lists
    #[arg(long, value_name = "FILE")]
    pub structure: PathBuf,
    /// Which frame of the structure file, counted from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub frame: u64,
    /// What gives energies and forces
    #[arg(long, value_enum, value_name = "NAME", default_value_t = PotentialChoice::Et)]
    pub potential: PotentialChoice,
    /// Weights of the network, .safetensors or .ckpt, or the name of built-in ones [default: general]
    #[arg(long, value_name = "FILE|NAME")]
    pub weights: Option<WeightsSource>,
    /// A structure with distances that the weights were not trained on, as far as they say so
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = UnseenChoice::Warn)]
    pub unseen: UnseenChoice,
    /// Largest force on an atom at the end [eV/A without a unit]
    #[arg(long, value_name = "FORCE", default_value_t = Force::literal(0.01))]
    pub fmax: Force,
    /// How the minimum is looked for
    #[arg(long, value_enum, value_name = "NAME", default_value_t = OptimizerChoice::Lbfgs)]
    pub optimizer: OptimizerChoice,
    /// At most so many steps
    #[arg(long, value_name = "N", value_parser = count(), default_value_t = 1000)]
    pub max_steps: u64,
    /// Atoms that keep their place, counted from 0, such as 0,3,5-8
    #[arg(long, value_name = "ATOMS")]
    pub fix: Option<AtomSelection>,
    /// Folder of the results
    #[arg(long, value_name = "DIR", default_value = "oreo-relax")]
    pub output: PathBuf,
    /// Replace what an earlier relaxation left in that folder
    #[arg(long)]
    pub overwrite: bool,
    /// How to read data sets.
    #[command(flatten)]
    pub data_set: DataSetArgs,
    /// How large the figure is.
    #[command(flatten)]
    pub figures: FigureArgs,
    /// Where, how and in what the network computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// `oreo inspect`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oreo inspect et.safetensors
  oreo inspect general")]
pub struct InspectArgs {
    /// Weights, data set, trajectory, checkpoint, or folder of a run; anything that can be trained on; or the name of
    /// built-in weights, general, if nothing of that name is there
    #[arg(value_name = "FILE|NAME")]
    pub file: PathBuf,
    /// How to read data sets.
    #[command(flatten)]
    pub data_set: DataSetArgs,
}

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

/// `oreo bench`
#[derive(Debug, Args)]
#[command(after_help = "\
Quote the minimum for the code and the median for the machine as it was. Steps are counted without output.
Examples:
  oreo bench --structure ethanol.xyz --structure aspirin.xyz --weights et.safetensors
  oreo bench --structure ethanol.xyz --weights et.safetensors --replicas 8 --compare reference --json
  oreo bench --structure argon.xyz --potential lennard-jones
  oreo bench --train --batch 8 --engine native,reference --threads 2
  oreo bench --suite performance --weights et.safetensors
  oreo bench --render performance/bench.json --output PERFORMANCE.md")]
pub struct BenchArgs {
    /// A molecule; repeat the flag for more
    #[arg(long = "structure", value_name = "FILE", required_unless_present_any = ["suite", "render", "train"])]
    pub structures: Vec<PathBuf>,
    /// Which frame of the structure files, counted from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub frame: u64,
    /// What gives energies and forces
    #[arg(long, value_enum, value_name = "NAME", default_value_t = PotentialChoice::Et)]
    pub potential: PotentialChoice,
    /// Weights of the network, .safetensors or .ckpt, or the name of built-in ones, general, if there is no such file
    #[arg(long, value_name = "FILE|NAME")]
    pub weights: Option<WeightsSource>,
    /// Calls before the clock starts
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub warmup: u64,
    /// Calls that are timed
    #[arg(long, value_name = "N", value_parser = count(), default_value_t = 500)]
    pub calls: u64,
    /// Copies per call
    #[arg(long, value_name = "N", value_parser = small_count(), default_value_t = 1)]
    pub replicas: u32,
    /// Time this path, too, in turns, and compare forces: in the same precision if it has that, else in f32; the same
    /// path in f64
    #[arg(long, value_name = "PATH", value_parser = compared_path())]
    pub compare: Option<PathChoice>,
    /// Time steps of training instead, on conformations moved at random: forces of a batch, loss, gradient by every weight,
    /// AdamW. Without structures: ethanol, aspirin, and a ball of 64 atoms (batch 4); without weights: a new network of full
    /// size
    #[arg(
        long,
        help_heading = "Training",
        conflicts_with_all = ["suite", "render", "potential", "warmup", "calls", "replicas", "compare", "path", "precision", "filters"]
    )]
    pub train: bool,
    /// Conformations for each step [default: 8]
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = training_batch())]
    pub batch: Option<u32>,
    /// Who differentiates; several in one list [default: native]
    #[arg(
        long,
        value_enum,
        value_name = "NAME",
        value_delimiter = ',',
        help_heading = "Training"
    )]
    pub engine: Vec<EngineChoice>,
    /// Measure everything (sizes, replicas, threads, precisions, the other path; minutes) and write bench.json,
    /// PERFORMANCE.md and a plot
    #[arg(
        long,
        value_name = "DIR",
        help_heading = "Suite",
        conflicts_with_all = ["structures", "frame", "potential", "warmup", "calls", "replicas", "compare", "threads", "render"]
    )]
    pub suite: Option<PathBuf>,
    /// Replace what is in the folder of the suite
    #[arg(long, help_heading = "Suite")]
    pub overwrite: bool,
    /// Numbers of atoms, such as 9,21,100 [default: 14 sizes from 1 to 2000]
    #[arg(long, value_name = "N", value_delimiter = ',', help_heading = "Suite", value_parser = suite_size())]
    pub sizes: Vec<u32>,
    /// How long each case of the suite or of --train is timed, s [default: 3; with --train: 10]
    #[arg(long, value_name = "S", help_heading = "Suite", value_parser = seconds)]
    pub case_seconds: Option<f64>,
    /// Write the document again from the bench.json of a suite
    #[arg(long, value_name = "FILE", help_heading = "Suite", conflicts_with_all = ["structures", "weights"])]
    pub render: Option<PathBuf>,
    /// Where the document goes, its plot beside it [default: standard output, without the plot]
    #[arg(
        long,
        value_name = "FILE.md",
        requires = "render",
        help_heading = "Suite"
    )]
    pub output: Option<PathBuf>,
    /// How large the plot of --suite and --render is.
    #[command(flatten)]
    pub figures: FigureArgs,
    /// Where, how and in what the network computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// `auto` is no path of its own.
fn compared_path() -> impl TypedValueParser<Value = PathChoice> {
    PossibleValuesParser::new(["reference", "fused"]).map(|name| match name.as_str() {
        "reference" => PathChoice::Reference,
        _ => PathChoice::Fused,
    })
}

/// Larger ones say nothing new about the cost of a conformation.
fn training_batch() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=10_000)
}

/// A ball of so many atoms is still made in no time.
fn suite_size() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=100_000)
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (1e-3..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err(format!(
            "'{text}' is not a number of seconds between 0.001 and 3600"
        )),
    }
}

/// `oreo doctor`
#[derive(Debug, Args)]
#[command(after_help = "\
Example: oreo doctor --json")]
pub struct DoctorArgs {}

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

/// What a data set does not say about itself, for commands that are no runs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data sets")]
pub struct DataSetArgs {
    /// Which labels of an rMD17 file [default: rmd17]
    #[arg(long, value_enum, value_name = "NAME")]
    pub labels: Option<Labels>,
    /// Units of the data set, such as "kcal/mol,A", or "hartree,A,hartree/bohr" [default: what its format is known for]
    #[arg(long, value_name = "ENERGY,LENGTH[,FORCE]")]
    pub units: Option<UnitsChoice>,
    /// Accept a data set although its numbers look wrong in its units
    #[arg(long)]
    pub skip_unit_check: bool,
}

impl DataSetArgs {
    /// For the readers.
    pub fn read_options(&self) -> oreo_formats::ReadOptions {
        oreo_formats::ReadOptions {
            elements: None,
            labels: self.labels.map(Into::into),
            units: self.units.map(|units| units.0),
            skip_unit_check: self.skip_unit_check,
        }
    }
}

/// Where, how and in what the network computes, for commands that are no runs.
#[derive(Debug, Args)]
pub struct ComputeArgs {
    /// Where: auto (the processor), cpu, cuda or cuda:N (which has never run on a GPU yet)
    #[arg(long, value_name = "DEVICE", default_value_t = DeviceChoice::Auto, help_heading = "Hardware")]
    pub device: DeviceChoice,
    /// Which implementation of the network; auto is fused
    #[arg(long, value_enum, value_name = "NAME", default_value_t = PathChoice::Auto, help_heading = "Hardware")]
    pub path: PathChoice,
    /// In what the network computes
    #[arg(long, value_enum, value_name = "NAME", default_value_t = PrecisionChoice::F32, help_heading = "Hardware")]
    pub precision: PrecisionChoice,
    /// Distance filters of the fused path: interpolated (error measured at load) or computed exactly [default: table]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Hardware")]
    pub filters: Option<FiltersChoice>,
    /// Threads of the network; one is fastest for small molecules
    #[arg(long, value_name = "N", value_parser = threads(), default_value_t = 1, help_heading = "Hardware")]
    pub threads: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn run(line: &str) -> Result<RunArgs, clap::Error> {
        let words = ["oreo", "run"].into_iter().chain(line.split_whitespace());
        match Arguments::try_parse_from(words)?.command {
            Command::Run(run) => Ok(*run),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn definitions_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Arguments::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string);
            let example = help.unwrap_or_default();
            assert!(example.contains(&format!("oreo {}", command.get_name())));
        }
    }

    #[test]
    fn the_promised_run_command_is_understood() {
        let args =
            run("--structure a.xyz --weights w.ckpt --steps 10 --timestep 0.5fs --formats xyz,dcd")
                .unwrap();
        assert_eq!(args.settings.steps, Some(10));
        assert_eq!(args.settings.formats.unwrap().len(), 2);
        assert_eq!(args.settings.write_forces, None);
        let args = run("c.toml --preset md17 --write-forces --write-velocities=false").unwrap();
        assert_eq!(args.config, Some("c.toml".into()));
        assert_eq!(args.settings.write_forces, Some(true));
        assert_eq!(args.settings.write_velocities, Some(false));
    }

    #[test]
    fn meaningless_numbers_are_usage_errors() {
        for line in [
            "--steps 0",
            "--steps -1",
            "--steps 1.5",
            "--every 0",
            "--replicas 0",
            "--threads 0",
            "--temperature -5",
            "--timestep nan",
            "--seed -1",
            "--device gpu",
            "--resume --overwrite",
            "--chain-length 0",
        ] {
            assert!(run(line).is_err(), "{line}");
        }
    }

    #[test]
    fn json_is_accepted_after_the_command() {
        let parsed = Arguments::try_parse_from(["oreo", "doctor", "--json"]).unwrap();
        assert!(parsed.json);
    }

    #[test]
    fn elements_are_listed_in_one_word_or_several() {
        let line = [
            "oreo",
            "convert",
            "a.ckpt",
            "b.safetensors",
            "--elements",
            "H C O",
        ];
        let Command::Convert(convert) = Arguments::try_parse_from(line).unwrap().command else {
            panic!("convert")
        };
        assert_eq!(convert.elements.unwrap().len(), 3);
    }
}
