//! A stream can contain events of several schema versions in any order.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use domain::{
    Decider,
    patient::{Patient, PatientEvent},
};
use events::publication::{SchemaId, sample};
use serde_json::Value;

fn body(event_type: &str, version: u32) -> Value {
    let sample = sample(&SchemaId::new(event_type, version)).expect("a sample");
    serde_json::from_str(sample).expect("JSON")
}

fn read(event_type: &str, version: u32, body: &Value) -> PatientEvent {
    events::decode(event_type, version, body.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the date of birth after all events.
fn born(events: &[PatientEvent]) -> Option<String> {
    let mut patient = Patient::default();
    for event in events {
        patient.evolve(event);
    }
    let demographics = patient.demographics().expect("registered");
    demographics.date_of_birth.known().map(|born| born.date().to_string())
}

#[test]
fn every_combination_of_versions_keeps_the_date_of_birth() {
    const REGISTERED: &str = "patient.registered";
    const CHANGED: &str = "patient.demographics-changed";
    for first in [1, 2] {
        let told = body(REGISTERED, first);
        let registered = read(REGISTERED, first, &told);
        let told = told["dateOfBirth"].as_str().map(str::to_owned);
        assert!(told.is_some());
        assert_eq!(born(std::slice::from_ref(&registered)), told, "version {first}");
        for then in [1, 2] {
            for last in [1, 2] {
                let changed = [then, last].map(|version| read(CHANGED, version, &body(CHANGED, version)));
                let [then, last] = [then, last].map(|version| body(CHANGED, version)["dateOfBirth"].clone());
                let [one, other] = changed;
                let so_far = [registered.clone(), one];
                assert_eq!(born(&so_far).as_deref(), then.as_str());
                let [registered, one] = so_far;
                assert_eq!(born(&[registered, one, other]).as_deref(), last.as_str());
            }
        }
    }
}

#[test]
fn dates_that_do_not_exist_are_not_decoded() {
    for version in [1, 2] {
        for bad in ["1990-02-30", "1990-13", "90", ""] {
            let mut body = body("patient.registered", version);
            body["dateOfBirth"] = bad.into();
            let read = events::decode::<PatientEvent>("patient.registered", version, body.to_string().as_bytes());
            assert!(read.is_err(), "version {version}: {bad}");
        }
    }
}
