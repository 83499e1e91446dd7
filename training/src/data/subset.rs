//! Some of the conformations of a source.

use super::{check_index, frame_error, Conformation, Indices, Origin, Source};
use crate::TrainingError;
use std::sync::Arc;

/// A source that shows only the given conformations of another; number k is the k-th of them, ascending.
#[derive(Clone)]
pub struct Subset {
    source: Arc<dyn Source>,
    indices: Indices,
}

impl Subset {
    /// # Errors
    /// When an index is behind the end of the source.
    pub fn new(source: Arc<dyn Source>, indices: Indices) -> Result<Self, TrainingError> {
        if indices.end() > source.len() as u64 {
            check_index(source.as_ref(), indices.end() as usize - 1)?;
        }
        Ok(Self { source, indices })
    }

    /// Which ones of the whole source.
    pub fn indices(&self) -> &Indices {
        &self.indices
    }

    fn whole(&self, index: usize) -> Result<usize, TrainingError> {
        let whole = self.indices.at(index).map(|whole| whole as usize);
        whole.ok_or_else(|| {
            let problem = format!("the subset has only {}", self.len());
            frame_error(self.name(), index, &problem)
        })
    }
}

impl Source for Subset {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        self.source.read(self.whole(index)?, conformation)
    }

    fn origin(&self) -> Option<&Origin> {
        self.source.origin()
    }

    fn properties(&self) -> &[String] {
        self.source.properties()
    }

    fn property(&self, index: usize, which: usize) -> Option<f64> {
        let whole = self.indices.at(index)? as usize;
        self.source.property(whole, which)
    }
}
