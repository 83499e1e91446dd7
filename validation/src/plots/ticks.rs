//! Where an axis has its marks, and what is written there.

use super::{Axis, Scale};

/// An axis with its ends and marks settled.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ruler {
    scale: Scale,
    low: f64,
    high: f64,
    /// (value, label)
    pub(super) ticks: Vec<(f64, String)>,
}

/// Whether labels have room, at places from 0 to 1.
pub(super) type Fits<'a> = &'a dyn Fn(&[(f64, String)]) -> bool;

/// Steps of an axis with room for all.
const STEPS: usize = 6;

impl Ruler {
    /// Spans `values`, or the range that the axis asks for; with the most marks that `fits` allows, from about six down.
    pub(super) fn new(axis: &Axis, values: impl Iterator<Item = f64>, fits: Fits<'_>) -> Self {
        let usable = |v: &f64| v.is_finite() && (axis.scale == Scale::Linear || *v > 0.0);
        let ends = |(low, high): (f64, f64), v: f64| (low.min(v), high.max(v));
        let found = values
            .filter(usable)
            .fold((f64::INFINITY, f64::NEG_INFINITY), ends);
        let asked = axis
            .range
            .filter(|range| range.iter().all(usable) && range[0] < range[1]);
        let ends = asked.map_or(found, |[low, high]| (low, high));
        let mut ruler = match axis.scale {
            Scale::Linear => Self::linear(ends, asked.is_some()),
            Scale::Logarithmic => Self::logarithmic(ends),
        };
        ruler.mark(&axis.names, fits);
        ruler
    }

    fn mark(&mut self, names: &[String], fits: Fits<'_>) {
        if !names.is_empty() {
            let place = |(k, name): (usize, &String)| (-(k as f64), name.clone());
            self.ticks = names.iter().enumerate().map(place).collect();
            return;
        }
        let choices: Vec<_> = match self.scale {
            Scale::Linear => (2..=STEPS).rev().map(|n| self.even(n)).collect(),
            Scale::Logarithmic => self.of_decades(),
        };
        let scale = |ticks: &&Vec<(f64, String)>| ticks.len() > 1;
        let placed = |ticks: &[(f64, String)]| -> Vec<(f64, String)> {
            let place = |(value, text): &(f64, String)| Some((self.place(*value)?, text.clone()));
            ticks.iter().filter_map(place).collect()
        };
        let mut fitting = choices.iter().filter(scale);
        let fitting = fitting.find(|ticks| fits(&placed(ticks)));
        let best = fitting.or(choices.iter().rfind(scale));
        self.ticks = best.or(choices.first()).cloned().unwrap_or_default();
    }

    /// About `steps` steps of a round length.
    fn even(&self, steps: usize) -> Vec<(f64, String)> {
        let step = nice_step((self.high - self.low) / steps as f64);
        let first = (self.low / step - 1e-9).ceil();
        let count = ((self.high / step + 1e-9).floor() - first).max(0.0) as usize;
        let values = (0..=count).map(|k| (first + k as f64) * step);
        values.map(|v| (v, label(v, step))).collect()
    }

    /// From 1, 2 and 5 of each power of ten down to few powers; a range within one of those steps is marked evenly.
    fn of_decades(&self) -> Vec<Vec<(f64, String)>> {
        let ends = [self.low, self.high].map(|end| end.log10().floor() as i32);
        let marks = |digits: &[i32], stride: i32| -> Vec<(f64, String)> {
            let decades = (ends[0]..=ends[1]).filter(|decade| decade.rem_euclid(stride) == 0);
            let all = decades.flat_map(|decade| {
                let size = 10f64.powi(decade);
                let values = digits.iter().map(move |&digit| f64::from(digit) * size);
                values.map(move |value| (value, label(value, size)))
            });
            all.filter(|(value, _)| (self.low..=self.high).contains(value))
                .collect()
        };
        let wide = self.high / self.low >= 200.0;
        let fine = marks(&[1, 2, 5], 1);
        if fine.len() < 2 {
            return vec![self.even(3), self.even(2)];
        }
        let coarse = (1..12).map(|stride| marks(&[1], stride));
        let finer = [fine, marks(&[1, 3], 1)];
        let finer = finer.into_iter().filter(|_| !wide);
        finer.chain(coarse).collect()
    }

    fn linear((mut low, mut high): (f64, f64), exact: bool) -> Self {
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if high - low <= 1e-12 * low.abs().max(high.abs()) {
            let half = if low == 0.0 { 1.0 } else { 0.05 * low.abs() };
            (low, high) = (low - half, high + half);
        }
        if !exact {
            let step = nice_step((high - low) / STEPS as f64);
            (low, high) = (
                (low / step + 1e-9).floor() * step,
                (high / step - 1e-9).ceil() * step,
            );
        }
        Self {
            scale: Scale::Linear,
            low,
            high,
            ticks: Vec::new(),
        }
    }

    fn logarithmic((mut low, mut high): (f64, f64)) -> Self {
        if low > high {
            (low, high) = (1.0, 10.0);
        }
        (low, high) = (low / 1.15, high * 1.15);
        Self {
            scale: Scale::Logarithmic,
            low,
            high,
            ticks: Vec::new(),
        }
    }

    /// Of the whole axis, that a linear length is.
    pub(super) fn share(&self, length: f64) -> f64 {
        length / (self.high - self.low)
    }

    /// 0 at the low end, 1 at the high one; `None` for what this axis cannot show.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        let place = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Logarithmic if value > 0.0 => {
                (value / self.low).ln() / (self.high / self.low).ln()
            }
            Scale::Logarithmic => return None,
        };
        (-1e-9..=1.0 + 1e-9).contains(&place).then_some(place)
    }
}

/// 1, 2 or 5 times a power of ten, not below `step`.
fn nice_step(step: f64) -> f64 {
    let decade = 10f64.powf(step.log10().floor());
    let digit = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|digit| digit * decade >= step * (1.0 - 1e-9));
    decade * digit.unwrap_or(10.0)
}

/// As many decimals as the step needs; powers of ten for very large and small numbers.
fn label(value: f64, step: f64) -> String {
    let size = value.abs();
    if size < 1e-9 * step {
        return "0".into();
    }
    if size >= 1e6 || step < 1e-4 {
        return format!("{:.1e}", value)
            .replace(".0e", "e")
            .replace('-', "−");
    }
    let decimals = (-(step * 1.0001).log10().floor()).max(0.0) as usize;
    format!("{value:.decimals$}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: Axis, values: &[f64]) -> Vec<String> {
        let everything: Fits = &|ticks| ticks.len() < 10;
        Ruler::new(&axis, values.iter().copied(), everything)
            .ticks
            .into_iter()
            .map(|tick| tick.1)
            .collect()
    }

    #[test]
    fn linear_marks_are_round_and_enclose_the_values() {
        assert_eq!(
            labels(Axis::linear(""), &[0.0, 0.93]),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"].map(|s| if s == "0.0" { "0" } else { s })
        );
        assert_eq!(
            labels(Axis::linear(""), &[-31.0, 12.0]),
            ["−40", "−30", "−20", "−10", "0", "10", "20"]
        );
        assert_eq!(
            labels(Axis::linear("").range(0.0, 10.0), &[3.0]),
            ["0", "2", "4", "6", "8", "10"]
        );
    }

    #[test]
    fn logarithmic_marks_are_decades_or_finer() {
        assert_eq!(
            labels(Axis::logarithmic(""), &[1.0, 1e4, -3.0]),
            ["1", "10", "100", "1000", "10000"]
        );
        assert_eq!(
            labels(Axis::logarithmic(""), &[0.2, 3.0]),
            ["0.2", "0.5", "1", "2"]
        );
    }

    /// Catches a coarser step for the ends as well, which moves the ends of the axis with the room for its labels.
    #[test]
    fn little_room_thins_the_marks_and_leaves_the_axis() {
        let axis = Axis::linear("");
        let few = |most: usize| {
            Ruler::new(&axis, [0.0, 1130.0].into_iter(), &move |t: &[_]| {
                t.len() <= most
            })
        };
        let names = |ruler: &Ruler| -> Vec<String> {
            ruler.ticks.iter().map(|tick| tick.1.clone()).collect()
        };
        let all = ["0", "200", "400", "600", "800", "1000", "1200"];
        assert_eq!(names(&few(9)), all);
        assert_eq!(names(&few(4)), ["0", "500", "1000"]);
        assert_eq!((few(4).low, few(4).high), (few(9).low, few(9).high));
    }

    #[test]
    fn a_logarithmic_axis_always_has_two_marks() {
        assert_eq!(
            labels(Axis::logarithmic(""), &[3.3, 3.7]),
            ["3.0", "3.5", "4.0"]
        );
        assert_eq!(
            labels(Axis::logarithmic(""), &[1e-12, 1.0]).len(),
            7,
            "every second power"
        );
    }

    #[test]
    fn names_stand_in_rows_of_their_own() {
        let axis = Axis::named("", vec!["H".into(), "C".into()]);
        let ruler = Ruler::new(&axis, std::iter::empty(), &|_| false);
        let places: Vec<_> = ruler.ticks.iter().map(|t| ruler.place(t.0)).collect();
        assert_eq!(places, [Some(0.75), Some(0.25)]);
    }

    #[test]
    fn nothing_constant_and_nan_still_have_an_axis() {
        for values in [
            vec![],
            vec![f64::NAN],
            vec![5.0],
            vec![0.0, 0.0],
            vec![1e300, -1e300],
            vec![1e-300],
        ] {
            for axis in [Axis::linear(""), Axis::logarithmic("")] {
                let ruler = Ruler::new(&axis, values.iter().copied(), &|_| true);
                assert!(
                    ruler.low < ruler.high && ruler.ticks.len() < 20,
                    "{values:?} {ruler:?}"
                );
            }
        }
    }

    #[test]
    fn places_by_hand() {
        let ruler = Ruler::new(
            &Axis::linear("").range(2.0, 4.0),
            std::iter::empty(),
            &|_| true,
        );
        assert_eq!(
            (ruler.place(3.0), ruler.place(4.1), ruler.place(f64::NAN)),
            (Some(0.5), None, None)
        );
    }
}
