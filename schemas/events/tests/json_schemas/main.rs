//! The JSON Schemas match the code: they are well formed, they accept every sample and every event of the domain, and
//! exactly the indispensable fields are required.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod accepted;
mod arbitraries;
mod validator;

use events::{
    CATALOGUE, Event, personal_fields,
    publication::{SchemaId, sample, schema, versions},
};
use serde_json::{Value, json};
use validator::Validator;

/// A body with the examples of a schema in all its fields.
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

/// A field at any depth of a body.
struct Field {
    pointer: String,
    required: bool,
    /// The permitted codes, if the field holds a code.
    codes: Vec<Value>,
}

/// The fields of a schema, including nested ones.
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

/// The current version of each event with its aggregate type.
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

/// All places in a body that hold a value, including nested ones.
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
fn every_sample_matches_its_schema_without_further_fields() {
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
fn every_field_of_a_schema_round_trips() {
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
fn exactly_the_personal_fields_may_be_null() {
    for (aggregate_type, id) in present() {
        let (example, validator) = (example_of(&id), Validator::of(&id));
        let personal = personal_fields(&id.event_type).expect("listed");
        for Field { pointer, required, .. } in fields_of(&id) {
            let mut body = example.clone();
            *body.pointer_mut(&pointer).expect("the field") = Value::Null;
            let (allowed, read) = (validator.check(&body).is_ok(), decode(aggregate_type, &id, &body));
            assert_eq!(allowed, personal.contains(&pointer.as_str()), "{id}: {pointer}");
            // An optional field with `null` reads as `None`, personal or not.
            assert_eq!(read.is_ok(), allowed || !required, "{id}: {pointer}: {read:?}");
        }
    }
}

#[test]
fn an_event_of_an_erased_person_matches_its_schema_when_written_back() {
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
fn a_value_of_another_type_is_refused() {
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
fn every_code_round_trips() {
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
