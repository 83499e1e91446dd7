//! TorchMD-NET's `.ckpt`: PyTorch's zip archive with `data.pkl` and one entry per storage, uncompressed.
//!
//! The pickle is never executed: [`pickle`] turns it into plain values, [`tensors`] understands the few names that
//! rebuild tensors, and everything else stays a name. Storages are checked against their CRC and read in place.

mod pickle;
mod tensors;
mod writer;

pub(super) use writer::write;

use super::contents::{Contents, FileKind};
use super::error::WeightsProblem;
use std::collections::{BTreeMap, HashMap};
use std::io::{copy, sink, Cursor};
use zip::{CompressionMethod, ZipArchive};

/// A pickle of a hundred thousand tensors is smaller; its values take up to fifty times its length in memory.
const LARGEST_PICKLE: usize = 16 << 20;

pub(super) fn read(bytes: &[u8]) -> Result<Contents<'_>, WeightsProblem> {
    let mut archive = Archive::open(bytes)?;
    let pickle = archive.entry("data.pkl")?;
    if pickle.len() > LARGEST_PICKLE {
        let problem = format!("its pickle of {} bytes is larger than any", pickle.len());
        return Err(WeightsProblem::Damaged(problem));
    }
    let heap = pickle::read(pickle).map_err(WeightsProblem::Damaged)?;
    let hyper_parameters = tensors::hyper_parameters(&heap)?;
    let named = tensors::state_dict(&heap, &mut archive)?;
    let record = BTreeMap::new();
    Contents::new(
        FileKind::Checkpoint,
        bytes.len(),
        hyper_parameters,
        record,
        named,
    )
}

/// A zip file whose entries are slices of its bytes.
struct Archive<'a> {
    bytes: &'a [u8],
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// The folder that PyTorch puts around everything, with its slash.
    folder: String,
    big_endian: bool,
    /// Entries whose CRC has been found right.
    checked: HashMap<String, &'a [u8]>,
}

impl<'a> Archive<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, WeightsProblem> {
        let zip = ZipArchive::new(Cursor::new(bytes))
            .map_err(|error| WeightsProblem::Damaged(format!("zip: {error}")))?;
        let folder = zip
            .file_names()
            .flatten()
            .find_map(|name| name.strip_suffix("data.pkl").map(str::to_string))
            .filter(|folder| folder.is_empty() || folder.ends_with('/'))
            .ok_or_else(|| WeightsProblem::Damaged("it holds no data.pkl".into()))?;
        let mut archive = Self {
            bytes,
            zip,
            folder,
            big_endian: false,
            checked: HashMap::new(),
        };
        archive.big_endian = archive.byte_order()?;
        Ok(archive)
    }

    /// Files of older PyTorch have no `byteorder`; they are taken to be little-endian.
    fn byte_order(&mut self) -> Result<bool, WeightsProblem> {
        let name = format!("{}byteorder", self.folder);
        if self.zip.index_for_name(&name).is_none() {
            return Ok(false);
        }
        match self.entry("byteorder")? {
            b"little" => Ok(false),
            b"big" => Ok(true),
            _ => Err(WeightsProblem::Damaged("unknown byte order".into())),
        }
    }

    /// The bytes of an entry, in place.
    fn entry(&mut self, name: &str) -> Result<&'a [u8], WeightsProblem> {
        if let Some(bytes) = self.checked.get(name) {
            return Ok(bytes);
        }
        let bytes = self
            .locate(name)
            .map_err(|problem| WeightsProblem::Damaged(format!("entry '{name}': {problem}")))?;
        self.checked.insert(name.to_string(), bytes);
        Ok(bytes)
    }

    fn locate(&mut self, name: &str) -> Result<&'a [u8], String> {
        let full_name = format!("{}{name}", self.folder);
        let mut file = self.zip.by_name(&full_name).map_err(|e| e.to_string())?;
        if file.compression() != CompressionMethod::Stored {
            return Err("is compressed, which PyTorch never does".into());
        }
        // Reading to the end compares the CRC.
        let length = copy(&mut file, &mut sink()).map_err(|error| error.to_string())?;
        let start = file.data_start().ok_or("has no place in the file")?;
        let range = usize::try_from(start)
            .ok()
            .zip(usize::try_from(length).ok());
        range
            .and_then(|(start, length)| self.bytes.get(start..start.checked_add(length)?))
            .ok_or_else(|| "reaches beyond the end of the file".into())
    }
}
