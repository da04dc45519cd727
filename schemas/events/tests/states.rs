//! Every state that an aggregate's events produce survives serialisation: a stored state equals the folded one.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{fs, path::PathBuf};

use domain::{
    Decider, NamedEvent as _, account::Account, appointment::Appointment, invoice::Invoice, patient::Patient,
    practitioner::Practitioner, prescription::Prescription,
};

/// Folds the golden samples and round-trips each intermediate state.
fn survives<A: Decider>() {
    let samples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../samples");
    let mut state = A::default();
    for name in A::Event::NAMES {
        let file = samples.join(format!("{}.v{}.json", name.event_type, name.schema_version));
        let body = fs::read(&file).expect("a sample");
        let event = events::decode::<A::Event>(name.event_type, name.schema_version, &body).expect("readable");
        state.evolve(&event);
        let written = serde_json::to_string(&state).unwrap_or_else(|error| panic!("{}: {error}", name.event_type));
        let read: A = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{}: {error}", name.event_type));
        assert_eq!(
            serde_json::to_string(&read).expect("JSON"),
            written,
            "{}",
            name.event_type
        );
    }
}

#[test]
fn every_state_round_trips() {
    survives::<Patient>();
    survives::<Practitioner>();
    survives::<Appointment>();
    survives::<Prescription>();
    survives::<Account>();
    survives::<Invoice>();
}
