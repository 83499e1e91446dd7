//! Batches are shuffled and weighted, and the k-th is always the same.

use oreo_training::data::{Draw, Sampler};
use std::collections::HashSet;

fn draws(sampler: &Sampler, steps: std::ops::Range<u64>) -> Vec<Draw> {
    steps.flat_map(|step| sampler.batch(step)).collect()
}

#[test]
fn every_conformation_comes_once_per_epoch_of_its_source() {
    let lengths = [(1000, 3.0), (77, 1.0), (250, 0.5)];
    let sampler = Sampler::new(&lengths, 32, 9).unwrap();
    let draws = draws(&sampler, 0..500);
    for (source, (length, _)) in lengths.into_iter().enumerate() {
        let own: Vec<_> = draws.iter().filter(|draw| draw.source == source).collect();
        assert!(own.len() > 2 * length, "{}", own.len());
        for (epoch, epoch_draws) in own.chunks_exact(length).enumerate() {
            // Catches draws that skip or repeat at the border of batches or epochs.
            assert!(epoch_draws.iter().all(|draw| draw.epoch == epoch as u64));
            let seen: HashSet<_> = epoch_draws.iter().map(|draw| draw.index).collect();
            assert_eq!(seen.len(), length);
            assert!(seen.iter().all(|&index| index < length));
        }
        // Another epoch is another order. Catches a key without the epoch.
        assert!(own[..length]
            .iter()
            .zip(&own[length..])
            .any(|(a, b)| a.index != b.index));
    }
}

#[test]
fn frequencies_follow_the_weights_in_every_batch() {
    let weights = [0.5, 0.3, 0.15, 0.05];
    let sources = weights.map(|weight| (100_000, 7.0 * weight));
    let sampler = Sampler::new(&sources, 64, 2).unwrap();
    let mut total = [0_u64; 4];
    for step in 0..2000 {
        let mut counts = [0_u64; 4];
        sampler
            .batch(step)
            .for_each(|draw| counts[draw.source] += 1);
        for (source, weight) in weights.into_iter().enumerate() {
            total[source] += counts[source];
            // Even spreading: off by less than one per source before it and itself. Independent drawing would scatter by
            // ± 4; catches shares taken of the whole in place of what is left (0.3 in place of 0.6 of the rest).
            let expected = 64.0 * weight;
            assert!(
                (counts[source] as f64 - expected).abs() < 3.0,
                "step {step}: {counts:?}"
            );
        }
        assert_eq!(sampler.drawn(step + 1), total);
    }
    for (count, weight) in total.into_iter().zip(weights) {
        assert!(
            (count as f64 - 128_000.0 * weight).abs() <= 4.0,
            "{total:?}"
        );
    }
}

#[test]
fn a_resumed_run_draws_the_same() {
    let sources = [(15_000_000, 0.9), (8_633, 0.1)];
    let whole = draws(&Sampler::new(&sources, 32, 4).unwrap(), 0..300);
    let resumed = draws(&Sampler::new(&sources, 32, 4).unwrap(), 123..300);
    assert_eq!(whole[123 * 32..], resumed);
    let other = draws(&Sampler::new(&sources, 32, 5).unwrap(), 0..300);
    let same = whole
        .iter()
        .zip(&other)
        .filter(|(a, b)| a.index == b.index)
        .count();
    assert!(
        same < 20,
        "{same} of {} draws do not depend on the seed",
        whole.len()
    );
}

#[test]
fn neighbours_in_a_batch_are_no_neighbours_in_the_file() {
    // Of 10,000 pairs of draws from 10,000, two are expected to be adjacent in the file. Catches a rotation of the file.
    let sampler = Sampler::new(&[(10_000, 1.0)], 100, 1).unwrap();
    let draws = draws(&sampler, 0..100);
    let adjacent = draws
        .windows(2)
        .filter(|pair| pair[0].index.abs_diff(pair[1].index) == 1);
    assert!(adjacent.count() < 20);
}

#[test]
fn senseless_settings_are_refused() {
    for (sources, batch) in [
        (vec![], 32),
        (vec![(10, 1.0)], 0),
        (vec![(10, 1.0), (0, 1.0)], 32),
        (vec![(10, 0.0)], 32),
        (vec![(10, f64::NAN)], 32),
    ] {
        let error = Sampler::new(&sources, batch, 0).unwrap_err().to_string();
        assert!(error.contains(';') && !error.contains('\n'), "{error}");
    }
}
