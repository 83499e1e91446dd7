//! Every example runs, and does what its text says.
#![allow(dead_code)] // their `main`

#[path = "../examples/aspirin.rs"]
mod aspirin;
#[path = "../examples/custom_observer.rs"]
mod custom_observer;
#[path = "../examples/custom_potential.rs"]
mod custom_potential;
#[path = "../examples/nose_hoover.rs"]
mod nose_hoover;
#[path = "../examples/polymer.rs"]
mod polymer;
#[path = "../examples/simplest.rs"]
mod simplest;
#[path = "../examples/train_tiny.rs"]
mod train_tiny;

/// The energy swings with the square of the step and must not drift.
#[test]
fn simplest_conserves_its_energy() {
    let drift = simplest::run(400).unwrap();
    assert!(drift > 0.0 && drift < 1e-4, "{drift:e} eV per atom");
}

/// Meant to catch a chain that is propagated over another time than the atoms, or left out of the books.
#[test]
fn nose_hoover_conserves_its_quantity() {
    let (mean, drift) = nose_hoover::run(4000).unwrap();
    assert!(drift > 0.0 && drift < 2e-4, "{drift:e} eV");
    assert!((10.0..50.0).contains(&mean), "{mean} K");
}

#[test]
fn custom_potential_conserves_the_energy_of_a_trimer() {
    let drift = custom_potential::run(1000).unwrap();
    assert!(drift > 0.0 && drift < 1e-4, "{drift:e} eV");
}

#[test]
fn custom_observer_stops_when_the_drop_evaporates() {
    let stop = custom_observer::run(20_000).unwrap().expect("a stop");
    assert!(stop.to_string().contains("evaporated"), "{stop}");
    assert!(custom_observer::run(1).unwrap().is_none());
}

#[test]
fn aspirin_survives_a_few_steps() {
    assert!(aspirin::run(5, None).unwrap().is_none());
}

#[test]
fn polymer_survives_two_steps() {
    assert!(polymer::run(2, None).unwrap().is_none());
}

#[test]
fn weights_that_are_not_there_are_an_error() {
    let nowhere = std::path::Path::new("/nowhere.safetensors");
    assert!(aspirin::run(1, Some(nowhere)).is_err());
}

/// Catches an optimiser that is not applied, and weights that are not those of the trainer: the file must be as good.
#[test]
fn train_tiny_learns_and_writes_what_it_learnt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.safetensors");
    let (before, after) = train_tiny::run(60, &path).unwrap();
    assert!(after < 0.8 * before, "{before} to {after} meV/Å");
    let weights = oreo::potentials::oreo::Weights::load(&path).unwrap();
    assert_eq!(weights.record["elements"], "H C O");
    assert!(weights.elements_recorded());
}
