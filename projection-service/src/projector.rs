//! What a projector is: a pure function from an event to a row. It writes rows and nothing else, so that replaying is
//! always safe; whatever has an effect elsewhere is a reactor and lives with the commands.

use journal::{Context, JournalEvent};
use read_models::ProjectedRow;
use uuid::Uuid;

/// A projector.
pub trait Projector: Send + Sync + 'static {
    /// The projection's name: its checkpoint's key, and its table's name.
    const NAME: &'static str;
    /// The stream it reads.
    const CONTEXT: Context;
    /// The type of the aggregates whose events it folds. What cannot be read of others does not concern it.
    const AGGREGATE: &'static str;
    /// Counts what it makes of the same events. Whoever changes that raises it, and the rows are built anew.
    const VERSION: u32;
    /// The rows it keeps.
    type Row: ProjectedRow;

    /// Says which row an event touches, or that it does not concern this projection. Every kind of event is named, so
    /// that a new one does not compile until this has been decided.
    ///
    /// # Errors
    /// The event is of interest, but what it is about cannot be told.
    fn key(event: &JournalEvent) -> Result<Option<Uuid>, FoldError>;

    /// Folds an event into the row it touches.
    ///
    /// # Errors
    /// The event presupposes a row that is not there.
    fn fold(row: Option<Self::Row>, event: &JournalEvent) -> Result<Self::Row, FoldError>;
}

/// An event cannot be folded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The aggregate's id is not a UUID.
    #[error("the aggregate's id is not a UUID")]
    AggregateId,
    /// The event changes something that was never created.
    #[error("the event changes a row that does not exist")]
    MissingRow,
    /// A sum leaves the range of the column that holds it.
    #[error("a sum is larger than the read model can hold")]
    TooLarge,
    /// The event has no place in this projection.
    #[error("the event does not belong to this projection")]
    Foreign,
}

/// The id of an event's aggregate, for those whose id is a UUID.
///
/// # Errors
/// It is not one.
pub(crate) fn aggregate_id(event: &JournalEvent) -> Result<Uuid, FoldError> {
    event.recorded.aggregate_id.parse().map_err(|_| FoldError::AggregateId)
}

/// The aggregate's version after an event, as Postgres counts.
pub(crate) fn version(event: &JournalEvent) -> i64 {
    event.recorded.version.cast_signed()
}
