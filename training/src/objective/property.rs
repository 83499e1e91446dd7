//! Scalar properties of molecules as labels: HOMO, LUMO, gap of QM9.
//!
//! The network's scalar is y = σ Σ_i e_i + μ, with mean μ and standard deviation σ of the training labels: TorchMD-NET's
//! `standardize`, and its sum over atoms, which the head of the weights file means (`reduce_op` "add"). A mean over atoms
//! would suit a property that does not grow with the molecule, too; the sum is what published weights of the ET have.

use crate::data::{check_index, Conformation, Indices, Origin, Source};
use crate::TrainingError;
use std::path::PathBuf;
use std::sync::Arc;

/// A source whose label is one of its scalar properties instead of its energy; forces are left away.
pub struct PropertyLabels {
    source: Arc<dyn Source>,
    name: String,
    which: usize,
}

impl PropertyLabels {
    /// `name` as in [`Source::properties`].
    ///
    /// # Errors
    /// A source without this property; names those that it has.
    pub fn new(source: Arc<dyn Source>, name: &str) -> Result<Self, TrainingError> {
        let known = source.properties();
        let Some(which) = known.iter().position(|known| known == name) else {
            let problem = match known {
                [] => format!(
                    "has no properties, so no '{name}'; give a folder of raw QM9, or a packed one with properties = \"TABLE.csv\""
                ),
                known => format!("has no property '{name}'; it has {}", known.join(", ")),
            };
            return Err(problem_of(source.as_ref(), problem));
        };
        Ok(Self {
            name: name.into(),
            which,
            source,
        })
    }

    /// The conformations whose property is known.
    ///
    /// # Errors
    /// When there are none.
    pub fn labelled(&self) -> Result<Indices, TrainingError> {
        let has = |&index: &u64| {
            let value = self.source.property(index as usize, self.which);
            value.is_some()
        };
        let labelled: Vec<u64> = (0..self.len() as u64).filter(has).collect();
        match labelled.is_empty() {
            true => Err(problem_of(
                self.source.as_ref(),
                format!(
                    "'{}' is known of none of its conformations; give the table that belongs to it",
                    self.name
                ),
            )),
            false => Ok(Indices::from_unsorted(labelled)),
        }
    }
}

fn problem_of(source: &dyn Source, problem: String) -> TrainingError {
    TrainingError::File {
        path: PathBuf::from(source.name()),
        problem,
    }
}

impl Source for PropertyLabels {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn len(&self) -> usize {
        self.source.len()
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        check_index(self, index)?;
        self.source.read(index, conformation)?;
        let label = self.source.property(index, self.which);
        let label = label.ok_or_else(|| TrainingError::Conformation {
            source_name: self.name().into(),
            index,
            problem: format!("has no '{}'; leave it out of the split", self.name),
        })?;
        conformation.energy = Some(label);
        conformation.forces = None;
        Ok(())
    }

    fn origin(&self) -> Option<&Origin> {
        self.source.origin()
    }

    fn properties(&self) -> &[String] {
        self.source.properties()
    }

    fn property(&self, index: usize, which: usize) -> Option<f64> {
        self.source.property(index, which)
    }
}

/// What the labels of a set are like: what a network begins from, and what it must be better than.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelStatistics {
    /// With a label
    pub count: u64,
    /// eV
    pub mean: f64,
    /// Standard deviation, eV: the error (root mean square) of whoever says the mean of every molecule
    pub deviation: f64,
}

impl LabelStatistics {
    /// Of the energies, or what stands in their place, of a whole set; one conformation at a time (Welford 1962).
    ///
    /// # Errors
    /// Of the source; fewer than two labels, or labels that are all equal.
    pub fn of(source: &dyn Source) -> Result<Self, TrainingError> {
        let mut conformation = Conformation::default();
        let (mut count, mut mean, mut squares) = (0_u64, 0.0, 0.0);
        for index in 0..source.len() {
            source.read(index, &mut conformation)?;
            let Some(label) = conformation.energy else {
                continue;
            };
            count += 1;
            let from_old = label - mean;
            mean += from_old / count as f64;
            squares += from_old * (label - mean);
        }
        // As PyTorch's `std`, with n − 1.
        let deviation = (squares / (count as f64 - 1.0)).sqrt();
        match deviation > 0.0 && deviation.is_finite() {
            true => Ok(Self {
                count,
                mean,
                deviation,
            }),
            false => Err(problem_of(
                source,
                format!("{count} labels around {mean} eV cannot be normalised; give at least two that differ"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::Vec3;

    /// Labels 1, 2, none, 4 and forces, which a property has no use for.
    struct Four(Vec<String>);

    impl Source for Four {
        fn name(&self) -> &str {
            "four"
        }
        fn len(&self) -> usize {
            4
        }
        fn read(&self, _: usize, to: &mut Conformation) -> Result<(), TrainingError> {
            let hydrogen = "H".parse().unwrap();
            to.replace(
                [hydrogen],
                [Vec3::zeros()],
                Some([Vec3::zeros()]),
                Some(99.0),
            );
            Ok(())
        }
        fn properties(&self) -> &[String] {
            &self.0
        }
        fn property(&self, index: usize, which: usize) -> Option<f64> {
            let labels = [Some(1.0), Some(2.0), None, Some(4.0)];
            labels[index].map(|label| label + 10.0 * which as f64)
        }
    }

    fn four() -> Arc<dyn Source> {
        Arc::new(Four(vec!["homo".into(), "gap".into()]))
    }

    /// Planted, and seen to fail: the column beside it.
    #[test]
    fn the_property_stands_where_the_energy_stood() {
        let gaps = PropertyLabels::new(four(), "gap").unwrap();
        let labelled = gaps.labelled().unwrap();
        assert_eq!(labelled.iter().collect::<Vec<_>>(), [0, 1, 3]);
        let mut conformation = Conformation::default();
        gaps.read(3, &mut conformation).unwrap();
        assert_eq!(
            (conformation.energy, &conformation.forces),
            (Some(14.0), &None)
        );
        let error = gaps.read(2, &mut conformation).unwrap_err().to_string();
        assert!(error.contains("conformation 2 has no 'gap'"), "{error}");
        let error = PropertyLabels::new(four(), "lumo").err().unwrap();
        assert!(error.to_string().contains("it has homo, gap"), "{error}");
    }

    /// Of 11, 12, 14: mean 37/3, variance ((−4/3)² + (−1/3)² + (5/3)²)/2 = 7/3. Planted, and seen to fail: n in place of
    /// n − 1.
    #[test]
    fn mean_and_deviation_are_those_of_the_labels() {
        let gaps = PropertyLabels::new(four(), "gap").unwrap();
        let labelled = gaps.labelled().unwrap();
        let set = crate::data::Subset::new(Arc::new(gaps), labelled).unwrap();
        let found = LabelStatistics::of(&set).unwrap();
        assert_eq!(found.count, 3);
        assert!((found.mean - 37.0 / 3.0).abs() < 1e-14);
        assert!((found.deviation - (7.0_f64 / 3.0).sqrt()).abs() < 1e-14);
        let energies = LabelStatistics::of(four().as_ref()).unwrap_err();
        assert!(energies.to_string().contains("normalised"), "{energies}");
    }
}
