//! Writes what a projection folds: the rows, what had to be set aside, and the moved position, in one transaction. It is
//! the same for the live rows, for a version that is built beside them, and for a scratch copy.

use std::{
    collections::{BTreeSet, HashSet},
    marker::PhantomData,
};

use futures_util::future::{BoxFuture, FutureExt as _};
use journal::FollowedEvent;
use read_models::{
    PgConnection, PgPool, ProjectedRow as _, building,
    checkpoint::{self, Standing},
    parked::{self, Blocked, NewParked},
};
use uuid::Uuid;

use crate::{
    fault::Fault,
    fold::{Concerning, Folded, fold},
    projector::Projector,
};

/// Where the rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where queries read them. They are of this version.
    Live {
        /// The version of the rows that are there.
        version: u32,
    },
    /// In a part of a version that is being built.
    Building {
        /// The part's number.
        part: usize,
    },
    /// In tables that nobody else sees.
    Scratch,
}

/// Writes one projection, from a position on.
#[derive(Debug)]
pub(crate) struct Writer<P> {
    pool: PgPool,
    place: Place,
    position: u64,
    max_parked: usize,
    /// Events that an operator has given up.
    discarded: HashSet<u64>,
    projector: PhantomData<P>,
}

impl<P: Projector> Writer<P> {
    /// Writes on from a position.
    pub(crate) async fn open(pool: PgPool, place: Place, position: u64, max_parked: usize) -> Result<Self, Fault> {
        let discarded = parked::discarded(&mut *pool.acquire().await?, P::NAME).await?;
        Ok(Self {
            pool,
            place,
            position,
            max_parked,
            discarded,
            projector: PhantomData,
        })
    }

    /// How far it has written.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    const fn standing(&self, version: u32) -> Standing {
        Standing {
            position: self.position,
            version,
        }
    }

    /// Applies events, and moves the position to `to`. Those at or before the position are passed over.
    pub(crate) async fn apply(&mut self, events: &[&FollowedEvent], to: u64) -> Result<(), Fault> {
        let concerning: Vec<Concerning<'_>> = events
            .iter()
            .filter_map(|event| Concerning::new::<P>(event))
            .filter(|event| event.position() > self.position && !self.discarded.contains(&event.position()))
            .collect();
        self.apply_halving(&concerning, to.max(self.position)).await
    }

    /// Events of which the database refuses a row are halved until the one at fault stands alone: it is set aside.
    fn apply_halving<'a>(&'a mut self, events: &'a [Concerning<'a>], to: u64) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            match (self.apply_whole(events, to, None).await, events) {
                (Err(Fault::Refused(reason)), [_]) => self.apply_whole(events, to, Some(reason)).await,
                (Err(Fault::Refused(_)), events) if events.len() > 1 => {
                    let (first, second) = events.split_at(events.len() / 2);
                    let between = first.last().map_or(self.position, Concerning::position);
                    self.apply_halving(first, between).await?;
                    self.apply_halving(second, to).await
                }
                (applied, _) => applied,
            }
        }
        .boxed()
    }

    /// Applies events in one transaction. Those of which the database has refused a row, for this reason, are set aside.
    async fn apply_whole(&mut self, events: &[Concerning<'_>], to: u64, refused: Option<String>) -> Result<(), Fault> {
        if let (Place::Live { version }, []) = (self.place, events) {
            // Most of a stream's events are about other projections' rows, and one statement says that they were passed.
            let mut connection = self.pool.acquire().await?;
            checkpoint::advance(&mut connection, P::NAME, self.standing(version), to).await?;
            self.position = to;
            return Ok(());
        }
        let mut transaction = self.pool.begin().await?;
        let may_be_blocked = match self.place {
            Place::Live { version } => {
                checkpoint::advance(&mut transaction, P::NAME, self.standing(version), to).await?
            }
            Place::Building { .. } => {
                building::enter(&mut transaction).await?;
                true
            }
            Place::Scratch => true,
        };
        if !events.is_empty() {
            let blocked = match may_be_blocked {
                true => parked::blocked(&mut transaction, P::NAME).await?,
                false => Blocked::default(),
            };
            let folded = self.fold(&mut transaction, events, refused, blocked).await?;
            self.write(&mut transaction, &folded).await?;
        }
        if let Place::Building { part } = self.place
            && !building::advance(&mut transaction, P::NAME, part, self.position, to).await?
        {
            return Err(Fault::Moved("another process builds this version".to_owned()));
        }
        transaction.commit().await?;
        self.position = to;
        Ok(())
    }

    async fn fold(
        &self,
        transaction: &mut PgConnection,
        events: &[Concerning<'_>],
        refused: Option<String>,
        mut blocked: Blocked,
    ) -> Result<Folded<P::Row>, Fault> {
        let folded = match refused {
            Some(reason) => {
                let parked: Vec<NewParked> = events.iter().map(|event| event.parked(reason.clone())).collect();
                for event in &parked {
                    blocked.add(event.row_key, &event.aggregate);
                }
                Folded {
                    rows: Vec::new(),
                    parked,
                }
            }
            None => {
                let keys: BTreeSet<Uuid> = events.iter().filter_map(Concerning::key).collect();
                let keys: Vec<Uuid> = keys.into_iter().collect();
                let stored = P::Row::load(transaction, &keys).await?;
                fold::<P>(events, stored, &mut blocked)
            }
        };
        self.bound(&folded, &blocked)?;
        Ok(folded)
    }

    /// One event after the other that cannot be applied is no longer the fault of one event.
    fn bound(&self, folded: &Folded<P::Row>, blocked: &Blocked) -> Result<(), Fault> {
        match folded.parked.last() {
            Some(last) if blocked.events > self.max_parked => Err(Fault::Lasting(format!(
                "more than {} events are parked; the last is at position {} of {}: {}",
                self.max_parked,
                last.position,
                P::CONTEXT,
                last.error
            ))),
            _ => Ok(()),
        }
    }

    async fn write(&self, transaction: &mut PgConnection, folded: &Folded<P::Row>) -> Result<(), Fault> {
        if !folded.rows.is_empty() {
            match self.place {
                Place::Live { .. } => P::Row::store(transaction, &folded.rows).await?,
                Place::Building { .. } | Place::Scratch => P::Row::write(transaction, &folded.rows).await?,
            }
        }
        if folded.parked.is_empty() {
            return Ok(());
        }
        parked::park(transaction, P::NAME, P::CONTEXT.name(), &folded.parked).await?;
        for event in folded.parked.iter().filter(|event| !event.waits) {
            tracing::warn!(
                projection = P::NAME,
                position = event.position,
                aggregate = event.aggregate,
                event_type = event.event_type,
                reason = event.error,
                "an event cannot be applied and is parked"
            );
        }
        Ok(())
    }
}
