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

impl Ruler {
    /// Spans `values`, or the range that the axis asks for.
    pub(super) fn new(axis: &Axis, values: impl Iterator<Item = f64>) -> Self {
        let usable = |v: &f64| v.is_finite() && (axis.scale == Scale::Linear || *v > 0.0);
        let ends = |(low, high): (f64, f64), v: f64| (low.min(v), high.max(v));
        let found = values
            .filter(usable)
            .fold((f64::INFINITY, f64::NEG_INFINITY), ends);
        let asked = axis
            .range
            .filter(|range| range.iter().all(usable) && range[0] < range[1]);
        let ends = asked.map_or(found, |[low, high]| (low, high));
        match axis.scale {
            Scale::Linear => Self::linear(ends, asked.is_some()),
            Scale::Logarithmic => Self::logarithmic(ends),
        }
    }

    fn linear((mut low, mut high): (f64, f64), exact: bool) -> Self {
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if high - low <= 1e-12 * low.abs().max(high.abs()) {
            let half = if low == 0.0 { 1.0 } else { 0.05 * low.abs() };
            (low, high) = (low - half, high + half);
        }
        let step = nice_step((high - low) / 6.0);
        if !exact {
            (low, high) = (
                (low / step + 1e-9).floor() * step,
                (high / step - 1e-9).ceil() * step,
            );
        }
        let first = (low / step - 1e-9).ceil();
        let count = ((high / step + 1e-9).floor() - first) as usize;
        let ticks = (0..=count)
            .map(|k| (first + k as f64) * step)
            .map(|v| (v, label(v, step)))
            .collect();
        Self {
            scale: Scale::Linear,
            low,
            high,
            ticks,
        }
    }

    fn logarithmic((mut low, mut high): (f64, f64)) -> Self {
        if low > high {
            (low, high) = (1.0, 10.0);
        }
        (low, high) = (low / 1.15, high * 1.15);
        let decades = low.log10().floor() as i32..=high.log10().floor() as i32;
        let digits: &[f64] = if high / low < 200.0 {
            &[1.0, 2.0, 5.0]
        } else {
            &[1.0]
        };
        let stride = 1 + (high / low).log10() as i32 / 9;
        let ticks = decades
            .filter(|decade| decade.rem_euclid(stride) == 0)
            .flat_map(|decade| {
                digits
                    .iter()
                    .map(move |digit| (digit * 10f64.powi(decade), decade))
            })
            .filter(|(value, _)| (low..=high).contains(value))
            .map(|(value, decade)| (value, label(value, 10f64.powi(decade))))
            .collect();
        Self {
            scale: Scale::Logarithmic,
            low,
            high,
            ticks,
        }
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
        Ruler::new(&axis, values.iter().copied())
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
                let ruler = Ruler::new(&axis, values.iter().copied());
                assert!(
                    ruler.low < ruler.high && ruler.ticks.len() < 20,
                    "{values:?} {ruler:?}"
                );
            }
        }
    }

    #[test]
    fn places_by_hand() {
        let ruler = Ruler::new(&Axis::linear("").range(2.0, 4.0), std::iter::empty());
        assert_eq!(
            (ruler.place(3.0), ruler.place(4.1), ruler.place(f64::NAN)),
            (Some(0.5), None, None)
        );
    }
}
