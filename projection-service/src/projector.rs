//! What a projector is: a pure function from an event to a row. It writes rows and nothing else, so that replaying is
//! always safe; whatever has an effect elsewhere is a reactor and lives with the commands.

use std::marker::PhantomData;

use events::OfAggregate;
use log_reader::{Context, EventOf, FollowedEvent, JournalEvent, Journaled, RecordedEvent};
use read_models::ProjectedRow;
use uuid::Uuid;

/// A projector: it folds the events of one type of aggregate, and knows no other.
pub(crate) trait Projector: Send + Sync + 'static {
    /// The projection's name: its checkpoint's key, and its table's name.
    const NAME: &'static str;
    /// Counts what it makes of the same events. Whoever changes that raises it, and the rows are built anew.
    const VERSION: u32;
    /// The aggregates whose events it folds.
    type Aggregate: Journaled;
    /// The rows it keeps.
    type Row: ProjectedRow;

    /// Says which row an event touches, or that it touches none: that of the aggregate, unless the projector says otherwise.
    ///
    /// # Errors
    /// The event is of interest, but what it is about cannot be told.
    fn key(recorded: &RecordedEvent, event: &EventOf<Self::Aggregate>) -> Result<Option<Uuid>, FoldError> {
        let _ = event;
        aggregate_id(recorded).map(Some)
    }

    /// Folds an event into the row it touches. Every kind of event is named, so that a new one does not compile until this has
    /// been decided.
    ///
    /// # Errors
    /// The event presupposes a row that is not there.
    fn fold(
        row: Option<Self::Row>,
        recorded: &RecordedEvent,
        event: &EventOf<Self::Aggregate>,
    ) -> Result<Self::Row, FoldError>;
}

/// What folds events into rows, whatever it needs to know of them: a projector, or an index of all events.
pub(crate) trait Folds: Send + Sync + 'static {
    const NAME: &'static str;
    const CONTEXT: Context;
    /// What cannot be read of other aggregates does not concern it.
    const AGGREGATES: Aggregates;
    const VERSION: u32;
    type Row: ProjectedRow;

    /// The row that an event touches; nothing, if it does not concern it. The reason, if that cannot be told.
    fn key(event: &FollowedEvent) -> Result<Option<Uuid>, String>;

    /// Folds an event into the row it touches; nothing, if it does not concern it.
    fn fold(row: Option<Self::Row>, event: &FollowedEvent) -> Option<Result<Self::Row, FoldError>>;
}

/// A projector, as one of those that fold.
#[derive(Debug)]
pub(crate) struct Typed<P>(PhantomData<P>);

impl<P: Projector> Folds for Typed<P> {
    const NAME: &'static str = P::NAME;
    const CONTEXT: Context = P::Aggregate::CONTEXT;
    const AGGREGATES: Aggregates = Aggregates::OfType(P::Aggregate::AGGREGATE_TYPE);
    const VERSION: u32 = P::VERSION;
    type Row = P::Row;

    fn key(event: &FollowedEvent) -> Result<Option<Uuid>, String> {
        let JournalEvent { recorded, event } = event.as_ref().map_err(|unreadable| unreadable.reason.clone())?;
        match OfAggregate::among(event) {
            Some(event) => P::key(recorded, event).map_err(|error| error.to_string()),
            None => Ok(None),
        }
    }

    fn fold(row: Option<P::Row>, event: &FollowedEvent) -> Option<Result<P::Row, FoldError>> {
        let JournalEvent { recorded, event } = event.as_ref().ok()?;
        Some(P::fold(row, recorded, OfAggregate::among(event)?))
    }
}

/// The aggregates of a stream whose events a projector folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregates {
    /// Those of one type.
    OfType(&'static str),
    /// All of them, also those of types that this program does not know.
    All,
}

impl Aggregates {
    /// Whether those of a type are among them.
    #[must_use]
    pub(crate) fn include(self, aggregate_type: &str) -> bool {
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
pub(crate) enum FoldError {
    /// The aggregate's id is not a UUID.
    #[error("the aggregate's id is not a UUID")]
    AggregateId,
    /// The event changes something that was never created.
    #[error("the event changes a row that does not exist")]
    MissingRow,
    /// A sum leaves the range of the column that holds it.
    #[error("a sum is larger than the read model can hold")]
    TooLarge,
}

/// The id of an event's aggregate, for those whose id is a UUID.
///
/// # Errors
/// It is not one.
pub(crate) fn aggregate_id(recorded: &RecordedEvent) -> Result<Uuid, FoldError> {
    recorded.aggregate_id.parse().map_err(|_| FoldError::AggregateId)
}

/// The aggregate's version after an event, as Postgres counts.
pub(crate) const fn version(recorded: &RecordedEvent) -> i64 {
    recorded.version.cast_signed()
}
