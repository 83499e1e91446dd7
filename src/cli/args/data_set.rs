//! How data sets are read, for commands that are no runs.

use crate::cli::choices::*;
use clap::Args;

/// What a data set does not say about itself, for commands that are no runs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data sets")]
pub struct DataSetArgs {
    /// Which labels of an rMD17 file [default: rmd17]
    #[arg(long, value_enum, value_name = "NAME")]
    pub labels: Option<Labels>,
    /// Units of the data set, such as "kcal/mol,A", or "hartree,A,hartree/bohr" [default: what its format is known for]
    #[arg(long, value_name = "ENERGY,LENGTH[,FORCE]")]
    pub units: Option<UnitsChoice>,
    /// Accept a data set although its numbers look wrong in its units
    #[arg(long)]
    pub skip_unit_check: bool,
}

impl DataSetArgs {
    /// For the readers.
    pub fn read_options(&self) -> oreo_formats::ReadOptions {
        oreo_formats::ReadOptions {
            elements: None,
            labels: self.labels.map(Into::into),
            units: self.units.map(|units| units.0),
            skip_unit_check: self.skip_unit_check,
        }
    }
}
