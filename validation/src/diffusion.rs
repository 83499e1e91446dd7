//! Mean squared displacement and self-diffusion, D = lim MSD(t)/6t (Einstein 1905).
//!
//! MSD(k) = ⟨|r(t+k) − r(t)|²⟩ over atoms and all starts t, by Fourier transform: with |r(t+k) − r(t)|² = r²(t+k) + r²(t)
//! − 2 r(t+k)·r(t) the first two are running sums and the third an autocorrelation (Kneller et al., Comput. Phys. Commun.
//! 91, 191 (1995); Calandrini et al., Collection SFN 12, 201 (2011)): O(F log F) for F frames in place of O(F²).
//!
//! D is a sixth of the slope of least squares over a window of lags, `FIT_FROM` to `FIT_TO` of the length: long enough to
//! forget the first collisions, if the trajectory is, and short enough that each lag has twenty stretches of its own. Its
//! error is that of the mean of the slopes of ten blocks in time, each fitted in the same window.

mod displacement;
mod fit;
mod groups;

use crate::error::positive;
use crate::unwrap::Unwrapper;
use crate::ValidationError;
use displacement::displacements;
use fit::Window;
use groups::{groups, thinned};
use oreo_core::{Cell, System, Vec3};
use serde::Serialize;

/// Stretches of time that the error comes from.
const BLOCKS: usize = 10;
/// Below it there are too few lags in the window.
const FEWEST_FRAMES: usize = 200;
/// Positions kept at most, 192 MB; of longer trajectories every second, fourth … frame, of larger boxes every second,
/// third … atom of each element.
const MOST_POSITIONS: usize = 8_000_000;

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
    pub(super) fn random_walk(atoms: usize, frames: usize, step: f64, seed: u64) -> Vec<Vec<Vec3>> {
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
