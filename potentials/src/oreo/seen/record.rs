//! The counts as text in the record of a weights file.

use super::{edge, SeenDistances, BINS_PER_ANGSTROM, FARTHEST};
use crate::oreo::error::WeightsProblem;
use crate::oreo::Weights;
use oreo_core::Element;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The key in [`Weights::record`]. Under it stands one line of JSON, here of one water molecule (without the line break):
///
/// ```json
/// {"bin_a":0.05,"conformations":1,"cutoff_a":5.0,
///  "pairs":{"H-H":{"closest_a":1.3576,"counts":[1],"first_bin":27},"H-O":{"closest_a":0.96,"counts":[2],"first_bin":19}}}
/// ```
///
/// `counts[k]` distances were at least `(first_bin + k)·bin_a` Å and less than one bin more; bins before and behind are
/// empty. The lower atomic number stands first. `closest_a` is rounded to 1e-4 Å.
pub const SEEN_DISTANCES: &str = "seen_distances";
/// For each Å: `closest_a` is for people.
const DIGITS: f64 = 1e4;
/// Characters of a record that an error quotes.
const QUOTED: usize = 40;

#[derive(Serialize, Deserialize)]
struct Text {
    bin_a: f64,
    conformations: u64,
    cutoff_a: f64,
    pairs: BTreeMap<String, PairText>,
}

#[derive(Serialize, Deserialize)]
struct PairText {
    closest_a: f64,
    counts: Vec<u64>,
    first_bin: usize,
}

impl Weights {
    /// What they were trained on; `None` if the file does not say.
    ///
    /// # Errors
    /// [`WeightsProblem::RecordInvalid`], which cannot come of weights that were read from a file.
    pub fn seen_distances(&self) -> Result<Option<SeenDistances>, WeightsProblem> {
        SeenDistances::of_record(&self.record, self.config.cutoff_upper)
    }

    /// Puts it into the record.
    pub fn set_seen_distances(&mut self, seen: &SeenDistances) {
        self.record.insert(SEEN_DISTANCES.into(), seen.to_text());
    }
}

impl SeenDistances {
    /// Of the record of a network with the given cutoff, Å; `None` if it has no such entry.
    ///
    /// # Errors
    /// [`WeightsProblem::RecordInvalid`]: text that is not as above, or belongs to another cutoff.
    pub fn of_record(
        record: &BTreeMap<String, String>,
        cutoff: f64,
    ) -> Result<Option<Self>, WeightsProblem> {
        let Some(text) = record.get(SEEN_DISTANCES) else {
            return Ok(None);
        };
        let invalid = |reason| WeightsProblem::RecordInvalid {
            key: SEEN_DISTANCES,
            value: text.chars().take(QUOTED).chain("…".chars()).collect(),
            reason,
        };
        Self::parse(text, cutoff).map(Some).map_err(invalid)
    }

    fn parse(text: &str, cutoff: f64) -> Result<Self, String> {
        let text: Text = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if text.bin_a != 1.0 / BINS_PER_ANGSTROM {
            return Err(format!("bins of {} Å are not known here", text.bin_a));
        }
        // Also what keeps the memory small: the number of bins does not follow the text.
        if text.cutoff_a != cutoff.min(FARTHEST) {
            let (said, own) = (text.cutoff_a, cutoff);
            return Err(format!("its cutoff is {said} Å and the network's {own} Å"));
        }
        let mut seen = Self::new(cutoff);
        seen.conformations = text.conformations;
        for (name, pair) in &text.pairs {
            let problem = |reason| format!("{name}: {reason}");
            let [a, b] = elements(name).ok_or_else(|| problem("is no pair of elements"))?;
            seen.fill(a, b, pair).map_err(problem)?;
        }
        Ok(seen)
    }

    fn fill(&mut self, a: Element, b: Element, pair: &PairText) -> Result<(), &'static str> {
        let end = pair.first_bin.checked_add(pair.counts.len());
        let end = end.filter(|&end| end <= self.bins());
        let end = end.ok_or("has bins beyond the cutoff")?;
        if pair.counts.first().is_none_or(|&count| count == 0) {
            return Err("its first bin is empty");
        }
        // A rounded distance may lie on the other side of an edge.
        let first = edge(pair.first_bin) - 1.0 / DIGITS..=edge(pair.first_bin + 1) + 1.0 / DIGITS;
        if !first.contains(&pair.closest_a) {
            return Err("its closest distance is not in its first bin");
        }
        self.admit(a);
        self.admit(b);
        let (row, bins) = (self.row_of(a, b).expect("admitted"), self.bins());
        let counts = &mut self.counts[row * bins..(row + 1) * bins];
        counts[pair.first_bin..end].copy_from_slice(&pair.counts);
        self.closest[row] = pair.closest_a;
        Ok(())
    }

    fn to_text(&self) -> String {
        let pair = |(a, b)| {
            let (counts, closest) = (self.counts(a, b)?, self.closest(a, b)?);
            let first_bin = counts.iter().position(|&count| count > 0)?;
            let last = counts.iter().rposition(|&count| count > 0)?;
            let pair = PairText {
                closest_a: (closest * DIGITS).round() / DIGITS,
                counts: counts[first_bin..=last].to_vec(),
                first_bin,
            };
            Some((format!("{a}-{b}"), pair))
        };
        let text = Text {
            bin_a: 1.0 / BINS_PER_ANGSTROM,
            conformations: self.conformations,
            cutoff_a: self.cutoff,
            pairs: self.element_pairs().into_iter().filter_map(pair).collect(),
        };
        serde_json::to_string(&text).expect("text and numbers")
    }
}

/// `H-O`, and nothing else that means the same: each pair can stand in a text once.
fn elements(name: &str) -> Option<[Element; 2]> {
    let (a, b) = name.split_once('-')?;
    let [a, b]: [Element; 2] = [a.parse().ok()?, b.parse().ok()?];
    (a <= b && name == format!("{a}-{b}")).then_some([a, b])
}

#[cfg(test)]
mod tests {
    use super::super::tests::{element, filled, water};
    use super::*;
    use crate::oreo::{Config, StoredAs};
    use oreo_core::Vec3;

    fn weights() -> Weights {
        let config = Config {
            channels: 8,
            layers: 1,
            heads: 2,
            radial_functions: 4,
            ..Config::et_oreo()
        };
        Weights::random(config, 1)
    }

    fn with_water() -> Weights {
        let (elements, positions) = water();
        let mut seen = SeenDistances::new(5.0);
        seen.add(&elements, &positions);
        let mut weights = weights();
        weights.set_seen_distances(&seen);
        weights
    }

    /// Planted, and seen to fail: counts from the first bin on written with `first_bin` 0.
    #[test]
    fn the_text_is_the_documented_one() {
        let text = &with_water().record[SEEN_DISTANCES];
        let expected = r#"{"bin_a":0.05,"conformations":1,"cutoff_a":5.0,"pairs":{"H-H":{"closest_a":1.3576,"counts":[1],"first_bin":27},"H-O":{"closest_a":0.96,"counts":[2],"first_bin":19}}}"#;
        assert_eq!(text, expected);
    }

    /// Every kind of file and number carries the counts. Planted, and seen to fail: `conformations` not read.
    #[test]
    fn counts_survive_every_weights_file() {
        let weights = with_water();
        let mut rounded = weights.clone();
        rounded.round_to_f16().unwrap();
        for bytes in [
            weights.to_bytes(),
            rounded.to_safetensors(StoredAs::F16Matrices),
            weights.to_checkpoint(StoredAs::F32),
        ] {
            let read = Weights::from_bytes(&bytes, "w").unwrap();
            let seen = read.seen_distances().unwrap().unwrap();
            assert_eq!(seen.conformations(), 1);
            assert_eq!(filled(&seen, "O", "H"), [(19, 2)]);
            assert_eq!(filled(&seen, "H", "H"), [(27, 1)]);
            assert_eq!(seen.pairs()[1].closest_a, 0.96);
        }
        let other = super::tests::weights().to_bytes();
        let read = Weights::from_bytes(&other, "w").unwrap();
        assert!(read.seen_distances().unwrap().is_none());
    }

    /// A second training goes on counting. Planted, and seen to fail: reading leaves the row of a pair empty; the closest
    /// distance of the file is forgotten.
    #[test]
    fn a_second_training_adds_to_the_first() {
        let mut weights = with_water();
        let mut seen = weights.seen_distances().unwrap().unwrap();
        let pair = [element("O"), element("H")];
        seen.add(&pair, &[Vec3::zeros(), Vec3::new(1.13, 0.0, 0.0)]);
        weights.set_seen_distances(&seen);
        let both = weights.seen_distances().unwrap().unwrap();
        assert_eq!(filled(&both, "H", "O"), [(19, 2), (22, 1)]);
        assert_eq!(filled(&both, "H", "H"), [(27, 1)]);
        assert_eq!(both.conformations(), 2);
        assert_eq!(both.pairs()[1].closest_a, 0.96);
    }

    /// Refused with the file, not found out later. Planted, and seen to fail: bins beyond the cutoff (a panic); the check left
    /// out of [`Weights::load`].
    #[test]
    fn text_that_cannot_be_true_is_refused() {
        let text = with_water().record[SEEN_DISTANCES].clone();
        for (from, to, reason) in [
            ("{\"bin_a\"", "\"bin_a\"", "invalid type"),
            ("0.05", "0.1", "bins of 0.1 Å"),
            ("\"cutoff_a\":5.0", "\"cutoff_a\":6.0", "its cutoff is 6 Å"),
            ("H-O", "H-Xy", "is no pair"),
            ("H-O", "HO", "is no pair"),
            ("H-O", "O-H", "is no pair"),
            ("H-O", "h-O", "is no pair"),
            ("\"first_bin\":19", "\"first_bin\":100", "beyond the cutoff"),
            (
                "\"first_bin\":19",
                "\"first_bin\":18446744073709551615",
                "beyond the cutoff",
            ),
            ("[2]", "[]", "first bin is empty"),
            ("[2]", "[0,2]", "first bin is empty"),
            ("[2]", "[-2]", "invalid value"),
            ("0.96", "0.9", "closest distance"),
        ] {
            let mut weights = with_water();
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            weights.record.insert(SEEN_DISTANCES.into(), changed);
            let refused = Weights::from_bytes(&weights.to_bytes(), "w").unwrap_err();
            let message = refused.to_string();
            assert!(message.contains(reason), "{from} {to}: {message}");
            assert!(
                message.contains(SEEN_DISTANCES) && message.len() < 300,
                "{message}"
            );
        }
    }
}
