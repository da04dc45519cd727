//! The JSON Schemas say what the code does: they are well formed, every sample and everything that the domain accepts
//! fits them, and their required fields are those that cannot be left out.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use arbtest::arbitrary::{self, Unstructured};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    NamedEvent,
    appointment::{AppointmentEvent, Booked, Fulfilled, Origin},
    idempotency_key::{IdempotencyKeyEvent, KeyUse, RecordedAnswer},
    patient::{Demographics, PatientEvent},
    practitioner::{PractitionerDetails, PractitionerEvent},
    values::{
        Address, DateOfBirth, Email, Gender, Identifier, Identifiers, Name, Notes, Period, Phone, Reason, Specialty,
        TimeZone,
    },
};
use schemas::{
    CATALOGUE, Event, encode, personal_fields,
    publication::{SchemaId, sample, schema, versions},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// A validator of one schema, which takes formats seriously and checks the schema itself on the way.
struct Validator {
    schemas: boon::Schemas,
    index: boon::SchemaIndex,
}

impl Validator {
    fn of(id: &SchemaId) -> Self {
        let document = schema(id).unwrap_or_else(|| panic!("{id} has no schema"));
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource("schema.json", document).expect("a resource");
        let index = compiler
            .compile("schema.json", &mut schemas)
            .unwrap_or_else(|error| panic!("{id}: {error}"));
        Self { schemas, index }
    }

    fn check(&self, body: &Value) -> Result<(), String> {
        self.schemas
            .validate(body, self.index)
            .map_err(|error| error.to_string())
    }
}

/// A body that fills every field of a schema with the examples in it.
fn example(schema: &Value) -> Value {
    if let Some(fields) = schema["properties"].as_object() {
        fields
            .iter()
            .map(|(name, field)| (name.clone(), example(field)))
            .collect()
    } else if let Some(items) = schema.get("items") {
        json!([example(items)])
    } else {
        let given = schema.get("examples").or_else(|| schema.get("enum"));
        given.unwrap_or_else(|| panic!("an example is missing: {schema}"))[0].clone()
    }
}

fn example_of(id: &SchemaId) -> Value {
    example(&schema(id).unwrap_or_else(|| panic!("{id} has no schema")))
}

/// A field somewhere in a body.
struct Field {
    pointer: String,
    required: bool,
    /// The codes it may hold, where it holds one.
    codes: Vec<Value>,
}

/// The fields of a schema, those of objects in it included.
fn fields(schema: &Value, at: &str, found: &mut Vec<Field>) {
    if let Some(items) = schema.get("items") {
        fields(items, &format!("{at}/0"), found);
    }
    let required: Vec<&str> = schema["required"]
        .as_array()
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{at}/{name}");
        fields(field, &pointer, found);
        found.push(Field {
            pointer,
            required: required.contains(&name.as_str()),
            codes: field["enum"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|code| !code.is_null())
                .cloned()
                .collect(),
        });
    }
}

fn fields_of(id: &SchemaId) -> Vec<Field> {
    let mut found = Vec::new();
    fields(&schema(id).expect("a schema"), "", &mut found);
    found
}

/// A body without one of its fields.
fn without(body: &Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let mut body = body.clone();
    let parent = body.pointer_mut(parent).and_then(Value::as_object_mut);
    parent.expect("an object").remove(name).expect("the field");
    body
}

/// Each event in its present version, with the type of its aggregate.
fn present() -> impl Iterator<Item = (&'static str, SchemaId)> {
    CATALOGUE.iter().flat_map(|aggregate| {
        let ids = aggregate.events.iter();
        ids.map(|name| {
            (
                aggregate.aggregate_type,
                SchemaId::new(name.event_type, name.schema_version),
            )
        })
    })
}

fn decode(aggregate_type: &str, id: &SchemaId, body: &Value) -> Result<Event, String> {
    let body = body.to_string();
    Event::decode(aggregate_type, &id.event_type, id.schema_version, body.as_bytes()).map_err(|error| error.to_string())
}

/// Every place in a body that holds something, those in objects and lists included.
fn places(body: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match body {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().map(|value| ("0".to_owned(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let pointer = format!("{at}/{name}");
        places(value, &pointer, found);
        found.push(pointer);
    }
}

#[test]
fn every_sample_fits_its_schema_and_holds_nothing_else() {
    for id in versions() {
        let sample = sample(&id).unwrap_or_else(|| panic!("{id} has no sample"));
        let sample: Value = serde_json::from_str(sample).expect("JSON");
        assert_eq!(Validator::of(&id).check(&sample), Ok(()), "{id}");
        let (example, mut found) = (example_of(&id), Vec::new());
        places(&sample, "", &mut found);
        for place in found {
            assert!(
                example.pointer(&place).is_some(),
                "{id}: the schema does not know {place}"
            );
        }
    }
}

#[test]
fn every_field_of_a_schema_is_read_and_written_back() {
    for (aggregate_type, id) in present() {
        let example = example_of(&id);
        assert_eq!(Validator::of(&id).check(&example), Ok(()), "{id}");
        let event = decode(aggregate_type, &id, &example).expect("readable");
        assert_eq!(event.encode().expect("encodable").data, example, "{id}");
    }
}

#[test]
fn a_field_is_required_exactly_if_the_event_cannot_be_read_without_it() {
    for (aggregate_type, id) in present() {
        let (example, validator) = (example_of(&id), Validator::of(&id));
        for Field { pointer, required, .. } in fields_of(&id) {
            let body = without(&example, &pointer);
            let read = decode(aggregate_type, &id, &body);
            assert_eq!(read.is_err(), required, "{id} without {pointer}: {read:?}");
            assert_eq!(validator.check(&body).is_err(), required, "{id} without {pointer}");
            if let Ok(event) = read {
                let written = event.encode().expect("encodable").data;
                assert_eq!(written, body, "{id}: {pointer} is left out, never null");
            }
        }
    }
}

#[test]
fn a_field_may_be_null_exactly_if_it_is_personal() {
    for (aggregate_type, id) in present() {
        let (example, validator) = (example_of(&id), Validator::of(&id));
        let personal = personal_fields(&id.event_type).expect("listed");
        for Field { pointer, required, .. } in fields_of(&id) {
            let mut body = example.clone();
            *body.pointer_mut(&pointer).expect("the field") = Value::Null;
            let (allowed, read) = (validator.check(&body).is_ok(), decode(aggregate_type, &id, &body));
            assert_eq!(allowed, personal.contains(&pointer.as_str()), "{id}: {pointer}");
            // An optional field that is null reads as none, personal or not.
            assert_eq!(read.is_ok(), allowed || !required, "{id}: {pointer}: {read:?}");
        }
    }
}

#[test]
fn what_is_read_of_somebody_who_was_erased_fits_when_it_is_written_back() {
    for (aggregate_type, id) in present() {
        let mut body = example_of(&id);
        for pointer in personal_fields(&id.event_type).expect("listed") {
            *body.pointer_mut(pointer).expect("the field") = Value::Null;
        }
        let validator = Validator::of(&id);
        assert_eq!(validator.check(&body), Ok(()), "{id}");
        let event = decode(aggregate_type, &id, &body).expect("readable");
        let written = event.encode().expect("encodable").data;
        assert_eq!(validator.check(&written), Ok(()), "{id}");
    }
}

#[test]
fn a_value_of_another_type_is_neither_allowed_nor_read() {
    for (aggregate_type, id) in present() {
        let (example, validator) = (example_of(&id), Validator::of(&id));
        for Field { pointer, .. } in fields_of(&id) {
            let mut body = example.clone();
            *body.pointer_mut(&pointer).expect("the field") = json!([[true]]);
            assert!(validator.check(&body).is_err(), "{id}: {pointer} may be anything");
            assert!(
                decode(aggregate_type, &id, &body).is_err(),
                "{id}: {pointer} reads anything"
            );
        }
    }
}

#[test]
fn every_code_is_read_and_written_back() {
    for (aggregate_type, id) in present() {
        for Field { pointer, codes, .. } in fields_of(&id) {
            for code in codes {
                let mut body = example_of(&id);
                *body.pointer_mut(&pointer).expect("the field") = code;
                let event = decode(aggregate_type, &id, &body).expect("readable");
                assert_eq!(event.encode().expect("encodable").data, body, "{id}: {pointer}");
            }
        }
    }
}

/// How many arbitrary events are made.
const CASES: u64 = 2_000;

/// Makes arbitrary events of what the domain accepts, and holds their bodies against the schema.
fn check_all<E: NamedEvent>(event_type: &str, make: impl Fn(&mut Unstructured<'_>) -> arbitrary::Result<Option<E>>) {
    let mut names = E::NAMES.iter();
    let name = names.find(|name| name.event_type == event_type).expect("an event");
    let validator = Validator::of(&SchemaId::new(event_type, name.schema_version));
    let mut accepted = 0;
    for seed in 1..=CASES {
        arbtest::arbtest(|u| {
            if let Some(event) = make(u)? {
                let body = encode(&event).expect("encodable").data;
                validator.check(&body).unwrap_or_else(|error| panic!("{body}: {error}"));
                accepted += 1;
            }
            Ok(())
        })
        .seed(seed << 32 | 4_096)
        .run();
    }
    assert!(accepted > CASES / 20, "only {accepted} of {CASES} were accepted");
}

/// A text of these characters, often as long as is allowed or a little longer.
fn text(u: &mut Unstructured<'_>, alphabet: &[char], most: usize) -> arbitrary::Result<String> {
    let length = if u.ratio(1, 2)? {
        u.int_in_range(most.saturating_sub(1)..=most + 1)?
    } else {
        u.int_in_range(0..=most.min(12))?
    };
    // The same few characters over and over, so that long texts do not use the randomness up.
    let few: Vec<char> = (0..4).map(|_| u.choose(alphabet).copied()).collect::<Result<_, _>>()?;
    Ok(few.into_iter().cycle().take(length).collect())
}

const LETTERS: &[char] = &[
    'a',
    'Z',
    '0',
    ' ',
    '\u{a0}',
    '\u{feff}',
    '\u{2028}',
    '\u{10ffff}',
    'é',
    '\u{301}',
    '\n',
    '\t',
    '\u{0}',
    '\u{85}',
    '"',
];
const MAIL: &[char] = &['a', 'Z', '0', '.', '-', '+', 'é', '文', '\u{661}', '@', ' '];
const DIGITS: &[char] = &[
    '1', '0', '9', '5', '7', '3', '+', '-', '.', '(', ')', '/', ' ', 'x', '#',
];
const URI: &[char] = &['a', ':', '/', '.', '1', 'é', '\u{feff}', '\u{a0}', ' ', '"'];

fn email(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Email>> {
    let (local, host) = if u.ratio(1, 8)? {
        ("a".repeat(64), "b".repeat(185))
    } else {
        (text(u, MAIL, 64)?, text(u, MAIL, 185)?)
    };
    Ok(Email::parse(&format!("{local}@{host}.org")).ok())
}

fn identifiers(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Identifiers>> {
    let mut identifiers = Vec::new();
    for number in 0..u.int_in_range(0..=21)? {
        let system = format!("{}:{number}", text(u, URI, 196)?);
        let other = Identifier::parse(&format!("urn:{number}"), "A-17");
        identifiers.extend(Identifier::parse(&system, &text(u, LETTERS, 100)?).or(other));
    }
    Ok(Identifiers::parse(identifiers).ok())
}

fn demographics(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Demographics>> {
    let now = instant("2026-01-01T00:00:00Z");
    let born = now.date_naive() - TimeDelta::days(u.int_in_range(0..=131 * 366)?);
    let (Ok(name), Ok(date_of_birth), Some(identifiers)) = (
        Name::parse(&text(u, LETTERS, 200)?),
        DateOfBirth::parse(born, now),
        identifiers(u)?,
    ) else {
        return Ok(None);
    };
    Ok(Some(Demographics {
        name,
        date_of_birth,
        email: email(u)?,
        phone: Phone::parse(&text(u, DIGITS, 40)?).ok(),
        address: Address::parse(&text(u, LETTERS, 500)?).ok(),
        gender: Gender::parse(u.choose(&["male", "female", "other", "unknown", ""])?).ok(),
        identifiers,
    }))
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn zone(u: &mut Unstructured<'_>) -> arbitrary::Result<TimeZone> {
    let zones = [
        "America/New_York",
        "Etc/GMT+12",
        "America/Port-au-Prince",
        "UTC",
        "Pacific/Kiritimati",
        "EST5EDT",
    ];
    Ok(TimeZone::parse(u.choose(&zones)?).expect("a zone"))
}

fn period(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Period>> {
    let earliest = instant("1900-01-01T00:00:00Z").timestamp_micros();
    let latest = instant("9999-12-31T23:59:59Z").timestamp_micros();
    let edges = [earliest, latest - 300_000_000, u.int_in_range(earliest..=latest)?];
    let start = DateTime::from_timestamp_micros(*u.choose(&edges)?).expect("in range");
    let length = TimeDelta::microseconds(u.int_in_range(299_999_999..=300_000_001)?);
    Ok(Period::parse(start, start + length).ok())
}

fn booked(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Booked>> {
    let (time_zone, period) = (zone(u)?, period(u)?);
    let (reason, notes) = (text(u, LETTERS, 500)?, text(u, LETTERS, 4_000)?);
    let origin = *u.choose(&[Origin::Booked, Origin::History])?;
    let (patient_id, practitioner_id) = (Uuid::from_u128(u.arbitrary()?), Uuid::from_u128(u.arbitrary()?));
    Ok(period.map(|period| Booked {
        patient_id,
        practitioner_id,
        period,
        time_zone,
        local_start: time_zone.local(period.start()),
        reason: Reason::parse(&reason).ok(),
        notes: Notes::parse(&notes).ok(),
        origin,
    }))
}

#[test]
fn whatever_the_domain_accepts_fits_the_schema() {
    check_all("patient.registered", |u| {
        Ok(demographics(u)?.map(PatientEvent::Registered))
    });
    check_all("practitioner.registered", |u| {
        let (name, specialty) = (Name::parse(&text(u, LETTERS, 200)?), text(u, LETTERS, 200)?);
        let (time_zone, email) = (zone(u)?, email(u)?);
        Ok(name.ok().map(|name| {
            PractitionerEvent::Registered(PractitionerDetails {
                name,
                specialty: Specialty::parse(&specialty).ok(),
                time_zone,
                email,
            })
        }))
    });
    check_all("appointment.booked", |u| Ok(booked(u)?.map(AppointmentEvent::Booked)));
    check_all("appointment.fulfilled", |u| {
        let ended = period(u)?.map(|period| period.end());
        Ok(ended.map(|fulfilled_at| AppointmentEvent::Fulfilled(Fulfilled { fulfilled_at })))
    });
    check_all("idempotency-key.used", |u| {
        Ok(Some(IdempotencyKeyEvent::Used(KeyUse {
            fingerprint: u.arbitrary()?,
            answer: RecordedAnswer {
                status: u.arbitrary()?,
                location: u.arbitrary()?,
                version: u.arbitrary()?,
                body: u.arbitrary()?,
            },
        })))
    });
}
