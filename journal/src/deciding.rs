//! Deciding a command: it loads the aggregates it is about, decides, and stages events. All that it stages is of one
//! context and is stored together or not at all.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{
    Decider, NamedEvent as _,
    bookings::TimeTaken,
    values::{EmailHash, Period},
};
use event_store::{
    AggregateId, AppendError, Decided, Loaded, Metadata, NewEvent, PersonalData, Receipt, Undecided, UsedKey, View,
};
use platform::ambient::new_id;
use serde_json::Value;
use uuid::Uuid;

use crate::{Context, Journal, Journaled, ReadError, folding::Folding, models};

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

/// What a command decides on, and what it has decided.
///
/// A decision is taken again whenever what it was taken on has changed, or when something that it asks for has to be loaded
/// first. It must have no effects but what it stages.
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

    /// Loads an aggregate. One that does not exist has version 0 and its default state. One of another context is looked
    /// at as far as this process has followed that context's stream.
    ///
    /// # Errors
    /// It is not in memory, or cannot be had.
    pub fn load<A: Journaled>(&self, id: impl ToString) -> Result<Loaded<A>, Undecided> {
        let id = aggregate_id::<A>(A::CONTEXT, &id.to_string())?;
        self.view.state(&id, &Folding::new())
    }

    /// Stages the events that were decided for an aggregate, and folds them into it.
    ///
    /// # Errors
    /// An event cannot be written, or the key of the person it is about is not in memory.
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

    /// What is known of a key, if it has been used in this context.
    ///
    /// # Errors
    /// That cannot be looked up.
    pub fn used_key(&self, key: &str) -> Result<Option<UsedKey>, Undecided> {
        self.view.used_key(key)
    }

    /// Notes that a key has been used, together with what is staged.
    pub fn use_key(&mut self, receipt: Receipt) {
        self.view.use_key(receipt);
    }

    /// What live appointments take of a party's time, where that overlaps a period.
    ///
    /// # Errors
    /// That cannot be looked up.
    pub fn time_taken(&self, party_id: Uuid, period: Period) -> Result<Vec<TimeTaken>, Undecided> {
        models::time_taken(&ModelEntries(self.view), party_id, period)
    }

    /// Who holds an e-mail address.
    ///
    /// # Errors
    /// That cannot be looked up.
    pub fn email_holder(&self, hash: &EmailHash) -> Result<Option<Uuid>, Undecided> {
        models::email_holder(&ModelEntries(self.view), hash)
    }

    /// The live prescription that stands against an appointment.
    ///
    /// # Errors
    /// That cannot be looked up.
    pub fn live_prescription(&self, appointment_id: Uuid) -> Result<Option<Uuid>, Undecided> {
        models::live_prescription(&ModelEntries(self.view), appointment_id)
    }
}

/// The entries of the one model that each context with a rule has.
struct ModelEntries<'a, 'v>(&'a View<'v>);

impl models::Entries for ModelEntries<'_, '_> {
    type Error = Undecided;

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Undecided> {
        self.0.model_entry(0, key)
    }

    fn range(&self, from: &[u8], to: &[u8]) -> Result<Vec<models::Entry>, Undecided> {
        self.0.model_range(0, from, to)
    }
}

impl Journal {
    /// Loads an aggregate to look at it, as far as this process has followed its stream.
    ///
    /// # Errors
    /// The log cannot be reached, or what it holds cannot be read.
    pub async fn load<A: Journaled>(&self, id: &str) -> Result<Loaded<A>, ReadError> {
        let id = aggregate_id::<A>(A::CONTEXT, id)?;
        Ok(self.store().load_state(&id, &Folding::new()).await?)
    }

    /// As [`Journal::load`], once this process has followed the stream to where it ends now.
    ///
    /// # Errors
    /// As [`Journal::load`].
    pub async fn load_latest<A: Journaled>(&self, id: &str) -> Result<Loaded<A>, ReadError> {
        self.catch_up(A::CONTEXT, |_, _| {}).await?;
        self.load(id).await
    }

    /// As [`Journal::load`], as it was at a version.
    ///
    /// # Errors
    /// As [`Journal::load`].
    pub async fn load_at<A: Journaled>(&self, id: &str, version: u64) -> Result<Loaded<A>, ReadError> {
        let id = aggregate_id::<A>(A::CONTEXT, id)?;
        Ok(self.store().load_state_at(&id, version, &Folding::new()).await?)
    }

    /// Decides in a context, and stores what was decided. Answers when it is durable.
    ///
    /// # Errors
    /// It was not stored, or that is not known.
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

/// What of an event is personal, and whose it is. The event has been folded into the aggregate already. One that could
/// hold something personal and does not asks for no key: it can be stored after the person has been erased, too.
fn personal<A: Decider>(loaded: &Loaded<A>, event_type: &str, body: &Value) -> Option<PersonalData> {
    let fields = events::personal_fields(event_type)?;
    let is_told = |field: &&str| body.pointer(field).is_some_and(|value| !value.is_null());
    if !fields.iter().any(is_told) {
        return None;
    }
    let data_subject = loaded.state().data_subject(loaded.id().id())?;
    Some(PersonalData { data_subject, fields })
}
