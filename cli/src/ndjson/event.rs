//! An event as a line of JSON, whole: with its hash and what is needed to store it again.

use anyhow::Context as _;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use journal::{Context, EventHash, Metadata, OpenedEvent, RecordedEvent, Sealed};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// An event, whole.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EventLine {
    stream: String,
    position: u64,
    id: Uuid,
    r#type: String,
    schema_version: u32,
    aggregate_type: String,
    aggregate_id: String,
    version: u64,
    time: DateTime<Utc>,
    actor: String,
    correlation_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    causation_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    previous_hash: String,
    hash: String,
    /// Which fields of `data` are sealed, and under whose key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<PersonalFields>,
    /// Which fields of `data` are sealed in the log, and have been opened for this line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opened: Option<PersonalFields>,
    data: Box<RawValue>,
}

/// Fields of a body, as JSON pointers, and the person they are about.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PersonalFields {
    data_subject: String,
    fields: Vec<String>,
}

impl EventLine {
    /// An event as it stands in the log, with its personal fields sealed.
    ///
    /// # Errors
    /// Its body cannot stand in a line.
    pub(crate) fn sealed(event: &RecordedEvent) -> anyhow::Result<Self> {
        Ok(Self {
            sealed: event.sealed.as_ref().map(PersonalFields::of),
            ..Self::bare(event, &event.data)?
        })
    }

    /// An event with its personal fields in the clear.
    ///
    /// # Errors
    /// Its body cannot stand in a line.
    pub(crate) fn opened(event: &OpenedEvent) -> anyhow::Result<Self> {
        Ok(Self {
            opened: event.recorded.sealed.as_ref().map(PersonalFields::of),
            ..Self::bare(&event.recorded, &event.body)?
        })
    }

    fn bare(event: &RecordedEvent, body: &Bytes) -> anyhow::Result<Self> {
        let name = event.stream.name;
        let place = || {
            format!(
                "stream {name}, sequence {}: the body cannot stand in a line",
                event.position
            )
        };
        let data = RawValue::from_string(String::from_utf8(body.to_vec()).with_context(place)?).with_context(place)?;
        anyhow::ensure!(data.get().len() == body.len() && !data.get().contains('\n'), place());
        Ok(Self {
            stream: name.to_owned(),
            position: event.position,
            id: event.id,
            r#type: event.event_type.clone(),
            schema_version: event.schema_version,
            aggregate_type: event.aggregate_type.clone(),
            aggregate_id: event.aggregate_id.clone(),
            version: event.version,
            time: event.metadata.time,
            actor: event.metadata.actor.clone(),
            correlation_id: event.metadata.correlation_id,
            causation_id: event.metadata.causation_id,
            traceparent: event.metadata.traceparent.clone(),
            previous_hash: event.previous_hash.to_string(),
            hash: event.hash().to_string(),
            sealed: None,
            opened: None,
            data,
        })
    }

    /// The event that the line was written of, if it is whole.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn into_recorded(self) -> Result<RecordedEvent, String> {
        if self.opened.is_some() {
            return Err(
                "its personal fields are in the clear; only a backup made with --sealed can be imported".to_owned(),
            );
        }
        let context: Context = self
            .stream
            .parse()
            .map_err(|_| "field stream names no stream".to_owned())?;
        let known = schemas::CATALOGUE
            .iter()
            .find(|known| known.aggregate_type == self.aggregate_type)
            .ok_or("field aggregateType is no type of aggregates that is known")?;
        let at_home = Context::of_aggregate_type(known.aggregate_type).is_none_or(|home| home == context);
        if !at_home || known.events.iter().all(|name| name.event_type != self.r#type) {
            return Err("fields stream, aggregateType and type do not go together".to_owned());
        }
        let event = RecordedEvent {
            stream: context.definition(),
            position: self.position,
            aggregate_type: self.aggregate_type,
            aggregate_id: self.aggregate_id,
            version: self.version,
            id: self.id,
            event_type: self.r#type,
            schema_version: self.schema_version,
            metadata: Metadata {
                time: self.time,
                actor: self.actor,
                correlation_id: self.correlation_id,
                causation_id: self.causation_id,
                traceparent: self.traceparent,
            },
            previous_hash: EventHash::from_hex(&self.previous_hash).ok_or("field previousHash is no hash")?,
            sealed: self.sealed.map(PersonalFields::into_sealed),
            data: Bytes::from(Box::<str>::from(self.data).into_string()),
        };
        if EventHash::from_hex(&self.hash) != Some(event.hash()) {
            return Err(
                "the event is not what was backed up: it does not have the hash that stands beside it".to_owned(),
            );
        }
        Ok(event)
    }
}

impl PersonalFields {
    fn of(sealed: &Sealed) -> Self {
        Self {
            data_subject: sealed.data_subject.clone(),
            fields: sealed.fields.clone(),
        }
    }

    fn into_sealed(self) -> Sealed {
        Sealed {
            data_subject: self.data_subject,
            fields: self.fields,
        }
    }
}
