//! `anamnesis tree` on a running clinic.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;
#[path = "support/up.rs"]
mod up;

use serde_json::Value;
use support::{complaint, printed};
use tempfile::tempdir;
use up::Up;

#[test]
fn a_request_is_drawn_with_all_that_it_set_off() {
    let data = tempdir().expect("a folder");
    let _up = Up::start(data.path(), &["--demo"]);
    let booked = printed(
        data.path(),
        &["replay", "--type", "appointment.booked", "--format", "ndjson"],
    );
    let booked: Value = serde_json::from_str(booked.lines().next().expect("a booking")).expect("JSON");
    let correlation = booked["correlationId"].as_str().expect("an id");
    let replayed = printed(
        data.path(),
        &["replay", "--correlation", correlation, "--format", "ndjson"],
    );

    let tree: Value = serde_json::from_str(&printed(data.path(), &["tree", correlation, "--json"])).expect("JSON");
    let command = &tree["commands"][0];
    assert_eq!(
        (tree["correlationId"].as_str(), &command["stream"]),
        (Some(correlation), &booked["stream"])
    );
    assert_eq!(
        (&command["actor"], &command["causationId"]),
        (&booked["actor"], &Value::Null)
    );
    let events = command["events"].as_array().expect("events");
    assert_eq!(
        events.len(),
        replayed.lines().count(),
        "nothing else has this correlation"
    );
    assert!(
        events
            .iter()
            .any(|event| event["id"] == booked["id"] && event["position"] == booked["position"])
    );
    assert!(events.iter().any(|event| event["type"] == "day.reserved"));

    let drawn = printed(data.path(), &["tree", correlation]);
    assert!(
        drawn.starts_with(&format!("correlation {correlation}\n└─ command at ")),
        "{drawn}"
    );
    let of_booking = format!(
        "appointment.booked  appointment/{} v1",
        booked["aggregateId"].as_str().expect("an id")
    );
    assert!(drawn.contains(&of_booking), "{drawn}");

    let unknown = complaint(data.path(), &["tree", "01980f2e-0000-7000-8000-000000000009"]);
    assert!(unknown.contains("no event is of correlation"), "{unknown}");
    assert!(complaint(data.path(), &["tree", "mine"]).contains("mine"));
}
