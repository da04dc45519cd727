//! Personal data stays in bodies: subjects, headers, metrics and traces hold opaque ids only. The trace of a command
//! continues in its events.

use journal::Context;
use platform::telemetry;
use reqwest::Method;
use serde_json::json;
use system_tests::{Clinic, fresh_settings};

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test]
async fn personal_data_is_in_bodies_only_and_events_carry_the_trace() {
    let mut settings = fresh_settings().await;
    settings.telemetry.log_filter = "off".to_owned();
    let _telemetry = telemetry::init(&settings.telemetry, "privacy-test").expect("telemetry");
    let clinic = Clinic::open_with(settings).await;
    let (name, email) = ("Xanthippe", "xanthippe@example.org");
    let body = json!({"name":name,"dateOfBirth":"1990-01-01","email":email,"address":"1 Xanthippe St"});
    let parent = format!("00-{TRACE_ID}-00f067aa0ba902b7-01");
    let registered = clinic
        .send(Method::POST, "/api/patients", &[("traceparent", &parent)], Some(&body))
        .await
        .expect(201);
    let read = clinic
        .get_after(registered.header("location"), registered.header("consistency-token"))
        .await;
    assert_eq!(read.expect(200).body["name"], name);

    let events = clinic.events(Context::Patients).await;
    assert_eq!(events.len(), 1);
    for event in &events {
        let traceparent = event.metadata.traceparent.as_deref().expect("a trace");
        assert!(traceparent.contains(TRACE_ID), "{traceparent}");
        let around = format!(
            "{:?}",
            (
                &event.aggregate_type,
                &event.aggregate_id,
                &event.event_type,
                &event.metadata
            )
        );
        assert!(!around.to_lowercase().contains("xanthippe"), "{around}");
    }

    let problem = clinic.post("/api/patients", body).await;
    problem.expect_problem(409, "email-taken");
    assert!(
        !problem.body.to_string().to_lowercase().contains("xanthippe"),
        "{}",
        problem.body
    );
    let metrics = reqwest::get(format!("http://{}/metrics", clinic.address()))
        .await
        .expect("an answer");
    let metrics = metrics.text().await.expect("text");
    assert!(metrics.contains("http_requests_total"), "{metrics}");
    assert!(metrics.contains("projection_events_total"), "{metrics}");
    assert!(!metrics.to_lowercase().contains("xanthippe"), "{metrics}");
    assert!(
        !metrics.contains(&registered.id()),
        "an id in a label would grow without bound"
    );
}
