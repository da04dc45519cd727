//! A command with an `Idempotency-Key` runs once, and every repetition gets the same response.

use futures_util::future::join_all;
use journal::Context;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic};

fn john() -> Value {
    json!({"name":"John Doe","dateOfBirth":"1990-01-01","email":"john@example.com"})
}

async fn register(clinic: &Clinic, key: &str, body: &Value) -> Answer {
    clinic
        .send(Method::POST, "/api/patients", &[("idempotency-key", key)], Some(body))
        .await
}

#[track_caller]
fn assert_same(again: &Answer, first: &Answer) {
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    for header in ["location", "etag", "consistency-token", "content-type"] {
        assert_eq!(again.header(header), first.header(header), "{header}");
    }
}

#[tokio::test]
async fn the_same_request_always_gets_the_same_response() {
    let clinic = Clinic::open().await;
    let first = register(&clinic, "key-1", &john()).await.expect(201);
    let stored = clinic.stream(Context::Patients).await;
    assert_eq!(stored.commits, 1, "one commit for the registration and the key");
    assert_same(&register(&clinic, "key-1", &john()).await, &first);
    let _ = clinic
        .put(first.header("location"), json!({"phone":"+1-555-0102"}))
        .await
        .expect(200);

    let clinic = Clinic::open_with(clinic.close().await).await;
    assert_same(&register(&clinic, "key-1", &john()).await, &first);
    assert_eq!(
        clinic.stream(Context::Patients).await.commits,
        stored.commits + 1,
        "only the change was added"
    );
    let read = clinic
        .get_after(first.header("location"), first.header("consistency-token"))
        .await;
    assert_eq!(read.expect(200).body["name"], "John Doe");
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused() {
    let clinic = Clinic::open().await;
    let first = register(&clinic, "key-1", &john()).await.expect(201);
    let before = clinic.stream(Context::Patients).await;
    let other = register(&clinic, "key-1", &json!({"name":"Jane Doe","dateOfBirth":"1990-01-01"})).await;
    other.expect_problem(422, "idempotency-key-reused");
    assert_eq!(other.faults(), ["Idempotency-Key"]);
    let headers = [("idempotency-key", "key-1")];
    let elsewhere = clinic
        .send(Method::PUT, first.header("location"), &headers, Some(&john()))
        .await;
    elsewhere.expect_problem(422, "idempotency-key-reused");
    assert_eq!(clinic.stream(Context::Patients).await, before, "nothing was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_concurrent_requests_with_one_key_runs() {
    let clinic = Clinic::open().await;
    let body = json!({"name":"John Doe","dateOfBirth":"1990-01-01"});
    let answers = join_all((0..50).map(|_| register(&clinic, "key-1", &body))).await;
    for answer in &answers {
        assert_same(answer, &answers[0]);
        assert_eq!(answer.status, 201);
    }
    assert_eq!(clinic.events(Context::Patients).await.len(), 1, "one registration");
}

#[tokio::test]
async fn a_refusal_does_not_consume_the_key_and_a_change_without_effect_does() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await;
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "UTC").await.id();
    let headers = [("idempotency-key", "key-1")];
    let booking = |start: &str, end: &str| json!({"patientId":patient.id(),"practitionerId":practitioner,"startTime":start,"endTime":end});
    let book = async |body: Value| {
        clinic
            .send(Method::POST, "/api/appointments", &headers, Some(&body))
            .await
    };
    book(booking("2026-01-11T15:00:00Z", "2026-01-11T15:30:00Z"))
        .await
        .expect_problem(422, "not-bookable");
    let booked = book(booking("2027-01-11T15:00:00Z", "2027-01-11T15:30:00Z"))
        .await
        .expect(201);
    assert_same(
        &book(booking("2027-01-11T15:00:00Z", "2027-01-11T15:30:00Z")).await,
        &booked,
    );

    let change = async |name: &str| {
        let body = json!({ "name": name });
        clinic
            .send(
                Method::PUT,
                patient.header("location"),
                &[("idempotency-key", "key-2")],
                Some(&body),
            )
            .await
    };
    let nothing = change("John Doe").await.expect(200);
    assert_same(&change("John Doe").await, &nothing);
    change("Johnny").await.expect_problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn a_key_has_a_form() {
    let clinic = Clinic::open().await;
    for key in [&"x".repeat(256), "", "schl\u{fc}ssel"] {
        let refused = register(&clinic, key, &john()).await;
        refused.expect_problem(400, "invalid-request");
        assert_eq!(refused.faults(), ["Idempotency-Key"]);
    }
    let _ = register(&clinic, &"x".repeat(255), &john()).await.expect(201);
}
