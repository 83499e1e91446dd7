//! A packed file gives back what was put in, notices every change, and streams in bounded memory.

mod common;

use common::{message, InMemory, MadeUp};
use oreo_core::Vec3;
use oreo_training::data::{
    open, Conformation, Filter, FilterReport, Indices, Kind, Packed, PackedWriter, Source,
    SourceOptions,
};
use std::fs;
use std::path::Path;

fn pack(path: &Path, count: usize) {
    let mut writer = PackedWriter::create(path).unwrap();
    writer
        .add(&MadeUp(count), None, &Filter::default())
        .unwrap();
    writer.finish().unwrap();
}

/// Positions relative to the centroid and everything but the energy as f32: what the format promises.
fn rounded(mut conformation: Conformation) -> Conformation {
    let round = |v: &mut Vec3| v.apply(|x| *x = f64::from(*x as f32));
    let centroid =
        conformation.positions.iter().sum::<Vec3>() / conformation.positions.len() as f64;
    conformation
        .positions
        .iter_mut()
        .for_each(|r| *r -= centroid);
    conformation.positions.iter_mut().for_each(round);
    conformation.forces.iter_mut().flatten().for_each(round);
    conformation
}

#[test]
fn what_is_packed_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mix.oreo");
    let mut writer = PackedWriter::create(&path).unwrap();
    let only = Indices::from_unsorted(vec![1, 5, 9]);
    writer.add(&MadeUp(20), None, &Filter::default()).unwrap();
    writer
        .add(&MadeUp(20), Some(&only), &Filter::default())
        .unwrap();
    assert!(!path.exists(), "a file that is not whole has no name");
    writer.finish().unwrap();
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "temporary files left"
    );

    let packed = Packed::open(&path).unwrap();
    packed.verify().unwrap();
    assert_eq!(packed.len(), 23);
    assert_eq!(packed.origin().unwrap().kind, Kind::Mixed);
    let mut conformation = Conformation::default();
    // In an order that leaves more behind in the reused memory than the next one needs.
    for place in (0..23).rev() {
        let index = if place < 20 {
            place
        } else {
            1 + 4 * (place - 20)
        };
        packed.read(place, &mut conformation).unwrap();
        // To the bit; catches forces kept from the conformation before and sections exchanged.
        assert_eq!(
            conformation,
            rounded(MadeUp::conformation(index)),
            "{place}"
        );
        assert_eq!(packed.part(place).unwrap(), usize::from(place >= 20));
    }
    assert_eq!(packed.parts()[1].indices, only);
    let atoms = |index| MadeUp::conformation(index).elements.len() as u64;
    assert_eq!(
        packed.total_atoms(),
        (0..20).chain([1, 5, 9]).map(atoms).sum::<u64>()
    );
}

/// What a user declares counts where the packed file does not know. Seen to fail with a declaration that nobody reads.
#[test]
fn a_declared_level_is_that_of_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("packed.oreo");
    pack(&path, 3);
    let level = |declared: Option<&str>| {
        let options = SourceOptions {
            level: declared.map(String::from),
            ..SourceOptions::default()
        };
        let source = open(&path, &options).unwrap();
        source.origin().unwrap().level.clone()
    };
    assert_eq!(level(Some("wB97X")).as_deref(), Some("wB97X"));
    assert_eq!(level(None), None);
}

/// Every bit, also of what lies far from the origin; records of both kinds in one file are told apart. Meant to catch
/// the centroid taken off, and forces in f32.
#[test]
fn exact_records_are_the_conformations_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exact.opack");
    let mut writer = PackedWriter::create(&path).unwrap();
    writer.add(&MadeUp(3), None, &Filter::default()).unwrap();
    let mut writer = writer.exact();
    writer.add(&MadeUp(12), None, &Filter::default()).unwrap();
    writer.finish().unwrap();
    let packed = Packed::open(&path).unwrap();
    packed.verify().unwrap();
    let mut conformation = Conformation::default();
    for index in 0..12 {
        packed.read(3 + index, &mut conformation).unwrap();
        assert_eq!(conformation, MadeUp::conformation(index), "{index}");
    }
    packed.read(2, &mut conformation).unwrap();
    assert_eq!(conformation, rounded(MadeUp::conformation(2)));
}

#[test]
fn far_from_the_origin_positions_keep_their_digits() {
    // 1e4 Å away f32 resolves 1e-3 Å, relative to the centroid 5e-7: catches positions stored as they come.
    let far = |mut conformation: Conformation| {
        conformation.positions.iter_mut().for_each(|r| r.x += 1e4);
        conformation
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("far.oreo");
    let mut writer = PackedWriter::create(&path).unwrap();
    writer
        .add(
            &InMemory(vec![far(MadeUp::conformation(1))]),
            None,
            &Filter::default(),
        )
        .unwrap();
    writer.finish().unwrap();
    let mut found = Conformation::default();
    Packed::open(&path).unwrap().read(0, &mut found).unwrap();
    let expected = MadeUp::conformation(1).positions;
    for (found, expected) in found.positions.windows(2).zip(expected.windows(2)) {
        assert!(((found[1] - found[0]) - (expected[1] - expected[0])).amax() < 1e-6);
    }
}

#[test]
fn every_cut_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.oreo");
    pack(&path, 5);
    let whole = fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        message(&Packed::open(&path).unwrap_err(), "cut.oreo");
    }
}

#[test]
fn every_changed_byte_is_noticed_where_it_matters() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.oreo");
    pack(&path, 5);
    let whole = fs::read(&path).unwrap();
    let mut conformation = Conformation::default();
    for byte in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[byte] ^= 0x04;
        fs::write(&path, &bytes).unwrap();
        // Either the file does not open, or exactly one record is refused, and so is the whole.
        let Ok(packed) = Packed::open(&path) else {
            continue;
        };
        let refused: Vec<_> = (0..5)
            .filter_map(|index| packed.read(index, &mut conformation).err())
            .collect();
        assert_eq!(refused.len(), 1, "byte {byte}");
        assert!(message(&refused[0], "changed.oreo").contains("frame"));
        assert!(packed.verify().is_err());
    }
}

#[test]
fn an_abandoned_file_leaves_nothing_and_an_old_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.oreo");
    pack(&path, 3);
    let old = fs::read(&path).unwrap();
    let mut writer = PackedWriter::create(&path).unwrap();
    writer.add(&MadeUp(2), None, &Filter::default()).unwrap();
    drop(writer);
    let nothing_passes = Filter {
        atoms: 500..=600,
        ..Filter::default()
    };
    let mut writer = PackedWriter::create(&path).unwrap();
    writer.add(&MadeUp(2), None, &nothing_passes).unwrap();
    message(&writer.finish().unwrap_err(), "old.oreo");
    assert_eq!(fs::read(&path).unwrap(), old);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn equal_content_gives_equal_bytes_and_other_content_another_hash() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|name| folder.path().join(name));
    pack(&a, 7);
    pack(&b, 7);
    pack(&c, 8);
    assert_eq!(fs::read(&a).unwrap(), fs::read(&b).unwrap());
    let hash = |path: &Path| Packed::open(path).unwrap().origin().unwrap().sha256.clone();
    assert_ne!(hash(&a), hash(&c));
}

#[test]
fn filters_count_what_they_leave_out_and_bad_numbers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("filtered.oreo");
    let hydrogen_only = Filter {
        elements: ["H".parse().unwrap()].into_iter().collect(),
        ..Filter::default()
    };
    let filter = Filter {
        max_force: Some(1.5),
        atoms: 4..=8,
        ..Filter::default()
    };
    let mut writer = PackedWriter::create(&path).unwrap();
    let none = writer.add(&MadeUp(6), None, &hydrogen_only).unwrap();
    assert_eq!(
        none,
        FilterReport {
            element: 6,
            ..Default::default()
        }
    );
    let report = writer.add(&MadeUp(600), None, &filter).unwrap();
    // Every sixth has nine atoms; counted by hand for the forces. Catches a component in place of the norm.
    let long = |index: &usize| {
        let forces = MadeUp::conformation(*index).forces;
        index % 6 != 5
            && forces
                .iter()
                .flatten()
                .any(|f| f.x * f.x + f.y * f.y + f.z * f.z > 2.25)
    };
    let force = (0..600).filter(long).count() as u64;
    assert!(force > 0 && force < 400);
    assert_eq!(
        report,
        FilterReport {
            kept: 500 - force,
            atoms: 100,
            element: 0,
            force
        }
    );
    assert_eq!(
        report.to_string().split(' ').next().unwrap(),
        (500 - force).to_string()
    );

    let mut bad = MadeUp::conformation(1);
    bad.forces.as_mut().unwrap()[2].y = f64::NAN;
    let error = writer
        .add(
            &InMemory(vec![MadeUp::conformation(0), bad]),
            None,
            &Filter::default(),
        )
        .unwrap_err();
    let text = message(&error, "in-memory");
    assert!(
        text.contains("frame 1") && text.contains("forces of atom 2"),
        "{text}"
    );
}

/// Resident memory of this process in MB.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<f64>()
        .unwrap()
        / 1024.0
}

fn stream(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.oreo");
    let before = resident();
    let clock = std::time::Instant::now();
    pack(&path, count);
    let (written, write_time) = (resident(), clock.elapsed());
    let packed = Packed::open(&path).unwrap();
    let sampler = oreo_training::data::Sampler::new(&[(count, 1.0)], 100, 7).unwrap();
    let (mut conformation, mut atoms) = (Conformation::default(), 0);
    let clock = std::time::Instant::now();
    for draw in (0..(count / 100) as u64).flat_map(|step| sampler.batch(step)) {
        packed.read(draw.index, &mut conformation).unwrap();
        atoms += conformation.elements.len() as u64;
    }
    let (read, read_time) = (resident(), clock.elapsed());
    println!(
        "{count} conformations, {:.0} MB: written in {write_time:.1?}, all read in shuffled order in {read_time:.1?}; resident {before:.1} MB before, {written:.1} MB after writing, {read:.1} MB after reading",
        fs::metadata(&path).unwrap().len() as f64 / 1e6
    );
    // One epoch: every atom was seen.
    assert_eq!(atoms, packed.total_atoms());
    // Catches a list of records (7 MB for forty thousand) or, of two million, of offsets (16 MB).
    assert!(written.max(read) - before < 5.0);
}

#[test]
fn forty_thousand_conformations_stream() {
    stream(40_000);
}

#[test]
#[ignore = "minutes"]
fn two_million_conformations_stream_in_bounded_memory() {
    stream(2_000_000);
}
