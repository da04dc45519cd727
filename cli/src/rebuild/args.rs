//! The arguments of `anamnesis rebuild`.

use projection_service::Projection;

use crate::projections::projection;

const EXAMPLES: &str = "Examples:
  anamnesis rebuild appointment
  anamnesis rebuild --all --workers 4

The exit code is 0 when every version is live. See docs/how-to/rebuild.md.";

/// Rebuild projections from the log and replace the live ones.
///
/// Use it when `verify` reports wrong rows. Commands and queries continue while it runs. Each new version is compared with
/// the live one at the same position, and replaces it in one transaction. `rollback` restores the replaced version.
///
/// It can be stopped at any time, even by `kill -9`. Run it again to continue.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, group(clap::ArgGroup::new("which").required(true).args(["projection", "all"])))]
pub(crate) struct Rebuild {
    /// The projection to rebuild. `anamnesis projections` lists them.
    #[arg(value_name = "NAME", value_parser = projection)]
    pub(crate) projection: Option<&'static Projection>,
    /// Rebuild all projections. Those of the same stream share one pass over it.
    #[arg(long)]
    pub(crate) all: bool,
    /// The number of workers that fold each projection in parallel. A resumed rebuild keeps its first number.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) workers: u16,
    /// Print progress and results as JSON, one object per line.
    #[arg(long)]
    pub(crate) json: bool,
}
