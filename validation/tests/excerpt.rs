//! Twenty real frames of ethanol against numbers computed with numpy; see `tests/data/README.md`.

use oreo_core::{Cell, Element, Frame, System, Vec3};
use oreo_validation::floor::half_split;
use oreo_validation::geometry::{radius_of_gyration, rmsd};
use oreo_validation::{DistanceHistogram, Topology};

fn ethanol() -> Vec<Frame> {
    let lines: Vec<&str> = include_str!("data/ethanol.xyz").lines().collect();
    lines
        .chunks_exact(11)
        .map(|frame| parsed(&frame[2..]))
        .collect()
}

fn parsed(lines: &[&str]) -> Frame {
    let atom = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |k: usize| words[k].parse::<f64>().unwrap();
        (
            words[0].parse::<Element>().unwrap(),
            Vec3::new(number(1), number(2), number(3)),
        )
    };
    let (elements, positions) = lines.iter().map(atom).unzip();
    Frame::new(elements, positions)
}

/// Catches pairs with i = j (a peak at zero), bins of 10/499 Å, and a MAE without its sign removed (planted: seen).
#[test]
fn h_of_r_agrees_with_numpy() {
    let frames = ethanol();
    assert_eq!(frames.len(), 20);
    let all = frames.iter().map(|f| (f.positions.as_slice(), &Cell::Open));
    let h = DistanceHistogram::of(all).unwrap().distribution().unwrap();
    let highest = h.density().iter().copied().fold(0.0, f64::max);
    assert!((highest - 1.944_444_444).abs() < 1e-8);
    assert_eq!(h.density().iter().position(|&d| d == highest), Some(55));
    assert!((half_split(&frames).unwrap() - 0.633_333_333).abs() < 1e-8);
}

#[test]
fn shape_agrees_with_numpy() {
    let frames = ethanol();
    assert!(
        (rmsd(&frames[19].positions, &frames[0].positions).unwrap() - 0.445_787_265).abs() < 1e-8
    );
    let masses = System::new(frames[0].elements.clone()).masses;
    assert!(
        (radius_of_gyration(&masses, &frames[0].positions).unwrap() - 1.230_287_324).abs() < 1e-8
    );
}

#[test]
fn ethanol_has_eight_bonds() {
    assert_eq!(Topology::from_reference(&ethanol()).unwrap().bonds.len(), 8);
}
