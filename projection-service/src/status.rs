//! The status of every projection: its position, its lag, its holder and its parked events. It comes from the log and
//! the database alone, so any process can report it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use log_reader::{Context, ReadError, Reader, StreamError};
use read_models::{
    PgPool, building, inspect,
    lease::{self, Activity},
    parked,
};

use crate::catalogue;

/// The status of a projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionStatus {
    /// Its name.
    pub projection: &'static str,
    /// Its stream.
    pub stream: &'static str,
    /// The position of the last folded event.
    pub position: u64,
    /// The position of the stream's last event.
    pub end: u64,
    /// The number of events still to fold.
    pub behind_events: u64,
    /// The age of the first of them, in milliseconds.
    pub behind_ms: u64,
    /// The process that advances it, if any.
    pub holder: Option<Holder>,
    /// The number of parked events.
    pub parked_events: u64,
    /// The position of another version that is being built, if any.
    pub building: Option<u64>,
}

/// The process that advances a projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its name.
    pub name: String,
    /// Its current activity.
    pub activity: Activity,
}

impl ProjectionStatus {
    /// The state of the projection: the name of its holder's activity, or `stopped`.
    #[must_use]
    pub fn state(&self) -> &'static str {
        self.holder.as_ref().map_or("stopped", |holder| holder.activity.name())
    }

    /// The reason for the state, if there is one.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.holder.as_ref()?.activity.reason()
    }
}

/// An error while reading the status.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// A stream is unavailable.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// An event cannot be read.
    #[error(transparent)]
    Event(#[from] ReadError),
    /// The database is unavailable.
    #[error("the read models are unavailable: {}", read_models::describe(.0))]
    Database(#[from] read_models::Error),
}

/// Returns the status of every projection. `now` determines the age of events.
///
/// # Errors
/// The log or the database is unavailable.
pub async fn status(journal: &Reader, pool: &PgPool, now: DateTime<Utc>) -> Result<Vec<ProjectionStatus>, StatusError> {
    // The ends are read first, so that the reported lag is never too large.
    let mut ends = BTreeMap::new();
    for context in Context::ALL {
        ends.insert(context, journal.status(context).await?.last_position);
    }
    let positions: HashMap<String, u64> = inspect::checkpoints(pool)
        .await?
        .into_iter()
        .map(|checkpoint| (checkpoint.projection, checkpoint.position))
        .collect();
    let leases = lease::all(pool).await?;
    let parked = parked::counts(&mut *pool.acquire().await?).await?;
    let builds: HashMap<String, u64> = building::builds(pool).await?.into_iter().collect();
    let mut oldest: HashMap<(Context, u64), u64> = HashMap::new();
    let mut all = Vec::with_capacity(catalogue::ALL.len());
    for projection in &catalogue::ALL {
        let (name, context) = (projection.name(), projection.context());
        let position = positions.get(name).copied().unwrap_or(0);
        let end = ends.get(&context).copied().unwrap_or(0);
        let behind_events = end.saturating_sub(position);
        let behind_ms = match (behind_events, oldest.get(&(context, position))) {
            (0, _) => 0,
            (_, Some(known)) => *known,
            (_, None) => {
                let age = age_ms(journal, context, position + 1, now).await?;
                oldest.insert((context, position), age);
                age
            }
        };
        let lease = leases.iter().find(|lease| lease.name == name && lease.is_held);
        all.push(ProjectionStatus {
            projection: name,
            stream: context.name(),
            position,
            end,
            behind_events,
            behind_ms,
            holder: lease.map(|lease| Holder {
                name: lease.holder.clone(),
                activity: lease.activity.clone(),
            }),
            parked_events: parked.get(name).copied().unwrap_or(0),
            building: builds.get(name).copied(),
        });
    }
    Ok(all)
}

/// The time since the command of an event was decided, in milliseconds.
async fn age_ms(journal: &Reader, context: Context, position: u64, now: DateTime<Utc>) -> Result<u64, ReadError> {
    let time = journal.time_of(context, position).await?;
    let age = time.map(|time| (now - time).num_milliseconds());
    Ok(age.and_then(|age| u64::try_from(age).ok()).unwrap_or(0))
}
