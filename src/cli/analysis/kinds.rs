//! Bonds and angles by kind, run and reference side by side, under the names of `analysis.json`.

use oreo_validation::kinds::{KindDifference, KindStatistics, KindSummaries, KindSummary};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// What is of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coordinate {
    /// Bonds between the same two elements: `H-C`, ascending by atomic number.
    Bond,
    /// Angles between bonds of the same elements: `H-C-O`, vertex in the middle, ends ascending by atomic number.
    Angle,
}

/// All bonds or all angles of a kind.
#[derive(Debug, Clone, PartialEq)]
pub struct KindNumbers {
    coordinate: Coordinate,
    /// Over members and frames.
    pub own: KindSummary,
    /// Of the reference frames as they are, and how far the run is from them.
    pub reference: Option<Against>,
    /// The same of the reference frames as the level of theory of their labels would have them.
    pub reweighted: Option<Against>,
}

/// The same kind elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Against {
    /// There.
    pub there: KindSummary,
    /// From there to the run.
    pub found: KindDifference,
}

impl Against {
    fn of(own: &KindSummary, others: &[KindSummary]) -> Option<Self> {
        let there = others.iter().find(|other| other.kind == own.kind)?.clone();
        let found = own.against(&there);
        Some(Self { there, found })
    }
}

/// Bonds, then angles; `reference` and `reweighted` are empty where there are none.
pub fn compared(
    own: &KindStatistics,
    reference: &KindSummaries,
    reweighted: &KindSummaries,
) -> [Vec<KindNumbers>; 2] {
    let numbers = |coordinate, all: Vec<KindSummary>, plain: &[_], weighted: &[_]| {
        let of = |own: KindSummary| KindNumbers {
            coordinate,
            reference: Against::of(&own, plain),
            reweighted: Against::of(&own, weighted),
            own,
        };
        all.into_iter().map(of).collect()
    };
    [
        numbers(
            Coordinate::Bond,
            own.bonds(),
            &reference.bonds,
            &reweighted.bonds,
        ),
        numbers(
            Coordinate::Angle,
            own.angles(),
            &reference.angles,
            &reweighted.angles,
        ),
    ]
}

impl Coordinate {
    /// Key of the name of a kind.
    fn key(self) -> &'static str {
        match self {
            Coordinate::Bond => "bond",
            Coordinate::Angle => "angle",
        }
    }

    /// As names of numbers end.
    fn suffix(self) -> &'static str {
        match self {
            Coordinate::Bond => "a",
            Coordinate::Angle => "deg",
        }
    }

    /// For people, with a blank where there is one.
    pub fn unit(self) -> &'static str {
        match self {
            Coordinate::Bond => " Å",
            Coordinate::Angle => "°",
        }
    }
}

impl KindNumbers {
    /// Of its numbers.
    pub fn coordinate(&self) -> Coordinate {
        self.coordinate
    }

    /// Lengths or angles, by name without unit.
    fn measures(&self) -> [(&'static str, Option<f64>); 13] {
        let own = &self.own;
        let of = |against: &Option<Against>, value: fn(&Against) -> Option<f64>| {
            against.as_ref().and_then(value)
        };
        let (plain, weighted) = (&self.reference, &self.reweighted);
        [
            ("mean", Some(own.mean)),
            ("std", Some(own.std)),
            ("error", own.error),
            ("min", Some(own.min)),
            ("max", Some(own.max)),
            ("reference_mean", of(plain, |a| Some(a.there.mean))),
            ("reference_std", of(plain, |a| Some(a.there.std))),
            ("difference", of(plain, |a| Some(a.found.difference))),
            ("difference_error", of(plain, |a| a.found.error)),
            ("reweighted_mean", of(weighted, |a| Some(a.there.mean))),
            ("reweighted_std", of(weighted, |a| Some(a.there.std))),
            (
                "reweighted_difference",
                of(weighted, |a| Some(a.found.difference)),
            ),
            (
                "reweighted_difference_error",
                of(weighted, |a| a.found.error),
            ),
        ]
    }

    /// Pure numbers, by name.
    fn shares(&self) -> [(&'static str, Option<f64>); 4] {
        let errors = |against: &Option<Against>| against.as_ref()?.found.in_errors;
        let spreads = |against: &Option<Against>| against.as_ref()?.found.in_spreads;
        let (plain, weighted) = (&self.reference, &self.reweighted);
        [
            ("difference_in_errors", errors(plain)),
            ("difference_in_reference_std", spreads(plain)),
            ("reweighted_difference_in_errors", errors(weighted)),
            ("reweighted_difference_in_std", spreads(weighted)),
        ]
    }
}

/// Units are in the names: `mean_a`, `mean_deg`.
impl Serialize for KindNumbers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let suffix = self.coordinate.suffix();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(self.coordinate.key(), &self.own.kind)?;
        map.serialize_entry("count", &self.own.count)?;
        for (name, value) in self.measures() {
            map.serialize_entry(&format!("{name}_{suffix}"), &value)?;
        }
        for (name, value) in self.shares() {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}
