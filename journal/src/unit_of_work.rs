//! A unit of work: the events of one command, over all the aggregates it touches, stored together or not at all.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{Decider, NamedEvent as _};
use event_store::{AggregateId, Append, EventHash, Metadata, NewEvent, Write};
use platform::ambient::new_id;
use uuid::Uuid;

use crate::{CommitError, Context};

/// An aggregate as the log has it.
#[derive(Clone, Debug)]
pub struct Loaded<A> {
    pub(crate) id: AggregateId,
    pub(crate) state: A,
    pub(crate) version: u64,
    pub(crate) hash: EventHash,
    pub(crate) position: u64,
}

impl<A> Loaded<A> {
    /// Its state.
    pub const fn state(&self) -> &A {
        &self.state
    }

    /// Its version: how many events have shaped it. 0 when it does not exist.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The position in its stream of the last event it was loaded from; 0 when it does not exist.
    pub const fn position(&self) -> u64 {
        self.position
    }
}

/// Who gave a command, when, and what it belongs to.
#[derive(Clone, Debug)]
pub struct CommandContext {
    /// The present instant.
    pub now: DateTime<Utc>,
    /// Who gave the command: an opaque id.
    pub actor: String,
    /// What ties it to everything else that the same request set off.
    pub correlation_id: Uuid,
    /// The W3C trace context.
    pub traceparent: Option<String>,
}

/// Events that have been decided and are to be stored together. All are of one context.
#[derive(Debug)]
pub struct UnitOfWork {
    context: Context,
    writes: Vec<Write>,
}

impl UnitOfWork {
    /// Begins a unit of work in one context.
    #[must_use]
    pub const fn new(context: Context) -> Self {
        Self {
            context,
            writes: Vec::new(),
        }
    }

    /// Adds the events that were decided for an aggregate, and folds them into it.
    ///
    /// # Errors
    /// An event cannot be written as JSON.
    pub fn stage<A: Decider>(&mut self, loaded: &mut Loaded<A>, events: &[A::Event]) -> Result<(), CommitError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut staged = Vec::with_capacity(events.len());
        for event in events {
            let name = event.name();
            staged.push(NewEvent {
                id: new_id(),
                event_type: name.event_type.to_owned(),
                schema_version: name.schema_version,
                data: Bytes::from(serde_json::to_vec(&schemas::encode(event)?.data)?),
            });
        }
        match self.writes.iter_mut().find(|write| write.aggregate == loaded.id) {
            Some(write) => write.events.extend(staged),
            None => self.writes.push(Write {
                aggregate: loaded.id.clone(),
                expected_version: loaded.version,
                previous_hash: loaded.hash,
                events: staged,
            }),
        }
        events
            .iter()
            .for_each(|event| Decider::evolve(&mut loaded.state, event));
        loaded.version += events.len() as u64;
        Ok(())
    }

    /// Whether nothing has been staged.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    pub(crate) fn into_append(self, command: &CommandContext) -> Append {
        Append {
            stream: self.context.definition(),
            writes: self.writes,
            metadata: Metadata {
                time: command.now,
                actor: command.actor.clone(),
                correlation_id: command.correlation_id,
                causation_id: None,
                traceparent: command.traceparent.clone(),
            },
        }
    }
}
