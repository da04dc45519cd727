//! Decoding: reading any message of a stream returns a commit and its events, or an error with its place and reason.
//! It never panics, and never repeats a body.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;

use arbtest::arbitrary::{self, Unstructured};
use bytes::Bytes;
use event_store::{Commit, HeaderMap, decode};
use events::{
    CATALOGUE, Event, personal_fields,
    publication::{SchemaId, sample, versions},
};
use journal::{Context, JournalEvent, OpenedEvent};
use serde_json::{Value, json};

const SEQUENCE: u64 = 41;
/// The number of messages per property.
const CASES: u64 = 10_000;
/// The receipts of a message: the caller's own text.
const RECEIPTS: &str = r#"[["caller-1/key-1","fingerprint-1","outcome-1"]]"#;

/// Content that is in the wrong place.
const STRAY: &str = "John Doe";

/// A message of a stream, before decoding.
#[derive(Clone, Debug)]
struct Message {
    context: Context,
    headers: Option<Vec<(String, String)>>,
    body: Vec<u8>,
}

impl Message {
    /// A commit of golden samples, in their envelopes, with the sealed fields opened. It belongs to the stream of the
    /// first sample.
    fn of(ids: &[SchemaId]) -> Self {
        let headers = [
            ("Content-Type", "application/cloudevents-batch+json"),
            ("Commit-Id", "7d3c1a52-5b0e-4f0e-9f43-0d5b6c7a8e91"),
            ("Previous-Hash", &"ab".repeat(32)),
            ("Receipts", RECEIPTS),
        ];
        let events: Vec<String> = ids.iter().zip(0..).map(|(id, index)| event(id, index)).collect();
        let aggregate_type = ids.first().map(|id| aggregate_type(id)).unwrap_or_default();
        Self {
            // A receipt can be in every context.
            context: Context::of_aggregate_type(aggregate_type).unwrap_or(Context::Patients),
            headers: Some(
                headers
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .to_vec(),
            ),
            body: format!("[{}]", events.join(",")).into_bytes(),
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

    /// Replaces the first occurrence of a text in the body.
    #[track_caller]
    fn write(&mut self, text: &str, instead: &str) {
        let body = String::from_utf8(std::mem::take(&mut self.body)).expect("a text");
        assert!(body.contains(text), "{text} does not stand in {body}");
        self.body = body.replacen(text, instead, 1).into_bytes();
    }

    /// Changes the events of the body, if it has any.
    fn change<T>(&mut self, change: impl FnOnce(&mut Vec<Value>) -> arbitrary::Result<T>) -> arbitrary::Result<()> {
        if let Ok(mut events) = serde_json::from_slice::<Vec<Value>>(&self.body)
            && !events.is_empty()
        {
            change(&mut events)?;
            self.body = Value::Array(events).to_string().into_bytes();
        }
        Ok(())
    }

    /// Empties the personal fields, as the store does once the person's key has been destroyed.
    fn erase(&mut self) {
        let erased = self.change(|events| {
            for event in events {
                let fields = event["type"].as_str().and_then(personal_fields).unwrap_or_default();
                for field in fields {
                    if let Some(value) = event.pointer_mut(&format!("/data{field}")) {
                        *value = Value::Null;
                    }
                }
            }
            Ok(())
        });
        erased.expect("nothing is chosen");
    }

    /// Decodes the message: the commit, then its events, up to the first unreadable one. No field is opened in
    /// between, because that is up to the store and needs keys. An error names its place.
    #[track_caller]
    fn read(&self) -> Result<(Commit, Vec<JournalEvent>), String> {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.iter().flatten() {
            headers.append(name.as_str(), value.as_str());
        }
        let commit = decode(
            self.context.definition(),
            SEQUENCE,
            self.headers.as_ref().map(|_| &headers),
            Bytes::copy_from_slice(&self.body),
        );
        let stream = self.context.name();
        let commit = commit.map_err(|error| told(&error, &format!("stream {stream}, sequence {SEQUENCE}: ")))?;
        assert_eq!((commit.stream.name, commit.position), (stream, SEQUENCE));
        assert_eq!(commit.body(), &self.body);
        let mut events = Vec::new();
        for (recorded, index) in commit.events.iter().cloned().zip(0_u32..) {
            assert_eq!((recorded.position, recorded.index), (SEQUENCE, index));
            let place = match index {
                0 => SEQUENCE.to_string(),
                index => format!("{SEQUENCE}.{index}"),
            };
            let place = format!("stream {stream}, sequence {place}, {}: ", recorded.aggregate());
            let body = recorded.data.clone();
            let event = JournalEvent::read(self.context, OpenedEvent { recorded, body });
            events.push(event.map_err(|error| told(&error, &place))?);
        }
        Ok((commit, events))
    }
}

/// The aggregate type of an event version.
fn aggregate_type(id: &SchemaId) -> &'static str {
    let mut aggregates = CATALOGUE.iter();
    aggregates
        .find(|aggregate| aggregate.events.iter().any(|name| name.event_type == id.event_type))
        .expect("an aggregate")
        .aggregate_type
}

/// An event of a commit: the golden sample of a version, as the store writes it.
fn event(id: &SchemaId, index: u64) -> String {
    let SchemaId {
        event_type,
        schema_version,
    } = id;
    let data: Value = serde_json::from_str(sample(id).expect("a sample")).expect("JSON");
    let mut event = format!(
        concat!(
            r#"{{"specversion":"1.0","id":"01980f2e-0000-7000-8000-0000000000{:02}","source":"urn:anamnesis","#,
            r#""type":"{}","subject":"{}/a-1","time":"2027-01-11T15:00:00.123456Z","#,
            r#""dataschema":"urn:anamnesis:schema:{}:{}","aggregateversion":{},"actor":"user-1","#,
            r#""correlationid":"01980f2e-0000-7000-8000-000000000098","#,
            r#""causationid":"01980f2e-0000-7000-8000-000000000097","#,
            r#""traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","#,
        ),
        index,
        event_type,
        aggregate_type(id),
        event_type,
        schema_version,
        index + 3,
    );
    let personal = personal_fields(event_type).unwrap_or_default().join(",");
    if !personal.is_empty() {
        write!(event, r#""datasubject":"a-1","sealedfields":"{personal}","#).expect("written");
    }
    event + &format!(r#""data":{data}}}"#)
}

/// The error text, after a check that it names its place.
#[track_caller]
fn told(error: &impl ToString, place: &str) -> String {
    let error = error.to_string();
    assert!(error.starts_with(place), "{error} does not begin with {place}");
    error
}

/// Content that no error may repeat: the personal data in the samples, and the receipts.
fn content() -> Vec<String> {
    let mut content = ["caller-1", "fingerprint-1", "outcome-1"].map(str::to_owned).to_vec();
    for id in versions() {
        let data: Value = serde_json::from_str(sample(&id).expect("a sample")).expect("JSON");
        let mut values: Vec<&Value> = personal_fields(&id.event_type)
            .unwrap_or_default()
            .iter()
            .filter_map(|field| data.pointer(field))
            .collect();
        while let Some(value) = values.pop() {
            match value {
                // A shorter text may occur in an error by chance.
                Value::String(text) if text.len() > 5 => content.push(text.clone()),
                Value::Array(inner) => values.extend(inner),
                Value::Object(inner) => values.extend(inner.values()),
                _ => {}
            }
        }
    }
    content.sort();
    content.dedup();
    content
}

/// A commit of two events.
fn registered() -> Message {
    Message::of(&["patient.registered", "patient.demographics-changed"].map(|event_type| SchemaId::new(event_type, 1)))
}

#[test]
fn every_sample_is_decoded_in_its_envelope_and_after_an_erasure() {
    let ids: Vec<SchemaId> = versions().collect();
    // Each sample alone, and all samples of an aggregate in one commit.
    let alone = ids.chunks(1);
    let together = ids.chunk_by(|one, other| aggregate_type(one) == aggregate_type(other));
    for ids in alone.chain(together) {
        let message = Message::of(ids);
        let mut erased = message.clone();
        erased.erase();
        for message in [message, erased] {
            let (commit, events) = message.read().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(commit.receipts.len(), 1);
            assert_eq!(commit.receipts[0].key, "caller-1/key-1");
            assert_eq!(events.len(), ids.len());
            for ((event, id), version) in events.into_iter().zip(ids).zip(3..) {
                assert_eq!(event.recorded.stream, message.context.definition());
                assert_eq!(event.recorded.aggregate(), format!("{}/a-1", aggregate_type(id)));
                assert_eq!(event.recorded.version, version);
                assert_eq!(event.recorded.event_type, id.event_type);
                assert_eq!(event.recorded.schema_version, id.schema_version);
                let sealed = event.recorded.sealed.map(|sealed| sealed.fields).unwrap_or_default();
                assert_eq!(sealed, personal_fields(&id.event_type).unwrap_or_default());
            }
        }
    }
}

#[test]
fn a_fault_is_reported_with_its_place() {
    /// A change that makes the message unreadable, and the expected text after the stream.
    type Case = (fn(&mut Message), &'static str);
    let headers: &[Case] = &[
        (|message| message.headers = None, "41: the message has no headers"),
        (
            |message| message.remove("Commit-Id"),
            "41: header Commit-Id is missing or not an id",
        ),
        (
            |message| message.set("Commit-Id", "7"),
            "41: header Commit-Id is missing or not an id",
        ),
        (
            |message| message.remove("Previous-Hash"),
            "41: header Previous-Hash is missing or not a hash",
        ),
        (
            |message| message.set("Previous-Hash", "ab"),
            "41: header Previous-Hash is missing or not a hash",
        ),
        (
            |message| message.set("Receipts", "John Doe"),
            "41: header Receipts cannot be read",
        ),
        (
            |message| message.set("Receipts", r#"[["caller-1/key-1","fingerprint-1"]]"#),
            "41: header Receipts cannot be read",
        ),
        (
            |message| message.set("Receipts", &"[".repeat(100_000)),
            "41: header Receipts cannot be read",
        ),
        // A foreign message.
        (
            |message| {
                message.headers = Some(vec![("Content-Type".to_owned(), "text/plain".to_owned())]);
                message.body = b"hello".to_vec();
            },
            "41: header Content-Type is not application/cloudevents-batch+json",
        ),
    ];
    let bodies: &[Case] = &[
        (
            |message| message.body.clear(),
            "41: the body is not a batch of events: Eof error at column 0",
        ),
        (
            |message| message.body = b"hello".to_vec(),
            "41: the body is not a batch of events: Syntax error at column 1",
        ),
        (
            |message| message.body = b"{}".to_vec(),
            "41: the body is not a batch of events: Data error at column 0",
        ),
        (
            |message| message.body = br#"["John Doe"]"#.to_vec(),
            "41: event 0: it is not an object: Data error at column 10",
        ),
        (
            |message| message.body.truncate(20),
            "41: the body is not a batch of events: Eof error at column 20",
        ),
        (
            |message| message.body.truncate(message.body.len() - 1),
            "41: the body is not a batch of events: Eof error at column 1401",
        ),
        (
            |message| message.body.extend_from_slice(b"[]"),
            "41: the body is not a batch of events: Syntax error at column 1403",
        ),
        (
            |message| message.write(r#""data":{"#, "\"data\":{\u{1}"),
            "41: the body is not a batch of events: Syntax error at column 564",
        ),
        // Nested too deeply, or so if it were decoded.
        (
            |message| message.body = vec![b'['; 100_000],
            "41: the body is not a batch of events: Data error at column 2",
        ),
        (
            |message| message.write(r#""specversion""#, &format!(r#""other":{}"#, "[".repeat(100_000))),
            "41: the body is not a batch of events: Syntax error at column 100011",
        ),
        (
            |message| {
                let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
                message.write(r#""data":"#, &format!(r#""data":{open}{close},"other":"#));
            },
            "41, patient/a-1: the body of event type patient.registered, version 1, cannot be read: it is not JSON, at \
             line 1, column 128",
        ),
    ];
    let attributes: &[Case] = &[
        (
            |message| message.write(r#""type":"patient.registered","#, ""),
            "41: event 0: attribute type is missing",
        ),
        (
            |message| message.write(r#""actor":"user-1","#, ""),
            "41: event 0: attribute actor is missing",
        ),
        (
            |message| message.write(r#""actor":"user-1","#, r#""actor":"user-1","actor":"John Doe","#),
            "41: event 0: an attribute occurs twice: Data error at column 281",
        ),
        (
            |message| message.write(r#""actor":"user-1""#, r#""actor":["John Doe"]"#),
            "41: event 0: attribute actor has the wrong form",
        ),
        (
            |message| message.write("01980f2e-0000-7000-8000-000000000000", "John Doe"),
            "41: event 0: attribute id has the wrong form",
        ),
        (
            |message| message.write(r#""aggregateversion":3"#, r#""aggregateversion":-1"#),
            "41: event 0: attribute aggregateversion has the wrong form",
        ),
        (
            |message| message.write(r#""aggregateversion":3"#, r#""aggregateversion":18446744073709551616"#),
            "41: event 0: attribute aggregateversion has the wrong form",
        ),
        (
            |message| message.write(r#""aggregateversion":3"#, r#""aggregateversion":0"#),
            "41: event 0: attribute aggregateversion is 0",
        ),
        (
            |message| message.write("patient/a-1", "patient"),
            "41: event 0: attribute subject is not a type and an id",
        ),
        (
            |message| message.write("patient/a-1", "patient/John Doe"),
            "41: event 0: attribute subject is not a type and an id",
        ),
        (
            |message| message.write("2027-01-11T15:00:00.123456Z", "today"),
            "41: event 0: attribute time is not an instant",
        ),
        (
            |message| message.write("schema:patient.demographics-changed:1", "schema"),
            "41: event 1: attribute dataschema does not end in a version",
        ),
        (
            |message| message.write(":1\",\"aggregateversion\":4", ":4294967296\",\"aggregateversion\":4"),
            "41: event 1: attribute dataschema does not end in a version",
        ),
        (
            |message| message.write(r#""datasubject":"a-1""#, r#""datasubject":"John Doe""#),
            "41: event 0: attribute datasubject must be 1 to 128 characters, each a letter, a digit, `-` or `_`",
        ),
        (
            |message| message.write(r#""datasubject":"a-1","#, ""),
            "41: event 0: attribute datasubject or sealedfields stands alone",
        ),
        (
            |message| message.write(r#""sealedfields":"#, r#""other":"#),
            "41: event 0: attribute datasubject or sealedfields stands alone",
        ),
    ];
    let events: &[Case] = &[
        (
            |message| message.write("patient/a-1", "ghost/a-1"),
            "41, ghost/a-1: no aggregate is of type ghost",
        ),
        (
            |message| message.write(r#""patient.registered""#, r#""patient.vanished""#),
            "41, patient/a-1: event type patient.vanished is not known",
        ),
        (
            |message| message.write(r#""patient.demographics-changed""#, r#""appointment.booked""#),
            "41.1, patient/a-1: event type appointment.booked is not known",
        ),
        (
            |message| message.write("patient.demographics-changed:1", "patient.demographics-changed:9"),
            "41.1, patient/a-1: version 9 of event type patient.demographics-changed is not known; the newest known is 2",
        ),
        (
            |message| message.write("patient.registered:1", "patient.registered:0"),
            "41, patient/a-1: version 0 of event type patient.registered is not known; the newest known is 2",
        ),
        (
            |message| message.write(r#""data":"#, r#""data":{},"other":"#),
            "41, patient/a-1: the body of event type patient.registered, version 1, cannot be read: raised to \
             version 2, it does not fit",
        ),
        (
            |message| message.write(r#""phone":"+1-555-0199""#, r#""phone":["+1-555-0199"]"#),
            "41.1, patient/a-1: the body of event type patient.demographics-changed, version 1, cannot be read: raised \
             to version 2, it does not fit",
        ),
    ];
    for (change, told) in [headers, bodies, attributes, events].concat() {
        let mut message = registered();
        change(&mut message);
        let error = message.read().expect_err(told);
        assert_eq!(error.strip_prefix("stream PATIENTS, sequence "), Some(told));
    }
}

/// Tests a property on many messages, which are the same in every run.
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

/// A number for a header or an attribute, often near the limits.
fn number(u: &mut Unstructured<'_>) -> arbitrary::Result<&'static str> {
    let edges = [
        "0",
        "1",
        "2",
        "3",
        "4",
        "-1",
        "+3",
        "03",
        "1.5",
        "4294967295",
        "4294967296",
        "18446744073709551616",
        "",
    ];
    Ok(*u.choose(&edges)?)
}

/// A value for an attribute, of any kind.
fn value(u: &mut Unstructured<'_>) -> arbitrary::Result<Value> {
    Ok(match u.int_in_range(0..=6)? {
        0 => Value::Null,
        1 => json!([number(u)?]),
        2 => serde_json::from_str(number(u)?).unwrap_or_default(),
        3 => number(u)?.into(),
        4 => STRAY.into(),
        5 => format!("{}/{}", u.choose(CATALOGUE)?.aggregate_type, number(u)?).into(),
        _ => u.arbitrary::<String>()?.into(),
    })
}

/// Changes one thing in a message.
fn mutate(message: &mut Message, u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let any = message.body.len();
    match u.int_in_range(0..=13)? {
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
                headers[header].1 = match u.int_in_range(0..=2)? {
                    0 => number(u)?.to_owned(),
                    1 => STRAY.to_owned(),
                    _ => header_text(u)?,
                };
            }
        }
        6 => {
            let headers = message.headers.get_or_insert_default();
            if !headers.is_empty() {
                headers.remove(u.choose_index(headers.len())?);
            }
        }
        7 => message.headers = None,
        8 => message.context = *u.choose(&Context::ALL)?,
        9 => message.erase(),
        10 => message.change(|events| {
            // An event claims to be a different one.
            let id = u.choose(&versions().collect::<Vec<_>>())?.clone();
            let schema = format!("urn:anamnesis:schema:{}:{}", id.event_type, number(u)?);
            if let Some(Value::Object(event)) = events.last_mut() {
                event.insert("type".to_owned(), id.event_type.into());
                event.insert("dataschema".to_owned(), schema.into());
            }
            Ok(())
        })?,
        11 => message.change(|events| {
            // The events are in another order, or one is repeated.
            let (from, to) = (u.choose_index(events.len())?, u.choose_index(events.len())?);
            match u.arbitrary()? {
                true => events.swap(from, to),
                false => events.push(events[from].clone()),
            }
            Ok(())
        })?,
        _ => message.change(|events| {
            let event = u.choose_index(events.len())?;
            if let Value::Object(event) = &mut events[event] {
                let mut names: Vec<String> = event.keys().cloned().collect();
                // The error names an unknown event type.
                names.retain(|name| name != "type");
                names.sort();
                let name = u.choose(&names)?;
                match u.ratio(1, 4)? {
                    true => drop(event.remove(name)),
                    false => drop(event.insert(name.clone(), value(u)?)),
                }
            }
            Ok(())
        })?,
    }
    Ok(())
}

#[test]
fn a_damaged_message_is_decoded_or_refused_with_its_place() {
    let ids: Vec<SchemaId> = versions().collect();
    let content = content();
    assert!(content.iter().any(|content| content == STRAY), "{content:?}");
    let (mut read, mut refused, mut told_behind_the_first) = (0_u64, 0_u64, 0_u64);
    for_all(|u| {
        let ids = [
            u.choose(&ids)?.clone(),
            u.choose(&ids)?.clone(),
            u.choose(&ids)?.clone(),
        ];
        let whole = Message::of(&ids[..u.int_in_range(1..=ids.len())?]);
        let mut message = whole.clone();
        for _ in 0..u.int_in_range(1..=3)? {
            mutate(&mut message, u)?;
        }
        match message.read() {
            Ok((commit, events)) => {
                assert_ne!(commit.hash(), commit.previous_hash);
                if message.body != whole.body {
                    let (whole, _) = whole.read().expect("it is whole");
                    assert_ne!(commit.hash(), whole.hash(), "the damage does not show");
                }
                let again = Commit::from_parts(
                    commit.stream,
                    commit.position,
                    commit.id,
                    commit.previous_hash,
                    commit.receipts.clone(),
                    commit.body().clone(),
                );
                assert_eq!(again.map(|commit| commit.events), Ok(commit.events));
                for JournalEvent { recorded, event } in events {
                    let body = event.encode().expect("what was read can be written");
                    let again = Event::decode(
                        &recorded.aggregate_type,
                        body.name.event_type,
                        body.name.schema_version,
                        body.data.to_string().as_bytes(),
                    );
                    assert_eq!(again, Ok(event), "what was written can be read");
                }
                read += 1;
            }
            Err(fault) => {
                let repeated = content.iter().find(|content| fault.contains(*content));
                assert_eq!(repeated, None, "{fault}");
                let second = format!("sequence {SEQUENCE}.");
                told_behind_the_first += u64::from(fault.contains(&second) || fault.contains(": event 1"));
                refused += 1;
            }
        }
        Ok(())
    });
    // Every outcome must be frequent enough for this test to be meaningful.
    assert!(
        read > CASES / 20 && refused > CASES / 20 && told_behind_the_first > CASES / 100,
        "{read} read, {refused} refused, {told_behind_the_first} of them behind a commit's first event"
    );
}

#[test]
fn arbitrary_messages_are_refused_cleanly() {
    let known = registered().headers.unwrap_or_default();
    for_all(|u| {
        let mut message = registered();
        let mut headers = Vec::new();
        for _ in 0..u.int_in_range(0..=7)? {
            let (name, value) = u.choose(&known)?.clone();
            headers.push((name, if u.ratio(3, 4)? { value } else { header_text(u)? }));
        }
        message.headers = match u.int_in_range(0..=15)? {
            0 => None,
            1..=7 => Some(headers),
            _ => Some(known.clone()),
        };
        message.body = match u.arbitrary()? {
            true => u.arbitrary()?,
            false => {
                // The beginning of an event, and parts of one.
                let pieces = [
                    "{",
                    "}",
                    "[",
                    "]",
                    ",",
                    ":",
                    "\"",
                    "\\",
                    "\n",
                    "null",
                    "true",
                    "-1",
                    "1e999",
                    "\"id\":",
                    "\"type\":",
                    "\"time\":",
                    "\"subject\":",
                    "\"data\":",
                    "\"patient/a-1\",",
                    "\"\\ud800\"",
                ];
                let mut body = b"[{".to_vec();
                for _ in 0..u.int_in_range(0..=40)? {
                    body.extend_from_slice(u.choose(&pieces)?.as_bytes());
                }
                body
            }
        };
        message.read().expect_err("it is not a commit");
        Ok(())
    });
}
