//! Deciding a command: a decision loads aggregates and stages events. All staged events belong to one context and are
//! stored atomically.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{
    Decider, NamedEvent as _,
    bookings::TimeTaken,
    values::{EmailHash, IdentifierHash, Period},
};
use event_store::{
    AggregateId, AppendError, Decided, Loaded, Metadata, NewEvent, PersonalData, Receipt, Undecided, UsedKey, View,
};
use platform::ambient::new_id;
use serde_json::Value;
use uuid::Uuid;

use crate::{Context, Journal, Journaled, ReadError, folding::Folding, models};

/// The actor, the time and the correlation of a command.
#[derive(Clone, Debug)]
pub struct CommandContext {
    /// When the command was given.
    pub now: DateTime<Utc>,
    /// Who gave the command: an opaque id.
    pub actor: String,
    /// Correlates everything that the same request caused.
    pub correlation_id: Uuid,
    /// The event that the command reacts to, if any.
    pub causation_id: Option<Uuid>,
    /// The W3C trace context.
    pub traceparent: Option<String>,
}

impl CommandContext {
    fn metadata(&self) -> Metadata {
        Metadata {
            time: self.now,
            actor: self.actor.clone(),
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            traceparent: self.traceparent.clone(),
        }
    }
}

/// The data that a command decides on, and the events that it stages.
///
/// A decision is repeated when the underlying data has changed, or when something that it needs has to be loaded
/// first. It must have no side effects other than staging.
#[derive(Debug)]
pub struct Decision<'a, 'v> {
    view: &'a mut View<'v>,
    context: &'a CommandContext,
}

impl Decision<'_, '_> {
    /// When the command was given.
    #[must_use]
    pub const fn now(&self) -> DateTime<Utc> {
        self.context.now
    }

    /// Loads an aggregate. An aggregate that does not exist has version 0 and its default state. An aggregate of
    /// another context is as current as this process has followed that context's stream.
    ///
    /// # Errors
    /// The aggregate is not in memory, or is unavailable.
    pub fn load<A: Journaled>(&self, id: impl ToString) -> Result<Loaded<A>, Undecided> {
        let id = aggregate_id::<A>(A::CONTEXT, &id.to_string())?;
        self.view.state(&id, &Folding::new())
    }

    /// Stages the decided events of an aggregate, and folds them into it.
    ///
    /// # Errors
    /// An event cannot be serialized, or the data subject's key is not in memory.
    pub fn stage<A: Journaled>(&mut self, loaded: &mut Loaded<A>, events: &[A::Event]) -> Result<(), Undecided> {
        if events.is_empty() {
            return Ok(());
        }
        let mut staged = Vec::with_capacity(events.len());
        for event in events {
            let name = event.name();
            loaded.evolve(event, Decider::evolve);
            let unwritable =
                |error: serde_json::Error| AppendError::Refused(format!("an event cannot be written: {error}"));
            let body = events::encode(event).map_err(unwritable)?.data;
            staged.push(NewEvent {
                id: new_id(),
                event_type: name.event_type.to_owned(),
                schema_version: name.schema_version,
                data: Bytes::from(serde_json::to_vec(&body).map_err(unwritable)?),
                personal: personal(loaded, name.event_type, &body),
            });
        }
        let id = loaded.id().clone();
        self.view
            .append(&id, loaded.shared_state(), staged, &self.context.metadata())?;
        Ok(())
    }

    /// The receipt of an idempotency key, if it has been used in this context.
    ///
    /// # Errors
    /// The key cannot be looked up.
    pub fn used_key(&self, key: &str) -> Result<Option<UsedKey>, Undecided> {
        self.view.used_key(key)
    }

    /// Records the use of an idempotency key, together with the staged events.
    pub fn use_key(&mut self, receipt: Receipt) {
        self.view.use_key(receipt);
    }

    /// The time of a party that live appointments take within a period.
    ///
    /// # Errors
    /// The time cannot be looked up.
    pub fn time_taken(&self, party_id: Uuid, period: Period) -> Result<Vec<TimeTaken>, Undecided> {
        models::time_taken(&self.model(FIRST), party_id, period)
    }

    /// The patient who holds an e-mail address.
    ///
    /// # Errors
    /// The address cannot be looked up.
    pub fn email_holder(&self, hash: &EmailHash) -> Result<Option<Uuid>, Undecided> {
        models::email_holder(&self.model(FIRST), hash)
    }

    /// The patients who hold an identifier. Several can, if its system need not be unique.
    ///
    /// # Errors
    /// The identifier cannot be looked up.
    pub fn identifier_holders(&self, hash: &IdentifierHash) -> Result<Vec<Uuid>, Undecided> {
        models::identifier_holders(&self.model(IDENTIFIERS), hash)
    }

    /// The live prescriptions of an appointment, by id.
    ///
    /// # Errors
    /// The prescriptions cannot be looked up.
    pub fn live_prescriptions(&self, appointment_id: Uuid) -> Result<Vec<Uuid>, Undecided> {
        models::live_prescriptions(&self.model(FIRST), appointment_id)
    }
}

impl<'v> Decision<'_, 'v> {
    fn model(&self, model: u8) -> ModelEntries<'_, 'v> {
        ModelEntries { view: self.view, model }
    }
}

/// The first decision model of a context, by its place in the stream's definition. Most contexts have no other.
const FIRST: u8 = 0;
/// The second decision model of [`Context::Patients`].
const IDENTIFIERS: u8 = 1;

/// The entries of one of a context's decision models.
struct ModelEntries<'a, 'v> {
    view: &'a View<'v>,
    model: u8,
}

impl models::Entries for ModelEntries<'_, '_> {
    type Error = Undecided;

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Undecided> {
        self.view.model_entry(self.model, key)
    }

    fn range(&self, from: &[u8], to: &[u8]) -> Result<Vec<models::Entry>, Undecided> {
        self.view.model_range(self.model, from, to)
    }
}

impl Journal {
    /// Loads an aggregate for reading, as far as this process has followed its stream.
    ///
    /// # Errors
    /// The log cannot be reached, or its data cannot be read.
    pub async fn load<A: Journaled>(&self, id: &str) -> Result<Loaded<A>, ReadError> {
        let id = aggregate_id::<A>(A::CONTEXT, id)?;
        Ok(self.store().load_state(&id, &Folding::new()).await?)
    }

    /// As [`Journal::load`], but first follows the stream to its present end.
    ///
    /// # Errors
    /// As [`Journal::load`].
    pub async fn load_latest<A: Journaled>(&self, id: &str) -> Result<Loaded<A>, ReadError> {
        self.catch_up(A::CONTEXT, |_, _| {}).await?;
        self.load(id).await
    }

    /// As [`Journal::load`], at a version.
    ///
    /// # Errors
    /// As [`Journal::load`].
    pub async fn load_at<A: Journaled>(&self, id: &str, version: u64) -> Result<Loaded<A>, ReadError> {
        let id = aggregate_id::<A>(A::CONTEXT, id)?;
        Ok(self.store().load_state_at(&id, version, &Folding::new()).await?)
    }

    /// Decides in a context and stores the result. Returns when the result is durable.
    ///
    /// # Errors
    /// Nothing was stored, or the outcome is unknown.
    pub async fn decide<T, E, F>(
        &self,
        context: Context,
        command: CommandContext,
        mut decide: F,
    ) -> Result<Decided<T, E>, AppendError>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnMut(&mut Decision<'_, '_>) -> Result<Result<T, E>, Undecided> + Send + 'static,
    {
        self.store()
            .decide(context.definition(), move |view| {
                decide(&mut Decision {
                    view,
                    context: &command,
                })
            })
            .await
    }
}

fn aggregate_id<A: Decider>(context: Context, id: &str) -> Result<AggregateId, AppendError> {
    AggregateId::new(context.definition(), A::TYPE, id)
        .map_err(|error| AppendError::Refused(format!("an aggregate's id {error}")))
}

/// The personal fields of an event and their data subject. The event has already been folded into the aggregate. An
/// event without personal content needs no key, so it can be stored even after the person has been erased.
fn personal<A: Decider>(loaded: &Loaded<A>, event_type: &str, body: &Value) -> Option<PersonalData> {
    let fields = events::personal_fields(event_type)?;
    let is_told = |field: &&str| body.pointer(field).is_some_and(|value| !value.is_null());
    if !fields.iter().any(is_told) {
        return None;
    }
    let data_subject = loaded.state().data_subject(loaded.id().id())?;
    Some(PersonalData { data_subject, fields })
}
