//! Internal units: length Å, energy eV, mass amu; hence time t = Å·√(amu/eV) ≈ 10.18 fs.
//!
//! Every other unit is converted once, at the edge. A constant multiplies: `let dt = 0.5 * FEMTOSECOND;`
//! and divides on the way out: `time / FEMTOSECOND`.
//!
//! Sources: CODATA 2022 (NIST). e and k_B and N_A are exact by definition of the SI (2019).

/// Elementary charge in coulomb; exact.
pub const ELEMENTARY_CHARGE_SI: f64 = 1.602_176_634e-19;
/// Boltzmann constant in J/K; exact.
pub const BOLTZMANN_SI: f64 = 1.380_649e-23;
/// Avogadro constant in 1/mol; exact.
pub const AVOGADRO: f64 = 6.022_140_76e23;
/// Atomic mass constant in kg; CODATA 2022.
pub const ATOMIC_MASS_SI: f64 = 1.660_539_068_92e-27;

/// One femtosecond in internal time, `1e-15 s / (1e-10 m · √(amu/e))`. The square root is checked by a test.
pub const FEMTOSECOND: f64 = 0.098_226_947_433_914_54;
/// One picosecond in internal time.
pub const PICOSECOND: f64 = 1000.0 * FEMTOSECOND;
/// One kelvin as an energy, k_B in eV/K.
pub const KELVIN: f64 = BOLTZMANN_SI / ELEMENTARY_CHARGE_SI;
/// One kcal/mol in eV (thermochemical calorie, 4.184 J).
pub const KCAL_PER_MOL: f64 = 4184.0 / (AVOGADRO * ELEMENTARY_CHARGE_SI);
/// One kJ/mol in eV.
pub const KJ_PER_MOL: f64 = 1000.0 / (AVOGADRO * ELEMENTARY_CHARGE_SI);
/// One hartree in eV; CODATA 2022.
pub const HARTREE: f64 = 27.211_386_245_981;
/// One bohr in Å; CODATA 2022.
pub const BOHR: f64 = 0.529_177_210_544;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn femtosecond_follows_from_the_si() {
        let internal_time = 1e-10 * (ATOMIC_MASS_SI / ELEMENTARY_CHARGE_SI).sqrt();
        assert!((FEMTOSECOND * internal_time / 1e-15 - 1.0).abs() < 1e-14);
    }

    #[test]
    fn well_known_values() {
        assert!((KELVIN - 8.617_333_262e-5).abs() < 1e-14);
        assert!((KCAL_PER_MOL - 0.043_364_104).abs() < 1e-9);
        assert!((HARTREE / BOHR - 51.422_067).abs() < 1e-5);
    }
}
