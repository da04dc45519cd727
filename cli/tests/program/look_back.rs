//! `anamnesis tree` and `anamnesis show` on a running clinic.

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{complaint, printed, up::Up};

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
    assert!(unknown.contains("no event has correlation"), "{unknown}");
    assert!(complaint(data.path(), &["tree", "mine"]).contains("mine"));
}

#[tokio::test(flavor = "multi_thread")]
async fn something_is_shown_as_it_was() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &["--demo"]);
    let fulfilled = printed(
        data.path(),
        &["replay", "--type", "appointment.fulfilled", "--format", "ndjson"],
    );
    let fulfilled: Value = serde_json::from_str(fulfilled.lines().next().expect("one")).expect("JSON");
    let id = fulfilled["aggregateId"].as_str().expect("an id");
    let name = format!("appointment/{id}");
    let show = |more: &[&str]| -> Value {
        let arguments = [&["show", &name], more].concat();
        serde_json::from_str(&printed(data.path(), &arguments)).expect("JSON")
    };
    let now = show(&[]);
    assert_eq!(now, up.get(&format!("/api/appointments/{id}?version=2")).await);
    assert_eq!(
        (&now["status"], &now["version"]),
        (&Value::from("fulfilled"), &Value::from(2))
    );
    assert_eq!(show(&["--version", "1"])["status"], "booked");
    assert_eq!(show(&["--as-of", "2999-01-01T00:00:00Z"]), now);

    for (arguments, reason) in [
        (
            &[name.as_str(), "--as-of", "1999-01-01T00:00:00Z"][..],
            "did not exist at that moment",
        ),
        (&[name.as_str(), "--version", "3"], "did not exist at that moment"),
        (&[name.as_str(), "--version", "0"], "--version"),
        (
            &[name.as_str(), "--version", "1", "--as-of", "1999-01-01T00:00:00Z"],
            "cannot be used with",
        ),
        (
            &["patient/01980f2e-0000-7000-8000-000000000009"],
            "no aggregate with this id",
        ),
        (&["day/x"], "one of patient"),
        (&["patient/x"], "a UUID"),
    ] {
        let refused = complaint(data.path(), &[&["show"], arguments].concat());
        assert!(refused.contains(reason), "{arguments:?}: {refused}");
    }
    up.stop();
}

#[test]
fn without_the_read_models_the_same_is_found() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &["--demo"]);
    let booked = printed(
        data.path(),
        &["replay", "--type", "appointment.booked", "--format", "ndjson"],
    );
    let booked: Value = serde_json::from_str(booked.lines().next().expect("a booking")).expect("JSON");
    let text = |field: &str| booked[field].as_str().expect("a text").to_owned();
    let (correlation, id) = (text("correlationId"), text("aggregateId"));
    let aggregate = format!("appointment/{id}");
    let commands: [&[&str]; 5] = [
        &["show", &aggregate],
        &["show", &aggregate, "--version", "1"],
        &["tree", &correlation],
        &["replay", "--aggregate", &aggregate],
        &["replay", "--correlation", &correlation, "--format", "ndjson"],
    ];
    let look = || commands.map(|arguments| printed(data.path(), arguments));
    let with = look();
    assert!(with.iter().all(|found| found.contains(&id)), "{with:?}");
    up.stop();
    // After `up` has stopped, a command starts the log, but not Postgres.
    assert_eq!(look(), with);
}
