//! The arguments of `anamnesis tree`.

use uuid::Uuid;

const EXAMPLES: &str = "Examples:
  anamnesis tree 01980f2e-0000-7000-8000-000000000002
  anamnesis replay --type appointment.booked --format ndjson | head -1 | jq -r .correlationId | xargs anamnesis tree";

/// Draw the events that one request caused.
///
/// Use it to trace why something happened. All events that follow from one request share a correlation id, across streams
/// and reactors. The tree shows each command, the events it appended, and the commands those events caused.
///
/// `anamnesis replay --format ndjson` prints the correlation id of every event. The command only reads. If the read models
/// are not available, it searches all streams instead, which takes longer. The limit is 10000 events.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Tree {
    /// The correlation id.
    pub(crate) correlation: Uuid,
    /// Print the tree as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
