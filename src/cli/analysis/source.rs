//! Frames of a trajectory, one after the other, and what to do about a torn end.
//!
//! A file that ends inside a frame is refused with the place, as any damaged file is. Only the trajectory of an
//! unfinished run may be torn: its writer was killed, or is still writing. Then the complete frames are analyzed, and a
//! note says so. A text file without its last line end is torn, too: the last number may lack digits.

use crate::cli::exit::OrBadInput;
use anyhow::Result;
use oreo_core::Frame;
use oreo_formats::{FileFormat, FormatError, Place, ReadOptions};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How a file may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With a complete frame.
    Whole,
    /// Anywhere: the run is unfinished.
    MaybeTorn,
}

/// Shows every complete frame to `see`; true when a torn one was left out.
pub fn each_frame(
    path: &Path,
    options: &ReadOptions,
    end: End,
    mut see: impl FnMut(Frame) -> Result<()>,
) -> Result<bool> {
    let unclosed = end == End::MaybeTorn && lacks_line_end(path).or_bad_input()?;
    let mut held = None;
    let mut torn = false;
    for frame in oreo_formats::read_frames(path, options).or_bad_input()? {
        match frame {
            Ok(frame) => {
                if let Some(before) = held.replace(frame) {
                    see(before)?;
                }
            }
            Err(FormatError::Truncated { .. }) if end == End::MaybeTorn => torn = true,
            Err(error) if unclosed && is_in_last_line(path, &error) => torn = true,
            Err(error) => return Err(error).or_bad_input(),
        }
    }
    match held {
        Some(_) if unclosed && !torn => torn = true,
        Some(last) => see(last)?,
        None => {}
    }
    Ok(torn)
}

/// Of XYZ; other formats know the length of a frame.
fn lacks_line_end(path: &Path) -> Result<bool, FormatError> {
    if FileFormat::of(path)? != FileFormat::Xyz {
        return Ok(false);
    }
    let last = || -> io::Result<u8> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::End(-1))?;
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        Ok(byte[0])
    };
    // A file that cannot be read is reported by its reader.
    Ok(last().is_ok_and(|byte| byte != b'\n'))
}

fn is_in_last_line(path: &Path, error: &FormatError) -> bool {
    let place = match error {
        FormatError::Malformed { place, .. }
        | FormatError::UnknownElement { place, .. }
        | FormatError::NotFinite { place, .. } => place,
        _ => return false,
    };
    matches!(place, Place::Line(line) if last_line(path).is_ok_and(|last| *line == last))
}

/// Number of the last line, from 1, of a text without a line end.
fn last_line(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    let mut lines = 1;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(lines),
            count => {
                lines += buffer[..count]
                    .iter()
                    .filter(|&&byte| byte == b'\n')
                    .count() as u64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "2\n\nH 0 0 0\nH 0 0 0.75\n";

    /// Energies at which the frames were seen: one x coordinate each.
    fn seen(text: &str, end: End) -> Result<(usize, bool)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trajectory.xyz");
        std::fs::write(&path, text).unwrap();
        let mut frames = 0;
        let torn = each_frame(&path, &ReadOptions::default(), end, |_| {
            frames += 1;
            Ok(())
        })?;
        Ok((frames, torn))
    }

    /// Wherever a killed writer stopped, the complete frames are there, and no number with lost digits is.
    #[test]
    fn an_unfinished_run_may_end_anywhere() {
        let text = WHOLE.repeat(3);
        let two = 2 * WHOLE.len();
        assert_eq!(seen(&text, End::MaybeTorn).unwrap(), (3, false));
        for length in two + 1..text.len() {
            let found = seen(&text[..length], End::MaybeTorn).unwrap();
            assert_eq!(found, (2, true), "{:?}", &text[two..length]);
        }
    }

    #[test]
    fn a_finished_file_may_not_and_damage_in_the_middle_is_never_forgiven() {
        let text = WHOLE.repeat(3);
        assert!(seen(&text[..text.len() - 10], End::Whole).is_err());
        let damaged = text.replacen("0.75", "0.x5", 1);
        assert!(seen(&damaged, End::MaybeTorn).is_err());
        assert!(seen(&damaged[..damaged.len() - 3], End::MaybeTorn).is_err());
    }
}
