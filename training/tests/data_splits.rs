//! Splits are disjoint, belong to one source, and keep test frames out of training; bad units are refused.

mod common;

use common::{message, stored, InMemory, MadeUp};
use oreo_formats::ReadOptions;
use oreo_training::data::{
    check, inspect, select, Conformation, Filter, Indices, Labelled, Look, Packed, PackedWriter,
    Protocol, Sizes, Source, Split, Subset,
};
use std::fs;
use std::sync::Arc;

const SIZES: Sizes = Sizes {
    train: None,
    validation: 50,
    test: 100,
};

#[test]
fn random_parts_are_disjoint_whole_and_reproducible() {
    let source = MadeUp(1000);
    let split = Split::new(&source, Protocol::Random, SIZES, 1).unwrap();
    assert_eq!(
        [split.train.len(), split.validation.len(), split.test.len()],
        [850, 50, 100]
    );
    split.check_disjoint().unwrap();
    assert_eq!(
        split,
        Split::new(&source, Protocol::Random, SIZES, 1).unwrap()
    );
    assert_ne!(
        split.test,
        Split::new(&source, Protocol::Random, SIZES, 2)
            .unwrap()
            .test
    );
    // More training data must not move the tests. Catches training dealt first.
    let small = Split::new(
        &source,
        Protocol::Random,
        Sizes {
            train: Some(200),
            ..SIZES
        },
        1,
    )
    .unwrap();
    assert_eq!(
        (&small.test, &small.validation),
        (&split.test, &split.validation)
    );
    assert_eq!(small.train.len(), 200);
    small.check_disjoint().unwrap();
    // Spread over the whole: the mean of 100 of 0..1000 is 500 ± 29. Catches the first ones taken.
    let mean = split.test.iter().sum::<u64>() as f64 / 100.0;
    assert!((mean - 499.5).abs() < 120.0, "{mean}");
}

#[test]
fn time_blocks_keep_their_distance() {
    let split = Split::new(&MadeUp(1000), Protocol::TimeBlock { gap: 20 }, SIZES, 0).unwrap();
    assert_eq!(String::from(split.train.clone()), "0-809");
    assert_eq!(String::from(split.validation.clone()), "830-879");
    assert_eq!(String::from(split.test.clone()), "900-999");
    let error = Split::new(&MadeUp(100), Protocol::Random, SIZES, 0).unwrap_err();
    message(&error, "made-up");
}

/// The end of the file stays unseen by all three parts. Seen to fail with parts that are dealt from
/// the whole file.
#[test]
fn later_frames_are_kept_apart_from_random_parts() {
    let protocol = Protocol::RandomAndLater {
        later: 100,
        gap: 20,
    };
    let split = Split::new(&MadeUp(1000), protocol, SIZES, 1).unwrap();
    let lengths = [&split.train, &split.validation, &split.test].map(Indices::len);
    assert_eq!(lengths, [730, 50, 100]);
    assert_eq!(String::from(split.later.clone()), "900-999");
    let ends = [&split.train, &split.validation, &split.test].map(Indices::end);
    assert!(ends.into_iter().all(|end| end <= 880), "{ends:?}");
    split.check_disjoint().unwrap();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("split.json");
    split.save(&path).unwrap();
    assert_eq!(Split::load(&path).unwrap(), split);
    let trained_on = fs::read_to_string(&path)
        .unwrap()
        .replacen("900-999", "800-999", 1);
    fs::write(&path, trained_on).unwrap();
    assert!(message(&Split::load(&path).unwrap_err(), "split.json").contains("in later"));

    let all = Protocol::RandomAndLater {
        later: 1000,
        gap: 20,
    };
    Split::new(&MadeUp(1000), all, SIZES, 1).unwrap_err();
}

#[test]
fn a_split_file_is_made_once_and_belongs_to_one_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("split.json");
    let split = Split::new(&MadeUp(1000), Protocol::TimeBlock { gap: 3 }, SIZES, 5).unwrap();
    split.save(&path).unwrap();
    assert_eq!(Split::load(&path).unwrap(), split);
    message(&split.save(&path).unwrap_err(), "split.json");
    split.verify(&MadeUp(1000)).unwrap();
    assert!(message(&split.verify(&MadeUp(999)).unwrap_err(), "made-up").contains("999"));
    // The same number of conformations, one number of one of them changed.
    let mut list: Vec<_> = (0..1000).map(MadeUp::conformation).collect();
    split.verify(&InMemory(list.clone())).unwrap();
    list[700].positions[0].z += 1e-6;
    assert!(message(&split.verify(&InMemory(list)).unwrap_err(), "in-memory").contains("SHA-256"));

    let text = fs::read_to_string(&path).unwrap();
    for (bad, word) in [
        // A test frame that is trained on.
        (text.replacen("0-843", "0-900", 1), "is in train"),
        (text.replacen("-999", "-1000", 1), "only 1000"),
        (text.replacen("900-", "x-", 1), "no split"),
        (text[..text.len() / 2].to_string(), "no split"),
    ] {
        assert_ne!(bad, text);
        fs::write(&path, bad).unwrap();
        let text = message(&Split::load(&path).unwrap_err(), "split.json");
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn both_labels_of_one_trajectory_share_a_split() {
    let open = |labels| {
        let options = ReadOptions {
            labels: Some(labels),
            ..Default::default()
        };
        Labelled::open(&stored("rmd17_ethanol_10.npz"), &options, None).unwrap()
    };
    let sizes = Sizes {
        train: None,
        validation: 2,
        test: 3,
    };
    let split = Split::new(
        &open(oreo_formats::Labels::Rmd17),
        Protocol::Random,
        sizes,
        1,
    )
    .unwrap();
    split.verify(&open(oreo_formats::Labels::Md17)).unwrap();
}

#[test]
fn a_packed_test_frame_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let source = MadeUp(1000);
    let split = Split::new(&source, Protocol::Random, SIZES, 3).unwrap();
    let pack = |name: &str, only: Option<&Indices>| {
        let path = folder.path().join(name);
        let mut writer = PackedWriter::create(&path).unwrap();
        writer.add(&source, only, &Filter::default()).unwrap();
        writer.finish().unwrap();
        Packed::open(&path).unwrap()
    };
    split
        .check_unseen(pack("train", Some(&split.train)).parts())
        .unwrap();
    // Everything packed, as if there were no split.
    let error = split.check_unseen(pack("all", None).parts()).unwrap_err();
    assert!(message(&error, "made-up").contains("conformation"));
}

#[test]
fn a_subset_shows_the_right_ones() {
    let source: Arc<dyn Source> = Arc::new(MadeUp(100));
    let indices = Indices::from_unsorted(vec![90, 3, 4, 50]);
    let subset = Subset::new(source.clone(), indices).unwrap();
    let mut conformation = Conformation::default();
    for (place, index) in [3, 4, 50, 90].into_iter().enumerate() {
        subset.read(place, &mut conformation).unwrap();
        assert_eq!(conformation, MadeUp::conformation(index));
    }
    assert!(subset.read(4, &mut conformation).is_err());
    assert!(Subset::new(source, Indices::from_unsorted(vec![100])).is_err());
}

#[test]
fn select_keeps_what_passes() {
    let filter = Filter {
        atoms: 4..=4,
        ..Filter::default()
    };
    let (kept, report) = select(&MadeUp(20), &filter).unwrap();
    assert_eq!(String::from(kept), "0 6 12 18");
    assert_eq!((report.kept, report.atoms), (4, 16));
}

fn ethanol() -> Vec<Conformation> {
    let source = Labelled::open(
        &stored("rmd17_ethanol_10.npz"),
        &ReadOptions::default(),
        None,
    )
    .unwrap();
    let mut list = vec![Conformation::default(); source.len()];
    for (index, conformation) in list.iter_mut().enumerate() {
        source.read(index, conformation).unwrap();
    }
    list
}

const EVERYTHING: Look<'static> = Look {
    at_most: usize::MAX,
    units: true,
    refuse: &|_| None,
};

/// Catches a condition that is asked of the first frame only, and one that is not asked at all.
#[test]
fn what_a_training_cannot_use_is_refused_with_its_frame() {
    let mut list = ethanol();
    list[6].energy = None;
    let look = Look {
        refuse: &|conformation| match conformation.energy {
            Some(_) => None,
            None => Some("has no energy; give one".into()),
        },
        ..EVERYTHING
    };
    let text = message(&check(&InMemory(list), &look).unwrap_err(), "in-memory");
    assert!(text.contains("frame 6: has no energy"), "{text}");
}

#[test]
fn sound_data_is_described() {
    let found = check(&InMemory(ethanol()), &EVERYTHING).unwrap();
    assert_eq!(
        (found.conformations, found.looked_at, found.atoms),
        (10, 10, (9, 9))
    );
    assert_eq!(found.elements.to_string(), "H C O");
    assert!((0.5..3.0).contains(&found.force_rms.unwrap()));
    assert!(found.closest.unwrap().0 > 0.8);
    assert!(found.to_string().contains("10 conformations"));
    let energies: Vec<f64> = ethanol().iter().map(|c| c.energy.unwrap()).collect();
    let spread = found.energy.unwrap();
    let mean = energies.iter().sum::<f64>() / 10.0;
    assert!((spread.mean - mean).abs() < 1e-9, "{spread:?}");
    assert!(energies.contains(&spread.min) && energies.contains(&spread.max));
    assert!(energies
        .iter()
        .all(|e| (spread.min..=spread.max).contains(e)));
}

#[test]
fn implausible_data_is_refused_before_the_first_step() {
    let scaled = |positions: f64, forces: f64| {
        let mut list = ethanol();
        for conformation in &mut list {
            conformation
                .positions
                .iter_mut()
                .for_each(|r| *r *= positions);
            conformation
                .forces
                .iter_mut()
                .flatten()
                .for_each(|f| *f *= forces);
        }
        list
    };
    let changed = |change: &dyn Fn(&mut Conformation)| {
        let mut list = ethanol();
        change(&mut list[7]);
        list
    };
    let cases: [(Vec<Conformation>, &[&str]); 8] = [
        // Bohr taken for Å: every distance is believable, the ratio to the covalent radii is not.
        (scaled(1.0 / 0.529, 1.0), &["covalent radii", "bohr"]),
        (scaled(0.1, 1.0), &["frame 0", "Å apart"]),
        // eV taken for kcal/mol, and the other way round.
        (scaled(1.0, 1.0 / 23.06), &["root mean square force"]),
        (scaled(1.0, 23.06), &["root mean square force"]),
        (
            changed(&|c| c.positions[2].x = f64::NAN),
            &["frame 7", "atom 2"],
        ),
        (
            changed(&|c| c.forces.as_mut().unwrap().truncate(8)),
            &["frame 7", "9 elements but 8 forces"],
        ),
        (
            changed(&|c| c.positions[1] = c.positions[0]),
            &["frame 7", "0 and 1, are 0.000 Å"],
        ),
        (Vec::new(), &["no conformations"]),
    ];
    for (list, words) in cases {
        let text = message(
            &check(&InMemory(list), &EVERYTHING).unwrap_err(),
            "in-memory",
        );
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
    // Looking is not judging.
    inspect(&InMemory(scaled(0.1, 1e4)), 100).unwrap();
}
