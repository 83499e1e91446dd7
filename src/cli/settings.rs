//! The settings of a run, as typed: every field is a flag of `oreo run` and a key of its config file, because one
//! struct derives both. Nothing is required here and nothing has a default: that is `plan`'s part.

use super::choices::*;
use super::figure_size::FigureWidth;
use super::quantity::{Force, Length, Temperature, Time};
use super::weights_source::WeightsSource;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What was typed; `None` where nothing was.
#[derive(Debug, Clone, Default, PartialEq, clap::Args, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RunSettings {
    /// A named set of settings that the others override
    #[arg(long, value_enum, value_name = "NAME")]
    pub preset: Option<Preset>,

    /// Where the atoms start: any file that `oreo doctor` lists [default: random reference frames]
    #[arg(long, value_name = "FILE", help_heading = "System")]
    pub structure: Option<PathBuf>,
    /// Which frame of the structure file, counted from 0 [default: 0]
    #[arg(long, value_name = "N", help_heading = "System")]
    pub frame: Option<u64>,
    /// What gives energies and forces [default: et]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "System")]
    pub potential: Option<PotentialChoice>,
    /// Weights of the network, .safetensors or .ckpt, or the name of built-in ones: general, for molecules of H, C, N and
    /// O. A file of that name wins; anything with a separator, such as ./general, is a file [default: general]
    #[arg(long, value_name = "FILE|NAME", help_heading = "System")]
    pub weights: Option<WeightsSource>,
    /// Further weights: at every line of thermo.csv these networks are asked how far their forces deviate
    #[arg(long, value_name = "FILE|NAME", num_args = 1.., help_heading = "System")]
    pub ensemble: Option<Vec<WeightsSource>>,
    /// A structure with distances that the weights were not trained on, as far as they say so [default: warn]
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "System")]
    pub unseen: Option<UnseenChoice>,
    /// Reference frames for h(r) and for the bond topology
    #[arg(long, value_name = "DATA", help_heading = "System")]
    pub reference: Option<PathBuf>,
    /// A file of `splits/` of a training on the reference: replicas start at random frames of one of its parts
    #[arg(long, value_name = "FILE", help_heading = "System")]
    pub split: Option<PathBuf>,
    /// Which part of the split [default: test]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "System")]
    pub part: Option<PartChoice>,
    /// Which labels of an rMD17 file [default: rmd17]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "System")]
    pub labels: Option<Labels>,
    /// Units of the reference data set, such as "kcal/mol,A" [default: what its format is known for]
    #[arg(long, value_name = "ENERGY,LENGTH", help_heading = "System")]
    pub units: Option<UnitsChoice>,
    /// Accept a reference or structure although its numbers look wrong in its units [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          help_heading = "System")]
    pub skip_unit_check: Option<bool>,

    /// Total number of steps [default: 10000]
    #[arg(long, value_name = "N", value_parser = count(), help_heading = "Dynamics")]
    pub steps: Option<u64>,
    /// Time step [fs without a unit; default: 0.5 fs]
    #[arg(long, value_name = "TIME", help_heading = "Dynamics")]
    pub timestep: Option<Time>,
    /// Temperature of the thermostat and of the first velocities [K without a unit; default: 300 K]
    #[arg(long, value_name = "TEMPERATURE", help_heading = "Dynamics")]
    pub temperature: Option<Temperature>,
    /// Equations of motion [default: nose-hoover]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Dynamics")]
    pub integrator: Option<IntegratorChoice>,
    /// Relaxation time of the thermostat; of langevin, one over the friction [default: 25 fs, csvr 100 fs, langevin 1 ps]
    #[arg(long, value_name = "TIME", help_heading = "Dynamics")]
    pub thermostat_time: Option<Time>,
    /// Links of the Nosé–Hoover chain [default: 5]
    #[arg(long, value_name = "N", value_parser = chain_length(), help_heading = "Dynamics")]
    pub chain_length: Option<u32>,
    /// How degrees of freedom are counted in the temperature [default: physical]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Dynamics")]
    pub dof: Option<DofChoice>,
    /// Where the first velocities come from [default: maxwell]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Dynamics")]
    pub velocities: Option<VelocitiesChoice>,
    /// Independent copies, each with its own velocities and files [default: 1]
    #[arg(long, value_name = "N", value_parser = small_count(), help_heading = "Dynamics")]
    pub replicas: Option<u32>,
    /// Seed of everything random; replica k uses seed + k [default: 0]
    #[arg(long, value_name = "N", value_parser = seed(), help_heading = "Dynamics")]
    pub seed: Option<u64>,

    /// When a replica counts as unstable and is stopped [default: bond; none for lennard-jones]
    #[arg(long, value_enum, value_name = "RULE", help_heading = "Stability")]
    pub stability: Option<StabilityChoice>,
    /// Allowed deviation of a bond from its reference length [A without a unit; default: 0.5 A]
    #[arg(long, value_name = "LENGTH", help_heading = "Stability")]
    pub bond_threshold: Option<Length>,
    /// Allowed integrated deviation of the distance distribution of a window [default: 0.5, g(r) of a box 3]
    #[arg(long, value_name = "X", help_heading = "Stability")]
    pub rdf_threshold: Option<f64>,
    /// Length of the window [fs without a unit; default: 1 ps]
    #[arg(long, value_name = "TIME", help_heading = "Stability")]
    pub rdf_window: Option<Time>,
    /// Stop a replica that is hotter [K without a unit; default: 100000 K, none with --stability none]
    #[arg(long, value_name = "TEMPERATURE", help_heading = "Stability")]
    pub temperature_cap: Option<Temperature>,
    /// Stop a replica with a larger force on an atom [eV/A without a unit; default: no cap]
    #[arg(long, value_name = "FORCE", help_heading = "Stability")]
    pub force_cap: Option<Force>,
    /// Stop a replica when the networks of --ensemble deviate more about an atom [eV/A without a unit; default: no level]
    #[arg(long, value_name = "FORCE", help_heading = "Stability")]
    pub ensemble_stop: Option<Force>,

    /// Folder of the run [default: oreo-run]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Steps between written frames and lines of thermo.csv [default: 100]
    #[arg(long, value_name = "N", value_parser = count(), help_heading = "Output")]
    pub every: Option<u64>,
    /// Steps between checkpoints [default: 10000, and at least every 10 minutes]
    #[arg(long, value_name = "N", value_parser = count(), help_heading = "Output")]
    pub checkpoint_every: Option<u64>,
    /// Trajectory formats, separated by commas [default: xyz,dcd]
    #[arg(
        long,
        value_enum,
        value_name = "LIST",
        value_delimiter = ',',
        help_heading = "Output"
    )]
    pub formats: Option<Vec<TrajectoryFormat>>,
    /// Velocities in the xyz frames [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          help_heading = "Output")]
    pub write_velocities: Option<bool>,
    /// Forces in the xyz frames [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          help_heading = "Output")]
    pub write_forces: Option<bool>,
    /// Figures for a manuscript: this wide, with text of 7 and 8 points, without titles; one column of most journals is
    /// "85 mm", two are "170 mm" [default: for a screen, with titles]
    #[arg(long, value_name = "WIDTH", help_heading = "Output")]
    pub figure_width: Option<FigureWidth>,

    /// Where the network computes: auto (the processor), cpu, cuda or cuda:N (never run on a GPU yet) [default: auto]
    #[arg(long, value_name = "DEVICE", help_heading = "Hardware")]
    pub device: Option<DeviceChoice>,
    /// Which implementation of the network computes [default: auto, which is fused]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Hardware")]
    pub path: Option<PathChoice>,
    /// In what the network computes; the dynamics is always f64 [default: f32]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Hardware")]
    pub precision: Option<PrecisionChoice>,
    /// Distance filters of the fused path: interpolated (error measured at load) or computed exactly [default: table]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Hardware")]
    pub filters: Option<FiltersChoice>,
    /// Threads of the network; one is fastest for small molecules; the fused path answers the same with any [default: 1]
    #[arg(long, value_name = "N", value_parser = threads(), help_heading = "Hardware")]
    pub threads: Option<u32>,
    /// Extra radius of the neighbour list; changes speed, never results [A without a unit; default: 1 A]
    #[arg(long, value_name = "LENGTH", help_heading = "Hardware")]
    pub skin: Option<Length>,
}

/// At least one; up to what TOML and JSON readers hold exactly.
pub(super) fn count() -> fn(&str) -> Result<u64, String> {
    parse_count
}

/// `600000`, `600_000`, `6e5`.
fn parse_count(text: &str) -> Result<u64, String> {
    let wrong =
        || format!("'{text}' is not a count; expected a whole number from 1, such as 10000 or 1e4");
    let plain = text.replace('_', "");
    let whole = plain.parse().ok().or_else(|| {
        let number: f64 = plain.parse().ok()?;
        // Beyond 2^53 not every whole number is an f64.
        (number.fract() == 0.0 && (1.0..9e15).contains(&number)).then_some(number as u64)
    });
    whole
        .filter(|count| (1..=i64::MAX as u64).contains(count))
        .ok_or_else(wrong)
}

/// TOML integers are signed: a seed must fit to be written to the resolved config.
fn seed() -> clap::builder::RangedU64ValueParser<u64> {
    clap::value_parser!(u64).range(..=i64::MAX as u64)
}

/// Anything more is a slip of the finger.
pub(super) fn small_count() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=1_000_000)
}

fn chain_length() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=100)
}

/// Of the command line; `plan` checks the same bound for files.
pub(super) fn threads() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=1024)
}

impl RunSettings {
    /// What a preset stands for.
    pub fn preset(preset: Preset) -> Self {
        match preset {
            // Fu et al. 2022, "Forces are not enough", the MD17 part of its protocol.
            Preset::Md17 => Self {
                temperature: Some(Temperature::literal(500.0)),
                timestep: Some(Time::literal(0.5)),
                steps: Some(600_000),
                every: Some(100),
                integrator: Some(IntegratorChoice::NoseHoover),
                dof: Some(DofChoice::Md17),
                replicas: Some(5),
                ..Self::default()
            },
        }
    }

    /// Takes relative paths as relative to `folder`: those of a config file belong to that file.
    pub fn resolve_paths(&mut self, folder: &Path) {
        let own = [&mut self.structure, &mut self.reference, &mut self.split];
        let paths = own.into_iter().chain([&mut self.output]);
        for path in paths.flatten() {
            *path = folder.join(&*path);
        }
        let members = self.ensemble.iter_mut().flatten();
        for weights in self.weights.iter_mut().chain(members) {
            *weights = weights.relative_to(folder);
        }
    }

    /// Every key, which is every flag, in the order of the help.
    pub fn keys() -> Vec<String> {
        let command = <Self as clap::Args>::augment_args(clap::Command::new("run"));
        let names = command.get_arguments().filter_map(|flag| flag.get_long());
        names.map(str::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::BuiltIn;

    #[test]
    fn counts_may_be_written_as_people_write_them() {
        for text in ["600000", "600_000", "6e5", "6.0e5"] {
            assert_eq!(parse_count(text), Ok(600_000));
        }
        for wrong in ["0", "-5", "1.5", "1e300", "many", "", "inf"] {
            assert!(parse_count(wrong).is_err(), "{wrong}");
        }
    }

    /// serde lists the fields it knows when it refuses one: the only view of its names from outside.
    #[test]
    fn every_key_has_a_flag_and_the_reverse() {
        let message = toml::from_str::<RunSettings>("no-such-key = 1")
            .unwrap_err()
            .message()
            .to_string();
        let listed = message.split_once("expected one of").unwrap().1;
        let keys: Vec<_> = listed
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_string)
            .collect();
        assert_eq!(keys, RunSettings::keys());
        assert!(keys.len() > 30);
    }

    #[test]
    fn relative_paths_follow_their_file_and_absolute_ones_stay() {
        let mut settings = RunSettings {
            structure: Some("a.xyz".into()),
            weights: Some(WeightsSource::File("/models/w.safetensors".into())),
            ensemble: Some(vec![WeightsSource::BuiltIn(BuiltIn::General)]),
            ..RunSettings::default()
        };
        settings.resolve_paths(Path::new("/runs/first"));
        assert_eq!(settings.structure, Some("/runs/first/a.xyz".into()));
        let weights = WeightsSource::File("/models/w.safetensors".into());
        assert_eq!(settings.weights, Some(weights));
        let members = vec![WeightsSource::BuiltIn(BuiltIn::General)];
        assert_eq!(settings.ensemble, Some(members), "a name is no path");
        assert_eq!(settings.output, None);
    }

    /// A path added to the struct and forgotten in `resolve_paths` would be read from the wrong folder.
    #[test]
    fn every_path_of_the_struct_is_resolved() {
        let command = <RunSettings as clap::Args>::augment_args(clap::Command::new("run"));
        let types = [
            clap::value_parser!(PathBuf).type_id(),
            clap::builder::ValueParser::new(clap::value_parser!(WeightsSource)).type_id(),
        ];
        let paths = command
            .get_arguments()
            .filter(|flag| types.contains(&flag.get_value_parser().type_id()));
        let several = |flag: &clap::Arg| matches!(flag.get_action(), clap::ArgAction::Append);
        let value = |flag: &clap::Arg| match several(flag) {
            true => toml::Value::from(vec!["x"]),
            false => "x".into(),
        };
        let mut typed = toml::Table::new();
        typed.extend(paths.filter_map(|flag| Some((flag.get_long()?.to_string(), value(flag)))));
        assert_eq!(typed.len(), 6);
        let mut settings: RunSettings = typed.try_into().unwrap();
        settings.resolve_paths(Path::new("/runs"));
        for (key, path) in toml::Table::try_from(settings).unwrap() {
            let path = path.get(0).unwrap_or(&path);
            assert_eq!(path.as_str(), Some("/runs/x"), "{key}");
        }
    }
}
