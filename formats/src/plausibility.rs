//! Do the numbers make sense in the declared units?
//!
//! Lengths: atoms touch their nearest neighbour, so its distance is about the sum of two covalent radii (noble gases
//! excepted). A window in Å alone would let bohr pass as Å: a C–H bond of 2.06 bohr is a believable 2.06 Å.
//! Forces: at 300 to 1000 K the root mean square component of organic molecules is 0.9 to 2 eV/Å; kcal/mol taken for
//! eV makes that 21 or more, eV taken for kcal/mol makes it 0.06 or less.

use crate::data_set::DataSet;
use crate::declared_units::{EnergyUnit, LengthUnit};
use crate::error::FormatError;
use oreo_core::{Element, FrameRef};

/// Nearest distance over the sum of covalent radii.
const BONDED: std::ops::RangeInclusive<f64> = 0.7..=1.5;
/// Share of atoms that must be bonded; the others may be flying fragments.
const MOST: f64 = 0.75;
/// eV/Å, root mean square component.
const THERMAL: std::ops::RangeInclusive<f64> = 0.07..=15.0;
/// eV/Å; below, a set of relaxed structures, whose forces tell nothing about units. Thermal forces in the largest unit,
/// hartree/bohr, taken for kcal/mol/Å are still above it (0.9 eV/Å becomes 8e-4).
const RELAXED: f64 = 5e-4;
/// Frames looked at, evenly spread.
const FRAMES: usize = 50;
/// Atoms looked at in a frame, evenly spread.
const ATOMS: usize = 100;

/// Refuses a set whose numbers do not fit its units, and says which would.
pub(crate) fn check(set: &DataSet) -> Result<(), FormatError> {
    check_lengths(set)?;
    check_forces(set)
}

fn check_lengths(set: &DataSet) -> Result<(), FormatError> {
    let mut ratios = contact_ratios(set);
    let fits = |factor: f64| {
        let bonded = ratios.iter().filter(|&&r| BONDED.contains(&(factor * r)));
        bonded.count() as f64 >= MOST * ratios.len() as f64
    };
    if fits(1.0) {
        return Ok(());
    }
    let declared = set.units.length;
    let better = LengthUnit::ALL
        .into_iter()
        .find(|unit| *unit != declared && fits(unit.factor() / declared.factor()));
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    Err(FormatError::Units {
        path: set.path.clone(),
        evidence: format!(
            "nearest atoms are {median:.2} times the sum of their covalent radii apart (median; 0.7 to 1.5 are bonds)"
        ),
        declared: format!("positions are in {declared}"),
        advice: advice(better),
    })
}

/// One number per bonded kind of atom in a sample of the set; empty for single atoms.
fn contact_ratios(set: &DataSet) -> Vec<f64> {
    let stride = set.len().div_ceil(FRAMES).max(1);
    (0..set.len())
        .step_by(stride)
        .flat_map(|i| frame_ratios(set.frame_ref(i)))
        .collect()
}

fn frame_ratios(frame: FrameRef<'_>) -> Vec<f64> {
    let atoms = frame.elements.len();
    let sample = (0..atoms).step_by(atoms.div_ceil(ATOMS).max(1));
    sample
        .filter(|&i| !is_noble(frame.elements[i]))
        .filter_map(|i| nearest_ratio(&frame, i))
        .collect()
}

fn nearest_ratio(frame: &FrameRef<'_>, i: usize) -> Option<f64> {
    let ratio = |j: usize| {
        let distance = frame
            .cell
            .displacement(&frame.positions[i], &frame.positions[j])
            .norm();
        let radii = frame.elements[i].covalent_radius() + frame.elements[j].covalent_radius();
        distance / radii
    };
    (0..frame.elements.len())
        .filter(|&j| j != i)
        .map(ratio)
        .min_by(f64::total_cmp)
}

fn is_noble(element: Element) -> bool {
    matches!(element.atomic_number(), 2 | 10 | 18 | 36 | 54 | 86)
}

fn check_forces(set: &DataSet) -> Result<(), FormatError> {
    let Some(rms) = set.force_rms() else {
        return Ok(());
    };
    if rms < RELAXED || THERMAL.contains(&rms) {
        return Ok(());
    }
    let (energy, length) = set.units.of_forces();
    // The one that lands nearest to 1 eV/Å, if any lands inside.
    let better = EnergyUnit::ALL
        .into_iter()
        .map(|unit| (unit, rms * unit.factor() / energy.factor()))
        .filter(|(unit, rms)| *unit != energy && THERMAL.contains(rms))
        .min_by(|(_, a), (_, b)| a.ln().abs().total_cmp(&b.ln().abs()));
    Err(FormatError::Units {
        path: set.path.clone(),
        evidence: format!(
            "root mean square force is {rms:.3e} eV/Å ({:?} is usual)",
            THERMAL
        ),
        declared: format!("forces are in {energy}/{length}"),
        advice: advice(better.map(|(unit, _)| unit)),
    })
}

fn advice(better: Option<impl std::fmt::Display>) -> String {
    let accept = "turn the check off (--skip-unit-check, or skip-unit-check = true under [[data]]) if the numbers are right";
    match better {
        Some(unit) => {
            format!("{unit} would fit: declare that (--units ENERGY,LENGTH, or units under [[data]]), or {accept}")
        }
        None => format!("no other known unit fits either: look at the file, or {accept}"),
    }
}
