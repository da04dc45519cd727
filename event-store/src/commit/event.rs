//! An event in a commit: a CloudEvent 1.0 in JSON. Its attributes hold opaque ids only, and its data holds personal
//! fields sealed.

use std::{borrow::Cow, collections::BTreeSet};

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Place;
use crate::{StreamDefinition, check_token};

/// The CloudEvents version of every event.
const SPEC_VERSION: &str = "1.0";

/// Metadata shared by all events of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// When the command was decided.
    pub time: DateTime<Utc>,
    /// Who gave the command: an opaque id, never a name.
    pub actor: String,
    /// Correlates everything that one request caused, across commands and reactions.
    pub correlation_id: Uuid,
    /// The event that this command reacts to, if any.
    pub causation_id: Option<Uuid>,
    /// The W3C trace context of the command.
    pub traceparent: Option<String>,
}

/// A stored event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// The stream that holds it.
    pub stream: &'static StreamDefinition,
    /// The sequence of its commit in the stream, from 1.
    pub position: u64,
    /// Its index in the commit, from 0.
    pub index: u32,
    /// The type of its aggregate.
    pub aggregate_type: String,
    /// The id of its aggregate.
    pub aggregate_id: String,
    /// The aggregate's version after this event, from 1.
    pub version: u64,
    /// The event's id.
    pub id: Uuid,
    /// The event type.
    pub event_type: String,
    /// The schema version of its body.
    pub schema_version: u32,
    /// The metadata of its command.
    pub metadata: Metadata,
    /// The sealed fields of its body, if any.
    pub sealed: Option<Sealed>,
    /// The body as published: JSON.
    pub data: Bytes,
}

impl RecordedEvent {
    /// The event's place in its stream.
    #[must_use]
    pub const fn place(&self) -> Place {
        Place {
            position: self.position,
            index: self.index,
        }
    }

    /// The aggregate, as `type/id`.
    #[must_use]
    pub fn aggregate(&self) -> String {
        format!("{}/{}", self.aggregate_type, self.aggregate_id)
    }
}

/// The sealed fields of a body, and the person whose key seals them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The data subject: an opaque id.
    pub data_subject: String,
    /// JSON pointers to the sealed fields.
    pub fields: Vec<String>,
}

/// The serialized form of an event. CloudEvents attribute names consist of lower-case letters and digits.
#[derive(Serialize, Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    specversion: Cow<'a, str>,
    id: Uuid,
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(rename = "type", borrow)]
    event_type: Cow<'a, str>,
    #[serde(borrow)]
    subject: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    dataschema: Cow<'a, str>,
    aggregateversion: u64,
    #[serde(borrow)]
    actor: Cow<'a, str>,
    correlationid: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    causationid: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    traceparent: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    datasubject: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    sealedfields: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// Appends an event to a body. The caller writes commas and brackets.
///
/// # Errors
/// The event's body is not JSON in one line.
pub(crate) fn encode(source: &str, event: &RecordedEvent, body: &mut Vec<u8>) -> Result<(), String> {
    if event.data.contains(&b'\n') {
        return Err("an event's body must be JSON without line breaks".to_owned());
    }
    let data = serde_json::from_slice(&event.data).map_err(|_| "an event's body must be JSON".to_owned())?;
    let metadata = &event.metadata;
    let written = Written {
        specversion: SPEC_VERSION.into(),
        id: event.id,
        source: source.into(),
        event_type: event.event_type.as_str().into(),
        subject: event.aggregate().into(),
        time: metadata.time.to_rfc3339_opts(SecondsFormat::Micros, true).into(),
        dataschema: format!("{source}:schema:{}:{}", event.event_type, event.schema_version).into(),
        aggregateversion: event.version,
        actor: metadata.actor.as_str().into(),
        correlationid: metadata.correlation_id,
        causationid: metadata.causation_id,
        traceparent: metadata.traceparent.as_deref().map(Cow::from),
        datasubject: event.sealed.as_ref().map(|sealed| sealed.data_subject.as_str().into()),
        // A CloudEvents attribute cannot be a list, so commas join the pointers. No pointer may contain a comma.
        sealedfields: event.sealed.as_ref().map(|sealed| sealed.fields.join(",").into()),
        data,
    };
    serde_json::to_writer(body, &written).map_err(|error| error.to_string())
}

/// Decodes the events of a commit.
pub(super) fn decode(
    stream: &'static StreamDefinition,
    position: u64,
    body: &Bytes,
) -> Result<Vec<RecordedEvent>, String> {
    let written: Vec<Written<'_>> = serde_json::from_slice(body).map_err(|error| diagnose(body, &error))?;
    let mut events = Vec::with_capacity(written.len());
    for (index, event) in (0_u32..).zip(written) {
        events.push(read(stream, position, index, body, event).map_err(|reason| format!("event {index}: {reason}"))?);
    }
    Ok(events)
}

/// Decodes only the events at the wanted indexes in a commit.
pub(super) fn decode_some(
    stream: &'static StreamDefinition,
    position: u64,
    body: &Bytes,
    wanted: &BTreeSet<u32>,
) -> Result<Vec<RecordedEvent>, String> {
    let written: Vec<&RawValue> = serde_json::from_slice(body)
        .map_err(|error| format!("the body is not a batch of events: {}", place(&error)))?;
    let wanted = (0_u32..).zip(written).filter(|(index, _)| wanted.contains(index));
    wanted
        .map(|(index, text)| {
            let event = serde_json::from_str(text.get()).map_err(|error| diagnose_event(text, &error));
            let read = event.and_then(|event| read(stream, position, index, body, event));
            read.map_err(|reason| format!("event {index}: {reason}"))
        })
        .collect()
}

/// Describes why a body cannot be read, and names the faulty attribute if there is one.
fn diagnose(body: &[u8], error: &serde_json::Error) -> String {
    let Ok(events) = serde_json::from_slice::<Vec<&RawValue>>(body) else {
        return format!("the body is not a batch of events: {}", place(error));
    };
    let faulty = events.iter().zip(0..).find_map(|(text, index)| {
        let error = serde_json::from_str::<Written<'_>>(text.get()).err()?;
        Some(format!("event {index}: {}", diagnose_event(text, &error)))
    });
    faulty.unwrap_or_else(|| place(error))
}

/// Describes why an event cannot be read.
fn diagnose_event(text: &RawValue, error: &serde_json::Error) -> String {
    const REQUIRED: [&str; 10] = [
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "dataschema",
        "actor",
        "aggregateversion",
        "correlationid",
    ];
    const OPTIONAL: [&str; 4] = ["causationid", "traceparent", "datasubject", "sealedfields"];
    let Ok(attributes) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text.get()) else {
        return format!("it is not an object: {}", place(error));
    };
    let is_right = |name: &str, value: &serde_json::Value| match name {
        "aggregateversion" => value.is_u64(),
        "id" | "correlationid" | "causationid" => value.as_str().is_some_and(|id| Uuid::parse_str(id).is_ok()),
        _ => value.is_string(),
    };
    for name in REQUIRED.into_iter().chain(["data"]) {
        if !attributes.contains_key(name) {
            return format!("attribute {name} is missing");
        }
    }
    let mut present = REQUIRED.into_iter().chain(OPTIONAL);
    let wrong = present.find(|name| attributes.get(*name).is_some_and(|value| !is_right(name, value)));
    wrong.map_or_else(
        || format!("an attribute occurs twice: {}", place(error)),
        |name| format!("attribute {name} has the wrong form"),
    )
}

/// The kind and the column of a JSON error, without any of the content.
fn place(error: &serde_json::Error) -> String {
    format!("{:?} error at column {}", error.classify(), error.column())
}

fn read(
    stream: &'static StreamDefinition,
    position: u64,
    index: u32,
    body: &Bytes,
    event: Written<'_>,
) -> Result<RecordedEvent, String> {
    if event.specversion != SPEC_VERSION {
        return Err(format!("attribute specversion is not {SPEC_VERSION}"));
    }
    let aggregate = event.subject.split_once('/');
    let named = aggregate.filter(|(kind, id)| check_token(kind).is_ok() && check_token(id).is_ok());
    let (aggregate_type, aggregate_id) = named.ok_or("attribute subject is not a type and an id")?;
    let schema_version = event.dataschema.rsplit(':').next().and_then(|text| text.parse().ok());
    if event.aggregateversion == 0 {
        return Err("attribute aggregateversion is 0".to_owned());
    }
    let sealed = match (&event.datasubject, &event.sealedfields) {
        (None, None) => None,
        (Some(person), Some(fields)) => {
            check_token(person).map_err(|error| format!("attribute datasubject {error}"))?;
            Some(Sealed {
                data_subject: person.as_ref().to_owned(),
                fields: fields.split(',').map(str::to_owned).collect(),
            })
        }
        _ => return Err("attribute datasubject or sealedfields stands alone".to_owned()),
    };
    Ok(RecordedEvent {
        stream,
        position,
        index,
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: aggregate_id.to_owned(),
        version: event.aggregateversion,
        id: event.id,
        event_type: event.event_type.into_owned(),
        schema_version: schema_version.ok_or("attribute dataschema does not end in a version")?,
        metadata: Metadata {
            time: event
                .time
                .parse()
                .map_err(|_| "attribute time is not an instant".to_owned())?,
            actor: event.actor.into_owned(),
            correlation_id: event.correlationid,
            causation_id: event.causationid,
            traceparent: event.traceparent.map(Cow::into_owned),
        },
        sealed,
        data: body.slice_ref(event.data.get().as_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ORDERS;

    fn event(index: u32) -> RecordedEvent {
        RecordedEvent {
            stream: &ORDERS,
            position: 41,
            index,
            aggregate_type: "order".to_owned(),
            aggregate_id: "a-1".to_owned(),
            version: 3,
            id: Uuid::from_u128(7),
            event_type: "order.placed".to_owned(),
            schema_version: 2,
            metadata: Metadata {
                time: DateTime::from_timestamp(1_700_000_000, 123_456_000).expect("a time"),
                actor: "clerk \"1\"".to_owned(),
                correlation_id: Uuid::from_u128(8),
                causation_id: Some(Uuid::from_u128(9)),
                traceparent: None,
            },
            sealed: Some(Sealed {
                data_subject: "ada".to_owned(),
                fields: vec!["/name".to_owned(), "/phone".to_owned()],
            }),
            data: Bytes::from_static(br#"{"name":"x","items":[1,2]}"#),
        }
    }

    fn body(events: &[RecordedEvent]) -> Bytes {
        let mut body = vec![b'['];
        for event in events {
            if event.index > 0 {
                body.push(b',');
            }
            encode("urn:test", event, &mut body).expect("written");
        }
        body.push(b']');
        body.into()
    }

    #[test]
    fn events_read_back_as_they_were_written() {
        let events = [
            event(0),
            RecordedEvent {
                sealed: None,
                ..event(1)
            },
        ];
        let read = decode(&ORDERS, 41, &body(&events)).expect("read");
        assert_eq!(read, events);
    }

    #[test]
    fn every_missing_attribute_is_an_error_that_repeats_nothing() {
        let written: serde_json::Value = serde_json::from_slice(&body(&[event(0)])).expect("JSON");
        for name in [
            "specversion",
            "id",
            "source",
            "type",
            "subject",
            "time",
            "dataschema",
            "aggregateversion",
            "actor",
            "correlationid",
            "data",
        ] {
            let mut without = written.clone();
            without[0].as_object_mut().expect("an event").remove(name);
            let error = decode(&ORDERS, 41, &without.to_string().into()).expect_err(name);
            assert_eq!(error, format!("event 0: attribute {name} is missing"));
        }
    }

    #[test]
    fn an_attribute_that_says_nothing_sensible_is_named() {
        for (name, value) in [
            ("specversion", serde_json::json!("2.0")),
            ("id", serde_json::json!("clerk")),
            ("actor", serde_json::json!(["clerk"])),
            ("traceparent", serde_json::json!(7)),
            ("aggregateversion", serde_json::json!("clerk")),
            ("subject", serde_json::json!("order")),
            ("subject", serde_json::json!("order/a.1")),
            ("time", serde_json::json!("yesterday")),
            ("dataschema", serde_json::json!("urn:x")),
            ("aggregateversion", serde_json::json!(0)),
            ("datasubject", serde_json::json!("a b")),
        ] {
            let mut changed: serde_json::Value = serde_json::from_slice(&body(&[event(0)])).expect("JSON");
            changed[0][name] = value;
            let error = decode(&ORDERS, 41, &changed.to_string().into()).expect_err(name);
            assert!(error.starts_with(&format!("event 0: attribute {name} ")), "{error}");
            assert!(!error.contains("clerk"), "{error}");
        }
    }

    #[test]
    fn a_body_that_is_no_json_in_one_line_is_not_written() {
        for data in ["{", "{\n}", ""] {
            let event = RecordedEvent {
                data: Bytes::from(data.to_owned()),
                ..event(0)
            };
            assert!(encode("urn:test", &event, &mut Vec::new()).is_err(), "{data:?}");
        }
    }
}
