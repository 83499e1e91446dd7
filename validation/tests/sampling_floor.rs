//! The block bootstrap against a process whose answer is known: two atoms whose distance is an autoregressive series.

use oreo_core::random::Generator;
use oreo_core::{Cell, Vec3};
use oreo_validation::floor::sampling_floor;
use oreo_validation::{BlockedHistogram, DistanceHistogram, Distribution};

/// d = 5 + 0.3 x Å with x ← φx + √(1−φ²)ξ: Gaussian, integrated correlation time (1+φ)/(1−φ) frames.
fn run(frames: usize, phi: f64, seed: u64) -> BlockedHistogram {
    let mut generator = Generator::new(seed, 0);
    let mut x = generator.normal();
    let mut run = BlockedHistogram::new();
    for _ in 0..frames {
        x = phi * x + (1.0 - phi * phi).sqrt() * generator.normal();
        let positions = [Vec3::zeros(), Vec3::new(5.0 + 0.3 * x, 0.0, 0.0)];
        run.add_frame(&positions, &Cell::Open).unwrap();
    }
    run
}

/// The distribution that the series is drawn from: two million independent frames, whose own floor is a tenth of those
/// measured here.
fn truth() -> Distribution {
    let mut generator = Generator::new(1000, 0);
    let mut histogram = DistanceHistogram::new();
    for _ in 0..2_000_000 {
        let positions = [
            Vec3::zeros(),
            Vec3::new(5.0 + 0.3 * generator.normal(), 0.0, 0.0),
        ];
        histogram.add_frame(&positions, &Cell::Open).unwrap();
    }
    histogram.distribution().unwrap()
}

/// Mean over many runs of (floor claimed by the run, true MAE of the run).
fn claimed_and_true(frames: usize, phi: f64, runs: u64) -> (f64, f64) {
    let truth = truth();
    let (mut claimed, mut found) = (0.0, 0.0);
    for seed in 0..runs {
        let run = run(frames, phi, seed);
        claimed += sampling_floor(&run, 1).unwrap().h_r_floor;
        found += run.distribution().unwrap().mae(&truth);
    }
    (claimed / runs as f64, found / runs as f64)
}

/// φ = 0.995: for the mean distance 399 frames are worth one, for narrow bins fewer. Planted and caught: only the finest
/// blocks, shorter than that; bootstrap over single frames would give the floor of independent frames, asserted to be
/// far too small.
#[test]
fn the_floor_of_a_correlated_run_is_the_deviation_it_has() {
    let frames = 8_000;
    let (claimed, found) = claimed_and_true(frames, 0.995, 60);
    println!("claimed {claimed:.4}, true {found:.4}");
    assert!(
        (claimed / found - 1.0).abs() < 0.3,
        "claimed {claimed}, true {found}"
    );
    let (naive, _) = claimed_and_true(frames, 0.0, 5);
    println!("independent frames: {naive:.4}");
    assert!(
        found > 3.0 * naive,
        "independent frames would give {naive}, true {found}"
    );
}

#[test]
fn the_floor_of_independent_frames_is_the_deviation_they_have() {
    let (claimed, found) = claimed_and_true(2_000, 0.0, 30);
    assert!(
        (claimed / found - 1.0).abs() < 0.3,
        "claimed {claimed}, true {found}"
    );
}

#[test]
fn the_floor_depends_on_the_seed_only_a_little_and_repeats_with_it() {
    let run = run(5_000, 0.9, 3);
    let floor = |seed| sampling_floor(&run, seed).unwrap();
    assert_eq!(floor(1), floor(1));
    assert!((floor(1).h_r_floor / floor(2).h_r_floor - 1.0).abs() < 0.1);
    assert!(floor(1).blocks >= 8 && floor(1).blocks as u64 * floor(1).frames_per_block >= 5_000);
}
