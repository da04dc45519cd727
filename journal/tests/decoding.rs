//! Whatever stands in a stream, reading it answers with an event or with an error that says where it stands and what is
//! wrong. It never panics, and it never repeats a body.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use arbtest::arbitrary::{self, Unstructured};
use bytes::Bytes;
use event_store::{HeaderMap, decode, subject};
use journal::{Context, JournalEvent, OpenedEvent};
use schemas::{
    CATALOGUE, Event, personal_fields,
    publication::{SchemaId, sample, versions},
};
use serde_json::Value;

const SEQUENCE: u64 = 41;
/// How many messages each property is held against.
const CASES: u64 = 10_000;
/// What the samples hold and no error may repeat.
const CONTENT: &[&str] = &[
    "John Doe",
    "123 Main St",
    "john@example.com",
    "Annual check-up",
    "First visit",
    "Ada Ruiz",
    "Paracetamol",
    "An emergency",
    "Consultation, 30 minutes",
];

/// A message of a stream, before it is read.
#[derive(Clone, Debug)]
struct Message {
    context: Context,
    subject: String,
    headers: Option<Vec<(String, String)>>,
    body: Vec<u8>,
}

impl Message {
    /// The golden sample of a version of an event, in its envelope, with the sealed fields opened.
    fn of(id: &SchemaId) -> Self {
        let mut aggregates = CATALOGUE.iter();
        let aggregate_type = aggregates
            .find(|aggregate| aggregate.events.iter().any(|name| name.event_type == id.event_type))
            .expect("an aggregate")
            .aggregate_type;
        // A key lives in every context.
        let context = Context::of_aggregate_type(aggregate_type).unwrap_or(Context::Patients);
        let headers = [
            ("ce-specversion", "1.0"),
            ("ce-id", "01980f2e-0000-7000-8000-000000000009"),
            ("ce-type", &id.event_type),
            ("ce-source", "urn:anamnesis"),
            ("ce-time", "2027-01-11T15:00:00.123456Z"),
            ("ce-subject", &format!("{aggregate_type}/a-1")),
            (
                "ce-dataschema",
                &format!("urn:anamnesis:schema:{}:{}", id.event_type, id.schema_version),
            ),
            ("ce-correlationid", "01980f2e-0000-7000-8000-000000000008"),
            ("ce-causationid", "01980f2e-0000-7000-8000-000000000007"),
            ("ce-actor", "user-1"),
            ("ce-aggregateversion", "3"),
            ("ce-previoushash", &"ab".repeat(32)),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ];
        let mut headers = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let personal = personal_fields(&id.event_type).unwrap_or_default();
        if !personal.is_empty() {
            headers.push(("ce-datasubject".to_owned(), "a-1".to_owned()));
            headers.push(("ce-sealedfields".to_owned(), personal.join(",")));
        }
        Self {
            context,
            subject: format!("{}.{aggregate_type}.a-1.0.3", context.definition().root),
            headers: Some(headers),
            body: sample(id).expect("a sample").as_bytes().to_vec(),
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        let mut headers = self.headers.iter_mut().flatten();
        headers.find(|(known, _)| known == name).expect("the header").1 = value.to_owned();
    }

    fn remove(&mut self, name: &str) {
        self.headers
            .iter_mut()
            .for_each(|headers| headers.retain(|(known, _)| known != name));
    }

    /// Empties the personal fields, as the store does once the person's key has been destroyed.
    fn erase(&mut self) {
        let headers = self.headers.iter().flatten();
        let event_type = headers.clone().find(|(name, _)| name == "ce-type");
        let fields = event_type.and_then(|(_, event_type)| personal_fields(event_type));
        let Ok(mut body) = serde_json::from_slice::<Value>(&self.body) else {
            return;
        };
        for field in fields.unwrap_or_default() {
            if let Some(value) = body.pointer_mut(field) {
                *value = Value::Null;
            }
        }
        self.body = body.to_string().into_bytes();
    }

    /// Reads it: the envelope, then the event. No field is opened in between: that is the store's, and needs keys.
    fn read(&self) -> Result<JournalEvent, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.iter().flatten() {
            headers.append(name.as_str(), value.as_str());
        }
        let recorded = decode(
            self.context.definition(),
            &self.subject,
            SEQUENCE,
            self.headers.as_ref().map(|_| &headers),
            Bytes::copy_from_slice(&self.body),
        );
        let recorded = recorded.map_err(|error| error.to_string())?;
        assert_eq!(subject::of_event(&recorded), self.subject);
        let body = recorded.data.clone();
        JournalEvent::read(self.context, OpenedEvent { recorded, body }).map_err(|error| error.to_string())
    }

    /// What is wrong with it, if its place is told as it must be.
    #[track_caller]
    fn fault(&self) -> String {
        let error = self.read().expect_err("not an event");
        let place = format!(
            "stream {}, sequence {SEQUENCE}, subject {}: ",
            self.context.name(),
            self.subject
        );
        let fault = error.strip_prefix(&place);
        fault
            .unwrap_or_else(|| panic!("{error} does not begin with {place}"))
            .to_owned()
    }
}

fn registered() -> Message {
    Message::of(&SchemaId::new("patient.registered", 1))
}

#[test]
fn every_sample_is_read_in_its_envelope_and_when_its_person_is_erased() {
    for id in versions() {
        let message = Message::of(&id);
        let mut erased = message.clone();
        erased.erase();
        for message in [message, erased] {
            let read = message.read().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(read.recorded.stream, message.context.definition());
            assert_eq!(read.recorded.event_type, id.event_type);
            assert_eq!(read.recorded.schema_version, id.schema_version);
            let sealed = read.recorded.sealed.map(|sealed| sealed.fields).unwrap_or_default();
            assert_eq!(sealed, personal_fields(&id.event_type).unwrap_or_default());
        }
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    /// A change that makes the message unreadable, and what is then told.
    type Case = (fn(&mut Message), &'static str);
    let table: Vec<Case> = vec![
        (
            |message| message.set("ce-type", "patient.vanished"),
            "event type patient.vanished is not known",
        ),
        (
            |message| message.set("ce-dataschema", "urn:anamnesis:schema:patient.registered:9"),
            "version 9 of event type patient.registered is not known; the newest known is 1",
        ),
        (
            |message| message.body.truncate(20),
            "the body of event type patient.registered, version 1, cannot be read: it is not JSON, at line 2, column 18",
        ),
        (
            |message| message.body = b"{}".to_vec(),
            "the body of event type patient.registered, version 1, cannot be read: it does not fit its schema",
        ),
        (
            |message| message.body = vec![b'['; 100_000],
            "the body of event type patient.registered, version 1, cannot be read: it is not JSON, at line 1, column 128",
        ),
        (|message| message.remove("ce-type"), "header ce-type is missing"),
        (|message| message.remove("ce-actor"), "header ce-actor is missing"),
        (|message| message.set("ce-id", "7"), "header ce-id cannot be read"),
        (
            |message| message.set("ce-time", "today"),
            "header ce-time cannot be read",
        ),
        (
            |message| message.set("ce-dataschema", "urn:anamnesis"),
            "header ce-dataschema does not end in a version",
        ),
        (
            |message| message.set("ce-previoushash", "ab"),
            "header ce-previoushash is not a hash",
        ),
        (
            |message| message.set("ce-aggregateversion", "4"),
            "header ce-aggregateversion says version 4, the subject says 3",
        ),
        (
            |message| message.set("ce-datasubject", "John Doe"),
            "header ce-datasubject must be 1 to 128 characters, each a letter, a digit, `-` or `_`",
        ),
        (
            |message| message.remove("ce-sealedfields"),
            "header ce-sealedfields is missing",
        ),
        (|message| message.headers = None, "the message has no headers"),
        (
            |message| message.subject = "patient.hello".to_owned(),
            "the subject is not of this store's grammar",
        ),
        (
            |message| message.subject = "scheduling.patient.a-1.0.3".to_owned(),
            "the subject is not of this store's grammar",
        ),
        (
            |message| message.subject = "patient.ghost.a-1.0.3".to_owned(),
            "no aggregate is of type ghost",
        ),
    ];
    for (change, told) in table {
        let mut message = registered();
        change(&mut message);
        assert_eq!(message.fault(), told);
    }
}

/// Holds a property against many messages, the same ones in every run.
fn for_all(mut property: impl FnMut(&mut Unstructured<'_>) -> arbitrary::Result<()>) {
    for seed in 1..=CASES {
        arbtest::arbtest(&mut property).seed(seed << 32 | 512).run();
    }
}

/// A text that a header can hold: NATS allows no line breaks in it.
fn header_text(u: &mut Unstructured<'_>) -> arbitrary::Result<String> {
    let text: String = u.arbitrary()?;
    Ok(text.chars().filter(|c| !matches!(c, '\r' | '\n')).take(64).collect())
}

/// A number as it may stand in a header or a subject, near the edges more often than not.
fn number(u: &mut Unstructured<'_>) -> arbitrary::Result<String> {
    let edges = [
        "0",
        "1",
        "2",
        "3",
        "4",
        "-1",
        "+3",
        "03",
        "4294967295",
        "4294967296",
        "18446744073709551616",
        "",
    ];
    Ok((*u.choose(&edges)?).to_owned())
}

/// Changes one thing about a message.
fn mutate(message: &mut Message, u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let any = message.body.len();
    match u.int_in_range(0..=11)? {
        0 => message.body.truncate(u.int_in_range(0..=any)?),
        1 if any > 0 => message.body[u.choose_index(any)?] = u.arbitrary()?,
        2 => message
            .body
            .insert(u.int_in_range(0..=any)?, *u.choose(b"{}[]\",:0\\ntf\xff")?),
        3 => message.body = u.arbitrary()?,
        4 if any > 0 => {
            let from = u.choose_index(any)?;
            let to = u.int_in_range(from..=any)?;
            message.body.drain(from..to);
        }
        5 => {
            let headers = message.headers.get_or_insert_default();
            if !headers.is_empty() {
                let header = u.choose_index(headers.len())?;
                headers[header].1 = if u.arbitrary()? { number(u)? } else { header_text(u)? };
            }
        }
        6 => {
            let headers = message.headers.get_or_insert_default();
            if !headers.is_empty() {
                headers.remove(u.choose_index(headers.len())?);
            }
        }
        7 => {
            let id = u.choose(&versions().collect::<Vec<_>>())?.clone();
            let schema = format!("urn:anamnesis:schema:{}:{}", id.event_type, number(u)?);
            let headers = message.headers.get_or_insert_default();
            headers.retain(|(name, _)| name != "ce-type" && name != "ce-dataschema");
            headers.push(("ce-type".to_owned(), id.event_type));
            headers.push(("ce-dataschema".to_owned(), schema));
        }
        8 => {
            let mut tokens: Vec<String> = message.subject.split('.').map(str::to_owned).collect();
            let token = u.choose_index(tokens.len())?;
            tokens[token] = if u.arbitrary()? { number(u)? } else { header_text(u)? };
            message.subject = tokens.join(".");
        }
        9 => message.context = *u.choose(&Context::ALL)?,
        10 => message.erase(),
        _ => message.headers = None,
    }
    Ok(())
}

#[test]
fn a_damaged_message_is_an_event_or_a_fault_that_tells_its_place() {
    let ids: Vec<SchemaId> = versions().collect();
    let (mut read, mut refused) = (0_u64, 0_u64);
    for_all(|u| {
        let mut message = Message::of(u.choose(&ids)?);
        for _ in 0..u.int_in_range(1..=3)? {
            mutate(&mut message, u)?;
        }
        match message.read() {
            Ok(event) => {
                assert_ne!(event.recorded.hash(), event.recorded.previous_hash);
                let body = event.event.encode().expect("what was read can be written");
                let again = Event::decode(
                    &event.recorded.aggregate_type,
                    body.name.event_type,
                    body.name.schema_version,
                    body.data.to_string().as_bytes(),
                );
                assert_eq!(again, Ok(event.event), "what was written can be read");
                read += 1;
            }
            Err(_) => {
                let fault = message.fault();
                assert!(!CONTENT.iter().any(|content| fault.contains(content)), "{fault}");
                refused += 1;
            }
        }
        Ok(())
    });
    // Both ways out were taken often enough for this to mean something.
    assert!(
        read > CASES / 20 && refused > CASES / 20,
        "{read} read, {refused} refused"
    );
}

#[test]
fn arbitrary_messages_are_refused_in_order() {
    for_all(|u| {
        let mut message = registered();
        message.subject = if u.arbitrary()? {
            message.subject
        } else {
            header_text(u)?
        };
        let mut headers = Vec::new();
        for _ in 0..u.int_in_range(0..=13)? {
            let known = registered().headers.unwrap_or_default();
            let (name, value) = u.choose(&known)?.clone();
            headers.push((name, if u.ratio(3, 4)? { value } else { header_text(u)? }));
        }
        message.headers = u.ratio(15, 16)?.then_some(headers);
        message.body = u.arbitrary()?;
        message.fault();
        Ok(())
    });
}
