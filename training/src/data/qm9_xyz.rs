//! QM9 as it was published: a folder of `dsgdb9nsd_000001.xyz` and so on (Ramakrishnan et al. 2014, Table 2 and 3).
//!
//! Line 1 the number of atoms, line 2 `gdb INDEX` and 15 properties, then `symbol x y z charge` in Å; what follows
//! (frequencies, SMILES, InChI) is passed over. Numbers may be written by Mathematica: `1.2*^-6` is 1.2e-6.

use super::origin::hexadecimal;
use super::qm9::LEVEL;
use super::{check_index, file_error, Conformation, Kind, Origin, Source};
use crate::TrainingError;
use oreo_core::units::HARTREE;
use oreo_core::{Element, Vec3};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// A file of one molecule of at most 29 atoms is far smaller.
const LONGEST: u64 = 1 << 20;
/// Name and place among the words of line 2.
const PROPERTIES: [(&str, usize); 4] = [("homo", 7), ("lumo", 8), ("gap", 9), ("u0", 12)];
/// `gdb`, its index, and A B C mu alpha homo lumo gap r2 zpve U0 U H G Cv.
const WORDS: usize = 17;

/// The molecules of a folder, by ascending file name, in memory.
pub struct Qm9Xyz {
    name: String,
    origin: Origin,
    names: Vec<String>,
    molecules: Vec<Molecule>,
}

struct Molecule {
    elements: Vec<Element>,
    positions: Vec<Vec3>,
    /// eV, as in `PROPERTIES`
    properties: [f64; PROPERTIES.len()],
}

impl Qm9Xyz {
    /// Reads every `*.xyz` of a folder.
    ///
    /// # Errors
    /// When a file does not follow the format: says which and where.
    pub fn open(folder: &Path) -> Result<Self, TrainingError> {
        let mut hash = Sha256::new();
        let mut molecules = Vec::new();
        for path in files(folder)? {
            let text = read_small(&path)?;
            hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
            hash.update([0]);
            hash.update(&text);
            molecules.push(parse(&text).map_err(|problem| file_error(&path, problem))?);
        }
        if molecules.is_empty() {
            return Err(file_error(
                folder,
                "has no .xyz files; give the folder with dsgdb9nsd_*.xyz",
            ));
        }
        Ok(Self {
            name: folder.display().to_string(),
            origin: Origin {
                path: folder.into(),
                sha256: hexadecimal(&hash.finalize()),
                kind: Kind::Equilibrium,
                level: Some(LEVEL.into()),
            },
            names: PROPERTIES.map(|(name, _)| name.to_string()).to_vec(),
            molecules,
        })
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, TrainingError> {
    let unreadable =
        |error: std::io::Error| file_error(folder, format!("cannot read: {error}; check the name"));
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "xyz") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read_small(path: &Path) -> Result<String, TrainingError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > LONGEST => {
            return Err(file_error(
                path,
                "is larger than 1 MiB, no molecule of QM9; take it out of the folder",
            ))
        }
        _ => {}
    }
    fs::read_to_string(path)
        .map_err(|error| file_error(path, format!("cannot read: {error}; download it again")))
}

/// The error says line, what, and what to do.
fn parse(text: &str) -> Result<Molecule, String> {
    let mut lines = (1..).zip(text.lines());
    let mut next = |what: &str| {
        lines
            .next()
            .ok_or(format!("ends before {what}; download it again"))
    };
    let (_, count) = next("the number of atoms")?;
    let count: usize = count
        .trim()
        .parse()
        .map_err(|_| "line 1: is no number of atoms; download it again")?;
    if count == 0 || count as u64 > LONGEST {
        return Err(format!("line 1: {count} atoms; download it again"));
    }
    let properties = properties(next("the properties")?.1)?;
    let mut molecule = Molecule {
        elements: Vec::new(),
        positions: Vec::new(),
        properties,
    };
    for atom in 0..count {
        let (number, line) = next(&format!("atom {atom} of {count}"))?;
        let (element, position) = self::atom(line).ok_or_else(|| {
            let line: String = line.chars().take(40).flat_map(char::escape_default).collect();
            format!("line {number}: '{line}' is not an element and three coordinates; download it again")
        })?;
        molecule.elements.push(element);
        molecule.positions.push(position);
    }
    Ok(molecule)
}

fn properties(line: &str) -> Result<[f64; PROPERTIES.len()], String> {
    let words: Vec<_> = line.split_whitespace().collect();
    if words.len() != WORDS || words[0] != "gdb" {
        let problem = "line 2: is not 'gdb INDEX' and 15 properties; these are not the raw files of QM9, use --properties";
        return Err(problem.into());
    }
    let mut values = [0.0; PROPERTIES.len()];
    for (value, (name, place)) in values.iter_mut().zip(PROPERTIES) {
        let hartree = number(words[place])
            .ok_or(format!("line 2: {name} is no number; download it again"))?;
        *value = hartree * HARTREE;
    }
    Ok(values)
}

fn atom(line: &str) -> Option<(Element, Vec3)> {
    let mut words = line.split_whitespace();
    let element = words.next()?.parse().ok()?;
    let mut coordinate = || number(words.next()?);
    Some((
        element,
        Vec3::new(coordinate()?, coordinate()?, coordinate()?),
    ))
}

/// Also Mathematica's way of writing powers of ten; finite.
fn number(word: &str) -> Option<f64> {
    let number: f64 = word.replacen("*^", "e", 1).parse().ok()?;
    number.is_finite().then_some(number)
}

impl Source for Qm9Xyz {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        self.molecules.len()
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        check_index(self, index)?;
        let Molecule {
            elements,
            positions,
            ..
        } = &self.molecules[index];
        let no_forces = None::<[Vec3; 0]>;
        conformation.replace(
            elements.iter().copied(),
            positions.iter().copied(),
            no_forces,
            None,
        );
        Ok(())
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn properties(&self) -> &[String] {
        &self.names
    }

    fn property(&self, index: usize, which: usize) -> Option<f64> {
        self.molecules.get(index)?.properties.get(which).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn powers_of_ten_of_mathematica() {
        // Catches the exponent dropped (1.2) or the text refused.
        assert_eq!(number("1.2*^-6"), Some(1.2e-6));
        assert_eq!(number("-0.5"), Some(-0.5));
        assert_eq!(number("nan"), None);
    }
}
