//! Retries parked events in stream order, and discards them. Each event is one transaction, so the operation can be
//! interrupted at any moment.

use log_reader::{FollowedEvent, Place, Reader};
use read_models::{
    PgPool, checkpoint,
    parked::{self, Blocked, ParkedEvent},
};

use crate::{
    catalogue::{Projection, Rows},
    fault::Fault,
    fold::{Concerning, place, recorded},
};

/// The maximum number of passes of a retry. A projection can park further events while a pass runs.
const MOST_PASSES: usize = 10;

/// The outcome of retrying a parked event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The event has been applied.
    Applied,
    /// The event is no longer parked: another process was faster.
    Gone,
    /// The event still cannot be applied.
    Parked {
        /// Whether it only waits for an earlier event.
        waits: bool,
        /// The reason.
        error: String,
    },
}

/// An error while processing parked events.
#[derive(Debug, thiserror::Error)]
pub enum ParkedError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] log_reader::ReadError),
    /// The log cannot be followed.
    #[error(transparent)]
    Follow(#[from] log_reader::FollowError),
    /// The stream does not have the event.
    #[error("there is no event at position {position} of {stream}")]
    Missing {
        /// The stream.
        stream: String,
        /// The position.
        position: u64,
    },
    /// The database write failed.
    #[error("{0}")]
    Database(String),
}

impl From<read_models::Error> for ParkedError {
    fn from(error: read_models::Error) -> Self {
        Self::Database(read_models::describe(&error))
    }
}

impl From<Fault> for ParkedError {
    fn from(fault: Fault) -> Self {
        Self::Database(fault.to_string())
    }
}

/// Retries the parked events of a projection and reports the outcome of each. It reads each event from its stream, with
/// upcasting. The events of a row keep their order: if one fails again, the later ones wait.
///
/// # Errors
/// The log or the database is unavailable. Events applied until then stay applied.
pub async fn retry(
    journal: &Reader,
    pool: &PgPool,
    projection: &Projection,
    mut tell: impl FnMut(&ParkedEvent, &Outcome),
) -> Result<(), ParkedError> {
    let mut still = Blocked::default();
    let mut after = None;
    for _ in 0..MOST_PASSES {
        let parked = parked::list(pool, Some(projection.name())).await?;
        let place = |parked: &ParkedEvent| Some((parked.event.position, parked.event.index));
        let Some(last) = parked.last().map(place).filter(|last| *last > after) else {
            break;
        };
        for parked in parked.iter().filter(|parked| place(parked) > after) {
            let event = read(journal, projection, parked).await?;
            let outcome = retry_event(pool, projection, &event, &mut still).await?;
            tell(parked, &outcome);
        }
        after = last;
    }
    Ok(())
}

async fn read(journal: &Reader, projection: &Projection, parked: &ParkedEvent) -> Result<FollowedEvent, ParkedError> {
    let place = Place {
        position: parked.event.position,
        index: parked.event.index,
    };
    let recorded = journal.events_at(projection.context(), &[place]).await?;
    let mut read = journal.read_each(recorded).await?;
    read.pop().ok_or_else(|| ParkedError::Missing {
        stream: parked.stream.clone(),
        position: place.position,
    })
}

/// Retries one parked event. It locks the checkpoint, so that no batch is folded at the same time.
async fn retry_event(
    pool: &PgPool,
    projection: &Projection,
    event: &FollowedEvent,
    still: &mut Blocked,
) -> Result<Outcome, Fault> {
    let before = still.clone();
    match try_event(pool, projection, event, still, None).await {
        Err(Fault::Refused(reason)) => {
            *still = before;
            try_event(pool, projection, event, still, Some(reason)).await
        }
        tried => tried,
    }
}

async fn try_event(
    pool: &PgPool,
    projection: &Projection,
    event: &FollowedEvent,
    still: &mut Blocked,
    refused: Option<String>,
) -> Result<Outcome, Fault> {
    let (name, place) = (projection.name(), place(recorded(event)));
    let mut transaction = pool.begin().await?;
    let _ = checkpoint::held(&mut transaction, name).await?;
    if parked::find(&mut transaction, name, place).await?.is_none() {
        return Ok(Outcome::Gone);
    }
    let concerning: Vec<Concerning<'_>> = projection.concern(event).into_iter().collect();
    let failed = match (refused, concerning.first()) {
        (Some(reason), Some(event)) => vec![event.set_aside(reason, still)],
        _ => {
            projection
                .fold(&mut transaction, Rows::Live, &concerning, still)
                .await?
        }
    };
    parked::park(&mut transaction, name, projection.context().name(), &failed).await?;
    let outcome = match failed.into_iter().next() {
        Some(parked) => Outcome::Parked {
            waits: parked.waits,
            error: parked.error,
        },
        None => {
            parked::release(&mut transaction, name, place).await?;
            Outcome::Applied
        }
    };
    transaction.commit().await?;
    Ok(outcome)
}

/// Discards the first parked event at a position, and stores the reason. The projection skips the event from then on,
/// including during a rebuild. The events that wait for it are applied at the next retry. Returns whether there was
/// such an event.
///
/// # Errors
/// The database write failed.
pub async fn discard(pool: &PgPool, projection: &Projection, position: u64, reason: &str) -> Result<bool, ParkedError> {
    let mut transaction = pool.begin().await?;
    let _ = checkpoint::held(&mut transaction, projection.name()).await?;
    let discarded = parked::discard(&mut transaction, projection.name(), position, reason).await?;
    transaction.commit().await?;
    Ok(discarded)
}
