//! The envelope: CloudEvents 1.0 in NATS binary mode. The body is the event's JSON, everything else is a header.
//! Headers hold opaque ids only, never personal data.

use async_nats::{HeaderMap, HeaderValue, header::HeaderName};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use crate::{AggregateId, NewEvent, StreamDefinition, chain::EventHash, headers::Headers, subject};

static SPEC_VERSION: HeaderName = HeaderName::from_static("ce-specversion");
/// The header that carries a message's own id.
pub(crate) static ID: HeaderName = HeaderName::from_static("ce-id");
static TYPE: HeaderName = HeaderName::from_static("ce-type");
static SOURCE: HeaderName = HeaderName::from_static("ce-source");
static TIME: HeaderName = HeaderName::from_static("ce-time");
static SUBJECT: HeaderName = HeaderName::from_static("ce-subject");
static DATA_SCHEMA: HeaderName = HeaderName::from_static("ce-dataschema");
static CORRELATION: HeaderName = HeaderName::from_static("ce-correlationid");
static CAUSATION: HeaderName = HeaderName::from_static("ce-causationid");
static ACTOR: HeaderName = HeaderName::from_static("ce-actor");
static VERSION: HeaderName = HeaderName::from_static("ce-aggregateversion");
static PREVIOUS_HASH: HeaderName = HeaderName::from_static("ce-previoushash");
static DATA_SUBJECT: HeaderName = HeaderName::from_static("ce-datasubject");
static SEALED_FIELDS: HeaderName = HeaderName::from_static("ce-sealedfields");
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// How many headers an event has at most.
const MOST_HEADERS: usize = 15;
/// What their values usually come to; they may be longer.
const USUAL_HEADER_BYTES: usize = 512;

/// What is true of all events of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// When the command was decided.
    pub time: DateTime<Utc>,
    /// Who gave the command: an opaque id, never a name.
    pub actor: String,
    /// Ties together everything that one request set off, across commands and reactions.
    pub correlation_id: Uuid,
    /// The event that this command reacts to, if it reacts to one.
    pub causation_id: Option<Uuid>,
    /// The W3C trace context of the command.
    pub traceparent: Option<String>,
}

/// An event as it stands in its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its stream.
    pub stream: &'static StreamDefinition,
    /// Its sequence in the stream, from 1.
    pub position: u64,
    /// The type of its aggregate.
    pub aggregate_type: String,
    /// The id of its aggregate.
    pub aggregate_id: String,
    /// The version of its aggregate after it, from 1.
    pub version: u64,
    /// Its own id.
    pub id: Uuid,
    /// Its published name.
    pub event_type: String,
    /// The version of its body's schema.
    pub schema_version: u32,
    /// What is true of all events of its command.
    pub metadata: Metadata,
    /// The hash of its aggregate's previous event.
    pub previous_hash: EventHash,
    /// Which fields of its body are sealed, if any are.
    pub sealed: Option<Sealed>,
    /// Its body: JSON, as it was published.
    pub data: Bytes,
}

/// Which fields of a body are sealed, and under whose key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The person whose data it is: an opaque id.
    pub data_subject: String,
    /// JSON pointers to the fields.
    pub fields: Vec<String>,
}

impl Sealed {
    /// The pointers as one text. A pointer that holds a comma is not written.
    fn field_list(&self) -> String {
        self.fields.join(",")
    }
}

/// A message in the stream is not an event of this store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stream {stream}, sequence {sequence}, subject {subject}: {reason}")]
pub struct EnvelopeError {
    /// The stream's name.
    pub stream: String,
    /// The message's sequence.
    pub sequence: u64,
    /// The message's subject.
    pub subject: String,
    /// What is wrong with it.
    pub reason: String,
}

impl RecordedEvent {
    /// The hash that the aggregate's next event carries.
    #[must_use]
    pub fn hash(&self) -> EventHash {
        hash(&self.parts(&time_text(self.metadata.time)))
    }

    fn parts<'a>(&'a self, time: &'a str) -> Parts<'a> {
        Parts {
            previous: self.previous_hash,
            aggregate_type: &self.aggregate_type,
            aggregate_id: &self.aggregate_id,
            version: self.version,
            id: self.id,
            event_type: &self.event_type,
            schema_version: self.schema_version,
            metadata: &self.metadata,
            time,
            sealed: self.sealed.as_ref(),
            data: &self.data,
        }
    }
}

/// What an envelope is made of, and the hash.
struct Parts<'a> {
    previous: EventHash,
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    version: u64,
    id: Uuid,
    event_type: &'a str,
    schema_version: u32,
    metadata: &'a Metadata,
    /// The metadata's time, as it is written.
    time: &'a str,
    sealed: Option<&'a Sealed>,
    data: &'a [u8],
}

fn hash(event: &Parts<'_>) -> EventHash {
    let version = event.version.to_be_bytes();
    let schema_version = event.schema_version.to_be_bytes();
    let mut parts = vec![
        event.previous.as_bytes(),
        event.aggregate_type.as_bytes(),
        event.aggregate_id.as_bytes(),
        &version,
        event.id.as_bytes(),
        event.event_type.as_bytes(),
        &schema_version,
        event.time.as_bytes(),
        event.metadata.actor.as_bytes(),
        event.metadata.correlation_id.as_bytes(),
        event.metadata.causation_id.as_ref().map_or(&[][..], |id| id.as_bytes()),
        event.data,
    ];
    let field_list = event.sealed.map(Sealed::field_list);
    if let (Some(sealed), Some(field_list)) = (event.sealed, &field_list) {
        parts.extend([sealed.data_subject.as_bytes(), field_list.as_bytes()]);
    }
    EventHash::of(&parts)
}

fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Writes one event's headers and answers with the hash for the next one. The event's body has been sealed already, if
/// `sealed` says so.
pub(crate) fn encode(
    source: &str,
    aggregate: &AggregateId,
    version: u64,
    previous: EventHash,
    event: &NewEvent,
    sealed: Option<&Sealed>,
    metadata: &Metadata,
) -> (Headers, EventHash) {
    let time = time_text(metadata.time);
    let parts = Parts {
        previous,
        aggregate_type: aggregate.aggregate_type(),
        aggregate_id: aggregate.id(),
        version,
        id: event.id,
        event_type: &event.event_type,
        schema_version: event.schema_version,
        metadata,
        time: &time,
        sealed,
        data: &event.data,
    };
    (headers(source, &parts), hash(&parts))
}

/// Writes the headers of an event that was recorded elsewhere.
pub(crate) fn encode_recorded(source: &str, event: &RecordedEvent) -> Headers {
    headers(source, &event.parts(&time_text(event.metadata.time)))
}

fn headers(source: &str, event: &Parts<'_>) -> Headers {
    let (metadata, event_type) = (event.metadata, event.event_type);
    let mut headers = Headers::with_capacity(MOST_HEADERS, USUAL_HEADER_BYTES);
    headers.put(&SPEC_VERSION, "1.0");
    headers.put(&ID, event.id);
    headers.put(&TYPE, event_type);
    headers.put(&SOURCE, source);
    headers.put(&TIME, event.time);
    headers.put(
        &SUBJECT,
        format_args!("{}/{}", event.aggregate_type, event.aggregate_id),
    );
    headers.put(
        &DATA_SCHEMA,
        format_args!("{source}:schema:{event_type}:{}", event.schema_version),
    );
    headers.put(&CORRELATION, metadata.correlation_id);
    if let Some(causation_id) = metadata.causation_id {
        headers.put(&CAUSATION, causation_id);
    }
    headers.put(&ACTOR, &metadata.actor);
    headers.put(&VERSION, event.version);
    headers.put(&PREVIOUS_HASH, event.previous);
    if let Some(sealed) = event.sealed {
        headers.put(&DATA_SUBJECT, &sealed.data_subject);
        headers.put(&SEALED_FIELDS, sealed.field_list());
    }
    if let Some(traceparent) = &metadata.traceparent {
        headers.put(&TRACEPARENT, traceparent);
    }
    headers
}

/// The id of the event in a message, if it carries one.
pub(crate) fn event_id(headers: &HeaderMap) -> Option<Uuid> {
    headers.get(ID.clone())?.as_str().parse().ok()
}

/// Opens a message of a stream. `subject` comes without its namespace.
///
/// # Errors
/// The message is not an event of this store.
pub fn decode(
    stream: &'static StreamDefinition,
    subject: &str,
    sequence: u64,
    headers: Option<&HeaderMap>,
    data: Bytes,
) -> Result<RecordedEvent, EnvelopeError> {
    read(stream, subject, sequence, headers, data).map_err(|reason| EnvelopeError {
        stream: stream.name.to_owned(),
        sequence,
        subject: subject.to_owned(),
        reason,
    })
}

fn read(
    stream: &'static StreamDefinition,
    subject: &str,
    position: u64,
    headers: Option<&HeaderMap>,
    data: Bytes,
) -> Result<RecordedEvent, String> {
    let parsed = subject::parse(stream, subject).ok_or("the subject is not of this store's grammar")?;
    let headers = headers.ok_or("the message has no headers")?;
    let version: u64 = parse_header(headers, &VERSION)?;
    if version != parsed.version {
        return Err(format!(
            "header {VERSION} says version {version}, the subject says {}",
            parsed.version
        ));
    }
    let schema = header(headers, &DATA_SCHEMA)?;
    let schema_version = schema.rsplit(':').next().and_then(|version| version.parse().ok());
    let previous_hash = EventHash::from_hex(header(headers, &PREVIOUS_HASH)?);
    Ok(RecordedEvent {
        stream,
        position,
        aggregate_type: parsed.aggregate_type.to_owned(),
        aggregate_id: parsed.aggregate_id.to_owned(),
        version,
        id: parse_header(headers, &ID)?,
        event_type: header(headers, &TYPE)?.to_owned(),
        schema_version: schema_version.ok_or_else(|| format!("header {DATA_SCHEMA} does not end in a version"))?,
        metadata: Metadata {
            time: parse_header(headers, &TIME)?,
            actor: header(headers, &ACTOR)?.to_owned(),
            correlation_id: parse_header(headers, &CORRELATION)?,
            causation_id: headers
                .get(CAUSATION.clone())
                .map(|_| parse_header(headers, &CAUSATION))
                .transpose()?,
            traceparent: headers.get(TRACEPARENT.clone()).map(|value| value.as_str().to_owned()),
        },
        previous_hash: previous_hash.ok_or_else(|| format!("header {PREVIOUS_HASH} is not a hash"))?,
        sealed: sealed(headers)?,
        data,
    })
}

fn sealed(headers: &HeaderMap) -> Result<Option<Sealed>, String> {
    if headers.get(DATA_SUBJECT.clone()).is_none() {
        return Ok(None);
    }
    let data_subject = header(headers, &DATA_SUBJECT)?;
    subject::check_token(data_subject).map_err(|error| format!("header {DATA_SUBJECT} {error}"))?;
    let fields = header(headers, &SEALED_FIELDS)?.split(',').map(str::to_owned).collect();
    Ok(Some(Sealed {
        data_subject: data_subject.to_owned(),
        fields,
    }))
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, String> {
    headers
        .get(name.clone())
        .map(HeaderValue::as_str)
        .ok_or_else(|| format!("header {name} is missing"))
}

fn parse_header<T: std::str::FromStr>(headers: &HeaderMap, name: &HeaderName) -> Result<T, String> {
    header(headers, name)?
        .parse()
        .map_err(|_| format!("header {name} cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    static ORDERS: StreamDefinition = StreamDefinition {
        name: "ORDERS",
        root: "ordering",
    };

    fn enveloped() -> (String, HeaderMap, EventHash, Bytes) {
        let aggregate = AggregateId::new(&ORDERS, "order", "a-1").expect("a plain id");
        let event = NewEvent {
            id: Uuid::from_u128(7),
            event_type: "order.placed".to_owned(),
            schema_version: 2,
            data: Bytes::from_static(b"{\"total\":1}"),
            personal: None,
        };
        let sealed = Sealed {
            data_subject: "ada".to_owned(),
            fields: vec!["/name".to_owned(), "/address/city".to_owned()],
        };
        let metadata = Metadata {
            time: "2027-01-11T15:00:00.123456Z".parse().expect("an instant"),
            actor: "user-1".to_owned(),
            correlation_id: Uuid::from_u128(8),
            causation_id: Some(Uuid::from_u128(9)),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        };
        let (headers, hash) = encode(
            "urn:shop",
            &aggregate,
            3,
            EventHash::GENESIS,
            &event,
            Some(&sealed),
            &metadata,
        );
        (aggregate.subject(3), headers.to_map(), hash, event.data)
    }

    #[test]
    fn an_event_reads_back_with_the_same_hash() {
        let (subject, headers, hash, data) = enveloped();
        let event = decode(&ORDERS, &subject, 41, Some(&headers), data).expect("written by this store");
        assert_eq!((event.position, event.version, event.schema_version), (41, 3, 2));
        assert_eq!(event.event_type, "order.placed");
        assert_eq!(event.metadata.causation_id, Some(Uuid::from_u128(9)));
        let sealed = event.sealed.as_ref().expect("sealed fields");
        assert_eq!((sealed.data_subject.as_str(), sealed.fields.len()), ("ada", 2));
        assert_eq!(event.hash(), hash);
        let again = encode_recorded("urn:shop", &event).to_map();
        assert_eq!(again, headers, "the same envelope when it is written again");
    }

    #[test]
    fn another_data_subject_or_other_sealed_fields_change_the_hash() {
        for (name, value) in [(&DATA_SUBJECT, "eve"), (&SEALED_FIELDS, "/name")] {
            let (subject, mut headers, hash, data) = enveloped();
            headers.insert(name.clone(), value);
            let event = decode(&ORDERS, &subject, 41, Some(&headers), data).expect("well formed");
            assert_ne!(event.hash(), hash, "{name}");
        }
    }

    #[test]
    fn a_changed_body_changes_the_hash() {
        let (subject, headers, hash, _) = enveloped();
        let event = decode(
            &ORDERS,
            &subject,
            41,
            Some(&headers),
            Bytes::from_static(b"{\"total\":2}"),
        );
        assert_ne!(event.expect("well formed").hash(), hash);
    }

    #[test]
    fn every_missing_header_is_named() {
        for name in [
            &ID,
            &TYPE,
            &TIME,
            &DATA_SCHEMA,
            &CORRELATION,
            &ACTOR,
            &VERSION,
            &PREVIOUS_HASH,
            &SEALED_FIELDS,
        ] {
            let (subject, headers, _, data) = enveloped();
            let mut without = HeaderMap::new();
            for (key, values) in headers.iter().filter(|(key, _)| *key != name) {
                values
                    .iter()
                    .for_each(|value| without.append(key.clone(), value.clone()));
            }
            let error = decode(&ORDERS, &subject, 41, Some(&without), data).expect_err("a header is missing");
            assert!(error.to_string().contains(&name.to_string()), "{error}");
            assert!(error.to_string().contains("sequence 41"), "{error}");
        }
    }

    #[test]
    fn a_foreign_message_is_refused() {
        let (_, headers, _, data) = enveloped();
        assert!(decode(&ORDERS, "ordering.order.a-1.0.4", 1, Some(&headers), data.clone()).is_err());
        assert!(decode(&ORDERS, "ordering.hello", 1, Some(&headers), data.clone()).is_err());
        assert!(decode(&ORDERS, "ordering.order.a-1.0.3", 1, None, data).is_err());
    }
}
