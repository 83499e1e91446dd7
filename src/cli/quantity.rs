//! Quantities as users write them: a number with a unit, `"0.5 fs"`, `500 K`, `10 kcal/mol/A`.
//!
//! A number alone has the documented default unit; a unit of another dimension is refused. All units stand in one
//! table. Forces have no rows of their own: any energy over any length is one.

use oreo_core::units::{BOHR, FEMTOSECOND, HARTREE, KCAL_PER_MOL, KELVIN, KJ_PER_MOL};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// What kind of quantity a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// fs
    Time,
    /// K
    Temperature,
    /// Å
    Length,
    /// eV/Å
    Force,
    /// eV
    Energy,
}

use Dimension::{Energy as E, Length as L, Temperature as K, Time as T};

/// (name, dimension, size in the default unit of that dimension)
#[rustfmt::skip]
const UNITS: [(&str, Dimension, f64); 32] = [
    ("fs", T, 1.0), ("as", T, 1e-3), ("ps", T, 1e3), ("ns", T, 1e6),
    ("us", T, 1e9), ("\u{b5}s", T, 1e9), ("\u{3bc}s", T, 1e9), ("ms", T, 1e12), ("s", T, 1e15),
    ("K", K, 1.0), ("kelvin", K, 1.0), ("mK", K, 1e-3),
    ("A", L, 1.0), ("\u{c5}", L, 1.0), ("\u{212b}", L, 1.0), ("angstrom", L, 1.0), ("Angstrom", L, 1.0),
    ("nm", L, 10.0), ("pm", L, 0.01), ("bohr", L, BOHR), ("Bohr", L, BOHR), ("a0", L, BOHR),
    ("eV", E, 1.0), ("ev", E, 1.0), ("meV", E, 1e-3),
    ("kcal/mol", E, KCAL_PER_MOL), ("kJ/mol", E, KJ_PER_MOL), ("kj/mol", E, KJ_PER_MOL),
    ("Ha", E, HARTREE), ("hartree", E, HARTREE), ("Hartree", E, HARTREE), ("Eh", E, HARTREE),
];

impl Dimension {
    /// With its article, as it stands in a sentence.
    fn noun(self) -> &'static str {
        match self {
            Dimension::Time => "a time",
            Dimension::Temperature => "a temperature",
            Dimension::Length => "a length",
            Dimension::Force => "a force",
            Dimension::Energy => "an energy",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Dimension::Time => "0.5 fs",
            Dimension::Temperature => "500 K",
            Dimension::Length => "0.5 A",
            Dimension::Force => "0.01 eV/A",
            Dimension::Energy => "1 eV",
        }
    }

    /// The unit of a number alone, and of everything that is printed.
    pub fn default_unit(self) -> &'static str {
        match self {
            Dimension::Time => "fs",
            Dimension::Temperature => "K",
            Dimension::Length => "A",
            Dimension::Force => "eV/A",
            Dimension::Energy => "eV",
        }
    }

    fn may_be_negative(self) -> bool {
        self == Dimension::Energy
    }
}

/// Why a text is not the quantity that was asked for.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum QuantityError {
    /// No number at the beginning.
    #[error("'{text}' is not {}; expected a number with a unit such as \"{}\"", expected.noun(), expected.example())]
    NotANumber {
        /// As typed.
        text: String,
        /// What was asked for.
        expected: Dimension,
    },
    /// A unit, but of something else.
    #[error("'{text}' is {}; expected {} such as \"{}\"", found.noun(), expected.noun(), expected.example())]
    WrongDimension {
        /// As typed.
        text: String,
        /// What the unit measures.
        found: Dimension,
        /// What was asked for.
        expected: Dimension,
    },
    /// Not in the table.
    #[error("'{text}' has the unknown unit '{unit}'; expected {} such as \"{}\"", expected.noun(), expected.example())]
    UnknownUnit {
        /// As typed.
        text: String,
        /// The part after the number.
        unit: String,
        /// What was asked for.
        expected: Dimension,
    },
    /// NaN or infinity.
    #[error("'{text}' is not a finite number; expected {} such as \"{}\"", expected.noun(), expected.example())]
    NotFinite {
        /// As typed.
        text: String,
        /// What was asked for.
        expected: Dimension,
    },
    /// Below zero where that means nothing.
    #[error("'{text}' is negative; expected {} such as \"{}\"", expected.noun(), expected.example())]
    Negative {
        /// As typed.
        text: String,
        /// What was asked for.
        expected: Dimension,
    },
}

/// Dimension and size of a unit, in the default unit of its dimension.
fn look_up(unit: &str) -> Option<(Dimension, f64)> {
    let simple = |name: &str| {
        UNITS
            .iter()
            .find(|row| row.0 == name)
            .map(|row| (row.1, row.2))
    };
    simple(unit).or_else(|| {
        let (energy, length) = unit.rsplit_once('/')?;
        match (simple(energy.trim())?, simple(length.trim())?) {
            ((E, energy), (L, length)) => Some((Dimension::Force, energy / length)),
            _ => None,
        }
    })
}

/// Splits after the longest beginning that is a number, so that `1e3 fs` and `1 eV` are both understood.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    ends.rev()
        .find_map(|end| Some((text[..end].trim_end().parse().ok()?, text[end..].trim())))
}

/// Longer texts are not quantities; a bound on the work that `split_number` does.
const LONGEST: usize = 64;

fn parse(typed: &str, expected: Dimension) -> Result<f64, QuantityError> {
    let text = || typed.chars().take(LONGEST).collect::<String>();
    let (number, unit) = Some(typed.trim())
        .filter(|trimmed| trimmed.len() <= LONGEST)
        .and_then(split_number)
        .ok_or_else(|| QuantityError::NotANumber {
            text: text(),
            expected,
        })?;
    let factor = match look_up(unit) {
        _ if unit.is_empty() => 1.0,
        Some((found, factor)) if found == expected => factor,
        Some((found, _)) => {
            return Err(QuantityError::WrongDimension {
                text: text(),
                found,
                expected,
            })
        }
        None => {
            return Err(QuantityError::UnknownUnit {
                text: text(),
                unit: unit.to_string(),
                expected,
            })
        }
    };
    check(number * factor, expected, text)
}

fn check(value: f64, expected: Dimension, text: impl Fn() -> String) -> Result<f64, QuantityError> {
    if !value.is_finite() {
        return Err(QuantityError::NotFinite {
            text: text(),
            expected,
        });
    }
    if value < 0.0 && !expected.may_be_negative() {
        return Err(QuantityError::Negative {
            text: text(),
            expected,
        });
    }
    Ok(value)
}

/// Shortest digits that read back to the same bits; powers of ten only where the plain form would be long.
fn write(value: f64, dimension: Dimension, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let unit = dimension.default_unit();
    if value == 0.0 || (1e-5..1e16).contains(&value.abs()) {
        write!(f, "{value} {unit}")
    } else {
        write!(f, "{value:e} {unit}")
    }
}

macro_rules! quantity {
    ($(#[$documentation:meta])* $name:ident, $in_unit:ident) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
        pub struct $name(f64);

        impl $name {
            /// From a number in the default unit; refuses NaN, infinity, and below zero where that means nothing.
            pub fn new(value: f64) -> Result<Self, QuantityError> {
                check(value, Dimension::$name, || value.to_string()).map(Self)
            }

            /// For constants of a program.
            ///
            /// # Panics
            /// Where `new` would refuse, except that signs are not looked at.
            pub const fn literal(value: f64) -> Self {
                assert!(value.is_finite(), "a constant is a finite number");
                Self(value)
            }

            /// The number in the default unit.
            pub fn $in_unit(self) -> f64 {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = QuantityError;
            fn from_str(text: &str) -> Result<Self, QuantityError> {
                parse(text, Dimension::$name).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(self.0, Dimension::$name, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(NumberOrText(Dimension::$name)).map(Self)
            }
        }
    };
}

quantity! {
    /// A duration, in fs.
    Time, femtoseconds
}
quantity! {
    /// A temperature, in K.
    Temperature, kelvins
}
quantity! {
    /// A length, in Å.
    Length, angstroms
}
quantity! {
    /// The size of a force, in eV/Å.
    Force, ev_per_angstrom
}
quantity! {
    /// An energy, in eV; may be negative.
    Energy, electronvolts
}

impl Time {
    /// In the units of the dynamics, see `oreo_core::units`.
    pub fn internal(self) -> f64 {
        self.0 * FEMTOSECOND
    }
}

impl Temperature {
    /// kT, eV
    pub fn thermal_energy(self) -> f64 {
        self.0 * KELVIN
    }
}

/// A quantity in a file: a number of the default unit, or a text with a unit.
struct NumberOrText(Dimension);

impl Visitor<'_> for NumberOrText {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} such as \"{}\"", self.0.noun(), self.0.example())
    }

    fn visit_str<Error: serde::de::Error>(self, text: &str) -> Result<f64, Error> {
        parse(text, self.0).map_err(Error::custom)
    }

    fn visit_f64<Error: serde::de::Error>(self, value: f64) -> Result<f64, Error> {
        check(value, self.0, || value.to_string()).map_err(Error::custom)
    }

    fn visit_i64<Error: serde::de::Error>(self, value: i64) -> Result<f64, Error> {
        self.visit_f64(value as f64)
    }

    fn visit_u64<Error: serde::de::Error>(self, value: u64) -> Result<f64, Error> {
        self.visit_f64(value as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Result<f64, String> {
        let parsed = text.parse::<Time>();
        parsed
            .map(Time::femtoseconds)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_number_alone_has_the_default_unit() {
        assert_eq!(time("0.5"), Ok(0.5));
        assert_eq!("500".parse::<Temperature>().unwrap().kelvins(), 500.0);
        assert_eq!(toml_value::<Length>("value = 2").angstroms(), 2.0);
    }

    /// Expected numbers from outside the table, so that a wrong factor is seen (planted: nm = 0.1 Å).
    #[test]
    fn units_have_their_published_sizes() {
        assert_eq!(time("300 ps"), Ok(300_000.0));
        assert_eq!(time("1.5e-3 ns"), Ok(1500.0));
        assert_eq!(time("500as"), Ok(0.5));
        assert_eq!("1 nm".parse::<Length>().unwrap().angstroms(), 10.0);
        let force = |text: &str| text.parse::<Force>().unwrap().ev_per_angstrom();
        assert!((force("10 kcal/mol/A") - 0.433_641_04).abs() < 1e-8);
        assert!((force("1 Ha/bohr") - 51.422_067).abs() < 1e-5);
        assert!((force("1 kJ/mol/nm") - 0.001_036_427).abs() < 1e-9);
        assert_eq!(force("10 meV/Å"), 0.01);
        let energy = "-1 kJ/mol".parse::<Energy>().unwrap().electronvolts();
        assert!((energy + 0.010_364_27).abs() < 1e-8);
    }

    #[test]
    fn a_wrong_dimension_is_refused_by_name() {
        assert_eq!(
            time("500 K").unwrap_err(),
            "'500 K' is a temperature; expected a time such as \"0.5 fs\""
        );
        let error = "1 eV".parse::<Force>().unwrap_err().to_string();
        assert_eq!(
            error,
            "'1 eV' is an energy; expected a force such as \"0.01 eV/A\""
        );
        assert!("1 A/eV".parse::<Force>().is_err());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", " ", "fs", "half", "--", "1 fs 2", "0.5 Fs", "1 MeV"] {
            assert!(time(text).is_err(), "{text}");
        }
        assert!(
            "1 MeV".parse::<Energy>().is_err(),
            "a million is not a thousandth"
        );
        assert!(time(&"1".repeat(100_000)).is_err());
    }

    #[test]
    fn not_finite_or_negative_is_refused() {
        for text in ["nan", "NaN fs", "inf", "-inf ps", "1e400 fs", "1e308 s"] {
            assert!(time(text).unwrap_err().contains("finite"), "{text}");
        }
        assert!(time("-0.5 fs").unwrap_err().contains("negative"));
        assert!("-1 K".parse::<Temperature>().is_err());
        assert!(Force::new(f64::NAN).is_err());
    }

    /// No two units differ only by case: `mK` for `MK` would be wrong by nine orders of magnitude in silence.
    #[test]
    fn no_unit_stands_twice_in_the_table() {
        for (k, row) in UNITS.iter().enumerate() {
            assert!(UNITS[..k].iter().all(|other| other.0 != row.0), "{}", row.0);
        }
    }

    #[test]
    fn printing_and_reading_keeps_every_bit() {
        for value in [
            0.0,
            0.1 + 0.2,
            1.0 / 3.0,
            600_000.0,
            1e-300,
            1.7e308,
            5e-324,
        ] {
            let printed = Time(value).to_string();
            assert_eq!(
                time(&printed).unwrap().to_bits(),
                value.to_bits(),
                "{printed}"
            );
        }
        assert_eq!(Time(0.5).to_string(), "0.5 fs");
        assert_eq!(Temperature(500.0).to_string(), "500 K");
    }

    #[test]
    fn internal_time_is_that_of_core() {
        assert_eq!(Time(1000.0).internal(), oreo_core::units::PICOSECOND);
        assert!((Temperature(300.0).thermal_energy() - 0.025_852).abs() < 1e-6);
    }

    fn toml_value<V: for<'de> Deserialize<'de>>(text: &str) -> V {
        #[derive(serde::Deserialize)]
        struct Holder<V> {
            value: V,
        }
        toml::from_str::<Holder<V>>(text).unwrap().value
    }
}
