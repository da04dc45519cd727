//! Every version of every event has a golden sample, and a committed sample never changes: what was once published must
//! stay readable.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use schemas::{CATALOGUE, Event};
use serde_json::Value;

fn samples_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn sample_name(event_type: &str, schema_version: u32) -> String {
    format!("{event_type}.v{schema_version}.json")
}

#[test]
fn every_event_version_has_a_sample_and_every_sample_an_event() {
    let expected: BTreeSet<String> = CATALOGUE
        .iter()
        .flat_map(|aggregate| aggregate.events)
        .flat_map(|name| (1..=name.schema_version).map(|version| sample_name(name.event_type, version)))
        .collect();
    let found: BTreeSet<String> = fs::read_dir(samples_dir())
        .expect("the samples folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a plain name")
        })
        .filter(|name| name.ends_with(".json"))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn every_current_sample_reads_and_writes_back_to_itself() {
    for aggregate in CATALOGUE {
        for name in aggregate.events {
            let file = samples_dir().join(sample_name(name.event_type, name.schema_version));
            let bytes = fs::read(&file).expect("a sample");
            let event = Event::decode(aggregate.aggregate_type, name.event_type, name.schema_version, &bytes)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let body = event.encode().expect("encodable");
            assert_eq!(body.name, *name);
            assert_eq!(
                body.data,
                serde_json::from_slice::<Value>(&bytes).expect("JSON"),
                "{}",
                file.display()
            );
        }
    }
}

#[test]
fn a_committed_sample_never_changes() {
    let sums = fs::read_to_string(samples_dir().join("SHA256SUMS")).expect("the list of sums");
    let listed: Vec<(&str, &str)> = sums.lines().filter_map(|line| line.split_once("  ")).collect();
    for (sum, file) in &listed {
        let bytes = fs::read(samples_dir().join(file)).unwrap_or_else(|_| panic!("sample {file} is gone"));
        let actual: String = digest(&SHA256, &bytes)
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            *sum, actual,
            "sample {file} has changed: publish a new version of the event instead"
        );
    }
    let samples = fs::read_dir(samples_dir()).expect("the samples folder").count() - 1;
    assert_eq!(listed.len(), samples, "every sample is listed in SHA256SUMS");
}

#[test]
fn what_is_not_known_is_named_and_no_content_is_repeated() {
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
        "version 9 of event type patient.registered is not known; the newest known is 1"
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
