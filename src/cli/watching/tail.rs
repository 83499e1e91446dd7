//! Reads a table that another process appends to: new whole lines each time. A last line without its end is left for the next
//! time; a line that a crash has damaged is passed over; a file that was cut back (a run that was resumed) is read again.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;

/// Bytes; a line of a healthy table has a few hundred.
const LONGEST_LINE: u64 = 64 * 1024;

/// A growing CSV file.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    /// Names that are looked for; the first one counts upwards.
    wanted: &'static [&'static str],
    /// Where they stand in a line; empty before the head is read.
    places: Vec<Option<usize>>,
    /// Behind the last whole line.
    offset: u64,
    /// First value of the last line.
    last: Option<f64>,
}

/// What a look at the file found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Lines behind those of the last look, perhaps none
    More,
    /// The file is not what it was: what came from it must be forgotten, and the next look begins at its start
    Anew,
}

impl Tail {
    /// `wanted` are names of columns. The file need not be there yet.
    pub fn new(path: PathBuf, wanted: &'static [&'static str]) -> Self {
        Self {
            path,
            wanted,
            places: Vec::new(),
            offset: 0,
            last: None,
        }
    }

    /// Hands the wanted values of each new line to `take`, `None` for what is not there.
    ///
    /// # Errors
    /// The system's, but for a file that is not there.
    pub fn read(&mut self, mut take: impl FnMut(&[Option<f64>])) -> io::Result<Found> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound && self.offset == 0 => {
                return Ok(Found::More)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(self.anew()),
            file => file?,
        };
        if file.metadata()?.len() < self.offset {
            return Ok(self.anew());
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = (&mut reader)
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line)? as u64;
            if line.last() != Some(&b'\n') && read < LONGEST_LINE {
                return Ok(Found::More);
            }
            let values = self.values(&String::from_utf8_lossy(&line));
            if let Some(first) = values.as_ref().and_then(|values| values[0]) {
                if self.last.is_some_and(|last| first <= last) {
                    return Ok(self.anew());
                }
                self.last = Some(first);
                take(&values.unwrap_or_default());
            }
            self.offset += read;
        }
    }

    fn anew(&mut self) -> Found {
        *self = Self::new(std::mem::take(&mut self.path), self.wanted);
        Found::Anew
    }

    /// `None` for the head, and for a line that is none.
    fn values(&mut self, line: &str) -> Option<Vec<Option<f64>>> {
        let fields: Vec<&str> = line.trim_end().split(',').collect();
        if self.places.is_empty() {
            let place = |name: &&str| fields.iter().position(|field| field == name);
            self.places = self.wanted.iter().map(place).collect();
            return None;
        }
        let number = |place: &Option<usize>| fields.get((*place)?)?.parse().ok();
        let values: Vec<Option<f64>> = self.places.iter().map(number).collect();
        let whole = self
            .places
            .iter()
            .flatten()
            .all(|&place| place < fields.len());
        (whole && values[0].is_some()).then_some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    type Lines = Vec<Vec<Option<f64>>>;

    fn new_lines(tail: &mut Tail) -> (Found, Lines) {
        let mut lines = Vec::new();
        let found = tail.read(|values| lines.push(values.to_vec())).unwrap();
        (found, lines)
    }

    /// Planted: an offset that counts the half line skips its rest, and a half line that is taken reads 1.2 for 1.25.
    #[test]
    fn a_half_written_line_waits_for_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("thermo.csv");
        let mut tail = Tail::new(path.clone(), &["step", "t", "absent"]);
        assert_eq!(new_lines(&mut tail), (Found::More, vec![]));
        fs::write(&path, "step,x,t\n0,7,1.5\n100,7,1.2").unwrap();
        let first = vec![vec![Some(0.0), Some(1.5), None]];
        assert_eq!(new_lines(&mut tail), (Found::More, first));
        assert_eq!(new_lines(&mut tail), (Found::More, vec![]));
        fs::write(&path, "step,x,t\n0,7,1.5\n100,7,1.25\n200,7,\n").unwrap();
        let rest = vec![
            vec![Some(100.0), Some(1.25), None],
            vec![Some(200.0), None, None],
        ];
        assert_eq!(new_lines(&mut tail), (Found::More, rest));
    }

    /// Cut back to a checkpoint, and cut back and grown beyond where it was. Planted: a tail that looks at the length alone
    /// misses the second.
    #[test]
    fn a_file_that_was_cut_back_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("thermo.csv");
        for later in ["step,t\n0,1\n", "step,t\n0,1\n100,2\n110,2\n120,2\n130,2\n"] {
            let mut tail = Tail::new(path.clone(), &["step", "t"]);
            fs::write(&path, "step,t\n0,1\n100,2\n200,3\n").unwrap();
            assert_eq!(new_lines(&mut tail).1.len(), 3);
            fs::write(&path, later).unwrap();
            assert_eq!(new_lines(&mut tail).0, Found::Anew);
            assert_eq!(new_lines(&mut tail).1.len(), later.lines().count() - 1);
        }
    }

    #[test]
    fn lines_that_are_damaged_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("thermo.csv");
        let mut bytes = b"step,t\n0,1\n".to_vec();
        bytes.extend([0; 200]);
        bytes.extend(b"\nnoise\n\xff\xfe,3\n100,2\n");
        fs::write(&path, bytes).unwrap();
        let mut tail = Tail::new(path, &["step", "t"]);
        let lines = new_lines(&mut tail).1;
        assert_eq!(lines, [[Some(0.0), Some(1.0)], [Some(100.0), Some(2.0)]]);
    }
}
