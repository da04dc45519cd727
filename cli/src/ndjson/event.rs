//! An event as a line of JSON, with its personal fields in the clear.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use journal::{OpenedEvent, Sealed};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// An event with all its fields.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventLine {
    stream: &'static str,
    position: u64,
    index: u32,
    id: Uuid,
    r#type: String,
    schema_version: u32,
    aggregate_type: String,
    aggregate_id: String,
    version: u64,
    time: DateTime<Utc>,
    actor: String,
    correlation_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    causation_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    /// The fields of `data` that are sealed in the log and in the clear in this line.
    #[serde(skip_serializing_if = "Option::is_none")]
    opened: Option<PersonalFields>,
    data: Box<RawValue>,
}

/// Fields of a body as JSON pointers, and the person whom they concern.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PersonalFields {
    data_subject: String,
    fields: Vec<String>,
}

impl EventLine {
    /// Converts an event with its personal fields in the clear.
    ///
    /// # Errors
    /// Its body is not one line of JSON.
    pub(crate) fn opened(event: &OpenedEvent) -> anyhow::Result<Self> {
        let (recorded, body) = (&event.recorded, &event.body);
        let (name, place) = (recorded.stream.name, recorded.place());
        let fault = || format!("stream {name}, sequence {place}: the body is not one line of JSON");
        let data = RawValue::from_string(String::from_utf8(body.to_vec()).with_context(fault)?).with_context(fault)?;
        anyhow::ensure!(!data.get().contains('\n'), fault());
        Ok(Self {
            stream: name,
            position: recorded.position,
            index: recorded.index,
            id: recorded.id,
            r#type: recorded.event_type.clone(),
            schema_version: recorded.schema_version,
            aggregate_type: recorded.aggregate_type.clone(),
            aggregate_id: recorded.aggregate_id.clone(),
            version: recorded.version,
            time: recorded.metadata.time,
            actor: recorded.metadata.actor.clone(),
            correlation_id: recorded.metadata.correlation_id,
            causation_id: recorded.metadata.causation_id,
            traceparent: recorded.metadata.traceparent.clone(),
            opened: recorded.sealed.as_ref().map(PersonalFields::of),
            data,
        })
    }
}

impl PersonalFields {
    fn of(sealed: &Sealed) -> Self {
        Self {
            data_subject: sealed.data_subject.clone(),
            fields: sealed.fields.clone(),
        }
    }
}
