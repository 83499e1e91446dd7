//! Weights that are part of the library: a program without any is a toy.

use oreo_potentials::oreo::{Inspection, Weights, WeightsError};
use std::fmt;

/// Weights that come with the program, by name. `models/README.md` says what they are good for and what not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltIn {
    /// Molecules of H, C, N and O: `models/general.safetensors`.
    General,
}

impl BuiltIn {
    /// Every one there is.
    pub const ALL: [Self; 1] = [Self::General];
    /// What `oreo run` takes when nobody says otherwise.
    pub const DEFAULT: Self = Self::General;

    /// By the name that [`Self::name`] gives.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }

    /// As typed on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::General => "general",
        }
    }

    /// The file as it lies in the repository; the only place where it enters the program.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::General => include_bytes!("../models/general.safetensors"),
        }
    }

    /// Ready for a potential.
    ///
    /// # Errors
    /// None, as long as the tests of this file pass.
    pub fn weights(self) -> Result<Weights, WeightsError> {
        Weights::from_bytes(self.bytes(), self.to_string())
    }

    /// A look at them.
    ///
    /// # Errors
    /// As of [`Self::weights`].
    pub fn inspection(self) -> Result<Inspection, WeightsError> {
        Inspection::from_bytes(self.bytes(), self.to_string())
    }
}

/// `general (built-in)`: what messages say in place of a path.
impl fmt::Display for BuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (built-in)", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::Element;
    use oreo_potentials::oreo::seen::SEEN_DISTANCES;

    /// Catches another file at the one place that names it.
    #[test]
    fn the_committed_file_is_what_is_built_in() {
        for model in BuiltIn::ALL {
            let file = format!(
                "{}/models/{}.safetensors",
                env!("CARGO_MANIFEST_DIR"),
                model.name()
            );
            assert!(std::fs::read(&file).unwrap() == model.bytes(), "{file}");
            assert_eq!(BuiltIn::named(model.name()), Some(model));
        }
        assert_eq!(BuiltIn::named("genral"), None);
    }

    /// No number of the file is looked at: another model may take its place. Planted: the weights of ethanol under this
    /// name fail here (f32, and no N).
    #[test]
    fn the_default_loads_and_says_what_the_program_relies_on() {
        let weights = BuiltIn::DEFAULT.weights().unwrap();
        for symbol in ["H", "C", "N", "O"] {
            let element: Element = symbol.parse().unwrap();
            assert!(weights.elements().contains(element), "{symbol}");
        }
        assert!(
            weights.matrices_are_f16(),
            "convert it with --precision f16"
        );
        assert!(weights.unused.is_empty(), "{:?}", weights.unused);
        for fact in [
            SEEN_DISTANCES,
            "elements",
            "trained_on",
            "level_of_theory",
            "origin",
        ] {
            assert!(weights.record.contains_key(fact), "{fact}");
        }
        assert!(BuiltIn::DEFAULT.inspection().unwrap().refusals.is_empty());
    }
}
