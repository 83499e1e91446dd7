//! g(r) of a periodic box: the density of atoms at distance r, relative to the mean density.
//!
//! g(r) = V ⟨Σ_{i∈a} Σ_{j∈b, j≠i} δ(r − r_ij)⟩ / (N_a N_b 4πr²Δr), Allen & Tildesley, Computer Simulation of Liquids
//! (2017), eq. 2.94, with the exact volume of the shell, 4π/3 (r₊³ − r₋³), in place of 4πr²Δr. The density is N_b/V:
//! the ideal gas of N atoms gives 1 − 1/N for like pairs. Each frame counts with its own volume.

use crate::error::{all_finite, positive, same_length};
use crate::ValidationError;
use oreo_core::{Archive, ArchiveError, Cell, Element, Persist, Vec3};
use serde::Serialize;
use std::f64::consts::PI;

/// Accumulates g(r) over frames; adding a frame allocates nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct RadialHistogram {
    first: Vec<usize>,
    second: Vec<usize>,
    atoms: usize,
    range: f64,
    /// Σ over frames of V × ordered pairs in the bin, Å³
    sums: Vec<f64>,
    frames: u64,
}

impl RadialHistogram {
    /// Of all atoms, up to `range` Å in `bins` bins.
    pub fn all(atoms: usize, range: f64, bins: usize) -> Result<Self, ValidationError> {
        let everyone: Vec<usize> = (0..atoms).collect();
        Self::new(everyone.clone(), everyone, atoms, range, bins)
    }

    /// Of one pair of elements, which may be the same twice.
    pub fn partial(
        elements: &[Element],
        pair: [Element; 2],
        range: f64,
        bins: usize,
    ) -> Result<Self, ValidationError> {
        let of = |kind: Element| -> Vec<usize> {
            (0..elements.len())
                .filter(|&atom| elements[atom] == kind)
                .collect()
        };
        let (first, second) = (of(pair[0]), of(pair[1]));
        let enough = if pair[0] == pair[1] {
            first.len() > 1
        } else {
            first.len() * second.len() > 0
        };
        if !enough {
            let [first, second] = pair.map(Element::symbol);
            return Err(ValidationError::NoSuchPair { first, second });
        }
        Self::new(first, second, elements.len(), range, bins)
    }

    fn new(
        first: Vec<usize>,
        second: Vec<usize>,
        atoms: usize,
        range: f64,
        bins: usize,
    ) -> Result<Self, ValidationError> {
        positive("range of g(r) in Å", range)?;
        positive("number of bins of g(r)", bins as f64)?;
        Ok(Self {
            first,
            second,
            atoms,
            range,
            sums: vec![0.0; bins],
            frames: 0,
        })
    }

    /// Distances to the nearest image. Refuses open cells, boxes lower than twice the range, and positions that are
    /// not finite; then nothing changes.
    pub fn add_frame(&mut self, positions: &[Vec3], cell: &Cell) -> Result<(), ValidationError> {
        let Cell::Periodic(periodic) = cell else {
            return Err(ValidationError::OpenCell);
        };
        let limit = periodic.heights().min() / 2.0;
        if self.range > limit {
            return Err(ValidationError::RangeBeyondBox {
                range: self.range,
                limit,
            });
        }
        same_length("atoms in a frame", self.atoms, positions.len())?;
        all_finite("position", positions, self.frames)?;
        let volume = periodic.volume();
        let per_angstrom = self.sums.len() as f64 / self.range;
        for &i in &self.first {
            for &j in self.second.iter().filter(|&&j| j != i) {
                let distance = periodic.shortest(positions[j] - positions[i]).norm();
                if let Some(sum) = self.sums.get_mut((distance * per_angstrom) as usize) {
                    *sum += volume;
                }
            }
        }
        self.frames += 1;
        Ok(())
    }

    /// Back to no frames, keeping the memory.
    pub fn clear(&mut self) {
        self.sums.fill(0.0);
        self.frames = 0;
    }

    /// Frames added.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    fn g(&self, bin: usize) -> f64 {
        let width = self.range / self.sums.len() as f64;
        let (inner, outer) = (bin as f64 * width, (bin + 1) as f64 * width);
        let shell = 4.0 / 3.0 * PI * (outer.powi(3) - inner.powi(3));
        let pairs = (self.first.len() * self.second.len()) as f64;
        self.sums[bin] / (self.frames as f64 * pairs * shell)
    }

    /// g(r) averaged over the frames. Fails without frames.
    pub fn distribution(&self) -> Result<RadialDistribution, ValidationError> {
        if self.frames == 0 {
            return Err(ValidationError::TooFew {
                quantity: "g(r)",
                unit: "frames",
                needed: 1,
                found: 0,
            });
        }
        let g = (0..self.sums.len()).map(|bin| self.g(bin)).collect();
        Ok(RadialDistribution {
            range_a: self.range,
            g,
        })
    }

    /// Refuses a reference with other bins.
    pub fn same_bins(&self, reference: &RadialDistribution) -> Result<(), ValidationError> {
        same_length("bins of g(r)", self.sums.len(), reference.g.len())?;
        same_range(self.range, reference.range_a)
    }

    /// MAE against a reference of the same bins without building a distribution; `None` without frames or with other
    /// bins.
    pub fn mae(&self, reference: &RadialDistribution) -> Option<f64> {
        if self.frames == 0 || self.same_bins(reference).is_err() {
            return None;
        }
        let deviation = |(bin, g): (usize, &f64)| (self.g(bin) - g).abs();
        Some(reference.g.iter().enumerate().map(deviation).sum::<f64>() * reference.bin_width())
    }
}

impl Persist for RadialHistogram {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        archive.f64s("sums", &mut self.sums)?;
        archive.u64("frames", &mut self.frames)
    }
}

/// g(r), 1 where atoms do not know of each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RadialDistribution {
    /// Å
    range_a: f64,
    g: Vec<f64>,
}

impl RadialDistribution {
    /// From elsewhere, e.g. an experiment: `g` in equal bins from 0 to `range` Å.
    pub fn new(range: f64, g: Vec<f64>) -> Result<Self, ValidationError> {
        positive("range of g(r) in Å", range)?;
        positive("number of bins of g(r)", g.len() as f64)?;
        match g.iter().position(|value| !value.is_finite()) {
            None => Ok(Self { range_a: range, g }),
            Some(bin) => Err(ValidationError::NonFiniteSample {
                quantity: "g(r)",
                sample: bin as u64,
            }),
        }
    }

    /// (bins,)
    pub fn g(&self) -> &[f64] {
        &self.g
    }

    /// Å
    pub fn bin_width(&self) -> f64 {
        self.range_a / self.g.len() as f64
    }

    /// Å, middle of each bin.
    pub fn centers(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.g.len()).map(|k| (k as f64 + 0.5) * self.bin_width())
    }

    /// Σ_k |g_k − g_ref,k| Δr, Å. Fails when the bins differ.
    pub fn mae(&self, other: &Self) -> Result<f64, ValidationError> {
        same_length("bins of g(r)", self.g.len(), other.g.len())?;
        same_range(self.range_a, other.range_a)?;
        let deviation = |(a, b): (&f64, &f64)| (a - b).abs();
        Ok(self.g.iter().zip(&other.g).map(deviation).sum::<f64>() * self.bin_width())
    }
}

fn same_range(expected: f64, found: f64) -> Result<(), ValidationError> {
    if expected == found {
        return Ok(());
    }
    let (parameter, expected) = ("range of g(r) in Å", "it must be that of the other g(r)");
    Err(ValidationError::InvalidParameter {
        parameter,
        value: found,
        expected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::random::Generator;
    use rand::Rng;

    fn ideal_gas(atoms: usize, edge: f64, generator: &mut Generator) -> Vec<Vec3> {
        (0..atoms)
            .map(|_| Vec3::from_fn(|_, _| edge * generator.random::<f64>()))
            .collect()
    }

    /// Catches a missing 4πr² (g would rise as r²), half-counted pairs (½), and a density without the volume.
    #[test]
    fn an_ideal_gas_gives_one_at_every_distance() {
        let (edge, atoms) = (12.0, 100);
        let cell = Cell::orthorhombic(edge, edge, edge).unwrap();
        let mut generator = Generator::new(3, 0);
        let mut histogram = RadialHistogram::all(atoms, 6.0, 12).unwrap();
        for _ in 0..400 {
            histogram
                .add_frame(&ideal_gas(atoms, edge, &mut generator), &cell)
                .unwrap();
        }
        let expected = 1.0 - 1.0 / atoms as f64;
        for (r, g) in histogram
            .distribution()
            .unwrap()
            .centers()
            .zip(histogram.distribution().unwrap().g())
        {
            // Poisson: the relative error is 1/√pairs in the shell, pairs = frames · N²/2 · shell/V
            let pairs = 400.0 * 5000.0 * 4.0 * PI * r * r * 0.5 / edge.powi(3);
            assert!((g - expected).abs() < 4.5 / pairs.sqrt(), "g({r}) = {g}");
        }
    }

    /// Simple cubic, spacing 1 Å: 6, 12, 8 neighbours at 1, √2, √3. ρ∫4πr²g dr over each shell must count them.
    #[test]
    fn shells_of_a_simple_cubic_lattice_by_hand() {
        let cell = Cell::orthorhombic(4.0, 4.0, 4.0).unwrap();
        let grid: Vec<Vec3> = (0..64)
            .map(|k| Vec3::new(f64::from(k % 4), f64::from(k / 4 % 4), f64::from(k / 16)))
            .collect();
        let mut histogram = RadialHistogram::all(64, 1.9, 19).unwrap();
        histogram.add_frame(&grid, &cell).unwrap();
        let g = histogram.distribution().unwrap();
        let neighbors = |bin: usize| {
            let (inner, outer) = (bin as f64 * 0.1, (bin + 1) as f64 * 0.1);
            4.0 / 3.0 * PI * (outer.powi(3) - inner.powi(3)) * g.g()[bin]
        };
        // 1 Å lies on the border of bins 9 and 10.
        assert!((neighbors(9) + neighbors(10) - 6.0).abs() < 1e-9);
        assert!((neighbors(14) - 12.0).abs() < 1e-9);
        assert!((neighbors(17) - 8.0).abs() < 1e-9);
        let total: f64 = (0..19).map(neighbors).sum();
        assert!((total - 26.0).abs() < 1e-9);
    }

    /// Rock salt: only unlike neighbours at 1 Å. Catches partials divided by N² instead of N_a N_b.
    #[test]
    fn partials_of_rock_salt_by_hand() {
        let (na, cl): (Element, Element) = ("Na".parse().unwrap(), "Cl".parse().unwrap());
        let cell = Cell::orthorhombic(4.0, 4.0, 4.0).unwrap();
        let at = |k: i32| (k % 4, k / 4 % 4, k / 16);
        let positions: Vec<Vec3> = (0..64)
            .map(at)
            .map(|(x, y, z)| Vec3::new(x.into(), y.into(), z.into()))
            .collect();
        let elements: Vec<Element> = (0..64)
            .map(at)
            .map(|(x, y, z)| if (x + y + z) % 2 == 0 { na } else { cl })
            .collect();
        let count = |pair: [Element; 2]| {
            let mut histogram = RadialHistogram::partial(&elements, pair, 1.2, 1).unwrap();
            histogram.add_frame(&positions, &cell).unwrap();
            let density = 32.0 / 64.0;
            histogram.distribution().unwrap().g()[0] * density * 4.0 / 3.0 * PI * 1.2f64.powi(3)
        };
        assert!((count([na, cl]) - 6.0).abs() < 1e-9);
        assert!((count([cl, na]) - 6.0).abs() < 1e-9);
        assert_eq!(count([na, na]), 0.0);
        let hydrogen = "H".parse().unwrap();
        assert!(RadialHistogram::partial(&elements, [na, hydrogen], 1.0, 1).is_err());
    }

    #[test]
    fn impossible_boxes_are_refused() {
        let mut histogram = RadialHistogram::all(1, 3.0, 10).unwrap();
        let here = [Vec3::zeros()];
        assert_eq!(
            histogram.add_frame(&here, &Cell::Open),
            Err(ValidationError::OpenCell)
        );
        let flat = Cell::orthorhombic(9.0, 9.0, 5.0).unwrap();
        assert_eq!(
            histogram.add_frame(&here, &flat),
            Err(ValidationError::RangeBeyondBox {
                range: 3.0,
                limit: 2.5
            })
        );
        assert!(RadialHistogram::all(1, f64::NAN, 10).is_err());
        assert!(RadialHistogram::all(1, 3.0, 0).is_err());
    }

    #[test]
    fn mae_by_hand() {
        let a = RadialDistribution::new(2.0, vec![0.0, 2.0, 1.0, 1.0]).unwrap();
        let b = RadialDistribution::new(2.0, vec![0.0, 1.0, 1.5, 1.0]).unwrap();
        assert!((a.mae(&b).unwrap() - 1.5 * 0.5).abs() < 1e-12);
        assert!(a
            .mae(&RadialDistribution::new(2.0, vec![1.0]).unwrap())
            .is_err());
    }
}
