//! Parked events: trying them again, in the order of their stream, and giving them up. Each is one transaction, so that it
//! can be stopped at any moment.

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

/// While events are tried again, others can be parked behind them. So often they are looked for.
const MOST_PASSES: usize = 10;

/// What became of a parked event that was tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has been applied.
    Applied,
    /// It is parked no longer: somebody else was faster.
    Gone,
    /// It cannot be applied yet, for this reason.
    Parked {
        /// Whether it only waits for an earlier one.
        waits: bool,
        /// The reason.
        error: String,
    },
}

/// Why parked events cannot be dealt with.
#[derive(Debug, thiserror::Error)]
pub enum ParkedError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] log_reader::ReadError),
    /// The log cannot be read any further.
    #[error(transparent)]
    Follow(#[from] log_reader::FollowError),
    /// The event is not in its stream.
    #[error("there is no event at position {position} of {stream}")]
    Missing {
        /// The stream.
        stream: String,
        /// The position.
        position: u64,
    },
    /// The database did not take it.
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

/// Tries the parked events of a projection again, each through the upcasters from its stream, and tells what became of
/// each. Those of a row keep their order: behind one that fails again, the others wait.
///
/// # Errors
/// The log or the database cannot be used. What was applied until then stays applied.
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

/// Tries one parked event again. The checkpoint is held meanwhile, so that no batch is folded beside it.
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

/// Gives a parked event up, for a reason that is kept: of several at a position, the first. It is passed over from then on,
/// also when the projection is built anew. Answers whether there was one. Those that wait behind it are applied when they are
/// tried again.
///
/// # Errors
/// The database did not take it.
pub async fn discard(pool: &PgPool, projection: &Projection, position: u64, reason: &str) -> Result<bool, ParkedError> {
    let mut transaction = pool.begin().await?;
    let _ = checkpoint::held(&mut transaction, projection.name()).await?;
    let discarded = parked::discard(&mut transaction, projection.name(), position, reason).await?;
    transaction.commit().await?;
    Ok(discarded)
}
