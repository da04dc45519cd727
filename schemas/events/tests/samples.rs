//! Every event version has a golden sample and a committed reading of it. Published events must stay readable with the
//! same meaning.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use events::{
    CATALOGUE, Event, personal_fields,
    publication::{Incompatibility, PublishedFiles, SchemaId, renew, sample},
};
use serde_json::{Value, json};

#[test]
fn what_is_published_is_complete_and_up_to_date() {
    match renew(&PublishedFiles::compiled_in()) {
        Ok(renewed) if renewed.is_empty() => {}
        Ok(renewed) => {
            let stale: Vec<&str> = renewed.iter().map(|(path, _)| path).collect();
            panic!("run `cargo run -- schema generate` and commit what it writes: {stale:#?}");
        }
        Err(refusals) => {
            let told: Vec<String> = refusals.iter().map(ToString::to_string).collect();
            panic!(
                "below schemas/, something must be done by hand, and `cargo run -- schema generate` then does the rest: \
                 {told:#?}\n{}",
                Incompatibility::REMEDY
            );
        }
    }
}

/// The current version of each event with its aggregate type and sample.
fn present_samples() -> impl Iterator<Item = (&'static str, SchemaId, Value)> {
    CATALOGUE.iter().flat_map(|aggregate| {
        aggregate.events.iter().map(|name| {
            let id = SchemaId::new(name.event_type, name.schema_version);
            let sample = sample(&id).unwrap_or_else(|| panic!("{id} has no sample"));
            (
                aggregate.aggregate_type,
                id,
                serde_json::from_str(sample).expect("JSON"),
            )
        })
    })
}

fn decode(aggregate_type: &str, id: &SchemaId, body: &Value) -> Event {
    Event::decode(
        aggregate_type,
        &id.event_type,
        id.schema_version,
        body.to_string().as_bytes(),
    )
    .unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_current_sample_round_trips() {
    for (aggregate_type, id, sample) in present_samples() {
        let body = decode(aggregate_type, &id, &sample).encode().expect("encodable");
        assert_eq!(
            SchemaId::new(body.name.event_type, body.name.schema_version),
            id,
            "its own name"
        );
        assert_eq!(body.data, sample, "{id}");
    }
}

#[test]
fn a_field_that_newer_code_adds_does_not_keep_older_code_from_reading() {
    for (aggregate_type, id, sample) in present_samples() {
        let mut newer = sample.clone();
        newer["addedByNewerCode"] = json!({ "any": ["thing"] });
        assert_eq!(
            decode(aggregate_type, &id, &newer),
            decode(aggregate_type, &id, &sample),
            "{id}"
        );
    }
}

#[test]
fn every_event_lists_its_personal_fields_and_reads_without_them() {
    for (aggregate_type, id, mut sample) in present_samples() {
        let fields = personal_fields(&id.event_type)
            .unwrap_or_else(|| panic!("{id}: list its personal fields, or that it has none"));
        for field in fields {
            if let Some(value) = sample.pointer_mut(field) {
                *value = Value::Null;
            }
        }
        decode(aggregate_type, &id, &sample);
    }
}

#[test]
fn errors_name_unknown_types_but_no_content() {
    let decode = |aggregate, event_type, version, data: &str| {
        Event::decode(aggregate, event_type, version, data.as_bytes())
            .expect_err("not readable")
            .to_string()
    };
    assert_eq!(decode("ghost", "ghost.seen", 1, "{}"), "no aggregate is of type ghost");
    assert_eq!(
        decode("patient", "patient.vanished", 1, "{}"),
        "event type patient.vanished is not known"
    );
    assert_eq!(
        decode("patient", "patient.registered", 9, "{}"),
        "version 9 of event type patient.registered is not known; the newest known is 2"
    );
    for body in [
        r#"{"name":"John Doe"#,
        r#"{"name":"John Doe"}"#,
        r#"{"name":["John Doe"],"dateOfBirth":1}"#,
    ] {
        let error = decode("patient", "patient.registered", 1, body);
        assert!(
            error.contains("patient.registered") && !error.contains("John"),
            "{error}"
        );
    }
}
