//! Damaged, wrong or impossible files end in one line that names file, place and remedy.

mod common;

use common::{first_error, frame, message, stored, tilted, water};
use oreo_core::{Cell, Vec3};
use oreo_formats::{
    create_trajectory, load, read_frames, DcdReader, DcdWriter, ReadOptions, Timing,
    TrajectoryWriter, XyzReader, XyzWriter,
};
use std::fs;
use std::path::Path;

fn xyz_error(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.xyz");
    fs::write(&path, text).unwrap();
    first_error(&path, XyzReader::open(&path).unwrap())
}

#[test]
fn xyz_errors_name_the_line() {
    let good = "2\n\nH 0 0 0\nH 0 0 1\n";
    let extended = "1\nProperties=species:S:1:pos:R:3:forces:R:3\n";
    for (text, expected) in [
        (String::new(), "has no frames"),
        ("\n\n".into(), "has no frames"),
        (
            format!("{good}2\n\nH 0 0 0\n"),
            "line 7: file ends inside frame 1 (1 of 2 atoms)",
        ),
        (format!("{good}2\n"), "inside frame 1 (no comment line)"),
        (
            format!("{good}H 0 0 2\n"),
            "line 5: expected the number of atoms",
        ),
        (
            format!("3{}", &good[1..]),
            "line 4: file ends inside frame 0 (2 of 3 atoms)",
        ),
        (
            format!("3{}{good}", &good[1..]),
            "line 5: atom 2 of 3: 1 columns",
        ),
        (
            "1\n\nXx 0 0 0\n".into(),
            "line 3: 'Xx' is not a chemical element",
        ),
        (
            "1\n\nH 0 NaN 0\n".into(),
            "line 3: position of atom 0 is NaN",
        ),
        (
            "1\n\nH 0 inf 0\n".into(),
            "line 3: position of atom 0 is inf",
        ),
        (
            "1\n\nH 0 0\n".into(),
            "line 3: atom 0 of 1: 3 columns, expected 4",
        ),
        (
            "1\n\nH 0 zero 0\n".into(),
            "line 3: atom 0 of 1: position is 'zero'",
        ),
        (
            "-1\n\nH 0 0 0\n".into(),
            "line 1: expected the number of atoms",
        ),
        ("0\n\n".into(), "line 1: a frame of 0 atoms"),
        ("99999999999999999999\n\n".into(), "line 1"),
        (
            "18446744073709551615\n\nH 0 0 0\n".into(),
            "1 of 18446744073709551615 atoms",
        ),
        (
            format!("{extended}H 0 0 0 1 2\n"),
            "line 3: atom 0 of 1: 6 columns, expected 7",
        ),
        (
            format!("{extended}H 0 0 0 1 2 3 4\n"),
            "8 columns, Properties declares 7",
        ),
        (
            format!("{extended}H 0 0 0 1 2 nan\n"),
            "force of atom 0 is NaN",
        ),
        ("1\nenergy=NaN\nH 0 0 0\n".into(), "line 2: energy is NaN"),
        (
            "1\nLattice=\"5 0 0 0 5 0 0 0 5\" pbc=\"T T F\"\nH 0 0 0\n".into(),
            "line 2: pbc is 'T T F'",
        ),
        (
            "1\nLattice=\"5 0 0 0 5 0 0 0\"\nH 0 0 0\n".into(),
            "line 2: Lattice has 8 numbers",
        ),
    ] {
        let error = xyz_error(&text);
        assert!(
            error.contains(expected),
            "{text:?}\n gave {error}\n not {expected}"
        );
    }
}

#[test]
fn frames_before_the_damage_are_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.xyz");
    fs::write(&path, "1\n\nH 0 0 0\n\n1\n\nH 0 0 x\n").unwrap();
    let frames: Vec<_> = XyzReader::open(&path).unwrap().collect();
    assert!(matches!(&frames[..], [Ok(_), Err(_)]));
}

#[test]
fn binary_and_cut_compressed_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xyz");
    fs::write(&path, [0xff, 0xfe, 0x00, b'\n']).unwrap();
    assert!(first_error(&path, XyzReader::open(&path).unwrap()).contains("not text"));
    fs::write(&path, vec![b'7'; 3 << 20]).unwrap();
    assert!(first_error(&path, XyzReader::open(&path).unwrap()).contains("longer than 1 MiB"));
    let whole = fs::read(stored("ase_open.xyz.gz")).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = first_error(&path, XyzReader::open(&path).unwrap());
    assert!(
        error.contains("ends inside the compressed stream"),
        "{error}"
    );
}

fn dcd_error(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.dcd");
    fs::write(&path, bytes).unwrap();
    match DcdReader::open(&path, &water()) {
        Err(error) => message(error, &path),
        Ok(reader) => first_error(&path, reader),
    }
}

#[test]
fn dcd_errors_name_the_byte() {
    let good = fs::read(stored("mdanalysis_tilted.dcd")).unwrap();
    let changed = |at: usize, bytes: &[u8]| {
        let mut changed = good.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let start = good.len() - 2 * (56 + 60);
    for (bytes, expected) in [
        (vec![], "has no frames"),
        (good[..50].to_vec(), "ends inside the DCD header"),
        (good[..start].to_vec(), "header promises 2 frames"),
        (
            good[..good.len() - 7].to_vec(),
            "frame 1 (109 of 116 bytes)",
        ),
        (
            good[..good.len() - 116].to_vec(),
            "header promises 2 frames",
        ),
        (changed(4, b"VELD"), "velocities"),
        (changed(4, b"XXXX"), "no DCD"),
        (changed(4, &[0; 4]), "64-bit"),
        (changed(40, &[1]), "1 fixed atoms"),
        (changed(52, &[1]), "fourth dimension"),
        (changed(start - 8, &(-3_i32).to_le_bytes()), "-3 atoms"),
        (
            changed(start - 8, &i32::MAX.to_le_bytes()),
            "has 2147483647 atoms",
        ),
        (
            changed(start, &[1, 2]),
            "record mark of frame 0 is 513, expected 48",
        ),
        (
            changed(start + 60, &f32::NAN.to_le_bytes()),
            "frame 0: position of atom 0 is NaN",
        ),
        (changed(start + 4, &[0; 8]), "frame 0: pbc is 'F T T'"),
        (
            changed(start + 4, &f64::NAN.to_le_bytes()),
            "cell of frame 0",
        ),
    ] {
        let error = dcd_error(&bytes);
        assert!(error.contains(expected), "{error}\n not {expected}");
    }
}

#[test]
fn unwritable_frames_are_refused_and_leave_the_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.xyz", "a.dcd"] {
        let path = folder.path().join(name);
        let mut writer = create_trajectory(&path, Timing::default()).unwrap();
        writer.write(&frame(0, tilted()).as_ref()).unwrap();
        let position = writer.position();
        let mut nan = frame(1, tilted());
        nan.positions[2].y = f64::NAN;
        let error = writer.write(&nan.as_ref()).unwrap_err();
        assert!(message(error, &path).contains("frame 1: position of atom 2 is NaN"));
        let mut short = frame(1, tilted());
        short.forces.as_mut().unwrap().pop();
        let error = writer.write(&short.as_ref()).unwrap_err();
        assert!(message(error, &path).contains("2 forces for 3 atoms"));
        assert_eq!(writer.position(), position);
        assert_eq!(fs::metadata(&path).unwrap().len(), position.bytes);
    }
    let path = folder.path().join("b.dcd");
    let mut writer = DcdWriter::create(&path, Timing::default()).unwrap();
    let rotated = Cell::periodic([[0.0, 9.0, 0.0], [0.0, 0.0, 9.0], [9.0, 0.0, 0.0]]).unwrap();
    let error = writer.write(&frame(0, rotated).as_ref()).unwrap_err();
    assert!(message(error, &path).contains("rotated"));
    writer.write(&frame(0, tilted()).as_ref()).unwrap();
    let error = writer.write(&frame(1, Cell::Open).as_ref()).unwrap_err();
    assert!(message(error, &path).contains("cannot be mixed"));
    let mut far = frame(1, tilted());
    far.positions[0] = Vec3::new(1e39, 0.0, 0.0);
    let error = writer.write(&far.as_ref()).unwrap_err();
    assert!(message(error, &path).contains("too large"));
}

#[test]
fn absent_unreadable_and_unknown_files() {
    let folder = tempfile::tempdir().unwrap();
    let options = ReadOptions::default();
    let error = |path: &Path| {
        let error = read_frames(path, &options).err().unwrap();
        message(error, path)
    };
    let absent = folder.path().join("absent.xyz");
    assert!(error(&absent).contains("No such file"));
    let unknown = folder.path().join("notes.docx");
    fs::write(&unknown, "2\n").unwrap();
    assert!(error(&unknown).contains("known format"));
    let nowhere = folder.path().join("no/such/folder/a.xyz");
    let refused = create_trajectory(&nowhere, Timing::default())
        .err()
        .unwrap();
    assert!(message(refused, &nowhere).contains("cannot open"));
    let strange = folder.path().join("a.pdf");
    let refused = create_trajectory(&strange, Timing::default())
        .err()
        .unwrap();
    assert!(message(refused, &strange).contains(".extxyz or .dcd"));
    assert!(!strange.exists());
    if cfg!(not(feature = "chemfiles")) {
        let pdb = folder.path().join("a.pdb");
        fs::write(&pdb, "END\n").unwrap();
        assert!(error(&pdb).contains("--features chemfiles"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_with_the_path() {
    let full = Path::new("/dev/full");
    let mut xyz = XyzWriter::create(full).unwrap();
    let error = xyz.write(&frame(0, Cell::Open).as_ref()).unwrap_err();
    assert!(message(error, full).contains("frame 0: cannot write: No space left"));
    assert_eq!(xyz.frames(), 0);
    let mut dcd = DcdWriter::create(full, Timing::default()).unwrap();
    let error = dcd.write(&frame(0, Cell::Open).as_ref()).unwrap_err();
    assert!(message(error, full).contains("No space left"));
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_an_error_with_the_path() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked.xyz");
    fs::write(&path, "1\n\nH 0 0 0\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        println!("skipped: this user may read everything (root)");
        return;
    }
    let error = load(&path, &ReadOptions::default()).unwrap_err();
    assert!(message(error, &path).contains("Permission denied"));
}
