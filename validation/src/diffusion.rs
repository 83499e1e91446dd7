//! Mean squared displacement and self-diffusion, D = lim MSD(t)/6t (Einstein 1905).
//!
//! MSD(k) = ⟨|r(t+k) − r(t)|²⟩ over atoms and all starts t, by Fourier transform: with |r(t+k) − r(t)|² = r²(t+k) + r²(t)
//! − 2 r(t+k)·r(t) the first two are running sums and the third an autocorrelation (Kneller et al., Comput. Phys. Commun.
//! 91, 191 (1995); Calandrini et al., Collection SFN 12, 201 (2011)): O(F log F) for F frames in place of O(F²).
//!
//! D is a sixth of the slope of least squares over a window of lags, `FIT_FROM` to `FIT_TO` of the length: long enough to
//! forget the first collisions, if the trajectory is, and short enough that each lag has twenty stretches of its own. Its
//! error is that of the mean of the slopes of ten blocks in time, each fitted in the same window.

use crate::error::positive;
use crate::unwrap::Unwrapper;
use crate::ValidationError;
use oreo_core::{Cell, Element, System, Vec3};
use rustfft::{num_complex::Complex64, Fft, FftPlanner};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Stretches of time that the error comes from.
const BLOCKS: usize = 10;
/// Below it there are too few lags in the window.
const FEWEST_FRAMES: usize = 200;
/// Share of the length where the fit begins.
const FIT_FROM: f64 = 0.01;
/// Share of the length where the fit ends: half a block.
const FIT_TO: f64 = 0.05;
/// Positions kept at most, 192 MB; of longer trajectories every second, fourth … frame, of larger boxes every second,
/// third … atom of each element.
const MOST_POSITIONS: usize = 8_000_000;
/// 1 Å²/ps = 10⁻¹⁶ cm² / 10⁻¹² s
const CM2_PER_S: f64 = 1e-4;

/// Collects paths.
#[derive(Debug, Clone)]
pub struct DiffusionMeter {
    system: System,
    /// Atoms whose paths are kept.
    followed: Vec<usize>,
    unwrapper: Unwrapper,
    /// About the centre of mass of all atoms.
    frames: Vec<Vec<Vec3>>,
    stride: u64,
    seen: u64,
    capacity: usize,
}

/// How far atoms move.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diffusion {
    /// Lags of the fit.
    pub fit_from_ps: f64,
    /// Lags of the fit.
    pub fit_to_ps: f64,
    /// Between the frames that were used.
    pub spacing_ps: f64,
    /// That were used; fewer than there are where memory would not hold them.
    pub frames: usize,
    /// That the errors come from.
    pub blocks: usize,
    /// Longest way of an atom between two frames of the file, in heights of the box; near 0.5 the paths are guesses.
    pub largest_step_in_boxes: f64,
    /// All atoms, then each element, if there are several.
    pub species: Vec<SpeciesDiffusion>,
}

/// Of all atoms or those of an element.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpeciesDiffusion {
    /// `all` or a symbol.
    pub species: String,
    /// Whose paths were followed: all of them up to 20,000.
    pub atoms: usize,
    /// Sixth of the slope.
    pub diffusion_a2_per_ps: f64,
    /// Standard error.
    pub error_a2_per_ps: f64,
    /// The same as `diffusion_a2_per_ps`.
    pub diffusion_cm2_per_s: f64,
    /// Standard error.
    pub error_cm2_per_s: f64,
    /// d ln MSD / d ln t in the window: 1 for diffusion, 2 for free flight, 0 for atoms that stay; `null` without any
    /// motion. Where it is not 1, D is not a diffusion coefficient.
    pub exponent: Option<f64>,
    /// Å² at multiples of the spacing, up to half the length.
    #[serde(skip)]
    pub msd_a2: Vec<f64>,
}

impl DiffusionMeter {
    /// Of a box of these atoms.
    pub fn new(system: System) -> Self {
        let fewest = 2 * FEWEST_FRAMES;
        let followed = thinned(&system.elements, MOST_POSITIONS / fewest);
        let affordable = MOST_POSITIONS / followed.len().max(1);
        Self {
            system,
            followed,
            unwrapper: Unwrapper::new(),
            frames: Vec::new(),
            stride: 1,
            seen: 0,
            capacity: affordable.max(fewest),
        }
    }

    /// The next frame, folded into its box or not. The drift of the centre of mass is taken out: it is that of the whole
    /// box, and no diffusion.
    pub fn add_frame(&mut self, positions: &[Vec3], cell: &Cell) -> Result<(), ValidationError> {
        let mut path = positions.to_vec();
        self.unwrapper.unwrap(&mut path, cell)?;
        if self.seen.is_multiple_of(self.stride) {
            let center = self.center_of_mass(&path);
            let about = |&atom: &usize| path[atom] - center;
            self.frames.push(self.followed.iter().map(about).collect());
            self.halve_if_full();
        }
        self.seen += 1;
        Ok(())
    }

    /// Of all atoms, also of those that are not followed.
    fn center_of_mass(&self, path: &[Vec3]) -> Vec3 {
        let weighted = path.iter().zip(&self.system.masses);
        let sum: Vec3 = weighted.map(|(r, &mass)| mass * r).sum();
        sum / self.system.total_mass()
    }

    fn halve_if_full(&mut self) {
        if self.frames.len() < self.capacity {
            return;
        }
        let mut index = 0;
        self.frames.retain(|_| {
            index += 1;
            index % 2 == 1
        });
        self.stride *= 2;
    }

    /// `spacing_ps` between the frames that were added. Fails below 200 frames and two atoms.
    pub fn finish(self, spacing_ps: f64) -> Result<Diffusion, ValidationError> {
        positive("spacing of the frames", spacing_ps)?;
        let too_few = |unit, needed: usize, found: usize| ValidationError::TooFew {
            quantity: "the diffusion coefficient",
            unit,
            needed: needed as u64,
            found: found as u64,
        };
        if self.frames.len() < FEWEST_FRAMES {
            return Err(too_few("frames", FEWEST_FRAMES, self.frames.len()));
        }
        // A single one is its own centre of mass.
        if self.system.len() < 2 {
            return Err(too_few("atoms", 2, self.system.len()));
        }
        let spacing_ps = spacing_ps * self.stride as f64;
        let window = Window::of(self.frames.len(), spacing_ps);
        let elements = self.followed.iter().map(|&k| self.system.elements[k]);
        let groups = groups(&elements.collect::<Vec<_>>());
        let whole = displacements(&self.frames, &groups);
        let blocks: Vec<_> = self
            .frames
            .chunks_exact(self.frames.len() / BLOCKS)
            .take(BLOCKS)
            .map(|block| displacements(block, &groups))
            .collect();
        let species = groups.names.iter().enumerate().map(|(k, (name, atoms))| {
            let slopes: Vec<f64> = blocks.iter().map(|msd| window.slope(&msd[k])).collect();
            window.species(name, *atoms, &whole[k], &slopes)
        });
        Ok(Diffusion {
            fit_from_ps: window.first as f64 * spacing_ps,
            fit_to_ps: window.last as f64 * spacing_ps,
            spacing_ps,
            frames: self.frames.len(),
            blocks: BLOCKS,
            largest_step_in_boxes: self.unwrapper.largest_step(),
            species: species.collect(),
        })
    }
}

/// Lags of the fit, both included.
struct Window {
    first: usize,
    last: usize,
    spacing_ps: f64,
}

impl Window {
    fn of(frames: usize, spacing_ps: f64) -> Self {
        Self {
            first: (FIT_FROM * frames as f64).ceil() as usize,
            last: (FIT_TO * frames as f64).floor() as usize,
            spacing_ps,
        }
    }

    /// Å²/ps
    fn slope(&self, msd: &[f64]) -> f64 {
        let times = (self.first..=self.last).map(|lag| lag as f64 * self.spacing_ps);
        slope(times.zip(msd[self.first..=self.last].iter().copied()))
    }

    fn species(
        &self,
        name: &str,
        atoms: usize,
        msd: &[f64],
        of_blocks: &[f64],
    ) -> SpeciesDiffusion {
        let diffusion = self.slope(msd) / 6.0;
        let error = error_of_mean(of_blocks) / 6.0;
        let logarithms = (self.first..=self.last).map(|lag| ((lag as f64).ln(), msd[lag].ln()));
        let exponent = slope(logarithms);
        SpeciesDiffusion {
            species: name.into(),
            atoms,
            diffusion_a2_per_ps: diffusion,
            error_a2_per_ps: error,
            diffusion_cm2_per_s: diffusion * CM2_PER_S,
            error_cm2_per_s: error * CM2_PER_S,
            exponent: exponent.is_finite().then_some(exponent),
            msd_a2: msd.to_vec(),
        }
    }
}

/// Of least squares.
fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let count = points.clone().count() as f64;
    let (x, y) = points
        .clone()
        .fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (x, y) = (x / count, y / count);
    let products = points.fold((0.0, 0.0), |(xx, xy), (px, py)| {
        (xx + (px - x).powi(2), xy + (px - x) * (py - y))
    });
    products.1 / products.0
}

fn error_of_mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (count - 1.0) / count).sqrt()
}

/// About `most` atoms: each k-th of every element, so that none is lost.
fn thinned(elements: &[Element], most: usize) -> Vec<usize> {
    let stride = elements.len().div_ceil(most).max(1);
    let mut seen = BTreeMap::<Element, usize>::new();
    let mut is_followed = |atom: &usize| {
        let count = seen.entry(elements[*atom]).or_default();
        *count += 1;
        (*count - 1).is_multiple_of(stride)
    };
    (0..elements.len())
        .filter(|atom| is_followed(atom))
        .collect()
}

/// Name and number of atoms of each group, and the groups that each atom counts in.
struct Groups {
    names: Vec<(String, usize)>,
    of_atom: Vec<usize>,
}

/// The first is everyone; then the elements, unless there is only one.
fn groups(elements: &[Element]) -> Groups {
    let mut kinds = elements.to_vec();
    kinds.sort();
    kinds.dedup();
    let mut names = vec![("all".to_string(), elements.len())];
    if kinds.len() > 1 {
        let count = |kind: &Element| elements.iter().filter(|element| *element == kind).count();
        names.extend(kinds.iter().map(|kind| (kind.to_string(), count(kind))));
    }
    let kind = |element: &Element| 1 + kinds.binary_search(element).unwrap_or_default();
    Groups {
        names,
        of_atom: elements.iter().map(kind).collect(),
    }
}

/// Å² by group and lag, up to half the frames.
fn displacements(frames: &[Vec<Vec3>], groups: &Groups) -> Vec<Vec<f64>> {
    let lags = frames.len() / 2 + 1;
    let mut sums = vec![vec![0.0; lags]; groups.names.len()];
    let mut squares = SquaredDisplacement::new(frames.len());
    for (atom, &group) in groups.of_atom.iter().enumerate() {
        let path: Vec<Vec3> = frames.iter().map(|frame| frame[atom]).collect();
        let msd = squares.of(&path);
        let add = |sum: &mut Vec<f64>| sum.iter_mut().zip(&msd).for_each(|(sum, x)| *sum += x);
        add(&mut sums[0]);
        if let Some(sum) = sums.get_mut(group) {
            add(sum);
        }
    }
    for (sum, (_, atoms)) in sums.iter_mut().zip(&groups.names) {
        sum.iter_mut().for_each(|value| *value /= *atoms as f64);
    }
    sums
}

/// Of one path after another of the same length.
struct SquaredDisplacement {
    forward: Arc<dyn Fft<f64>>,
    inverse: Arc<dyn Fft<f64>>,
    series: Vec<Complex64>,
    power: Vec<Complex64>,
}

impl SquaredDisplacement {
    fn new(frames: usize) -> Self {
        // Zeros behind, so that the end does not meet the beginning.
        let length = (2 * frames).next_power_of_two();
        let mut planner = FftPlanner::new();
        Self {
            forward: planner.plan_fft_forward(length),
            inverse: planner.plan_fft_inverse(length),
            series: vec![Complex64::ZERO; length],
            power: vec![Complex64::ZERO; length],
        }
    }

    /// Å² of each lag up to half the path.
    fn of(&mut self, path: &[Vec3]) -> Vec<f64> {
        let count = path.len();
        // Differences of squares of large numbers would lose digits.
        let middle = path.iter().sum::<Vec3>() / count as f64;
        self.correlate(path, &middle);
        let scale = 1.0 / self.series.len() as f64;
        let square = |k: usize| (path[k] - middle).norm_squared();
        let mut sum: f64 = 2.0 * (0..count).map(square).sum::<f64>();
        let mut msd = vec![0.0; count / 2 + 1];
        for (lag, value) in msd.iter_mut().enumerate().skip(1) {
            sum -= square(lag - 1) + square(count - lag);
            let correlation = self.power[lag].re * scale;
            *value = (sum - 2.0 * correlation) / (count - lag) as f64;
        }
        msd
    }

    /// Leaves Σ_t r(t+k)·r(t), times the length of the transform, in `power`.
    fn correlate(&mut self, path: &[Vec3], middle: &Vec3) {
        self.power.fill(Complex64::ZERO);
        for axis in 0..3 {
            self.series.fill(Complex64::ZERO);
            for (value, position) in self.series.iter_mut().zip(path) {
                value.re = position[axis] - middle[axis];
            }
            self.forward.process(&mut self.series);
            let power = self.power.iter_mut().zip(&self.series);
            power.for_each(|(sum, value)| sum.re += value.norm_sqr());
        }
        self.inverse.process(&mut self.power);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::random::Generator;

    fn argon(atoms: usize) -> System {
        System::new(vec!["Ar".parse().unwrap(); atoms])
    }

    fn found(system: System, frames: &[Vec<Vec3>], cell: &Cell, spacing_ps: f64) -> Diffusion {
        let mut meter = DiffusionMeter::new(system);
        for frame in frames {
            meter.add_frame(frame, cell).unwrap();
        }
        meter.finish(spacing_ps).unwrap()
    }

    /// Steps of normal numbers of deviation `step` a component.
    fn random_walk(atoms: usize, frames: usize, step: f64, seed: u64) -> Vec<Vec<Vec3>> {
        let mut generator = Generator::new(seed, 0);
        let mut now = vec![Vec3::zeros(); atoms];
        let mut walk = || {
            for r in &mut now {
                *r += step * Vec3::from_fn(|_, _| generator.normal());
            }
            now.clone()
        };
        (0..frames).map(|_| walk()).collect()
    }

    /// Planted, and seen to fail: the autocorrelation divided by all frames in place of those that it has.
    #[test]
    fn transforms_and_the_definition_agree() {
        let path: Vec<Vec3> = random_walk(1, 101, 0.7, 3).into_iter().flatten().collect();
        let shifted: Vec<Vec3> = path.iter().map(|r| r + Vec3::repeat(500.0)).collect();
        let msd = SquaredDisplacement::new(101).of(&shifted);
        assert_eq!(msd.len(), 51);
        for (lag, value) in msd.iter().enumerate() {
            let squares = (0..101 - lag).map(|t| (path[t + lag] - path[t]).norm_squared());
            let exact = squares.sum::<f64>() / (101 - lag) as f64;
            assert!((value - exact).abs() < 1e-9, "{lag}: {value}, {exact}");
        }
    }

    /// A step of 0.1 Å a component each 0.5 ps: D = 0.1²/(2 · 0.5) = 0.01 Å²/ps = 10⁻⁶ cm²/s, less the share 1/N of the
    /// centre of mass. The path is folded into a box and drifts, to no effect. Catches a half or a third in place of a
    /// sixth, and a drift left in (seen).
    #[test]
    fn a_random_walk_has_its_diffusion_coefficient() {
        let cell = Cell::orthorhombic(7.0, 7.0, 7.0).unwrap();
        let Cell::Periodic(periodic) = &cell else {
            unreachable!()
        };
        let mut frames = random_walk(100, 4000, 0.1, 1);
        for (k, frame) in frames.iter_mut().enumerate() {
            let drift = Vec3::new(0.05, 0.0, 0.1) * k as f64;
            frame
                .iter_mut()
                .for_each(|r| *r = periodic.wrap(&(*r + drift)));
        }
        let diffusion = found(argon(100), &frames, &cell, 0.5);
        let all = &diffusion.species[0];
        assert_eq!((diffusion.species.len(), all.atoms), (1, 100));
        assert!((diffusion.fit_from_ps - 20.0).abs() < 1e-9);
        assert!((diffusion.fit_to_ps - 100.0).abs() < 1e-9);
        let off = (all.diffusion_a2_per_ps - 0.0099) / all.error_a2_per_ps;
        assert!(off.abs() < 3.5, "{all:?}");
        assert!(all.error_a2_per_ps < 0.0005, "{}", all.error_a2_per_ps);
        assert!((all.diffusion_cm2_per_s - 1e-4 * all.diffusion_a2_per_ps).abs() < 1e-20);
        assert!(
            (all.exponent.unwrap() - 1.0).abs() < 0.1,
            "{:?}",
            all.exponent
        );
    }

    /// Over many walks the scatter of D must be what each claims.
    #[test]
    fn the_error_of_a_diffusion_coefficient_is_honest() {
        let (mut squares, mut claims) = (0.0, 0.0);
        for seed in 0..60 {
            let frames = random_walk(10, 1000, 1.0, seed);
            let all = &found(argon(10), &frames, &Cell::Open, 1.0).species[0];
            squares += (all.diffusion_a2_per_ps - 0.45).powi(2);
            claims += all.error_a2_per_ps.powi(2);
        }
        let ratio = (claims / squares).sqrt();
        assert!(
            (0.7..1.4).contains(&ratio),
            "claimed over true error: {ratio}"
        );
    }

    /// Two helium atoms at ±0.2 Å/ps about a neon that stays: MSD = (vt)² to the digits, exponent 2, and of neon nothing.
    #[test]
    fn free_flight_is_ballistic_and_elements_are_told_apart() {
        let system = System::from_symbols(&["He", "Ne", "He"]).unwrap();
        let flight = |k: usize| {
            let x = 0.2 * 0.1 * k as f64;
            [-x, 0.0, x].map(|x| Vec3::new(x, 0.0, 0.0)).to_vec()
        };
        let frames: Vec<_> = (0..400).map(flight).collect();
        let diffusion = found(system, &frames, &Cell::Open, 0.1);
        let [all, helium, neon] = &diffusion.species[..] else {
            panic!("{diffusion:?}")
        };
        assert_eq!((helium.species.as_str(), helium.atoms), ("He", 2));
        for (lag, value) in helium.msd_a2.iter().enumerate() {
            assert!((value - (0.02 * lag as f64).powi(2)).abs() < 1e-9);
            assert!((all.msd_a2[lag] - 2.0 / 3.0 * value).abs() < 1e-9);
        }
        assert!((helium.exponent.unwrap() - 2.0).abs() < 1e-6);
        assert!(neon.diffusion_a2_per_ps.abs() < 1e-12);
    }

    /// A path of four times the room keeps its D, at a wider spacing.
    #[test]
    fn long_trajectories_are_thinned_not_cut() {
        let frames = random_walk(2, 5000, 1.0, 8);
        let mut meter = DiffusionMeter::new(argon(2));
        meter.capacity = 1300;
        for frame in &frames {
            meter.add_frame(frame, &Cell::Open).unwrap();
        }
        assert_eq!((meter.frames.len(), meter.stride), (1250, 4));
        let thin = meter.finish(1.0).unwrap();
        let all = found(argon(2), &frames, &Cell::Open, 1.0);
        assert_eq!(thin.spacing_ps, 4.0);
        let (thin, all) = (&thin.species[0].msd_a2, &all.species[0].msd_a2);
        assert!((thin[50] / all[200] - 1.0).abs() < 0.03);
    }

    /// Catches each third atom of water, which would be the oxygen only.
    #[test]
    fn of_many_atoms_some_of_each_element_are_followed() {
        let water = ["O", "H", "H"].map(|symbol| symbol.parse().unwrap());
        let box_of_water = water.repeat(10);
        assert_eq!(thinned(&box_of_water, 30).len(), 30);
        let some = thinned(&box_of_water, 10);
        let hydrogens = some.iter().filter(|&&atom| atom % 3 != 0).count();
        assert_eq!((some.len(), hydrogens), (11, 7));
    }

    #[test]
    fn too_little_is_refused() {
        let frames = random_walk(2, 199, 1.0, 8);
        let mut meter = DiffusionMeter::new(argon(2));
        for frame in &frames {
            meter.add_frame(frame, &Cell::Open).unwrap();
        }
        assert!(meter.clone().finish(1.0).is_err());
        assert!(meter.finish(0.0).is_err());
        let mut single = DiffusionMeter::new(argon(1));
        for _ in 0..300 {
            single.add_frame(&[Vec3::zeros()], &Cell::Open).unwrap();
        }
        assert!(single.finish(1.0).is_err());
    }
}
