//! Writes the folded rows and the parked events of a projection, in the transaction that moves its position. The live
//! rows, a version that is being built, and a scratch copy all use it.

use std::collections::HashSet;

use futures_util::future::{BoxFuture, FutureExt as _};
use log_reader::FollowedEvent;
use read_models::{
    PgConnection, PgPool, building,
    checkpoint::Standing,
    parked::{self, Blocked, NewParked},
};

use crate::{
    catalogue::{Projection, Rows},
    fault::Fault,
    fold::Concerning,
};

/// The place of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The live tables.
    Live {
        /// The version of the live rows.
        version: u32,
    },
    /// A part of a version that is being built.
    Building {
        /// The part's number.
        part: usize,
    },
    /// Temporary tables.
    Scratch,
}

/// The handling of rows that the database rejects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Care {
    /// A rejected row fails the transaction.
    None,
    /// The event at fault is found by bisection and parked.
    Halving,
}

/// The writer of one projection.
#[derive(Debug)]
pub(crate) struct Writer {
    projection: &'static Projection,
    pool: PgPool,
    place: Place,
    position: u64,
    max_parked: usize,
    /// The events that an operator has discarded.
    discarded: HashSet<(u64, u32)>,
}

impl Writer {
    /// Opens a writer at a position.
    pub(crate) async fn open(
        pool: PgPool,
        projection: &'static Projection,
        place: Place,
        position: u64,
        max_parked: usize,
    ) -> Result<Self, Fault> {
        let discarded = parked::discarded(&mut *pool.acquire().await?, projection.name()).await?;
        Ok(Self {
            projection,
            pool,
            place,
            position,
            max_parked,
            discarded,
        })
    }

    /// The projection that it writes.
    pub(crate) const fn projection(&self) -> &'static Projection {
        self.projection
    }

    /// The position of the rows.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// Records that the transaction that moved the live position has been committed.
    pub(crate) const fn has_moved(&mut self, to: u64) {
        self.position = to;
    }

    /// The last known live checkpoint. `None` if the rows are not live.
    pub(crate) const fn standing(&self) -> Option<Standing> {
        match self.place {
            Place::Live { version } => Some(Standing {
                position: self.position,
                version,
            }),
            Place::Building { .. } | Place::Scratch => None,
        }
    }

    /// The events to fold: those after the position that concern the projection and are not discarded.
    pub(crate) fn concerning<'a>(&self, events: impl IntoIterator<Item = &'a FollowedEvent>) -> Vec<Concerning<'a>> {
        let concerning = events.into_iter().filter_map(|event| self.projection.concern(event));
        concerning
            .filter(|event| event.place().0 > self.position && !self.discarded.contains(&event.place()))
            .collect()
    }

    /// Folds events in a transaction and writes their rows. Events that cannot be folded are parked.
    pub(crate) async fn fold(
        &self,
        transaction: &mut PgConnection,
        events: &[Concerning<'_>],
        may_be_blocked: bool,
        care: Care,
    ) -> Result<(), Fault> {
        if events.is_empty() {
            return Ok(());
        }
        let mut blocked = match may_be_blocked {
            true => parked::blocked(transaction, self.projection.name()).await?,
            false => Blocked::default(),
        };
        let parked = match care {
            Care::None => self.fold_whole(transaction, events, &mut blocked).await?,
            Care::Halving => self.fold_halving(transaction, events, &mut blocked).await?,
        };
        self.park(transaction, &parked).await
    }

    async fn fold_whole(
        &self,
        transaction: &mut PgConnection,
        events: &[Concerning<'_>],
        blocked: &mut Blocked,
    ) -> Result<Vec<NewParked>, Fault> {
        let rows = match self.place {
            Place::Live { .. } => Rows::Live,
            Place::Building { .. } | Place::Scratch => Rows::Copied,
        };
        let parked = self.projection.fold(transaction, rows, events, blocked).await?;
        self.bound(parked.last(), blocked)?;
        Ok(parked)
    }

    /// Folds events. If the database rejects a row, it bisects the events until the one at fault is found, and parks
    /// that. Everything stays in one transaction, so the events of one position are never split.
    fn fold_halving<'a>(
        &'a self,
        transaction: &'a mut PgConnection,
        events: &'a [Concerning<'a>],
        blocked: &'a mut Blocked,
    ) -> BoxFuture<'a, Result<Vec<NewParked>, Fault>> {
        async move {
            let before = blocked.clone();
            let mut attempt = read_models::savepoint(transaction).await?;
            let reason = match self.fold_whole(&mut attempt, events, blocked).await {
                Ok(parked) => {
                    attempt.commit().await?;
                    return Ok(parked);
                }
                Err(Fault::Refused(reason)) => reason,
                Err(fault) => return Err(fault),
            };
            attempt.rollback().await?;
            *blocked = before;
            if let [event] = events {
                let parked = event.set_aside(reason, blocked);
                self.bound(Some(&parked), blocked)?;
                return Ok(vec![parked]);
            }
            let (first, second) = events.split_at(events.len() / 2);
            let mut parked = self.fold_halving(transaction, first, blocked).await?;
            parked.append(&mut self.fold_halving(transaction, second, blocked).await?);
            Ok(parked)
        }
        .boxed()
    }

    /// Fails when too many events are parked, because the cause is then not a single event.
    fn bound(&self, last: Option<&NewParked>, blocked: &Blocked) -> Result<(), Fault> {
        match last {
            Some(last) if blocked.events > self.max_parked => Err(Fault::Lasting(format!(
                "more than {} events are parked; the last is at position {} of {}: {}",
                self.max_parked,
                last.position,
                self.projection.context(),
                last.error
            ))),
            _ => Ok(()),
        }
    }

    async fn park(&self, transaction: &mut PgConnection, parked: &[NewParked]) -> Result<(), Fault> {
        if parked.is_empty() {
            return Ok(());
        }
        let (projection, stream) = (self.projection.name(), self.projection.context().name());
        parked::park(transaction, projection, stream, parked).await?;
        for event in parked.iter().filter(|event| !event.waits) {
            tracing::warn!(
                projection,
                position = event.position,
                aggregate = event.aggregate,
                event_type = event.event_type,
                reason = event.error,
                "an event cannot be applied and is parked"
            );
        }
        Ok(())
    }

    /// Applies events to rows that are not live, and moves the position to `to`.
    pub(crate) async fn apply(&mut self, events: &[&FollowedEvent], to: u64) -> Result<(), Fault> {
        let concerning = self.concerning(events.iter().copied());
        let to = to.max(self.position);
        match self.try_apply(&concerning, to, Care::None).await {
            Err(Fault::Refused(_)) => self.try_apply(&concerning, to, Care::Halving).await?,
            applied => applied?,
        }
        self.position = to;
        Ok(())
    }

    async fn try_apply(&self, events: &[Concerning<'_>], to: u64, care: Care) -> Result<(), Fault> {
        let mut transaction = self.pool.begin().await?;
        if let Place::Building { part } = self.place {
            building::enter(&mut transaction).await?;
            self.fold(&mut transaction, events, true, care).await?;
            if !building::advance(&mut transaction, self.projection.name(), part, self.position, to).await? {
                return Err(Fault::Moved("another process builds this version".to_owned()));
            }
        } else {
            self.fold(&mut transaction, events, true, care).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
