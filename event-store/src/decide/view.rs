//! The view of a decision: states of aggregates, decision models and used keys, including all earlier decisions.

use std::{any::Any, collections::HashMap, fmt, sync::Arc};

use futures_util::future::{BoxFuture, FutureExt as _};

use super::Neighbours;
use crate::{
    AggregateId, AppendError, EventStore, Fold, Head, LoadError, Metadata, NewEvent, Receipt, RecordedEvent,
    StreamDefinition, UsedKey,
    commit::encode,
    index::{self, DecidedState, Entry, Index, IndexError, Layer, Read},
    load::{era::Era, state::States},
    sealing::{DataKey, Keyring, seal},
};

/// An aggregate's state and head, as loaded.
#[derive(Clone, Debug)]
pub struct Loaded<S> {
    id: AggregateId,
    state: Arc<S>,
    head: Head,
    /// How many events have been folded into the state since the load.
    new_events: u64,
}

impl<S> Loaded<S> {
    pub(crate) const fn at(id: AggregateId, state: Arc<S>, head: Head) -> Self {
        Self {
            id,
            state,
            head,
            new_events: 0,
        }
    }

    /// The aggregate.
    #[must_use]
    pub const fn id(&self) -> &AggregateId {
        &self.id
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &S {
        &self.state
    }

    /// The state, shared so that it can outlive this value.
    #[must_use]
    pub fn shared_state(&self) -> Arc<S> {
        Arc::clone(&self.state)
    }

    /// The aggregate's head when it was loaded.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// The aggregate's version, including new events; 0 if it does not exist.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.head.version + self.new_events
    }
}

impl<S: Clone> Loaded<S> {
    /// Folds a new event, which is to be appended, into the state. The head stays the same.
    pub fn evolve<E>(&mut self, event: &E, fold: impl FnOnce(&mut S, &E)) {
        fold(Arc::make_mut(&mut self.state), event);
        self.new_events += 1;
    }
}

/// Why a decision could not be taken. It says nothing about the result.
#[derive(Debug)]
pub enum Undecided {
    /// A value that it needs is not in memory. The store loads the value and runs the decision again.
    Missing(Missing),
    /// The decision cannot be taken.
    Fault(AppendError),
}

impl From<AppendError> for Undecided {
    fn from(error: AppendError) -> Self {
        Self::Fault(error)
    }
}

impl From<IndexError> for Undecided {
    fn from(error: IndexError) -> Self {
        Self::Fault(AppendError::Unavailable(error.to_string()))
    }
}

type Load = Box<dyn FnOnce(EventStore) -> BoxFuture<'static, Result<Found, AppendError>> + Send>;

/// A value that a decision needs and that is not in memory.
pub struct Missing {
    what: String,
    load: Load,
}

impl fmt::Debug for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Missing")
            .field("what", &self.what)
            .finish_non_exhaustive()
    }
}

impl Missing {
    pub(super) fn what(&self) -> &str {
        &self.what
    }

    pub(super) async fn load(self, store: &EventStore) -> Result<Found, AppendError> {
        (self.load)(store.clone()).await
    }
}

/// A value that was missing and has been loaded.
pub(super) enum Found {
    State(AggregateId, PreparedState),
    Key(String, Arc<DataKey>),
    Neighbour,
}

/// The values that have been loaded for a decision. The store's cache may have evicted them since.
#[derive(Clone, Default)]
pub(crate) struct Prepared(Arc<PreparedMaps>);

#[derive(Clone, Default)]
struct PreparedMaps {
    states: HashMap<AggregateId, PreparedState>,
    keys: HashMap<String, Arc<DataKey>>,
}

/// A state that has been loaded for a decision.
#[derive(Clone)]
pub(super) struct PreparedState {
    state: Arc<dyn Any + Send + Sync>,
    head: Head,
    era: Era,
}

impl Prepared {
    pub(super) fn add(&mut self, found: Found) {
        let maps = Arc::make_mut(&mut self.0);
        match found {
            Found::State(id, state) => drop(maps.states.insert(id, state)),
            Found::Key(person, key) => drop(maps.keys.insert(person, key)),
            Found::Neighbour => {}
        }
    }
}

/// The context that all decisions of a stream share.
pub(super) struct Ground<'a> {
    pub(super) stream: &'static StreamDefinition,
    pub(super) source: &'a str,
    pub(super) index: &'a Index,
    pub(super) states: &'a States,
    pub(super) neighbours: &'a Neighbours,
    pub(super) keyring: Option<&'a Keyring>,
    /// The largest commit that the server accepts.
    pub(super) max_commit_bytes: usize,
}

/// The data that a decision sees, and the events and receipts that it adds.
pub struct View<'a> {
    ground: &'a Ground<'a>,
    /// The layers of earlier decisions that are not stored yet, newest first.
    older: &'a [&'a Layer],
    prepared: Prepared,
    /// The position that the commit will have if it is stored.
    position: u64,
    first_index: u32,
    era: Era,
    pub(super) own: Layer,
    pub(super) body: Vec<u8>,
    pub(super) events: u32,
    pub(super) receipts: Vec<Receipt>,
    /// The size of the receipts in a commit.
    pub(super) receipt_bytes: usize,
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("stream", &self.ground.stream.name)
            .field("position", &self.position)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}

impl<'a> View<'a> {
    pub(super) fn new(
        ground: &'a Ground<'a>,
        older: &'a [&'a Layer],
        prepared: Prepared,
        position: u64,
        first_index: u32,
    ) -> Self {
        Self {
            ground,
            older,
            prepared,
            position,
            first_index,
            era: ground.states.era(),
            own: Layer::default(),
            body: Vec::new(),
            events: 0,
            receipts: Vec::new(),
            receipt_bytes: 0,
        }
    }

    /// Discards everything that a refused decision has added.
    pub(super) fn discard(&mut self) {
        self.own = Layer::default();
        self.body.clear();
        self.events = 0;
        self.receipts.clear();
        self.receipt_bytes = 0;
    }

    /// The stream of the decision.
    #[must_use]
    pub const fn stream(&self) -> &'static StreamDefinition {
        self.ground.stream
    }

    /// The head of an aggregate of this stream.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn head(&self, id: &AggregateId) -> Result<Head, Undecided> {
        Ok(index::head(&self.layers(), id)?)
    }

    /// The state of an aggregate. For an aggregate of another stream, the state lags as far as this process lags
    /// behind that stream: milliseconds.
    ///
    /// # Errors
    /// The state is not in memory, the index cannot be read, or the other stream has been silent for too long.
    pub fn state<S, F>(&self, id: &AggregateId, fold: &F) -> Result<Loaded<S>, Undecided>
    where
        S: Default + Clone + Send + Sync + 'static,
        F: Fold<S> + Clone + Send + 'static,
    {
        let is_own = id.stream() == self.ground.stream;
        let head = match is_own {
            true => self.head(id)?,
            false => match self.ground.neighbours.get(id.stream().name) {
                Some(neighbour) if neighbour.is_ready() => {
                    neighbour.check(id.stream()).map_err(AppendError::Unavailable)?;
                    index::head(&*neighbour.index, id)?
                }
                Some(_) => return Err(Undecided::Missing(start(id.stream()))),
                None => {
                    let reason = format!("the store has no stream {}", id.stream().name);
                    return Err(Undecided::Fault(AppendError::Refused(reason)));
                }
            },
        };
        if head.version == 0 {
            return Ok(Loaded::at(id.clone(), Arc::default(), head));
        }
        if is_own {
            let layers = std::iter::once(&self.own).chain(self.older.iter().copied());
            let decided = layers.filter_map(|layer| layer.states.get(id)).next();
            let decided = decided.filter(|decided| decided.version == head.version && decided.era == self.era);
            if let Some(state) = decided.and_then(|decided| Arc::clone(&decided.state).downcast().ok()) {
                return Ok(Loaded::at(id.clone(), state, head));
            }
        }
        let known = self.prepared.0.states.get(id);
        let known = known.filter(|known| known.head.version == head.version && known.era == self.era);
        let known = known.map(|known| Arc::clone(&known.state));
        let known = known.or_else(|| self.ground.states.find(id, head.version));
        match known.and_then(|state| state.downcast().ok()) {
            Some(state) => Ok(Loaded::at(id.clone(), state, head)),
            None => Err(Undecided::Missing(missing_state(id.clone(), fold.clone()))),
        }
    }

    /// The value of a key in one of the stream's decision models. `model` is the model's index in the stream
    /// definition.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn model_entry(&self, model: u8, key: &[u8]) -> Result<Option<Vec<u8>>, Undecided> {
        let key = [&index::model_prefix(model), key].concat();
        Ok(self.layers().get(&key)?)
    }

    /// The entries of a decision model from one key (inclusive) to another (exclusive).
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn model_range(&self, model: u8, from: &[u8], to: &[u8]) -> Result<Vec<Entry>, Undecided> {
        let prefix = index::model_prefix(model);
        let found = self
            .layers()
            .range(&[&prefix, from].concat(), &[&prefix, to].concat())?;
        Ok(index::without_prefix(found).into_iter().collect())
    }

    /// The receipt of an idempotency key and its position, if the key has been used.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn used_key(&self, key: &str) -> Result<Option<UsedKey>, Undecided> {
        Ok(index::used_key(&self.layers(), key)?)
    }

    /// Records the use of an idempotency key. The receipt is stored atomically with the events.
    pub fn use_key(&mut self, receipt: Receipt) {
        index::note_receipt(&mut self.own, &receipt, self.position);
        self.receipt_bytes += receipt.written_bytes();
        self.receipts.push(receipt);
    }

    /// Appends new events of an aggregate, and records the state that they lead to.
    ///
    /// # Errors
    /// The key of the data subject is not in memory, or the events can never be stored.
    pub fn append<S: Send + Sync + 'static>(
        &mut self,
        id: &AggregateId,
        state: Arc<S>,
        events: Vec<NewEvent>,
        metadata: &Metadata,
    ) -> Result<Head, Undecided> {
        let head = self.append_events(id, events, metadata)?;
        let decided = DecidedState {
            state,
            version: head.version,
            era: self.era,
        };
        self.own.states.insert(id.clone(), decided);
        Ok(head)
    }

    pub(crate) fn append_events(
        &mut self,
        id: &AggregateId,
        events: Vec<NewEvent>,
        metadata: &Metadata,
    ) -> Result<Head, Undecided> {
        if id.stream() != self.ground.stream {
            return Err(AppendError::Refused("a decision stays within one stream".to_owned()).into());
        }
        if metadata.actor.chars().any(char::is_control) {
            return Err(AppendError::Refused("an actor's id must not contain control characters".to_owned()).into());
        }
        let mut head = self.head(id)?;
        for event in events {
            head = Head {
                version: head.version + 1,
                position: self.position,
            };
            let (data, sealed) = self.seal(id, head.version, &event)?;
            let recorded = RecordedEvent {
                stream: self.ground.stream,
                position: self.position,
                index: self.first_index + self.events,
                aggregate_type: id.aggregate_type().to_owned(),
                aggregate_id: id.id().to_owned(),
                version: head.version,
                id: event.id,
                event_type: event.event_type,
                schema_version: event.schema_version,
                metadata: metadata.clone(),
                sealed,
                data,
            };
            if !self.body.is_empty() {
                self.body.push(b',');
            }
            encode(self.ground.source, &recorded, &mut self.body).map_err(AppendError::Refused)?;
            if self.body.len() > self.ground.max_commit_bytes {
                let most = self.ground.max_commit_bytes;
                return Err(AppendError::Refused(format!("the events together are larger than {most} bytes")).into());
            }
            self.events += 1;
            index::note_event(&mut self.own, &recorded);
            index::fold(
                self.ground.stream,
                &recorded,
                self.older,
                self.ground.index,
                &mut self.own,
            )?;
        }
        Ok(head)
    }

    fn seal(
        &self,
        id: &AggregateId,
        version: u64,
        event: &NewEvent,
    ) -> Result<(bytes::Bytes, Option<crate::Sealed>), Undecided> {
        let Some(personal) = &event.personal else {
            return Ok((event.data.clone(), None));
        };
        let person = &personal.data_subject;
        crate::check_token(person).map_err(|error| AppendError::Refused(format!("a data subject {error}")))?;
        let keyring = self.ground.keyring.ok_or(crate::KeyError::NotConfigured);
        let keyring = keyring.map_err(AppendError::from)?;
        let key = self
            .prepared
            .0
            .keys
            .get(person)
            .cloned()
            .or_else(|| keyring.cached(person));
        let Some(key) = key else {
            let is_new = version == 1 && id.id() == person;
            return Err(Undecided::Missing(missing_key(person.clone(), is_new)));
        };
        let sealed = seal(&key, event.id, person, personal.fields, &event.data).map_err(AppendError::Refused)?;
        Ok(match sealed {
            Some((data, sealed)) => (data, Some(sealed)),
            None => (event.data.clone(), None),
        })
    }

    fn layers(&self) -> Layers<'_> {
        Layers {
            own: &self.own,
            older: self.older,
            base: self.ground.index,
        }
    }
}

/// The index as a decision sees it.
struct Layers<'a> {
    own: &'a Layer,
    older: &'a [&'a Layer],
    base: &'a Index,
}

impl Layers<'_> {
    fn all(&self) -> Vec<&Layer> {
        std::iter::once(self.own).chain(self.older.iter().copied()).collect()
    }
}

impl Read for Layers<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        index::get_through(&self.all(), self.base, key)
    }

    fn range(&self, from: &[u8], to: &[u8]) -> Result<std::collections::BTreeMap<Vec<u8>, Vec<u8>>, IndexError> {
        index::range_through(&self.all(), self.base, from, to)
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, IndexError> {
        index::last_through(&self.all(), self.base, from, to)
    }
}

fn missing_state<S, F>(id: AggregateId, fold: F) -> Missing
where
    S: Default + Clone + Send + Sync + 'static,
    F: Fold<S> + Send + 'static,
{
    let what = id.to_string();
    let load = move |store: EventStore| {
        async move {
            let era = store.states().era();
            let loaded = store.load_state::<S>(&id, &fold).await.map_err(|error| match error {
                LoadError::Unavailable(reason) => AppendError::Unavailable(reason),
                error => AppendError::Damaged(error.to_string()),
            })?;
            let (state, head) = (loaded.shared_state(), loaded.head());
            Ok(Found::State(id, PreparedState { state, head, era }))
        }
        .boxed()
    };
    Missing {
        what,
        load: Box::new(load),
    }
}

fn missing_key(person: String, is_new: bool) -> Missing {
    let load = move |store: EventStore| {
        async move {
            let key = store.keyring()?.key_to_seal(&person, is_new).await?;
            Ok(Found::Key(person, key))
        }
        .boxed()
    };
    Missing {
        what: "a key".to_owned(),
        load: Box::new(load),
    }
}

fn start(stream: &'static StreamDefinition) -> Missing {
    let load = move |store: EventStore| {
        async move {
            store.index(stream).await?;
            Ok(Found::Neighbour)
        }
        .boxed()
    };
    Missing {
        what: stream.name.to_owned(),
        load: Box::new(load),
    }
}
