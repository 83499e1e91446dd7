//! `oreo inspect`
use crate::cli::args::InspectArgs;
use crate::cli::exit::Outcome;
/// x
pub fn main(_: &InspectArgs, _: bool) -> anyhow::Result<Outcome> {
    anyhow::bail!("x")
}
