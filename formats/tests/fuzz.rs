//! Every parser on damaged files: an error or frames, never a panic, never much memory.
//!
//! The short version runs always; `OREO_FUZZ=1000000 cargo test --release -p oreo-formats --test fuzz -- --ignored`
//! runs that many cases per parser.

mod common;

use common::{stored, water};
use oreo_core::Frame;
use oreo_formats::{load, DcdReader, FormatError, ReadOptions, XyzReader};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// Xorshift64: cases must be repeatable, their quality does not matter.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
}

/// Flips, inserts, removes, repeats, cuts, or puts extreme numbers in.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    const EXTREMES: [&[u8]; 8] = [
        &[0xff; 4],
        &[0, 0, 0, 0x80],
        &[0xff, 0xff, 0xff, 0x7f],
        &[0; 8],
        b"99999999999",
        b"-1",
        b"nan",
        b"\" \n:=,(",
    ];
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len());
        match random.below(7) {
            _ if bytes.is_empty() => bytes.push(b'1'),
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.below(256) as u8,
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..(at + random.below(16)).min(bytes.len()))),
            4 => {
                let part = bytes[at..(at + random.below(64)).min(bytes.len())].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, part);
            }
            _ => {
                let extreme = EXTREMES[random.below(EXTREMES.len())];
                let end = (at + extreme.len() * random.below(2)).min(bytes.len());
                bytes.splice(at..end, extreme.iter().copied());
            }
        }
    }
}

/// One line, finite numbers, matching lengths.
fn check(frames: impl Iterator<Item = Result<Frame, FormatError>>) {
    for frame in frames {
        match frame {
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
            Ok(frame) => {
                assert_eq!(frame.elements.len(), frame.positions.len());
                let lists = [&frame.forces, &frame.velocities];
                assert!(lists
                    .iter()
                    .all(|list| list.as_ref().is_none_or(|l| l.len() == frame.len())));
                assert!(frame
                    .positions
                    .iter()
                    .all(|p| p.iter().all(|x| x.is_finite())));
            }
        }
    }
}

fn read_xyz(path: &Path) {
    if let Ok(reader) = XyzReader::open(path) {
        check(reader);
    }
}

fn read_dcd(path: &Path) {
    match DcdReader::open(path, &water()) {
        Ok(reader) => check(reader),
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}

fn read_npz(path: &Path) {
    match load(path, &ReadOptions::default()) {
        Ok(set) => check((0..set.len()).map(|i| Ok(set.frame(i)))),
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}

type Parser = fn(&Path);

const PARSERS: [(&str, Parser); 7] = [
    ("ase_tilted.extxyz", read_xyz),
    ("ase_open.xyz.gz", read_xyz),
    ("mdanalysis_tilted.dcd", read_dcd),
    ("mdanalysis_open.dcd", read_dcd),
    ("sgdml_ethanol_3.npz", read_npz),
    ("rmd17_ethanol_10.npz", read_npz),
    ("predictions", read_npz),
];

fn original(name: &str, folder: &Path) -> Vec<u8> {
    if name != "predictions" {
        return fs::read(stored(name)).unwrap();
    }
    use oreo_formats::npz::{write_npz, NpzArray};
    let path = folder.join("original.npz");
    let positions = [0.0, 0.0, 0.0, 0.0, 0.0, 0.92];
    let arrays = [
        ("n_atoms", &[1][..], NpzArray::I64(&[2])),
        ("numbers", &[2], NpzArray::I64(&[1, 9])),
        ("positions", &[2, 3], NpzArray::F64(&positions)),
        ("energies", &[1], NpzArray::F64(&[-1.0])),
    ];
    write_npz(&path, &arrays).unwrap();
    fs::read(path).unwrap()
}

fn fuzz(cases: u64) {
    let folder = tempfile::tempdir().unwrap();
    for (number, (name, read)) in PARSERS.iter().enumerate() {
        let original = original(name, folder.path());
        let path = folder.path().join(match name {
            &"predictions" => "case.npz".into(),
            name => format!("case_{name}"),
        });
        for case in 0..cases {
            let seed = ((number as u64 + 1) << 48) + case + 1;
            let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let mut bytes = original.clone();
            damage(&mut bytes, &mut random);
            // Replacing the contents of a file makes some file systems wait for the disk; a new file does not.
            let _ = fs::remove_file(&path);
            fs::write(&path, &bytes).unwrap();
            let outcome = std::panic::catch_unwind(|| read(&path));
            assert!(
                outcome.is_ok(),
                "{name}, case {case}: see {}",
                keep(&bytes).display()
            );
        }
    }
    assert_bounded_memory();
}

/// A case that fails stays for whoever looks into it.
fn keep(bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join("oreo_formats_failed_case");
    fs::write(&path, bytes).unwrap();
    path
}

/// The largest input has a few kilobytes; the process must never have needed more than this.
fn assert_bounded_memory() {
    let Ok(status) = fs::read_to_string("/proc/self/status") else {
        return;
    };
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = peak
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    assert!(kib < 200 << 10, "peak memory {kib} KiB");
}

#[test]
fn damaged_files_never_panic() {
    fuzz(1500);
}

#[test]
#[ignore = "minutes"]
fn damaged_files_never_panic_in_a_long_run() {
    let cases = std::env::var("OREO_FUZZ").ok();
    fuzz(
        cases
            .and_then(|cases| cases.parse().ok())
            .unwrap_or(100_000),
    );
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("case");
        for (start, read) in [(&b""[..], read_xyz as fn(&Path)), (b"1\n", read_xyz), (b"T\0\0\0CORD", read_dcd), (b"PK\x03\x04", read_npz)] {
            fs::write(&path, [start, &bytes].concat()).unwrap();
            read(&path);
        }
    }

    #[test]
    fn random_comments_never_panic(comment in ".{0,80}", properties in "[a-zSIRL0-9:]{0,40}") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("case.xyz");
        for comment in [comment.clone(), format!("Properties={properties} {comment}"), format!("Lattice=\"{comment}\"")] {
            fs::write(&path, format!("1\n{comment}\nH 0 0 0\n")).unwrap();
            read_xyz(&path);
        }
    }
}
