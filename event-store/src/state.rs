//! Aggregates as states: folded from their events, and remembered within bounds.
//!
//! A remembered state may be old, because another process may have written since. It is therefore given out only to be
//! written ([`EventStore::load_to_write`]): the append's expected version catches an old one, and no decision taken on
//! it is ever stored. What is only read is always asked of the server.

use std::{any::Any, fmt, sync::Arc};

use quick_cache::sync::Cache;

use crate::{AggregateId, Consistency, EventStore, Fold, Head, LoadError, RecordedEvent, load::Known, turns::Turn};

/// Where the state of an aggregate that is to be written may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// This process' memory, if it knows the aggregate, and else any replica. A refusal, or a decision that comes to
    /// nothing, may be wrong then: decide again on what the server says.
    Remembered,
    /// The server.
    Read(Consistency),
}

impl Freshness {
    /// How to read what is not going to be written.
    #[must_use]
    pub const fn consistency(self) -> Consistency {
        match self {
            Self::Remembered => Consistency::Any,
            Self::Read(consistency) => consistency,
        }
    }
}

/// An aggregate's state, and where it stood when it was loaded.
#[derive(Debug)]
pub struct Loaded<S> {
    id: AggregateId,
    state: Arc<S>,
    head: Head,
    /// How many events the state has been changed by since.
    new_events: u64,
    /// Ends when the append has been answered.
    turn: Option<Turn>,
}

impl<S> Loaded<S> {
    /// The aggregate.
    #[must_use]
    pub const fn id(&self) -> &AggregateId {
        &self.id
    }

    /// Its state.
    #[must_use]
    pub fn state(&self) -> &S {
        &self.state
    }

    /// Its state, to be kept beyond this value.
    #[must_use]
    pub fn shared_state(&self) -> Arc<S> {
        Arc::clone(&self.state)
    }

    /// Where it stood when it was loaded.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Its version: how many events have shaped it, new ones included. 0 when it does not exist.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.head.version + self.new_events
    }

    /// Hands over the turn of this writer, if it has one, to be kept until the append has been answered.
    pub const fn take_turn(&mut self) -> Option<Turn> {
        self.turn.take()
    }
}

impl<S: Default> Loaded<S> {
    /// An aggregate whose id has just been made, so that nobody can have written it: nothing is asked. Should it exist
    /// after all, the append conflicts.
    #[must_use]
    pub fn new(id: AggregateId) -> Self {
        Self {
            id,
            state: Arc::default(),
            head: Head::NONE,
            new_events: 0,
            turn: None,
        }
    }
}

impl<S: Clone> Loaded<S> {
    /// Folds a new event, which is to be appended, into the state. The head stays where it is.
    pub fn evolve<E>(&mut self, event: &E, fold: impl FnOnce(&mut S, &E)) {
        fold(Arc::make_mut(&mut self.state), event);
        self.new_events += 1;
    }
}

/// The states that this process remembers. Those asked for most stay.
pub(crate) struct States(Cache<AggregateId, Remembered>);

#[derive(Clone)]
struct Remembered {
    state: Arc<dyn Any + Send + Sync>,
    head: Head,
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("States").field("len", &self.0.len()).finish()
    }
}

impl States {
    pub(crate) fn new(capacity: usize) -> Self {
        Self(Cache::new(capacity))
    }

    /// A state kept under the id as another type is none.
    fn get<S: Send + Sync + 'static>(&self, id: &AggregateId) -> Option<(Arc<S>, Head)> {
        let Remembered { state, head } = self.0.get(id)?;
        Some((state.downcast().ok()?, head))
    }
}

impl States {
    /// Forgets everything: states hold what was sealed, in the clear.
    pub(crate) fn clear(&self) {
        self.0.clear();
    }
}

impl EventStore {
    /// Loads an aggregate's state to look at it. One that does not exist has its default state and version 0.
    ///
    /// # Errors
    /// The store cannot be reached, or what it holds is damaged or cannot be folded.
    pub async fn load_state<S>(
        &self,
        id: &AggregateId,
        consistency: Consistency,
        fold: &impl Fold<S>,
    ) -> Result<Loaded<S>, LoadError>
    where
        S: Default + Clone + Send + Sync + 'static,
    {
        let (mut state, mut head) = match self.states().get::<S>(id) {
            Some(remembered) => remembered,
            None => self.cold_start(id, fold).await?,
        };
        let start = head;
        let known = Known {
            version: head.version,
            position: head.position,
        };
        let events = match consistency {
            Consistency::Any if !self.may_have_gone_on(id, known).await? => Vec::new(),
            _ => self.load_after(id, known, consistency).await?,
        };
        self.fold_all(&mut state, &events, fold).await?;
        if let Some(last) = events.last() {
            head = Head::of(last);
            self.remember(id, state.clone(), head);
        }
        if let Some(snapshots) = fold.snapshots()
            && head.version - start.version >= snapshots.every_events
        {
            self.take_snapshot(id, Arc::clone(&state), head, snapshots);
        }
        Ok(Loaded {
            id: id.clone(),
            state,
            head,
            new_events: 0,
            turn: None,
        })
    }

    /// Where to begin when nothing is remembered: at the snapshot, if there is one and its last event stands in the
    /// stream as it says, or else at nothing.
    async fn cold_start<S>(&self, id: &AggregateId, fold: &impl Fold<S>) -> Result<(Arc<S>, Head), LoadError>
    where
        S: Default + Clone + Send + Sync + 'static,
    {
        let nothing = || (Arc::default(), Head::NONE);
        let Some(snapshots) = fold.snapshots() else {
            return Ok(nothing());
        };
        let Some((state, head)) = self.snapshot_of(id, snapshots).await else {
            return Ok(nothing());
        };
        let stands = self.stands_in_stream(id, head).await?;
        Ok(if stands { (Arc::new(state), head) } else { nothing() })
    }

    async fn fold_all<S: Clone>(
        &self,
        state: &mut Arc<S>,
        events: &[RecordedEvent],
        fold: &impl Fold<S>,
    ) -> Result<(), LoadError> {
        let bodies = self.open(events).await?;
        for (event, body) in events.iter().zip(bodies) {
            fold.fold(Arc::make_mut(state), event, &body)
                .map_err(|reason| LoadError::body(event, reason))?;
        }
        Ok(())
    }

    /// Loads an aggregate's state to write it, once the other writers of this process have had their turn.
    ///
    /// # Errors
    /// As [`EventStore::load_state`].
    pub async fn load_to_write<S>(
        &self,
        id: &AggregateId,
        freshness: Freshness,
        fold: &impl Fold<S>,
    ) -> Result<Loaded<S>, LoadError>
    where
        S: Default + Clone + Send + Sync + 'static,
    {
        let turn = self.turns().take(id, self.wire().timeout()).await;
        let remembered = match freshness {
            Freshness::Remembered => self.states().get(id),
            Freshness::Read(_) => None,
        };
        match remembered {
            Some((state, head)) => Ok(Loaded {
                id: id.clone(),
                state,
                head,
                new_events: 0,
                turn,
            }),
            None => {
                let loaded = self.load_state(id, freshness.consistency(), fold).await?;
                Ok(Loaded { turn, ..loaded })
            }
        }
    }

    /// Remembers the state that an append has brought an aggregate to, so that the next writer need not ask.
    pub fn remember(&self, id: &AggregateId, state: Arc<dyn Any + Send + Sync>, head: Head) {
        let newer = |known: &Remembered| known.head.version > head.version;
        if self.states().0.peek(id).as_ref().is_some_and(newer) {
            return;
        }
        self.states().0.insert(id.clone(), Remembered { state, head });
    }

    /// Forgets what is remembered of an aggregate: its appends conflict, or it is not known how one came out.
    pub fn forget(&self, id: &AggregateId) {
        self.states().0.remove(id);
    }
}
