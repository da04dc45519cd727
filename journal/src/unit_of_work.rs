//! A unit of work: the events of one command, over all the aggregates it touches, stored together or not at all.

use std::{any::Any, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{Decider, NamedEvent as _};
use event_store::{AggregateId, Append, EventStore, Head, Loaded, Metadata, NewEvent, PersonalData, Turn, Write};
use platform::ambient::new_id;
use serde_json::Value;
use uuid::Uuid;

use crate::{CommitError, Context};

/// Who gave a command, when, and what it belongs to.
#[derive(Clone, Debug)]
pub struct CommandContext {
    /// The present instant.
    pub now: DateTime<Utc>,
    /// Who gave the command: an opaque id.
    pub actor: String,
    /// What ties it to everything else that the same request set off.
    pub correlation_id: Uuid,
    /// The event that it reacts to, if it reacts to one.
    pub causation_id: Option<Uuid>,
    /// The W3C trace context.
    pub traceparent: Option<String>,
}

/// Events that have been decided and are to be stored together. All are of one context.
#[derive(Debug)]
pub struct UnitOfWork {
    context: Context,
    writes: Vec<Write>,
    /// One for each write.
    written: Vec<Written>,
    leans_on_unwritten: bool,
}

impl UnitOfWork {
    /// Begins a unit of work in one context.
    #[must_use]
    pub const fn new(context: Context) -> Self {
        Self {
            context,
            writes: Vec::new(),
            written: Vec::new(),
            leans_on_unwritten: false,
        }
    }

    /// Adds the events that were decided for an aggregate, and folds them into it.
    ///
    /// # Errors
    /// An event cannot be written as JSON.
    pub fn stage<A: Decider>(&mut self, loaded: &mut Loaded<A>, events: &[A::Event]) -> Result<(), CommitError> {
        let known = self.writes.iter().position(|write| write.aggregate == *loaded.id());
        if events.is_empty() {
            self.leans_on_unwritten |= known.is_none();
            return Ok(());
        }
        let mut staged = Vec::with_capacity(events.len());
        for event in events {
            let name = event.name();
            loaded.evolve(event, Decider::evolve);
            let body = schemas::encode(event)?.data;
            staged.push(NewEvent {
                id: new_id(),
                event_type: name.event_type.to_owned(),
                schema_version: name.schema_version,
                data: Bytes::from(serde_json::to_vec(&body)?),
                personal: personal(loaded, name.event_type, &body),
            });
        }
        match known {
            Some(index) => {
                self.writes[index].events.extend(staged);
                self.written[index].state = loaded.shared_state();
            }
            None => {
                let head = loaded.head();
                self.writes.push(Write {
                    aggregate: loaded.id().clone(),
                    expected_version: head.version,
                    previous_hash: head.hash,
                    events: staged,
                });
                self.written.push(Written {
                    id: loaded.id().clone(),
                    state: loaded.shared_state(),
                    _turn: loaded.take_turn(),
                });
            }
        }
        Ok(())
    }

    /// Whether nothing has been staged.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Whether a decision about an aggregate came to no events: its state had a say, and no expected version guards it.
    #[must_use]
    pub const fn leans_on_unwritten(&self) -> bool {
        self.leans_on_unwritten
    }

    pub(crate) fn into_append(self, command: &CommandContext) -> (Append, Outcome) {
        let append = Append {
            stream: self.context.definition(),
            writes: self.writes,
            metadata: Metadata {
                time: command.now,
                actor: command.actor.clone(),
                correlation_id: command.correlation_id,
                causation_id: command.causation_id,
                traceparent: command.traceparent.clone(),
            },
        };
        (append, Outcome(self.written))
    }
}

/// What of an event is personal, and whose it is. The event has been folded into the aggregate already. One that could
/// hold something personal and does not asks for no key: it can be stored after the person has been erased, too.
fn personal<A: Decider>(loaded: &Loaded<A>, event_type: &str, body: &Value) -> Option<PersonalData> {
    let fields = schemas::personal_fields(event_type)?;
    let is_told = |field: &&str| body.pointer(field).is_some_and(|value| !value.is_null());
    if !fields.iter().any(is_told) {
        return None;
    }
    let data_subject = loaded.state().data_subject(loaded.id().id())?;
    Some(PersonalData { data_subject, fields })
}

/// What a unit of work brings its aggregates to, once it is stored.
#[derive(Debug)]
pub(crate) struct Outcome(Vec<Written>);

#[derive(Debug)]
struct Written {
    id: AggregateId,
    state: Arc<dyn Any + Send + Sync>,
    /// Held until the append has been answered.
    _turn: Option<Turn>,
}

impl Outcome {
    /// Tells the store's memory what became of the append: the new heads, or nothing when it was not stored.
    pub(crate) fn tell(self, store: &EventStore, heads: Option<&[Head]>) {
        for (index, written) in self.0.into_iter().enumerate() {
            match heads.and_then(|heads| heads.get(index)) {
                Some(head) => store.remember(&written.id, written.state, *head),
                None => store.forget(&written.id),
            }
        }
    }
}
