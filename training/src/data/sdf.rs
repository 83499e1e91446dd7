//! PCQM4Mv2 and other SDF files of relaxed molecules, one block at a time.
//!
//! A V2000 mol block has three lines of text, a line of counts (`aaabbb…`, three characters each), and a line per atom with
//! coordinates in columns 1–30 (ten each, Å) and the symbol in columns 32–34; `$$$$` ends it (CTfile Formats, BIOVIA 2020).
//! Opening reads the file once: every block is checked and its place remembered, 8 bytes a molecule.

use super::origin::hexadecimal;
use super::{check_index, file_error, frame_error, Conformation, Kind, Origin, Source};
use crate::TrainingError;
use oreo_core::{Element, Vec3};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// No mol block of at most 999 atoms comes near.
const LONGEST_BLOCK: usize = 1 << 20;

/// Molecules of an SDF file, read from the file when asked for.
pub struct Sdf {
    name: String,
    origin: Origin,
    file: File,
    /// Where each block starts, and the end of the last, (molecules + 1,).
    starts: Vec<u64>,
}

impl Sdf {
    /// Checks every block. `level` says what relaxed the molecules.
    ///
    /// # Errors
    /// When a block is no V2000 block with three-dimensional coordinates: says which.
    pub fn open(path: &Path, level: Option<&str>) -> Result<Self, TrainingError> {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let mut reader = BufReader::with_capacity(1 << 16, &file);
        let (mut hash, mut starts) = (Sha256::new(), vec![0]);
        let (mut block, mut conformation) = (Vec::new(), Conformation::default());
        loop {
            block.clear();
            let ended =
                read_block(&mut reader, &mut block).map_err(|error| unreadable(path, &error))?;
            if block.iter().all(u8::is_ascii_whitespace) && !ended {
                hash.update(&block);
                break;
            }
            let number = starts.len() - 1;
            let checked = match ended {
                true => parse(&block, &mut conformation),
                false => Err("does not end with $$$$, or is longer than 1 MiB; decompress or download the file again".into()),
            };
            checked
                .map_err(|problem| frame_error(&path.display().to_string(), number, &problem))?;
            hash.update(&block);
            starts.push(starts[number] + block.len() as u64);
        }
        if starts.len() == 1 {
            return Err(file_error(
                path,
                "has no molecules; check that it was downloaded completely",
            ));
        }
        Ok(Self {
            name: path.display().to_string(),
            origin: Origin {
                path: path.into(),
                sha256: hexadecimal(&hash.finalize()),
                kind: Kind::Equilibrium,
                level: level.map(str::to_string),
            },
            file,
            starts,
        })
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> TrainingError {
    file_error(path, format!("cannot read: {error}; check the file"))
}

/// Adds lines up to and with `$$$$`; false at the end of the file or of patience.
fn read_block(reader: &mut impl BufRead, block: &mut Vec<u8>) -> std::io::Result<bool> {
    loop {
        let start = block.len();
        let room = (LONGEST_BLOCK - start) as u64;
        if reader.by_ref().take(room).read_until(b'\n', block)? == 0 {
            return Ok(false);
        }
        if block[start..].starts_with(b"$$$$") {
            return Ok(true);
        }
    }
}

/// The error says what and what to do.
fn parse(block: &[u8], conformation: &mut Conformation) -> Result<(), String> {
    let text = std::str::from_utf8(block)
        .map_err(|_| "is not text; decompress or download the file again")?;
    let mut lines = text.lines();
    let (program, counts) = (lines.nth(1).unwrap_or(""), lines.nth(1).unwrap_or(""));
    if counts.contains("V3000") {
        return Err("is a V3000 block; convert the file to V2000".into());
    }
    if program.get(20..22) == Some("2D") {
        return Err(
            "is a drawing (2D), not a structure; take the file with three-dimensional coordinates"
                .into(),
        );
    }
    let count = counts
        .get(..3)
        .and_then(|count| count.trim().parse::<usize>().ok());
    let count = count.filter(|&count| count > 0);
    let count = count
        .ok_or("its fourth line does not start with a number of atoms; download the file again")?;
    conformation.replace([], [], None::<[Vec3; 0]>, None);
    for number in 0..count {
        let atom = lines.next().and_then(atom);
        let (element, position) =
            atom.ok_or(format!("atom {number} of {count} is not three coordinates and an element; download the file again"))?;
        conformation.elements.push(element);
        conformation.positions.push(position);
    }
    Ok(())
}

fn atom(line: &str) -> Option<(Element, Vec3)> {
    let coordinate = |k: usize| -> Option<f64> {
        let number: f64 = line.get(10 * k..10 * (k + 1))?.trim().parse().ok()?;
        number.is_finite().then_some(number)
    };
    let position = Vec3::new(coordinate(0)?, coordinate(1)?, coordinate(2)?);
    let symbol = line.get(31..)?.split_whitespace().next()?;
    // D and T are isotopes in this format, the same element to a network of positions and charges.
    let symbol = if matches!(symbol, "D" | "T") {
        "H"
    } else {
        symbol
    };
    Some((symbol.parse().ok()?, position))
}

impl Source for Sdf {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        check_index(self, index)?;
        let (start, end) = (self.starts[index], self.starts[index + 1]);
        let mut block = vec![0; (end - start) as usize];
        let read = self.file.read_exact_at(&mut block, start);
        read.map_err(|error| {
            frame_error(
                &self.name,
                index,
                &format!("cannot read: {error}; the file has changed"),
            )
        })?;
        parse(&block, conformation).map_err(|problem| frame_error(&self.name, index, &problem))
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }
}
