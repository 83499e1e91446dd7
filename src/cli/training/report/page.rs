//! `report.html` of a training.

use super::card::Card;
use super::text;
use super::Report;
use crate::cli::page::packed::Floats;
use crate::cli::page::{plain, Kind};
use anyhow::Result;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

const TRAINING: Kind = Kind {
    scripts: &[
        include_str!("assets/learning_curves.js"),
        include_str!("assets/errors_by.js"),
        include_str!("assets/parity.js"),
        include_str!("assets/data_card.js"),
        include_str!("assets/page.js"),
    ],
};

/// What the page shows.
#[derive(Serialize)]
struct Contents<'a> {
    oreo: &'static str,
    title: String,
    report: &'a Report,
    card: &'a Card,
    /// Columns of `learning_curves.csv` with any number
    curves: BTreeMap<&'a str, Floats>,
    /// By ascending label
    parity: Parity,
}

/// eV/Å, or eV of a property.
#[derive(Serialize)]
struct Parity {
    label: Floats,
    predicted: Floats,
    /// Of which these are a sample
    seen: u64,
}

impl Parity {
    fn of(report: &Report) -> Self {
        let sample = report.predicted.as_ref().map(|found| &found.parity);
        let mut pairs = sample.map_or(Vec::new(), |sample| sample.pairs().to_vec());
        pairs.sort_by(|a, b| a[0].total_cmp(&b[0]));
        Self {
            label: Floats::of(pairs.iter().map(|pair| pair[0])),
            predicted: Floats::of(pairs.iter().map(|pair| pair[1])),
            seen: sample.map_or(0, |sample| sample.seen()),
        }
    }
}

/// The whole file.
///
/// # Errors
/// None that is known.
pub fn of(report: &Report) -> Result<String> {
    let name = Path::new(&report.target).file_name();
    let title = name.map_or(report.target.clone(), |name| {
        name.to_string_lossy().into_owned()
    });
    let curves = report.curves.filled();
    let curves = curves.map(|(name, values)| (name, Floats::of(values.iter().copied())));
    let contents = Contents {
        oreo: env!("CARGO_PKG_VERSION"),
        title,
        report,
        card: &report.card,
        curves: curves.collect(),
        parity: Parity::of(report),
    };
    TRAINING.page(&contents, &plain(&report.target, &text::of(report)))
}
