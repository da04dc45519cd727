//! The store as a `cqrs_es` event store, for applications that are written with that framework.
//!
//! The body of an event is `{"payload": …, "metadata": {…}}`: the event as serde serializes it, and the metadata of
//! the command. The metadata fields `time` (RFC 3339), `actor`, `correlation_id`, `causation_id` and `traceparent`
//! also go into the envelope.

use std::{
    collections::HashMap,
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use bytes::Bytes;
use chrono::{DateTime, SubsecRound as _, Utc};
use cqrs_es::{Aggregate, AggregateContext, AggregateError, DomainEvent as _, EventEnvelope};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use crate::{
    AggregateId, Append, AppendError, EventStore, LoadError, Loaded, Metadata, NewEvent, RecordedEvent,
    StreamDefinition, Write,
};

/// Upgrades the payload of an event from an earlier schema version to the current one. It takes the event type, the
/// version that the event was written in, and the payload.
type Upcaster = dyn Fn(&str, u32, Value) -> Result<Value, String> + Send + Sync;

/// An event store for the aggregates of one type, in one stream.
///
/// An event's `event_version` must begin with a number. Only that number is kept, so `"2"` and `"2.1"` are both
/// version 2.
pub struct CqrsEventStore<A> {
    store: EventStore,
    stream: &'static StreamDefinition,
    upcaster: Option<Arc<Upcaster>>,
    turns: Turns,
    aggregate: PhantomData<fn() -> A>,
}

/// Lets the writers of an aggregate take turns. The framework decides between a load and an append, so two concurrent
/// commands would conflict.
#[derive(Debug, Default)]
struct Turns(Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// Waits for a turn. Dropping the guard ends it.
    async fn take(&self, aggregate_id: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match turns.get(aggregate_id).and_then(Weak::upgrade) {
                Some(turn) => turn,
                None => {
                    turns.retain(|_, turn| turn.strong_count() > 0);
                    let turn = Arc::default();
                    turns.insert(aggregate_id.to_owned(), Arc::downgrade(&turn));
                    turn
                }
            }
        };
        turn.lock_owned().await
    }
}

impl<A> fmt::Debug for CqrsEventStore<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CqrsEventStore")
            .field("stream", &self.stream.name)
            .finish_non_exhaustive()
    }
}

/// An aggregate that has been loaded for a command. Until it is dropped, other loads of the aggregate through the
/// same [`CqrsEventStore`] wait.
#[derive(Debug)]
pub struct CqrsContext<A> {
    loaded: Loaded<A>,
    turn: OwnedMutexGuard<()>,
    /// The copy that handles the command.
    aggregate: A,
}

impl<A: Aggregate> AggregateContext<A> for CqrsContext<A> {
    fn aggregate(&mut self) -> &mut A {
        &mut self.aggregate
    }
}

#[derive(Serialize, Deserialize)]
struct Body {
    payload: Value,
    #[serde(default)]
    metadata: HashMap<String, String>,
}

impl<A> CqrsEventStore<A> {
    /// Creates an event store on a stream that the store was connected with.
    #[must_use]
    pub fn new(store: EventStore, stream: &'static StreamDefinition) -> Self {
        Self {
            store,
            stream,
            upcaster: None,
            turns: Turns::default(),
            aggregate: PhantomData,
        }
    }

    /// Upgrades events of earlier schema versions with this function when they are read.
    #[must_use]
    pub fn with_upcaster(
        mut self,
        upcaster: impl Fn(&str, u32, Value) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Self {
        self.upcaster = Some(Arc::new(upcaster));
        self
    }
}

impl<A: Aggregate> CqrsEventStore<A> {
    fn id(&self, aggregate_id: &str) -> Result<AggregateId, AggregateError<A::Error>> {
        AggregateId::new(self.stream, A::TYPE, aggregate_id).map_err(unexpected)
    }

    fn read(&self, event: &RecordedEvent, body: &[u8]) -> Result<(A::Event, HashMap<String, String>), String> {
        let damaged = |_| "the body cannot be read".to_owned();
        let Body { mut payload, metadata } = serde_json::from_slice(body).map_err(damaged)?;
        if let Some(upcaster) = &self.upcaster {
            payload = upcaster(&event.event_type, event.schema_version, payload)?;
        }
        Ok((serde_json::from_value(payload).map_err(damaged)?, metadata))
    }

    fn new_event(&self, event: &A::Event, metadata: &HashMap<String, String>) -> Result<NewEvent, String> {
        let version = event.event_version();
        let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
        let body = Body {
            payload: serde_json::to_value(event).map_err(|error| error.to_string())?,
            metadata: metadata.clone(),
        };
        Ok(NewEvent {
            id: new_id(),
            event_type: event.event_type(),
            schema_version: digits
                .parse()
                .map_err(|_| format!("event version {version:?} does not begin with a number"))?,
            data: Bytes::from(serde_json::to_vec(&body).map_err(|error| error.to_string())?),
            personal: None,
        })
    }
}

impl<A: Aggregate + Clone + 'static> cqrs_es::EventStore<A> for CqrsEventStore<A> {
    type AC = CqrsContext<A>;

    async fn load_events(&self, aggregate_id: &str) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        let id = self.id(aggregate_id)?;
        self.store
            .catch_up(self.stream, |_, _| {})
            .await
            .map_err(append_error)?;
        let events = self.store.load(&id).await.map_err(load_error)?;
        let bodies = self.store.open(&events).await.map_err(load_error)?;
        let envelope = |(event, body): (&RecordedEvent, Bytes)| {
            let (payload, metadata) = self.read(event, &body)?;
            Ok(EventEnvelope {
                aggregate_id: aggregate_id.to_owned(),
                sequence: usize::try_from(event.version).map_err(|error| error.to_string())?,
                payload,
                metadata,
            })
        };
        let envelopes: Result<_, String> = events.iter().zip(bodies).map(envelope).collect();
        envelopes.map_err(|reason| AggregateError::DeserializationError(reason.into()))
    }

    async fn load_aggregate(&self, aggregate_id: &str) -> Result<CqrsContext<A>, AggregateError<A::Error>> {
        let id = self.id(aggregate_id)?;
        let fold = |aggregate: &mut A, event: &RecordedEvent, body: &[u8]| {
            aggregate.apply(self.read(event, body)?.0);
            Ok(())
        };
        let turn = self.turns.take(aggregate_id).await;
        // The framework returns a refusal as an answer, so it must not decide on an old state.
        self.store
            .catch_up(self.stream, |_, _| {})
            .await
            .map_err(append_error)?;
        let loaded = self.store.load_state(&id, &fold).await.map_err(load_error)?;
        Ok(CqrsContext {
            aggregate: loaded.state().clone(),
            loaded,
            turn,
        })
    }

    async fn commit(
        &self,
        events: Vec<A::Event>,
        context: CqrsContext<A>,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        let CqrsContext { loaded, turn, .. } = context;
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let (id, head) = (loaded.id().clone(), loaded.head());
        let new_events: Result<Vec<_>, _> = events.iter().map(|event| self.new_event(event, &metadata)).collect();
        let append = Append {
            stream: self.stream,
            writes: vec![Write {
                aggregate: id.clone(),
                expected_version: head.version,
                events: new_events.map_err(|reason| AggregateError::UnexpectedError(reason.into()))?,
            }],
            metadata: envelope_metadata(&metadata).map_err(|reason| AggregateError::UnexpectedError(reason.into()))?,
        };
        let appended = self.store.append(append).await;
        drop(turn);
        appended.map_err(append_error)?;
        let mut sequence = usize::try_from(head.version).map_err(unexpected)?;
        let committed = events.into_iter().map(|payload| {
            sequence += 1;
            EventEnvelope {
                aggregate_id: id.id().to_owned(),
                sequence,
                payload,
                metadata: metadata.clone(),
            }
        });
        Ok(committed.collect())
    }
}

fn envelope_metadata(metadata: &HashMap<String, String>) -> Result<Metadata, String> {
    let unreadable = |name: &str| format!("metadata {name} cannot be read");
    let uuid = |name: &str| {
        let id = metadata.get(name).map(|text| text.parse::<Uuid>());
        id.transpose().map_err(|_| unreadable(name))
    };
    let time = metadata.get("time").map(|text| text.parse::<DateTime<Utc>>());
    Ok(Metadata {
        time: time.transpose().map_err(|_| unreadable("time"))?.unwrap_or_else(now),
        actor: metadata.get("actor").cloned().unwrap_or_else(|| "unknown".to_owned()),
        correlation_id: uuid("correlation_id")?.unwrap_or_else(new_id),
        causation_id: uuid("causation_id")?,
        traceparent: metadata.get("traceparent").cloned(),
    })
}

fn load_error<E: std::error::Error>(error: LoadError) -> AggregateError<E> {
    match error {
        LoadError::Unavailable(_) => AggregateError::DatabaseConnectionError(error.into()),
        LoadError::Body { .. } | LoadError::Envelope(_) => AggregateError::DeserializationError(error.into()),
        LoadError::Missing { .. } | LoadError::NoEvent { .. } | LoadError::Sealed(_) => {
            AggregateError::UnexpectedError(error.into())
        }
    }
}

fn append_error<E: std::error::Error>(error: AppendError) -> AggregateError<E> {
    match error {
        AppendError::Conflict => AggregateError::AggregateConflict,
        AppendError::Overloaded | AppendError::Unavailable(_) | AppendError::Full(_) => {
            AggregateError::DatabaseConnectionError(error.into())
        }
        AppendError::OutcomeUnknown
        | AppendError::Refused(_)
        | AppendError::DataSubjectErased
        | AppendError::Damaged(_) => AggregateError::UnexpectedError(error.into()),
    }
}

fn unexpected<E: std::error::Error>(error: impl std::error::Error + Send + Sync + 'static) -> AggregateError<E> {
    AggregateError::UnexpectedError(Box::new(error))
}

#[allow(
    clippy::disallowed_methods,
    reason = "the framework gives no time and no ids, and an event needs both"
)]
fn now() -> DateTime<Utc> {
    DateTime::<Utc>::from(std::time::SystemTime::now()).trunc_subsecs(6)
}

#[allow(
    clippy::disallowed_methods,
    reason = "the framework gives no time and no ids, and an event needs both"
)]
fn new_id() -> Uuid {
    Uuid::now_v7()
}
