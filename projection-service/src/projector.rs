//! Projectors: pure functions from events to rows. A projector's only effect is to write rows, so a replay is always
//! safe. Code with other effects is a reactor and belongs to the command side.

use std::marker::PhantomData;

use events::OfAggregate;
use log_reader::{Context, EventOf, FollowedEvent, JournalEvent, Journaled, RecordedEvent};
use read_models::ProjectedRow;
use uuid::Uuid;

/// A projector. It folds the events of one aggregate type.
pub(crate) trait Projector: Send + Sync + 'static {
    /// The projection's name, which is also its checkpoint's key and its table's name.
    const NAME: &'static str;
    /// The version of the projector. Increase it when the fold changes; the rows are then rebuilt.
    const VERSION: u32;
    /// The aggregates whose events it folds.
    type Aggregate: Journaled;
    /// The type of its rows.
    type Row: ProjectedRow;

    /// Returns the key of the row that an event affects, or `None`. By default, that is the aggregate's id.
    ///
    /// # Errors
    /// The event concerns the projector, but its row is unknown.
    fn key(recorded: &RecordedEvent, event: &EventOf<Self::Aggregate>) -> Result<Option<Uuid>, FoldError> {
        let _ = event;
        aggregate_id(recorded).map(Some)
    }

    /// Folds an event into its row. Implementations match all events exhaustively, so that a new event does not compile
    /// until it has been considered.
    ///
    /// # Errors
    /// The event requires a row that does not exist.
    fn fold(
        row: Option<Self::Row>,
        recorded: &RecordedEvent,
        event: &EventOf<Self::Aggregate>,
    ) -> Result<Self::Row, FoldError>;
}

/// A fold of events into rows: a projector, or an index of all events.
pub(crate) trait Folds: Send + Sync + 'static {
    const NAME: &'static str;
    const CONTEXT: Context;
    /// The aggregates whose events it folds. Unreadable events of others do not concern it.
    const AGGREGATES: Aggregates;
    const VERSION: u32;
    type Row: ProjectedRow;

    /// Returns the key of the row that an event affects, `None` if it does not concern the fold, or the reason why the
    /// row is unknown.
    fn key(event: &FollowedEvent) -> Result<Option<Uuid>, String>;

    /// Folds an event into its row. `None` if the event does not concern the fold.
    fn fold(row: Option<Self::Row>, event: &FollowedEvent) -> Option<Result<Self::Row, FoldError>>;
}

/// Adapts a projector to [`Folds`].
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
    /// The aggregates of one type.
    OfType(&'static str),
    /// All aggregates, including those of unknown types.
    All,
}

impl Aggregates {
    /// Whether they include the aggregates of a type.
    #[must_use]
    pub(crate) fn include(self, aggregate_type: &str) -> bool {
        match self {
            Self::OfType(of_type) => of_type == aggregate_type,
            Self::All => true,
        }
    }

    /// Returns the types to follow for several projectors. An empty list means all types.
    pub(crate) fn types(several: impl IntoIterator<Item = Self>) -> Vec<&'static str> {
        let types = several.into_iter().map(|aggregates| match aggregates {
            Self::OfType(of_type) => Some(of_type),
            Self::All => None,
        });
        types.collect::<Option<_>>().unwrap_or_default()
    }
}

/// A reason why an event cannot be folded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FoldError {
    /// The aggregate's id is not a UUID.
    #[error("the aggregate's id is not a UUID")]
    AggregateId,
    /// The event changes a row that does not exist.
    #[error("the event changes a row that does not exist")]
    MissingRow,
    /// A sum exceeds the range of its column.
    #[error("a sum is larger than the read model can hold")]
    TooLarge,
}

/// Parses the id of an event's aggregate as a UUID.
///
/// # Errors
/// The id is not a UUID.
pub(crate) fn aggregate_id(recorded: &RecordedEvent) -> Result<Uuid, FoldError> {
    recorded.aggregate_id.parse().map_err(|_| FoldError::AggregateId)
}

/// The aggregate's version after an event, as a Postgres integer.
pub(crate) const fn version(recorded: &RecordedEvent) -> i64 {
    recorded.version.cast_signed()
}
