//! The units that a data set is in. They are declared, never guessed, and converted once.

use oreo_core::units::{BOHR, HARTREE, KCAL_PER_MOL, KJ_PER_MOL};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Of energies; forces are in this per unit of length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnergyUnit {
    /// eV
    ElectronVolt,
    /// kcal/mol
    KcalPerMol,
    /// kJ/mol
    KjPerMol,
    /// Hartree
    Hartree,
}

/// Of positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LengthUnit {
    /// Å
    Angstrom,
    /// Bohr radius
    Bohr,
    /// nm
    Nanometer,
}

/// Energies in one unit, positions in the other, forces in energy per length unless they have a unit of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclaredUnits {
    /// Of energies.
    pub energy: EnergyUnit,
    /// Of positions.
    pub length: LengthUnit,
    /// Of forces, where it is another: sets with positions in Å and forces in hartree/bohr exist.
    pub forces: Option<(EnergyUnit, LengthUnit)>,
}

/// Not the name of a unit.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("'{0}' is no unit that is known here; energies: eV, kcal/mol, kJ/mol, hartree; lengths: A, bohr, nm; both: kcal/mol,A; forces in another unit: hartree,A,hartree/bohr")]
pub struct UnknownUnit(pub String);

impl DeclaredUnits {
    /// eV and Å: extended XYZ.
    pub const EV_ANGSTROM: Self = Self {
        energy: EnergyUnit::ElectronVolt,
        length: LengthUnit::Angstrom,
        forces: None,
    };
    /// kcal/mol and Å: MD17, rMD17, sGDML.
    pub const KCAL_ANGSTROM: Self = Self {
        energy: EnergyUnit::KcalPerMol,
        length: LengthUnit::Angstrom,
        forces: None,
    };

    /// One unit of force in eV/Å.
    pub fn force_factor(self) -> f64 {
        let (energy, length) = self.of_forces();
        energy.factor() / length.factor()
    }

    /// Forces are in the one per the other.
    pub fn of_forces(self) -> (EnergyUnit, LengthUnit) {
        self.forces.unwrap_or((self.energy, self.length))
    }
}

impl FromStr for DeclaredUnits {
    type Err = UnknownUnit;

    /// `energy,length`, e.g. `kcal/mol,A`; or `energy,length,force`, e.g. `hartree,A,hartree/bohr`.
    fn from_str(text: &str) -> Result<Self, UnknownUnit> {
        let unknown = || UnknownUnit(text.into());
        let (energy, rest) = text.split_once(',').ok_or_else(unknown)?;
        let (length, forces) = match rest.split_once(',') {
            None => (rest, None),
            Some((length, forces)) => (length, Some(forces.rsplit_once('/').ok_or_else(unknown)?)),
        };
        let forces = forces.map(|(energy, length)| Ok((energy.parse()?, length.parse()?)));
        Ok(Self {
            energy: energy.parse()?,
            length: length.parse()?,
            forces: forces.transpose()?,
        })
    }
}

impl fmt::Display for DeclaredUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.energy, self.length)?;
        match self.forces {
            Some((energy, length)) => write!(f, ",{energy}/{length}"),
            None => Ok(()),
        }
    }
}

impl EnergyUnit {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::ElectronVolt,
        Self::KcalPerMol,
        Self::KjPerMol,
        Self::Hartree,
    ];

    /// One of it in eV.
    pub fn factor(self) -> f64 {
        match self {
            Self::ElectronVolt => 1.0,
            Self::KcalPerMol => KCAL_PER_MOL,
            Self::KjPerMol => KJ_PER_MOL,
            Self::Hartree => HARTREE,
        }
    }
}

impl LengthUnit {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Angstrom, Self::Bohr, Self::Nanometer];

    /// One of it in Å.
    pub fn factor(self) -> f64 {
        match self {
            Self::Angstrom => 1.0,
            Self::Bohr => BOHR,
            Self::Nanometer => 10.0,
        }
    }
}

impl fmt::Display for EnergyUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ElectronVolt => "eV",
            Self::KcalPerMol => "kcal/mol",
            Self::KjPerMol => "kJ/mol",
            Self::Hartree => "hartree",
        })
    }
}

impl fmt::Display for LengthUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Angstrom => "Å",
            Self::Bohr => "bohr",
            Self::Nanometer => "nm",
        })
    }
}

impl FromStr for EnergyUnit {
    type Err = UnknownUnit;

    /// In any case.
    fn from_str(text: &str) -> Result<Self, UnknownUnit> {
        match text.trim().to_ascii_lowercase().as_str() {
            "ev" => Ok(Self::ElectronVolt),
            "kcal/mol" | "kcalmol" => Ok(Self::KcalPerMol),
            "kj/mol" => Ok(Self::KjPerMol),
            "hartree" | "ha" | "eh" | "au" | "a.u." => Ok(Self::Hartree),
            _ => Err(UnknownUnit(text.into())),
        }
    }
}

impl FromStr for LengthUnit {
    type Err = UnknownUnit;

    /// In any case.
    fn from_str(text: &str) -> Result<Self, UnknownUnit> {
        match text.trim().to_lowercase().as_str() {
            "å" | "a" | "ang" | "angstrom" => Ok(Self::Angstrom),
            "bohr" | "au" | "a.u." | "a0" => Ok(Self::Bohr),
            "nm" => Ok(Self::Nanometer),
            _ => Err(UnknownUnit(text.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_shown() {
        for unit in EnergyUnit::ALL {
            assert_eq!(unit.to_string().parse(), Ok(unit));
        }
        for unit in LengthUnit::ALL {
            assert_eq!(unit.to_string().parse(), Ok(unit));
        }
        assert!("eV/Å".parse::<EnergyUnit>().is_err());
    }

    #[test]
    fn forces_are_energy_per_length() {
        let atomic = DeclaredUnits {
            energy: EnergyUnit::Hartree,
            length: LengthUnit::Bohr,
            forces: None,
        };
        // CODATA: one hartree per bohr is 51.42 eV/Å. Catches a product in place of the ratio.
        assert!((atomic.force_factor() - 51.422_067).abs() < 1e-5);
        // Catches the unit of forces passed over.
        let mixed: DeclaredUnits = "kcal/mol,A,hartree/bohr".parse().unwrap();
        assert_eq!(mixed.force_factor(), atomic.force_factor());
        assert_eq!(mixed.energy, EnergyUnit::KcalPerMol);
        assert_eq!(mixed.to_string().parse(), Ok(mixed));
        assert!("eV,A,eV".parse::<DeclaredUnits>().is_err());
    }
}
