//! Compiled kernels on the disk: compiling takes several seconds, reading none.
//!
//! `$OREO_CACHE`, else `$XDG_CACHE_HOME/oreo`, else `~/.cache/oreo`. A file's name tells the kernels' SHA-256, the
//! architecture and NVRTC's version; its first 64 bytes are the SHA-256 of the rest, so that a damaged file is compiled
//! again. A cache that cannot be written is no error.

use super::error::Version;
use crate::oreo::cuda::Source;
use crate::oreo::file;
use std::fs;
use std::path::PathBuf;

pub(super) struct Cache {
    folder: Option<PathBuf>,
    /// Without version and ending.
    name: String,
}

/// Bytes of a digest in hex.
const DIGEST: usize = 64;

impl Cache {
    /// Of one network's shape on one architecture.
    pub fn of(source: &Source, architecture: &str) -> Self {
        Self::below(folder(), source, architecture)
    }

    fn below(folder: Option<PathBuf>, source: &Source, architecture: &str) -> Self {
        let all = format!("{:?}{}", source.macros(), source.text());
        let digest = file::digest(all.as_bytes());
        Self {
            folder,
            name: format!("kernels-{digest:.16}-{architecture}-"),
        }
    }

    /// What this version compiled.
    pub fn get(&self, version: Version) -> Option<Vec<u8>> {
        self.read(self.path(version)?)
    }

    /// What any version compiled, the newest by name.
    pub fn any(&self) -> Option<Vec<u8>> {
        let entries = fs::read_dir(self.folder.as_ref()?).ok()?.flatten();
        let mut names: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        names.sort();
        let own = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(&self.name) && name.ends_with(".cubin"))
        };
        names
            .into_iter()
            .rev()
            .filter(own)
            .find_map(|path| self.read(path))
    }

    /// Whoever looks sees no file or the whole one.
    pub fn put(&self, version: Version, code: &[u8]) {
        let Some(path) = self.path(version) else {
            return;
        };
        let mut bytes = file::digest(code).into_bytes();
        bytes.extend_from_slice(code);
        // Without a cache the kernels are compiled at every start, that is all.
        let _ = path.parent().map(fs::create_dir_all);
        let _ = file::replace(&path, &bytes);
    }

    fn path(&self, version: Version) -> Option<PathBuf> {
        let name = format!("{}nvrtc{version}.cubin", self.name);
        Some(self.folder.as_ref()?.join(name))
    }

    fn read(&self, path: PathBuf) -> Option<Vec<u8>> {
        let bytes = fs::read(path).ok()?;
        let (digest, code) = bytes.split_at_checked(DIGEST)?;
        (file::digest(code).as_bytes() == digest).then(|| code.to_vec())
    }
}

fn folder() -> Option<PathBuf> {
    let variable = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    variable("OREO_CACHE")
        .or_else(|| Some(variable("XDG_CACHE_HOME")?.join("oreo")))
        .or_else(|| Some(variable("HOME")?.join(".cache/oreo")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: Version = Version {
        major: 13,
        minor: 0,
    };

    #[test]
    fn what_was_put_is_found_again_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let of = |channels, architecture| {
            let source = Source {
                channels,
                heads: 4,
                vector_smoothing: 0.0,
            };
            Cache::below(Some(folder.path().join("new")), &source, architecture)
        };
        let cache = of(32, "sm_90");
        assert_eq!(cache.any(), None);
        cache.put(VERSION, b"code");
        assert_eq!(cache.get(VERSION).unwrap(), b"code");
        assert_eq!(cache.any().unwrap(), b"code");
        let newer = Version {
            major: 13,
            minor: 1,
        };
        assert_eq!(cache.get(newer), None);
        assert_eq!(of(64, "sm_90").any(), None);
        assert_eq!(of(32, "sm_80").any(), None);
        let path = cache.path(VERSION).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(cache.get(VERSION), None);
        assert_eq!(cache.any(), None);
    }
}
