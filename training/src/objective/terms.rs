//! The terms of the loss and their sums.

use oreo_core::{Archive, ArchiveError, Persist};

/// One kind of question to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// ‖F̂(r) − F‖² where forces are known, eV²/Å²
    Forces,
    /// ‖F̂(r)‖² of an equilibrium structure, eV²/Å²
    ZeroForce,
    /// ‖F̂(r − ε) − κε‖² of an equilibrium structure, eV²/Å²
    Denoising,
    /// ((Ê − E)/n)², eV²
    Energy,
    /// (Ê − y)², eV²: a scalar property instead of the energy
    Property,
}

impl Term {
    /// In the order in which they are logged.
    pub const ALL: [Self; 5] = [
        Self::Forces,
        Self::ZeroForce,
        Self::Denoising,
        Self::Energy,
        Self::Property,
    ];

    /// For columns of files: `forces`, `zero_force`, …
    pub fn name(self) -> &'static str {
        match self {
            Self::Forces => "forces",
            Self::ZeroForce => "zero_force",
            Self::Denoising => "denoising",
            Self::Energy => "energy",
            Self::Property => "property",
        }
    }

    /// Whether it is about components of forces rather than about one number for each conformation.
    pub fn is_about_forces(self) -> bool {
        matches!(self, Self::Forces | Self::ZeroForce | Self::Denoising)
    }
}

/// How much each term counts, without unit; 0 leaves it out.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TermWeights([f64; 5]);

impl TermWeights {
    /// The given weights; 0 for all others.
    pub fn new(weights: &[(Term, f64)]) -> Self {
        let mut all = Self::default();
        for &(term, weight) in weights {
            all.set(term, weight);
        }
        all
    }

    /// Of one term.
    pub fn of(&self, term: Term) -> f64 {
        self.0[term as usize]
    }

    /// Whether a term counts at all.
    pub fn has(&self, term: Term) -> bool {
        self.of(term) > 0.0
    }

    /// Changes one.
    pub fn set(&mut self, term: Term, weight: f64) {
        self.0[term as usize] = weight;
    }
}

/// Sums over any number of answers; means and the loss come from them. Tallies of batches add up to that of their union.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    squares: [f64; 5],
    absolutes: [f64; 5],
    /// Components of forces, or conformations
    counts: [u64; 5],
    /// 3N: components of the conformations that any term about forces is asked of, each once
    components: u64,
    /// Conformations
    conformations: u64,
}

impl Tally {
    /// Takes in one residual.
    pub(super) fn add(&mut self, term: Term, residual: f64) {
        self.squares[term as usize] += residual * residual;
        self.absolutes[term as usize] += residual.abs();
        self.counts[term as usize] += 1;
    }

    /// Takes in how much there is to share the loss among.
    pub(super) fn add_conformations(&mut self, conformations: usize, components: usize) {
        self.conformations += conformations as u64;
        self.components += components as u64;
    }

    /// Sums of both.
    pub fn merge(&mut self, other: &Self) {
        for k in 0..self.squares.len() {
            self.squares[k] += other.squares[k];
            self.absolutes[k] += other.absolutes[k];
            self.counts[k] += other.counts[k];
        }
        self.components += other.components;
        self.conformations += other.conformations;
    }

    /// Mean square over the term's own components or conformations, in the unit of the term; `None` where nothing was
    /// asked.
    pub fn mean_square(&self, term: Term) -> Option<f64> {
        let count = self.counts[term as usize];
        (count > 0).then(|| self.squares[term as usize] / count as f64)
    }

    /// Mean absolute residual: eV/Å, eV for each atom, or eV; `None` where nothing was asked.
    pub fn mean_absolute(&self, term: Term) -> Option<f64> {
        let count = self.counts[term as usize];
        (count > 0).then(|| self.absolutes[term as usize] / count as f64)
    }

    /// The loss L of the module's formula.
    pub fn loss(&self, weights: &TermWeights) -> f64 {
        let terms = Term::ALL.into_iter().filter(|&term| weights.has(term));
        let share = |term: Term| match self.counts[term as usize] {
            0 => 0.0,
            _ if term.is_about_forces() => self.squares[term as usize] / self.components as f64,
            count => self.squares[term as usize] / count as f64,
        };
        terms.map(|term| weights.of(term) * share(term)).sum()
    }

    /// How many conformations.
    pub fn conformations(&self) -> u64 {
        self.conformations
    }
}

impl Persist for Tally {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        archive.f64s("squares", &mut self.squares)?;
        archive.f64s("absolutes", &mut self.absolutes)?;
        archive.u64s("counts", &mut self.counts)?;
        archive.u64("components", &mut self.components)?;
        archive.u64("conformations", &mut self.conformations)
    }
}
