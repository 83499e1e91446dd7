//! A curve over time as a page holds it: short enough, and without losing an excursion.

use super::packed::Floats;
use serde::Serialize;

/// Points, or stretches of points with their mean, lowest and highest value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Taken off `y`, `low` and `high`: a total energy of −4209.5459 eV has no digits left for its drift in f32.
    offset: f64,
    x: Floats,
    /// Means of the stretches.
    y: Floats,
    /// Absent where a stretch is one point.
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<Floats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<Floats>,
}

impl Series {
    /// In at most `most` stretches; `None` without points.
    pub fn of(points: &[[f64; 2]], most: usize) -> Option<Self> {
        let offset = points.first()?[1];
        let stretches = evenly(points, most);
        let each = |value: fn(&[[f64; 2]]) -> f64| stretches.iter().map(move |s| value(s));
        let extremes = |value: fn(&[[f64; 2]]) -> f64| {
            (stretches.len() < points.len()).then(|| Floats::of(each(value).map(|y| y - offset)))
        };
        Some(Self {
            offset,
            x: Floats::of(each(|s| mean(s, 0))),
            y: Floats::of(each(|s| mean(s, 1)).map(|y| y - offset)),
            low: extremes(|s| s.iter().map(|p| p[1]).fold(f64::INFINITY, f64::min)),
            high: extremes(|s| s.iter().map(|p| p[1]).fold(f64::NEG_INFINITY, f64::max)),
        })
    }
}

/// All equally long but for one point: a last stretch of few points would end every curve in a spike.
fn evenly(points: &[[f64; 2]], most: usize) -> Vec<&[[f64; 2]]> {
    let count = points.len().min(most.max(1));
    let start = |k: usize| k * points.len() / count;
    (0..count)
        .map(|k| &points[start(k)..start(k + 1)])
        .collect()
}

fn mean(points: &[[f64; 2]], axis: usize) -> f64 {
    points.iter().map(|point| point[axis]).sum::<f64>() / points.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches every k-th point in place of the extremes: the spike would be lost.
    #[test]
    fn a_long_curve_keeps_its_spikes_and_its_digits() {
        let mut points: Vec<[f64; 2]> = (0..100_000).map(|k| [f64::from(k), -4209.5]).collect();
        points[77_777][1] += 5.0;
        points[33_333][1] -= 0.0001;
        let series = Series::of(&points, 1000).unwrap();
        assert_eq!(series.x.0.len(), 1000);
        assert_eq!(series.high.unwrap().0[777], 5.0);
        let lowest = series.low.unwrap().0[333];
        assert!((f64::from(lowest) + 0.0001).abs() < 1e-9, "{lowest}");
    }

    /// Catches chunks of a fixed size, of which the last would have a single point.
    #[test]
    fn no_stretch_is_much_shorter_than_another() {
        let points: Vec<[f64; 2]> = (0..501).map(|k| [f64::from(k), 0.0]).collect();
        let lengths: Vec<_> = evenly(&points, 100).iter().map(|s| s.len()).collect();
        assert_eq!(lengths.iter().sum::<usize>(), 501);
        assert!(
            lengths.iter().all(|length| (5..=6).contains(length)),
            "{lengths:?}"
        );
    }

    #[test]
    fn a_short_curve_is_itself() {
        let series = Series::of(&[[0.0, 1.0], [1.0, 3.0]], 10).unwrap();
        assert_eq!((series.y.0, series.low), (vec![0.0, 2.0], None));
        assert_eq!(Series::of(&[], 10), None);
    }
}
