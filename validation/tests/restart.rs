//! Whatever accumulates during a run survives a restart to the bit.

use oreo_core::random::Generator;
use oreo_core::{Archive, ArchiveError, Cell, Observer, Persist, State, System, Vec3, View};
use oreo_validation::drift::DriftMeter;
use oreo_validation::rdf::RadialHistogram;
use oreo_validation::stability::{RdfRule, Window};
use oreo_validation::temperatures::{MeanTemperatures, Temperatures};
use oreo_validation::{BlockedHistogram, DistanceHistogram};
use std::collections::BTreeMap;

/// A checkpoint in memory.
#[derive(Default)]
struct Memory {
    entries: BTreeMap<String, Vec<u8>>,
    reading: bool,
}

impl Memory {
    fn words(&mut self, name: &str, mut values: Vec<u64>) -> Result<Vec<u64>, ArchiveError> {
        let expected = values.len();
        let mut raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.bytes(name, &mut raw)?;
        values = raw
            .chunks_exact(8)
            .map(|b| u64::from_le_bytes(b.try_into().unwrap()))
            .collect();
        match values.len() == expected {
            true => Ok(values),
            false => Err(ArchiveError::Length {
                name: name.into(),
                expected,
                found: values.len(),
            }),
        }
    }
}

impl Archive for Memory {
    fn f64s(&mut self, name: &str, values: &mut [f64]) -> Result<(), ArchiveError> {
        let bits = self.words(name, values.iter().map(|v| v.to_bits()).collect())?;
        values
            .iter_mut()
            .zip(bits)
            .for_each(|(v, b)| *v = f64::from_bits(b));
        Ok(())
    }
    fn u64s(&mut self, name: &str, values: &mut [u64]) -> Result<(), ArchiveError> {
        let found = self.words(name, values.to_vec())?;
        values.copy_from_slice(&found);
        Ok(())
    }
    fn bytes(&mut self, name: &str, value: &mut Vec<u8>) -> Result<(), ArchiveError> {
        if self.reading {
            *value = self
                .entries
                .get(name)
                .cloned()
                .ok_or(ArchiveError::Missing { name: name.into() })?;
        } else if self.entries.insert(name.into(), value.clone()).is_some() {
            panic!("two entries are called {name}");
        }
        Ok(())
    }
}

/// Feeds 1000 steps at once, and 400 + save + load into `fresh` + 600: both must be saved alike.
fn survives<T: Persist>(fresh: impl Fn() -> T, mut feed: impl FnMut(&mut T, u64)) {
    let save = |thing: &mut T| {
        let mut memory = Memory::default();
        thing.persist(&mut memory).unwrap();
        memory
    };
    let mut whole = fresh();
    (1..=1000).for_each(|step| feed(&mut whole, step));
    let mut first = fresh();
    (1..=400).for_each(|step| feed(&mut first, step));
    let mut checkpoint = save(&mut first);
    checkpoint.reading = true;
    let mut second = fresh();
    second.persist(&mut checkpoint).unwrap();
    (401..=1000).for_each(|step| feed(&mut second, step));
    assert!(save(&mut whole).entries == save(&mut second).entries);
}

fn positions(step: u64) -> Vec<Vec3> {
    let mut generator = Generator::new(step, 0);
    (0..4)
        .map(|k| Vec3::new(1.5 * f64::from(k), 0.0, 0.0) + 0.1 * generator.normal_vector())
        .collect()
}

fn state(step: u64) -> State {
    let mut state = State::at_rest(positions(step), Cell::Open);
    state.momenta = positions(step + 7);
    state.step = step;
    state
}

/// Planted and caught: `samples_in_last` left out of the archive, after which a block is opened too early.
#[test]
fn histograms_drift_and_temperatures_survive() {
    survives(DistanceHistogram::new, |h, step| {
        h.add_frame(&positions(step), &Cell::Open).unwrap()
    });
    survives(BlockedHistogram::new, |h, step| {
        h.add_frame(&positions(step), &Cell::Open).unwrap()
    });
    survives(DriftMeter::new, |m, step| {
        m.add(step as f64, positions(step)[0].x).unwrap()
    });
    let cell = Cell::orthorhombic(9.0, 9.0, 9.0).unwrap();
    survives(
        || RadialHistogram::all(4, 4.0, 40).unwrap(),
        |h, step| h.add_frame(&positions(step), &cell).unwrap(),
    );
    let system = System::from_symbols(&["C", "C", "O", "H"]).unwrap();
    survives(MeanTemperatures::new, |m, step| {
        m.add(&Temperatures::of(&system, &state(step), 6.0))
    });
}

/// The checkpoint falls into the middle of a window of 60 steps.
#[test]
fn a_window_that_is_half_seen_survives() {
    let mut reference = DistanceHistogram::new();
    reference.add_frame(&positions(0), &Cell::Open).unwrap();
    let reference = reference.distribution().unwrap();
    let system = System::from_symbols(&["C", "C", "O", "H"]).unwrap();
    survives(
        || {
            RdfRule::distances(
                reference.clone(),
                Window {
                    steps: 60,
                    every: 3,
                },
                2.0,
            )
            .unwrap()
        },
        |rule, step| {
            let view = View {
                replica: 0,
                system: &system,
                state: &state(step),
                conserved: 0.0,
                force_deviation: None,
            };
            assert!(rule.observe(&view).unwrap().is_continue());
        },
    );
}

#[test]
fn a_broken_checkpoint_is_refused() {
    let mut memory = Memory::default();
    BlockedHistogram::new().persist(&mut memory).unwrap();
    memory.reading = true;
    let impossible: Vec<u8> = [65u64, 1, 1].iter().flat_map(|v| v.to_le_bytes()).collect();
    memory.entries.insert("blocks".into(), impossible);
    let error = BlockedHistogram::new().persist(&mut memory).unwrap_err();
    assert!(matches!(error, ArchiveError::Invalid { .. }));
}
