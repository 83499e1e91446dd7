//! Several sources as one, drawn from by weight.

use super::{Conformation, Sampler, Source};
use crate::trainer::Order;
use crate::TrainingError;

/// Sources one after the other.
pub struct Mixture {
    name: String,
    sources: Vec<Box<dyn Source>>,
    /// Where each begins.
    starts: Vec<usize>,
    length: usize,
}

impl Mixture {
    /// In this order.
    pub fn new(sources: Vec<Box<dyn Source>>) -> Self {
        let (mut starts, mut length) = (Vec::new(), 0);
        for source in &sources {
            starts.push(length);
            length += source.len();
        }
        let names: Vec<_> = sources.iter().map(|source| source.name()).collect();
        Self {
            name: names.join(" + "),
            sources,
            starts,
            length,
        }
    }

    /// The order in which conformations are drawn, `weights` for each source: shares of a batch.
    ///
    /// # Errors
    /// See [`Sampler::new`].
    pub fn order(&self, weights: &[f64], batch: usize, seed: u64) -> Result<Drawn, TrainingError> {
        let lengths = self.sources.iter().map(|source| source.len());
        let sources: Vec<_> = lengths.zip(weights.iter().copied()).collect();
        Ok(Drawn {
            sampler: Sampler::new(&sources, batch, seed)?,
            starts: self.starts.clone(),
        })
    }

    /// The sources.
    pub fn sources(&self) -> &[Box<dyn Source>] {
        &self.sources
    }
}

impl Source for Mixture {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        self.length
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        let at = self.starts.partition_point(|&start| start <= index) - 1;
        self.sources[at].read(index - self.starts[at], conformation)
    }
}

/// The draws of a [`Sampler`] as numbers of a [`Mixture`].
pub struct Drawn {
    sampler: Sampler,
    starts: Vec<usize>,
}

impl Order for Drawn {
    fn index(&self, position: u64) -> usize {
        let draw = self.sampler.draw(position);
        self.starts[draw.source] + draw.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::Vec3;

    /// Conformations that say where they come from.
    struct Numbered(&'static str, usize);

    impl Source for Numbered {
        fn name(&self) -> &str {
            self.0
        }

        fn len(&self) -> usize {
            self.1
        }

        fn read(&self, index: usize, to: &mut Conformation) -> Result<(), TrainingError> {
            to.positions = vec![Vec3::new(self.1 as f64, index as f64, 0.0)];
            Ok(())
        }
    }

    /// As often as the weights say, to one draw; seen to fail with the starts of the sources left out.
    #[test]
    fn draws_are_numbers_of_the_mixture() {
        let sources: Vec<Box<dyn Source>> =
            vec![Box::new(Numbered("a", 3)), Box::new(Numbered("b", 6))];
        let mixture = Mixture::new(sources);
        assert_eq!((mixture.name(), mixture.len()), ("a + b", 9));
        let order = mixture.order(&[1.0, 2.0], 3, 5).unwrap();
        let mut seen = [0; 9];
        (0..90).for_each(|position| seen[order.index(position)] += 1);
        assert!(
            seen.iter().all(|count| (9..=11).contains(count)),
            "{seen:?}"
        );
        let mut conformation = Conformation::default();
        mixture.read(4, &mut conformation).unwrap();
        assert_eq!(conformation.positions[0], Vec3::new(6.0, 1.0, 0.0));
    }
}
