//! The arguments of `anamnesis dlq`.

use clap::Subcommand;
use projection_service::Projection;

use crate::projections::projection;

/// List, retry or discard the events that projections could not apply.
///
/// A projection parks an event that it cannot apply. Later events of the same row wait behind it, in order. All other
/// events continue.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  anamnesis dlq list\n  anamnesis dlq retry --projection patient\n\n\
                        See docs/how-to/dlq.md."
)]
pub(crate) struct Dlq {
    #[command(subcommand)]
    pub(crate) what: DlqWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DlqWhat {
    /// List the parked events and the error of each.
    List(DlqMany),
    /// Show one parked event, and how many events wait behind it.
    Show(DlqOne),
    /// Apply the parked events again, in the order of their stream.
    ///
    /// Use it after the cause is fixed. Events of the same row keep their order. It can be stopped and run again. The exit
    /// code is 0 when no event is left parked.
    Retry(DlqMany),
    Discard(DlqDiscard),
}

#[derive(Debug, clap::Args)]
pub(crate) struct DlqMany {
    /// Only events of this projection [default: all projections].
    #[arg(long, value_name = "NAME", value_parser = projection)]
    pub(crate) projection: Option<&'static Projection>,
    /// Print a JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DlqOne {
    /// The position of the event in its stream, as `dlq list` prints it.
    pub(crate) position: u64,
    /// The projection that parked the event.
    #[arg(long, value_name = "NAME", value_parser = projection)]
    pub(crate) projection: &'static Projection,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Skip a parked event for good.
///
/// The projection skips the event from now on, also in a rebuild. The event stays in the log, and the reason is stored.
/// This cannot be undone. Run `dlq retry` afterwards to apply the events that waited behind it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  anamnesis dlq discard 4711 --projection patient --yes \\\n      \
                        --reason \"written twice by the import of 3 May\""
)]
pub(crate) struct DlqDiscard {
    #[command(flatten)]
    pub(crate) event: DlqOne,
    /// The reason. It is stored for good, so it must not contain personal data.
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) reason: String,
    /// Confirm that the projection may skip the event.
    #[arg(long, required = true)]
    pub(crate) yes: bool,
}
