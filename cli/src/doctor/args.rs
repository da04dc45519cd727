//! The arguments of `anamnesis doctor`.

const EXAMPLES: &str = "Examples:
  anamnesis doctor
  anamnesis doctor --json | jq '.findings[] | select(.status != \"ok\")'

The exit code is 0 when no check fails. Warnings do not change it.";

/// Check the servers and their settings, and say how to fix each problem.
///
/// Use it after an installation, after an upgrade, and when something behaves oddly. It checks NATS and its streams,
/// Postgres, the projections, parked events, the clocks and the disk. It only reads. `anamnesis verify` checks the data
/// itself.
///
/// It checks the servers that the settings name, or those of the running `up`. Without either, it starts the embedded
/// servers and stops them afterwards.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Doctor {
    /// Print the findings as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
