//! What a projector is: a pure function from an event to a row. It writes rows and nothing else, so that replaying is
//! always safe; whatever has an effect elsewhere is a reactor and lives with the commands.

use journal::{Context, JournalEvent, RecordedEvent};
use read_models::ProjectedRow;
use uuid::Uuid;

/// A projector.
pub trait Projector: Send + Sync + 'static {
    /// The projection's name: its checkpoint's key, and its table's name.
    const NAME: &'static str;
    /// The stream it reads.
    const CONTEXT: Context;
    /// The aggregates whose events it folds. What cannot be read of others does not concern it.
    const AGGREGATES: Aggregates;
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

    /// Folds an event whose body cannot be opened or read. Only a projector that needs no bodies makes a row of it; for all
    /// others the event is at fault.
    fn fold_unread(recorded: &RecordedEvent) -> Option<Self::Row> {
        let _ = recorded;
        None
    }
}

/// The aggregates of a stream whose events a projector folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregates {
    /// Those of one type.
    OfType(&'static str),
    /// All of them, also those of types that this program does not know.
    All,
}

impl Aggregates {
    /// Whether those of a type are among them.
    #[must_use]
    pub fn include(self, aggregate_type: &str) -> bool {
        match self {
            Self::OfType(of_type) => of_type == aggregate_type,
            Self::All => true,
        }
    }

    /// The types to follow for several projectors. None are named where all are to be followed.
    pub(crate) fn types(several: impl IntoIterator<Item = Self>) -> Vec<&'static str> {
        let types = several.into_iter().map(|aggregates| match aggregates {
            Self::OfType(of_type) => Some(of_type),
            Self::All => None,
        });
        types.collect::<Option<_>>().unwrap_or_default()
    }
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
