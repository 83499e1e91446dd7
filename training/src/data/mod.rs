//! Conformations with their labels, whatever file they come from.

use crate::TrainingError;
use oreo_core::{Element, Vec3};

/// One conformation. Units are eV and Å.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conformation {
    /// (n,)
    pub elements: Vec<Element>,
    /// Å, (n,)
    pub positions: Vec<Vec3>,
    /// eV/Å, (n,); `None` for an equilibrium structure, whose forces are 0 by definition
    pub forces: Option<Vec<Vec3>>,
    /// eV
    pub energy: Option<f64>,
}

/// Many conformations, read one at a time so that data may be larger than memory.
pub trait Source: Send + Sync {
    /// For reports: the name of the file.
    fn name(&self) -> &str;
    /// How many.
    fn len(&self) -> usize;
    /// None at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Replaces `conformation` by number `index`, reusing its memory.
    ///
    /// # Errors
    /// When the file has changed or is damaged; says which conformation.
    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError>;
}
