//! Writing a packed file, all or nothing.

use super::header::{Header, LENGTH};
use super::{record, PackedPart};
use crate::data::{
    file_error, fingerprint, frame_error, Conformation, Filter, FilterReport, Indices, Source,
};
use crate::TrainingError;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Collects conformations of any sources. The file appears under its name with [`PackedWriter::finish`]; dropped before, nothing
/// is left. Memory does not grow with the number of conformations: the index waits in a file of its own.
pub struct PackedWriter {
    path: PathBuf,
    records: Option<BufWriter<File>>,
    index: Option<BufWriter<File>>,
    end: u64,
    hash: Sha256,
    conformations: u64,
    atoms: u64,
    equilibrium: u64,
    parts: Vec<PackedPart>,
    exact: bool,
}

impl PackedWriter {
    /// Starts beside `path`, with `.partial` and `.index` behind the name.
    ///
    /// # Errors
    /// When no file can be written there.
    pub fn create(path: &Path) -> Result<Self, TrainingError> {
        let mut this = Self {
            path: path.into(),
            records: None,
            index: None,
            end: LENGTH,
            hash: Sha256::new(),
            conformations: 0,
            atoms: 0,
            equilibrium: 0,
            parts: Vec::new(),
            exact: false,
        };
        let start = |this: &mut Self| -> io::Result<()> {
            let mut records =
                BufWriter::with_capacity(1 << 16, File::create(this.beside(".partial"))?);
            records.write_all(&[0; LENGTH as usize])?;
            let index = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(true)
                .open(this.beside(".index"))?;
            this.records = Some(records);
            this.index = Some(BufWriter::with_capacity(1 << 16, index));
            Ok(())
        };
        match start(&mut this) {
            Ok(()) => Ok(this),
            Err(error) => Err(this.unwritable(&error)),
        }
    }

    /// From now on every bit of positions and forces is kept: conformations are then those of their source, in nearly twice
    /// the bytes.
    pub fn exact(mut self) -> Self {
        self.exact = true;
        self
    }

    /// Adds the conformations of a source that pass the filter; `only` restricts them, e.g. to the training part of a split.
    ///
    /// # Errors
    /// When a conformation cannot be read, is refused ([`Conformation::problem`]), or the disk is full.
    pub fn add(
        &mut self,
        source: &dyn Source,
        only: Option<&Indices>,
        filter: &Filter,
    ) -> Result<FilterReport, TrainingError> {
        let all = Indices::all(source.len() as u64);
        let (mut report, mut kept) = (FilterReport::default(), Indices::default());
        let (mut conformation, mut bytes) = (Conformation::default(), Vec::new());
        for index in only.unwrap_or(&all).iter() {
            source.read(index as usize, &mut conformation)?;
            if let Some(problem) = conformation.problem() {
                let problem = format!("{problem}; remove it or compute it again");
                return Err(frame_error(source.name(), index as usize, &problem));
            }
            let rejection = filter.rejection(&conformation);
            report.count(rejection);
            if rejection.is_some() {
                continue;
            }
            kept.push(index);
            record::encode(
                &conformation,
                self.parts.len() as u32,
                self.exact,
                &mut bytes,
            );
            self.append(&bytes)
                .map_err(|error| self.unwritable(&error))?;
            self.atoms += conformation.elements.len() as u64;
            self.equilibrium += u64::from(conformation.forces.is_none());
        }
        self.parts.push(PackedPart {
            name: source.name().into(),
            origin: source.origin().cloned(),
            fingerprint: fingerprint(source)?,
            indices: kept,
            filtered: report,
        });
        Ok(report)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (Some(records), Some(index)) = (&mut self.records, &mut self.index) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        records.write_all(bytes)?;
        index.write_all(&self.end.to_le_bytes())?;
        self.hash.update(bytes);
        self.end += bytes.len() as u64;
        self.conformations += 1;
        Ok(())
    }

    /// Completes the file and gives it its name.
    ///
    /// # Errors
    /// When nothing was added, or the disk is full.
    pub fn finish(mut self) -> Result<(), TrainingError> {
        if self.conformations == 0 {
            return Err(file_error(
                &self.path,
                "no conformation passed the filter; loosen it",
            ));
        }
        self.complete().map_err(|error| self.unwritable(&error))
    }

    fn complete(&mut self) -> io::Result<()> {
        let (Some(mut records), Some(mut index)) = (self.records.take(), self.index.take()) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        index.write_all(&self.end.to_le_bytes())?;
        let mut index = index.into_inner()?;
        index.seek(SeekFrom::Start(0))?;
        let index_crc = copy(&mut BufReader::new(index), &mut records)?;
        let description = serde_json::to_vec(&self.parts)?;
        records.write_all(&description)?;
        let description_at = self.end + 8 * (self.conformations + 1);
        let header = Header {
            conformations: self.conformations,
            atoms: self.atoms,
            equilibrium: self.equilibrium,
            index_at: self.end,
            description_at,
            file_length: description_at + description.len() as u64,
            index_crc,
            description_crc: crc32fast::hash(&description),
            records_sha256: self.hash.clone().finalize().into(),
        };
        let mut file = records.into_inner()?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header.bytes())?;
        file.sync_all()?;
        fs::rename(self.beside(".partial"), &self.path)
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(ending);
        name.into()
    }

    fn unwritable(&self, error: &io::Error) -> TrainingError {
        file_error(
            &self.path,
            format!("cannot write: {error}; free some space or choose another place"),
        )
    }
}

/// Gives the CRC-32 of what was copied.
fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(hasher.finalize()),
            read => {
                hasher.update(&buffer[..read]);
                to.write_all(&buffer[..read])?;
            }
        }
    }
}

impl Drop for PackedWriter {
    /// What is not finished is of no use; nothing can be done about an error here.
    fn drop(&mut self) {
        self.records = None;
        let _ = fs::remove_file(self.beside(".partial"));
        let _ = fs::remove_file(self.beside(".index"));
    }
}
