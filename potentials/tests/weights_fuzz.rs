//! No bytes make the readers panic, hang or allocate without bound; whatever they accept is a whole, finite network.

mod common;

use common::edit::{self, with_entry};
use common::test_file;
use oreo_potentials::oreo::layout::layout;
use oreo_potentials::oreo::{Inspection, StoredAs, Weights};
use std::fs;

/// SplitMix64 (Steele, Lea, Flood 2014): a case is found again by its number.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

const INTERESTING: &[u8] = b"\x00\xff\x7f\x80(.}tRQhjq0\x81\x94";

/// Up to eight small wounds: a flipped bit, an interesting byte, a cut, a repetition, a long integer.
fn wound(bytes: &mut Vec<u8>, draws: &mut Draws) {
    for _ in 0..=draws.below(8) {
        if bytes.is_empty() {
            return;
        }
        let at = draws.below(bytes.len());
        match draws.below(12) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..(at + 1 + draws.below(16)).min(bytes.len()))),
            2 => {
                let piece = bytes[at..(at + 1 + draws.below(64)).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => {
                let huge = u64::MAX >> draws.below(64);
                let end = (at + 8).min(bytes.len());
                bytes[at..end].copy_from_slice(&huge.to_le_bytes()[..end - at]);
            }
            4..=6 => bytes[at] = INTERESTING[draws.below(INTERESTING.len())],
            _ => bytes[at] ^= 1 << draws.below(8),
        }
    }
}

/// The two readers must agree on what can be evaluated.
fn read(bytes: &[u8]) -> bool {
    let inspection = Inspection::from_bytes(bytes, "fuzzed");
    let weights = Weights::from_bytes(bytes, "fuzzed");
    let usable = inspection.is_ok_and(|seen| seen.refusals.is_empty());
    assert_eq!(weights.is_ok(), usable);
    let Ok(weights) = weights else { return false };
    for entry in layout(&weights.config) {
        let tensor = &weights.tensors[&entry.name];
        assert_eq!(tensor.shape, entry.shape);
        assert!(tensor.values.iter().all(|value| value.is_finite()));
    }
    true
}

/// MB; the largest that this process ever was, where the system tells.
fn peak_memory() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim()
        .trim_end_matches(" kB")
        .parse::<f64>()
        .ok()
        .map(|kilobytes| kilobytes / 1024.0)
}

/// Runs every kind of case in turn; the inputs have 10 to 20 kB, so 200 MB would be a thousand-fold.
fn fuzz(cases: u64) {
    let before = peak_memory();
    let checkpoint = |index: usize| {
        fs::read(test_file(
            [
                "odd_protocol2.ckpt",
                "odd_protocol4.ckpt",
                "odd_protocol5.ckpt",
            ][index],
        ))
        .unwrap()
    };
    let mut weights = Weights::load(test_file("odd_protocol4.ckpt")).unwrap();
    let single = weights.to_bytes();
    weights.round_to_f16().unwrap();
    let half = weights.to_checkpoint(StoredAs::F16Matrices);
    let checkpoints = [checkpoint(0), checkpoint(1), checkpoint(2), half];
    let safetensors = [single, weights.to_bytes()];
    let mut accepted = 0;
    for case in 0..cases {
        let mut draws = Draws(case);
        let checkpoint = &checkpoints[draws.below(4)];
        let safetensors = &safetensors[draws.below(2)];
        let bytes = match case % 5 {
            0 => wounded(checkpoint, &mut draws),
            1 => wounded(safetensors, &mut draws),
            2 => wounded_header(safetensors, &mut draws),
            3 => with_entry(checkpoint, "data.pkl", |pickle| wound(pickle, &mut draws)),
            _ => with_entry(checkpoint, "data.pkl", |pickle| {
                *pickle = opcodes(&mut draws)
            }),
        };
        accepted += usize::from(read(&bytes));
    }
    assert!(
        accepted > 0,
        "the wounds are too deep to reach the later checks"
    );
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        assert!(after - before < 200.0, "{} MB", after - before);
    }
}

fn wounded(bytes: &[u8], draws: &mut Draws) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    wound(&mut bytes, draws);
    bytes
}

/// The header's length stays right, so that its content is reached.
fn wounded_header(file: &[u8], draws: &mut Draws) -> Vec<u8> {
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let header = wounded(&file[8..8 + length], draws);
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend(&file[8 + length..]);
    bytes
}

/// A random program in the pickle's language, mostly of known words.
fn opcodes(draws: &mut Draws) -> Vec<u8> {
    let words: &[&[u8]] = &[
        b"(",
        b")",
        b"]",
        b"}",
        b"N",
        b"0",
        b"1",
        b"2",
        b"t",
        b"l",
        b"d",
        b"a",
        b"e",
        b"s",
        b"u",
        b"R",
        b"b",
        b"Q",
        b"\x81",
        b"\x85",
        b"\x86",
        b"\x87",
        b"\x88",
        b"\x8f",
        b"\x90",
        b"\x91",
        b"\x92",
        b"\x93",
        b"\x94",
        b"K\x01",
        b"M\x01\x02",
        b"J\xff\xff\xff\xff",
        b"q\x00",
        b"h\x00",
        b"j\x01\x00\x00\x00",
        b"r\x01\x00\x00\x00",
        b"G@\x00\x00\x00\x00\x00\x00\x00",
        b"X\x03\x00\x00\x00abc",
        b"\x8c\x0astate_dict",
        b"\x8c\x10hyper_parameters",
        b"ctorch._utils\n_rebuild_tensor_v2\n",
        b"ctorch\nFloatStorage\n",
        b"\x8a\x02\xff\xff",
        b"\x8b\xff\xff\xff\x7f",
        b"X\xff\xff\xff\xff",
        b"\x95\x00\x00\x00\x00\x00\x00\x00\x00",
        b".",
    ];
    let mut program = b"\x80\x02}".to_vec();
    for _ in 0..draws.below(200) {
        program.extend(words[draws.below(words.len())]);
    }
    program.push(b'.');
    program
}

#[test]
fn five_thousand_wounded_files_are_read_or_refused() {
    fuzz(5_000);
}

#[test]
#[ignore = "minutes"]
fn a_million_wounded_files_are_read_or_refused() {
    fuzz(1_000_000);
}

/// Each doubles the last: 2⁴⁰ values if they were ever written out.
#[test]
fn nested_lists_that_stand_for_a_trillion_values_cost_nothing() {
    let file = fs::read(test_file("odd_protocol2.ckpt")).unwrap();
    let file = with_entry(&file, "data.pkl", |pickle| {
        let mut bomb = b"]".to_vec();
        (0..40).for_each(|_| bomb.extend(b"2\x86"));
        edit::replace(pickle, b"G?PbM\xd2\xf1\xa9\xfc", &bomb);
    });
    let seen = Inspection::from_bytes(&file, "bomb").unwrap();
    assert!(seen.hyper_parameters["lr"].len() < 1_000_000);
    assert!(seen.refusals.is_empty());
}

/// The first tensor that is smaller than its sizes ends the reading, before anything of that size exists.
#[test]
fn a_small_file_cannot_claim_a_large_network() {
    let small = fs::read(test_file("small_et.safetensors")).unwrap();
    let large = edit::with_options(&small, |options| {
        options.insert("num_layers".into(), 1000.into());
        options.insert("embedding_dimension".into(), 16_384.into());
    });
    let error = Weights::from_bytes(&large, "large").unwrap_err();
    assert!(error.to_string().contains("has shape"), "{error}");
}
