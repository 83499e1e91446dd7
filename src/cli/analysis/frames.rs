//! One pass over the frames of a trajectory: everything that comes from positions and velocities.
//!
//! Memory: a few numbers a frame, fixed histograms, and one stretch of velocities.

use super::clock::Clock;
use super::pair_distances::{PairDensity, PairDistances};
use super::results::BrokenFrame;
use super::snapshots::Snapshots;
use super::velocities::{Velocities, Vibrations, LARGEST_SPACING};
use crate::cli::exit::BadInput;
use anyhow::Result;
use oreo_core::units::{FEMTOSECOND, PICOSECOND};
use oreo_core::{Cell, Element, Frame, Periodic, System};
use oreo_validation::diffusion::{Diffusion, DiffusionMeter};
use oreo_validation::kinds::KindStatistics;
use oreo_validation::rdf::RadialHistogram;
use oreo_validation::worst_bond::WorstBondWatch;
use oreo_validation::{geometry, BlockedHistogram, Topology};

/// Bins of g(r).
pub const RADIAL_BINS: usize = 200;

/// Of the height of a box between two frames; from half on an atom may as well have come from the other side.
const LARGEST_STEP: f64 = 0.45;

/// What the bonds are compared with.
#[derive(Debug, Clone)]
pub struct BondRule {
    /// Bonds and their lengths.
    pub topology: Topology,
    /// Å
    pub threshold: f64,
    /// Whether frames from the first broken one on are left out of everything else.
    pub ends_the_analysis: bool,
}

/// What frames have told so far.
pub struct Frames {
    /// For messages.
    place: String,
    /// Elements and masses of all frames.
    pub system: System,
    first: Frame,
    /// What their bonds are compared with.
    pub rule: BondRule,
    /// When they were.
    pub clock: Clock,
    /// All.
    pub seen: u64,
    /// Those of the stable part.
    pub analyzed: u64,
    /// First one.
    pub broken: Option<BrokenFrame>,
    /// h(r)
    pub distances: BlockedHistogram,
    /// h(r) by pair of elements.
    pub pairs: PairDistances,
    /// g(r), or why there is none.
    pub radial: Result<RadialHistogram, String>,
    /// g(r) by pair of elements; empty where there is none.
    partial: Vec<(String, RadialHistogram)>,
    /// Also of those that are not analyzed.
    pub snapshots: Snapshots,
    /// The bond furthest from its reference.
    pub worst_bond: WorstBondWatch,
    /// Bonds and angles by kind.
    pub kinds: KindStatistics,
    /// Paths of atoms in a box.
    pub diffusion: Option<DiffusionMeter>,
    /// Å, of every frame.
    pub deviations: Vec<f64>,
    /// Å, of the frames analyzed.
    pub rmsd: Vec<f64>,
    /// Å, of the frames analyzed.
    pub radii_of_gyration: Vec<f64>,
    /// Or why there are none.
    pub velocities: Result<Velocities, String>,
}

impl Frames {
    /// From the first frame, which is not counted yet. `place` names the file in messages.
    pub fn begin(place: String, first: &Frame, rule: BondRule, clock: Clock) -> Result<Self> {
        let system = System::new(first.elements.clone());
        let named = |error| BadInput::new(format!("{place}: {error}"));
        let worst_bond = WorstBondWatch::new(rule.topology.clone(), first.len()).map_err(named)?;
        let kinds = KindStatistics::new(
            &rule.topology.without_bridges(&first.elements),
            &first.elements,
        );
        let velocities = match first.velocities {
            Some(_) => Ok(Velocities::new(system.masses.clone())),
            None => Err(format!("the frames have no velocities; write them (--write-velocities) at most {LARGEST_SPACING} fs apart")),
        };
        let periodic = first.cell != Cell::Open;
        Ok(Self {
            kinds: kinds.map_err(named)?,
            diffusion: periodic.then(|| DiffusionMeter::new(system.clone())),
            place,
            system,
            first: first.clone(),
            rule,
            clock,
            seen: 0,
            analyzed: 0,
            broken: None,
            distances: BlockedHistogram::new(),
            pairs: PairDistances::new(&first.elements),
            radial: radial(first),
            partial: partial(first),
            snapshots: Snapshots::new(first.len()),
            worst_bond,
            deviations: Vec::new(),
            rmsd: Vec::new(),
            radii_of_gyration: Vec::new(),
            velocities,
        })
    }

    /// The next frame. Refuses another molecule.
    pub fn add(&mut self, frame: Frame) -> Result<()> {
        let place = || format!("{}, frame {}", self.place, self.seen);
        check_elements(
            &frame.elements,
            &self.first.elements,
            &place(),
            "of the first frame",
        )?;
        self.clock.add(frame.time);
        let whole = self.broken.is_none();
        self.judge(&frame);
        let breaks = whole && self.broken.is_some();
        self.snapshots.add(&frame.positions, breaks);
        self.seen += 1;
        if self.broken.is_some() && self.rule.ends_the_analysis {
            return Ok(());
        }
        self.measure(&frame).map_err(|error| {
            BadInput::new(format!("{}, frame {}: {error}", self.place, self.seen - 1))
        })?;
        self.collect_velocities(frame);
        self.analyzed += 1;
        Ok(())
    }

    /// As that of the first frame.
    pub fn cell(&self) -> Option<&Periodic> {
        match &self.first.cell {
            Cell::Open => None,
            Cell::Periodic(cell) => Some(cell),
        }
    }

    /// g(r) by pair of elements.
    pub fn partial_radial(&self) -> Vec<PairDensity> {
        let of = |(pair, histogram): &(String, RadialHistogram)| {
            let found = histogram.distribution().ok()?;
            Some(PairDensity {
                pair: pair.clone(),
                density: found.g().to_vec(),
            })
        };
        self.partial.iter().filter_map(of).collect()
    }

    /// As the first frame is.
    pub fn is_periodic(&self) -> bool {
        self.first.cell != Cell::Open
    }

    /// From the velocities, which are given up.
    pub fn take_vibrations(&mut self) -> Result<Vibrations, String> {
        let velocities = std::mem::replace(&mut self.velocities, Err("taken".into()))?;
        let interval = self.clock.interval_fs()?;
        velocities
            .finish(interval)
            .map_err(|error| error.to_string())
    }

    /// From the paths, which are given up.
    pub fn take_diffusion(&mut self) -> Result<Diffusion, String> {
        let open = "the frames have no periodic cell: a molecule alone drifts as it was pushed, which is no diffusion";
        let meter = self.diffusion.take().ok_or(open)?;
        let interval = self.clock.interval_fs()?;
        let found = meter
            .finish(interval * FEMTOSECOND / PICOSECOND)
            .map_err(|error| error.to_string())?;
        match found.largest_step_in_boxes {
            step if step > LARGEST_STEP => Err(format!(
                "atoms move up to {step:.2} of the height of the box between two frames, so that their paths cannot be \
                 followed; write frames more often (--every)"
            )),
            _ => Ok(found),
        }
    }

    fn judge(&mut self, frame: &Frame) {
        let Some(bond) = self
            .rule
            .topology
            .largest_deviation(&frame.positions, &frame.cell)
        else {
            return;
        };
        self.deviations.push(bond.deviation());
        if self.broken.is_none() && bond.deviation() > self.rule.threshold {
            let (frame, deviation_a) = (self.seen, bond.deviation());
            self.broken = Some(BrokenFrame {
                frame,
                time_ps: None,
                bond,
                deviation_a,
            });
        }
    }

    fn measure(&mut self, frame: &Frame) -> Result<(), oreo_validation::ValidationError> {
        self.distances.add_frame(&frame.positions, &frame.cell)?;
        self.pairs.add_frame(&frame.positions, &frame.cell);
        self.worst_bond.add_frame(&frame.positions, &frame.cell)?;
        self.kinds.add_frame(&frame.positions, &frame.cell)?;
        if let Some(diffusion) = &mut self.diffusion {
            diffusion.add_frame(&frame.positions, &frame.cell)?;
        }
        if frame.cell == Cell::Open {
            self.rmsd
                .push(geometry::rmsd(&frame.positions, &self.first.positions)?);
            self.radii_of_gyration.push(geometry::radius_of_gyration(
                &self.system.masses,
                &frame.positions,
            )?);
        }
        if let Ok(radial) = &mut self.radial {
            if let Err(error) = radial.add_frame(&frame.positions, &frame.cell) {
                self.radial = Err(format!("frame {}: {error}", self.seen - 1));
            }
            for (_, partial) in &mut self.partial {
                // Refused for the reasons of the whole, which was just asked.
                let _ = partial.add_frame(&frame.positions, &frame.cell);
            }
        }
        Ok(())
    }

    /// Ends at the first frame that shows that no spectrum will come of it, so that nothing is kept in vain.
    fn collect_velocities(&mut self, frame: Frame) {
        let Ok(velocities) = &mut self.velocities else {
            return;
        };
        let spacing = if self.seen > 1 {
            self.clock.interval_fs()
        } else {
            Ok(0.0)
        };
        let added = match (frame.velocities, spacing) {
            (None, _) => Err(format!("frame {} has no velocities", self.seen - 1)),
            (_, Err(reason)) => Err(reason),
            (_, Ok(spacing)) if spacing > LARGEST_SPACING * (1.0 + 1e-6) => Err(format!(
                "the frames are {spacing:.3} fs apart; more than {LARGEST_SPACING} fs fold fast vibrations onto slow ones: write frames more often (--every)"
            )),
            (Some(now), Ok(_)) => velocities.add(now).map_err(|error| error.to_string()),
        };
        if let Err(reason) = added {
            self.velocities = Err(reason);
        }
    }
}

/// Up to half the smallest height of the first box.
fn radial(first: &Frame) -> Result<RadialHistogram, String> {
    match &first.cell {
        Cell::Open => {
            Err("the frames have no periodic cell, so there is no density; see h_r".into())
        }
        Cell::Periodic(cell) => {
            RadialHistogram::all(first.len(), 0.5 * cell.heights().min(), RADIAL_BINS)
                .map_err(|error| error.to_string())
        }
    }
}

/// One for each pair of different elements; of a single element it would be the whole again.
fn partial(first: &Frame) -> Vec<(String, RadialHistogram)> {
    let Cell::Periodic(cell) = &first.cell else {
        return Vec::new();
    };
    let mut kinds = first.elements.clone();
    kinds.sort();
    kinds.dedup();
    if kinds.len() < 2 {
        return Vec::new();
    }
    let pairs = (0..kinds.len()).flat_map(|a| (a..kinds.len()).map(move |b| (a, b)));
    let range = 0.5 * cell.heights().min();
    pairs
        .filter_map(|(a, b)| {
            let pair = [kinds[a], kinds[b]];
            let found = RadialHistogram::partial(&first.elements, pair, range, RADIAL_BINS);
            let name = format!("{}-{}", pair[0].symbol(), pair[1].symbol());
            Some((name, found.ok()?))
        })
        .collect()
}

/// The same atoms in the same order, or an error that names both molecules.
pub fn check_elements(
    found: &[Element],
    expected: &[Element],
    place: &str,
    whose: &str,
) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let formula = |elements: &[Element]| System::new(elements.to_vec()).formula();
    let (own, other) = (formula(found), formula(expected));
    let problem = match own == other {
        true => format!("has its atoms in another order than those {whose}"),
        false => format!("is not the molecule {whose}, {other}"),
    };
    Err(BadInput::new(format!(
        "{place} ({own}) {problem}; give files of the same atoms in the same order"
    ))
    .into())
}
