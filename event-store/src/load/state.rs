//! States of aggregates: folded from events, and cached in memory within bounds.
//!
//! A cached state carries its version. The caller passes the version that the index knows, so an outdated state is
//! never returned. It is only the start of the next load.

use std::{
    any::Any,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use quick_cache::sync::Cache;

use super::era::Era;
use crate::{AggregateId, EventStore, Fold, Head, LoadError, Loaded, RecordedEvent, index};

/// The cached states of this process. The most used ones stay.
pub(crate) struct States {
    cache: Cache<AggregateId, Kept>,
    /// Counts how often the cache was cleared.
    era: AtomicU64,
}

#[derive(Clone)]
struct Kept {
    state: Arc<dyn Any + Send + Sync>,
    head: Head,
    era: Era,
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("States").field("len", &self.cache.len()).finish()
    }
}

impl States {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            cache: Cache::new(capacity),
            era: AtomicU64::new(0),
        }
    }

    pub(crate) fn era(&self) -> Era {
        Era(self.era.load(Ordering::Acquire))
    }

    fn get(&self, id: &AggregateId) -> Option<Kept> {
        self.cache.get(id).filter(|kept| kept.era == self.era())
    }

    /// The state of an aggregate at exactly this version.
    pub(crate) fn find(&self, id: &AggregateId, version: u64) -> Option<Arc<dyn Any + Send + Sync>> {
        let kept = self.get(id).filter(|kept| kept.head.version == version)?;
        Some(kept.state)
    }

    /// Caches a state that was opened in an era, unless a newer one is cached.
    pub(crate) fn keep(&self, id: AggregateId, state: Arc<dyn Any + Send + Sync>, head: Head, era: Era) {
        let newer = |known: &Kept| known.head.version > head.version && known.era == era;
        if self.era() == era && !self.cache.peek(&id).as_ref().is_some_and(newer) {
            self.cache.insert(id, Kept { state, head, era });
        }
    }

    /// Clears the cache, because states hold personal data in the clear.
    pub(crate) fn clear(&self) {
        self.era.fetch_add(1, Ordering::AcqRel);
        self.cache.clear();
    }
}

impl EventStore {
    /// Loads an aggregate's state, as far as this process has followed the stream. An aggregate that does not exist
    /// has the default state and version 0.
    ///
    /// # Errors
    /// The store cannot be reached, or its data is damaged or cannot be folded.
    pub async fn load_state<S>(&self, id: &AggregateId, fold: &impl Fold<S>) -> Result<Loaded<S>, LoadError>
    where
        S: Default + Clone + Send + Sync + 'static,
    {
        let index = self.index(id.stream()).await.map_err(LoadError::from_append)?;
        let (head, era) = (index::head(&*index, id)?, self.states().era());
        let kept = self.states().get(id).filter(|kept| kept.head.version <= head.version);
        let kept = kept.and_then(|kept| Some((kept.state.downcast::<S>().ok()?, kept.head)));
        let (mut state, mut at) = match kept {
            Some(kept) => kept,
            None => match fold.snapshots() {
                Some(snapshots) => self.snapshot_of(id, &index, head, snapshots).await,
                None => None,
            }
            .map_or_else(
                || (Arc::default(), Head::default()),
                |(state, at)| (Arc::new(state), at),
            ),
        };
        let start = at;
        if at.version < head.version {
            let events = self.load_after(id, &index, at.version).await?;
            self.fold_all(&mut state, &events, fold).await?;
            at = head_of(&events).unwrap_or(at);
            self.states().keep(id.clone(), state.clone(), at, era);
        }
        if let Some(snapshots) = fold.snapshots()
            && at.version - start.version >= snapshots.every_events
        {
            self.take_snapshot(id, &index, Arc::clone(&state), at, snapshots);
        }
        Ok(Loaded::at(id.clone(), state, at))
    }

    /// Loads an aggregate's state at a version, or its current state if it has not reached that version.
    ///
    /// # Errors
    /// As [`EventStore::load_state`].
    pub async fn load_state_at<S>(
        &self,
        id: &AggregateId,
        version: u64,
        fold: &impl Fold<S>,
    ) -> Result<Loaded<S>, LoadError>
    where
        S: Default + Clone + Send + Sync + 'static,
    {
        let loaded = self.load_state(id, fold).await?;
        if loaded.version() <= version {
            return Ok(loaded);
        }
        let index = self.index(id.stream()).await.map_err(LoadError::from_append)?;
        let mut events = self.load_after(id, &index, 0).await?;
        events.retain(|event| event.version <= version);
        let mut state = Arc::default();
        self.fold_all(&mut state, &events, fold).await?;
        Ok(Loaded::at(id.clone(), state, head_of(&events).unwrap_or_default()))
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
}

/// The head after these events.
fn head_of(events: &[RecordedEvent]) -> Option<Head> {
    events.last().map(|last| Head {
        version: last.version,
        position: last.position,
    })
}
