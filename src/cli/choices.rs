//! The words of the command line: each is a flag value and a value in the config file, spelled the same.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! choice {
    ($(#[$documentation:meta])* $name:ident { $($(#[$meaning:meta])* $variant:ident,)+ }) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$meaning])* $variant,)+ }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let value = self.to_possible_value().expect("no variant is skipped");
                f.pad(value.get_name())
            }
        }
    };
}

choice! {
    /// What gives energies and forces.
    PotentialChoice {
        /// The Equivariant Transformer with the weights of --weights
        Et,
        /// Lennard-Jones argon, built in: needs no weights
        LennardJones,
    }
}

choice! {
    /// Equations of motion.
    IntegratorChoice {
        /// Velocity Verlet, constant energy
        Nve,
        /// Nosé–Hoover chain, constant temperature, deterministic
        NoseHoover,
        /// Langevin dynamics (BAOAB), constant temperature
        Langevin,
        /// Velocity Verlet with stochastic velocity rescaling, constant temperature
        Csvr,
    }
}

choice! {
    /// Ways to a minimum.
    OptimizerChoice {
        /// Learns the curvature from its own steps: few force calls
        Lbfgs,
        /// A ball that rolls downhill and is stopped when it rolls up: for starts far from a minimum
        Fire,
    }
}

choice! {
    /// How degrees of freedom are counted in the temperature.
    DofChoice {
        /// 3N, translation and rotation removed at the start: the convention of the MD17 benchmark
        Md17,
        /// Those that can move: 3N − 6 (3N − 3 in a periodic box, 1 for two atoms, 3N with langevin)
        Physical,
    }
}

choice! {
    /// Tables of the ET-OREO paper.
    ExperimentChoice {
        /// Molecular dynamics of four molecules: with and without pre-training, and without its terms at equilibrium
        Md17,
        /// Fine-tuning on small polymers, molecular dynamics of large ones
        Polymers,
        /// HOMO, LUMO and gap of QM9, from scratch and from pre-trained weights
        Qm9,
    }
}

choice! {
    /// How large an experiment is.
    ScaleChoice {
        /// 128 channels, 6 layers
        Small,
        /// 256 channels, 8 layers, and as many steps as two cores do in a day
        Medium,
        /// 256 channels, 8 layers, and the paper's numbers of steps
        Paper,
    }
}

choice! {
    /// Of a split.
    PartChoice {
        /// Frames that were trained on
        Train,
        /// Frames that chose the best weights
        Validation,
        /// Frames that nothing in the training saw
        Test,
        /// Frames of the second test, later in time than all others
        Later,
    }
}

choice! {
    /// Where the first velocities come from.
    VelocitiesChoice {
        /// Drawn from the Maxwell–Boltzmann distribution of --temperature
        Maxwell,
        /// Read from the structure file (extended XYZ: velocities in Å/fs, or momenta)
        File,
        /// At rest
        Zero,
    }
}

choice! {
    /// Which labels of an rMD17 file are meant.
    Labels {
        /// Recomputed energies and forces (energies, forces)
        Rmd17,
        /// The original ones (old_energies, old_forces)
        Md17,
    }
}

choice! {
    /// When a replica counts as unstable and is stopped.
    StabilityChoice {
        /// A bond left its reference length by more than --bond-threshold
        Bond,
        /// The distance distribution of a window left the reference by more than --rdf-threshold
        Rdf,
        /// Never by structure; values that are not finite still stop
        None,
    }
}

choice! {
    /// What happens when the structure has distances that the weights were not trained on.
    #[derive(Default)]
    UnseenChoice {
        /// Say so before the first step, and once during the run
        #[default]
        Warn,
        /// Do not begin with such a structure; frames of the run as with warn
        Refuse,
        /// Say nothing; summary.json still counts the frames
        Ignore,
    }
}

choice! {
    /// A trajectory format.
    TrajectoryFormat {
        /// Extended XYZ, text
        Xyz,
        /// CHARMM/NAMD binary, single precision positions
        Dcd,
    }
}

choice! {
    /// Which implementation of the network computes.
    PathChoice {
        /// The fast path
        Auto,
        /// The fast path: kernels written for this network; compared with the reference before the first step
        Fused,
        /// Tensor operations, the definition; slow
        Reference,
    }
}

choice! {
    /// Who differentiates the network by its weights.
    #[derive(Default)]
    EngineChoice {
        /// The kernels of the fast path on dual numbers
        #[default]
        Native,
        /// Tensor operations, the definition; slow
        Reference,
    }
}

choice! {
    /// In what the network computes; the dynamics is always f64.
    PrecisionChoice {
        /// Double
        F64,
        /// Single
        F32,
        /// Single, with matrices stored in half
        F16Weights,
    }
}

choice! {
    /// What converted weights are rounded to and stored in.
    StorageChoice {
        /// Double
        F64,
        /// Single
        F32,
        /// Half for the matrices that multiply atoms, single for the rest
        F16,
    }
}

choice! {
    /// How the fast path has its functions of the distance (filters).
    FiltersChoice {
        /// Interpolated by polynomials, whose error is measured when the weights are loaded
        Table,
        /// Computed for each pair
        Exact,
    }
}

choice! {
    /// A named set of settings.
    Preset {
        /// The MD17 benchmark: 500 K, 0.5 fs, 600,000 steps, frame every 100, Nosé–Hoover chain, dof md17, 5 replicas
        Md17,
    }
}

/// Where the network computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The processor, until the GPU path has been measured on a GPU.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU by number.
    Cuda(u32),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("'{text}' is not a device; expected auto, cpu, cuda or cuda:N");
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => {
                let number = text.strip_prefix("cuda:").ok_or_else(unknown)?;
                number.parse().map(Self::Cuda).map_err(|_| unknown())
            }
        }
    }
}

impl DeviceChoice {
    /// No processor.
    pub fn is_gpu(self) -> bool {
        matches!(self, Self::Cuda(_))
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl Serialize for DeviceChoice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeviceChoice {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Units of a data set, as `energy,length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitsChoice(pub oreo_formats::DeclaredUnits);

impl FromStr for UnitsChoice {
    type Err = oreo_formats::UnknownUnit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for UnitsChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for UnitsChoice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitsChoice {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl From<Labels> for oreo_formats::Labels {
    fn from(labels: Labels) -> Self {
        match labels {
            Labels::Rmd17 => Self::Rmd17,
            Labels::Md17 => Self::Md17,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled_alike<C: ValueEnum + Serialize + fmt::Display>() {
        for choice in C::value_variants() {
            let in_file = serde_json::to_value(choice).unwrap();
            assert_eq!(in_file, choice.to_string().as_str());
        }
    }

    #[test]
    fn a_word_is_the_same_in_flags_and_files() {
        spelled_alike::<PotentialChoice>();
        spelled_alike::<IntegratorChoice>();
        spelled_alike::<OptimizerChoice>();
        spelled_alike::<DofChoice>();
        spelled_alike::<VelocitiesChoice>();
        spelled_alike::<Labels>();
        spelled_alike::<StabilityChoice>();
        spelled_alike::<UnseenChoice>();
        spelled_alike::<TrajectoryFormat>();
        spelled_alike::<PathChoice>();
        spelled_alike::<PrecisionChoice>();
        spelled_alike::<StorageChoice>();
        spelled_alike::<FiltersChoice>();
        spelled_alike::<Preset>();
        assert_eq!(IntegratorChoice::NoseHoover.to_string(), "nose-hoover");
        assert_eq!(PrecisionChoice::F16Weights.to_string(), "f16-weights");
        assert_eq!(Labels::Rmd17.to_string(), "rmd17");
    }

    #[test]
    fn devices_by_name_and_number() {
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        assert_eq!("cuda:3".parse(), Ok(DeviceChoice::Cuda(3)));
        for text in ["auto", "cpu", "cuda:1"] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap().to_string(), text);
        }
        for text in ["gpu", "cuda:", "cuda:-1", "cuda:x", ""] {
            assert!(text.parse::<DeviceChoice>().is_err(), "{text}");
        }
    }
}
