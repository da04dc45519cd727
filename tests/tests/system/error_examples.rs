//! The clinic's responses equal the examples in `docs/errors/`, except for ids.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic, fresh_settings, without_ids};

const NOBODY: &str = "01980f2e-0000-7000-8000-00000000ffff";

/// The example of a page.
fn example(slug: &str) -> Value {
    let page = format!("{}/../docs/errors/{slug}.md", env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(page).expect("the page");
    let (_, after) = page.split_once("```json\n").expect("an example");
    let (example, _) = after.split_once("```").expect("its end");
    serde_json::from_str(example).expect("JSON")
}

#[track_caller]
fn is_as_documented(slug: &str, answer: &Answer) {
    assert_eq!(
        without_ids(&answer.body),
        without_ids(&example(slug)),
        "docs/errors/{slug}.md"
    );
}

/// Sends bytes with a media type.
async fn send_raw(clinic: &Clinic, media_type: &str, body: String) -> Answer {
    let request = reqwest::Client::new()
        .post(format!("http://{}/api/patients", clinic.address()))
        .header("content-type", media_type)
        .body(body);
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.expect("a body");
    Answer {
        status,
        headers,
        body: serde_json::from_str(&text).unwrap_or_default(),
        text,
    }
}

fn dollars(minor: i64) -> Value {
    json!({"minor": minor, "currency": "USD"})
}

fn payment(minor: i64, reference: &str) -> Value {
    json!({"amount": dollars(minor), "method": "card", "reference": reference})
}

#[tokio::test]
async fn malformed_requests_are_answered_as_documented() {
    let clinic = Clinic::open().await;
    let json = "application/json";
    let cut_short = send_raw(&clinic, json, "{\"name\": \"John\" ".to_owned()).await;
    is_as_documented("malformed-json", &cut_short);
    let form = send_raw(&clinic, "application/x-www-form-urlencoded", "{}".to_owned()).await;
    is_as_documented("unsupported-media-type", &form);
    let large = send_raw(&clinic, json, "x".repeat(300_000)).await;
    is_as_documented("body-too-large", &large);
    is_as_documented(
        "invalid-request",
        &clinic.post("/api/patients", json!({"name": "John Doe"})).await,
    );
    let unacceptable = json!({"name": "John Doe", "dateOfBirth": "1990-01-01", "email": "john"});
    is_as_documented("validation-failed", &clinic.post("/api/patients", unacceptable).await);
    is_as_documented("not-found", &clinic.get("/api/patient").await);
    let patch = clinic.send(Method::PATCH, "/api/patients", &[], None).await;
    is_as_documented("method-not-allowed", &patch);
    let ahead = [("consistency-token", "UEFUSUVOVFM6OTk5OTk"), ("prefer", "wait=0")];
    let behind = clinic.send(Method::GET, "/api/patients", &ahead, None).await;
    is_as_documented("projection-behind", &behind);
}

#[tokio::test]
async fn refusals_about_people_are_answered_as_documented() {
    let clinic = Clinic::open().await;
    let john = json!({"name": "John Doe", "dateOfBirth": "1990-01-01", "email": "john@example.com"});
    let patient = clinic.post("/api/patients", john.clone()).await.expect(201).id();
    is_as_documented("email-taken", &clinic.post("/api/patients", john).await);
    let path = format!("/api/patients/{patient}");
    let change = json!({"name": "Jon Doe"});
    let stale = clinic
        .send(Method::PUT, &path, &[("if-match", "W/\"7\"")], Some(&change))
        .await;
    is_as_documented("precondition-failed", &stale);

    let key = [("idempotency-key", "one-key")];
    let jane = json!({"name": "Jane Roe", "dateOfBirth": "1985-05-20"});
    let register = async |body: &Value| clinic.send(Method::POST, "/api/patients", &key, Some(body)).await;
    let keyed = register(&jane).await.expect(201).id();
    is_as_documented("idempotency-key-reused", &register(&change_of_mind()).await);
    let _ = clinic
        .post_nothing(&format!("/api/patients/{keyed}/erasure"))
        .await
        .expect(200);
    is_as_documented("erased", &register(&jane).await);
}

fn change_of_mind() -> Value {
    json!({"name": "Jane Doe", "dateOfBirth": "1985-05-20"})
}

#[tokio::test]
async fn a_taken_identifier_is_answered_as_documented() {
    let mut settings = fresh_settings().await;
    settings.commands.unique_identifier_systems = vec!["urn:example:mrn".to_owned()];
    let clinic = Clinic::open_with(settings).await;
    let with = |name: &str| {
        json!({"name": name, "dateOfBirth": "1990-01-01",
               "identifiers": [{"system": "urn:example:mrn", "value": "A-17"}]})
    };
    let _ = clinic.post("/api/patients", with("John Doe")).await.expect(201);
    is_as_documented(
        "identifier-taken",
        &clinic.post("/api/patients", with("Jane Roe")).await,
    );
}

#[tokio::test]
async fn refusals_about_time_are_answered_as_documented() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await.id();
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await.id();
    let at = async |patient: &str, practitioner: &str, day: &str| {
        let (start, end) = (format!("{day}T15:00:00Z"), format!("{day}T15:30:00Z"));
        clinic.book(patient, practitioner, &start, &end).await
    };
    let booked = at(&patient, &practitioner, "2027-01-11").await.expect(201);
    let other = clinic.patient("Jane Roe").await.id();
    is_as_documented("appointment-overlap", &at(&other, &practitioner, "2027-01-11").await);
    is_as_documented("not-bookable", &at(&other, &practitioner, "2026-01-11").await);
    is_as_documented("unknown-patient", &at(NOBODY, &practitioner, "2027-01-12").await);
    is_as_documented("unknown-practitioner", &at(&patient, NOBODY, "2027-01-12").await);

    let path = format!("/api/appointments/{}", booked.id());
    let _ = clinic.delete(&path).await.expect(200);
    is_as_documented(
        "wrong-status",
        &clinic.post_nothing(&format!("{path}/fulfilment")).await,
    );

    let _ = clinic.delete(&format!("/api/patients/{other}")).await.expect(200);
    is_as_documented("patient-inactive", &at(&other, &practitioner, "2027-01-12").await);
    let death = clinic.post_nothing(&format!("/api/patients/{other}/death")).await;
    let _ = death.expect(200);
    is_as_documented("patient-deceased", &at(&other, &practitioner, "2027-01-12").await);
    let availability = json!({"slotMinutes": 30, "effectiveFrom": "2027-01-01", "weekly": []});
    let path = format!("/api/practitioners/{practitioner}");
    let _ = clinic
        .put(&format!("{path}/availability"), availability)
        .await
        .expect(200);
    is_as_documented(
        "practitioner-unavailable",
        &at(&patient, &practitioner, "2027-01-12").await,
    );
    let _ = clinic.delete(&path).await.expect(200);
    is_as_documented(
        "practitioner-inactive",
        &at(&patient, &practitioner, "2027-01-12").await,
    );
}

#[tokio::test]
async fn a_missing_privilege_is_answered_as_documented() {
    let mut settings = fresh_settings().await;
    settings.commands.anonymous_roles = vec!["front-desk".to_owned()];
    let clinic = Clinic::open_with(settings).await;
    let patient = clinic.patient("John Doe").await.id();
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await.id();
    let booking = json!({"patientId": patient, "practitionerId": practitioner, "startTime": "2027-01-11T15:00:00Z",
                         "endTime": "2027-01-11T15:30:00Z", "overbooking": {"reason": "An emergency"}});
    is_as_documented("not-privileged", &clinic.post("/api/appointments", booking).await);
}

#[tokio::test]
async fn refusals_about_prescriptions_are_answered_as_documented() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await.id();
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await.id();
    let prescribe = async |patient: &str, more: Value| {
        let mut body = json!({"patientId": patient, "practitionerId": practitioner, "medicines":
            [{"name": "Amlodipine", "dosage": "5 mg", "duration": "30 days", "instructions": "Once a day"}]});
        let fields = body.as_object_mut().expect("an object");
        fields.extend(more.as_object().cloned().unwrap_or_default());
        clinic.post("/api/prescriptions", body).await
    };
    let booked = clinic
        .book(&patient, &practitioner, "2027-01-11T15:00:00Z", "2027-01-11T15:30:00Z")
        .await;
    let appointment = json!({"appointmentId": booked.id()});
    let _ = prescribe(&patient, appointment.clone()).await.expect(201);
    is_as_documented("live-prescription", &prescribe(&patient, appointment.clone()).await);
    let other = clinic.patient("Jane Roe").await.id();
    is_as_documented("another-patients", &prescribe(&other, appointment).await);
    is_as_documented(
        "unknown-appointment",
        &prescribe(&patient, json!({"appointmentId": NOBODY})).await,
    );
    is_as_documented(
        "unknown-prescription",
        &prescribe(&patient, json!({"renews": NOBODY})).await,
    );

    let refilled = prescribe(&patient, json!({"refills": 1})).await.expect(201);
    let requests = format!("/api/prescriptions/{}/refill-requests", refilled.id());
    let asked = clinic.post_nothing(&requests).await.expect(200).body;
    let request = asked["refillRequests"][0]["id"].as_str().expect("an id");
    let decision = format!("{requests}/{request}/decision");
    let _ = clinic
        .post(&decision, json!({"decision": "approved"}))
        .await
        .expect(200);
    is_as_documented(
        "refill-decided",
        &clinic.post(&decision, json!({"decision": "denied"})).await,
    );
    is_as_documented("no-refills-remaining", &clinic.post_nothing(&requests).await);
}

#[tokio::test]
async fn refusals_about_money_are_answered_as_documented() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await.id();
    let empty = clinic
        .post("/api/invoices", json!({"patientId": patient, "currency": "USD"}))
        .await
        .id();
    is_as_documented(
        "not-issuable",
        &clinic.post_nothing(&format!("/api/invoices/{empty}/issue")).await,
    );

    let invoice = format!("/api/invoices/{}", clinic.invoice(&patient, &[(10_000, 0)]).await.id());
    let (payments, refunds) = (format!("{invoice}/payments"), format!("{invoice}/refunds"));
    is_as_documented(
        "idempotency-key-required",
        &clinic.post(&payments, payment(1_000, "a")).await,
    );
    let euros = json!({"amount": {"minor": 1_000, "currency": "EUR"}, "method": "card", "reference": "a"});
    is_as_documented("another-currency", &clinic.post_keyed(&payments, euros).await);
    let _ = clinic.post_keyed(&payments, payment(1_000, "a")).await.expect(201);
    is_as_documented(
        "payment-reference-used",
        &clinic.post_keyed(&payments, payment(2_000, "a")).await,
    );
    let refund = |reference: &str| json!({"reference": reference, "amount": dollars(5_000)});
    is_as_documented("amount-exceeded", &clinic.post_keyed(&refunds, refund("a")).await);
    is_as_documented("unknown-payment", &clinic.post_keyed(&refunds, refund("b")).await);

    let mut attempt = payment(1_000, "c");
    attempt["status"] = "initiated".into();
    let _ = clinic.post_keyed(&payments, attempt.clone()).await.expect(201);
    is_as_documented(
        "payment-pending",
        &clinic.post_keyed(&payments, payment(1_000, "d")).await,
    );
    let failed = json!({"status": "failed"});
    let _ = clinic.post(&format!("{payments}/c/outcome"), failed).await.expect(200);
    is_as_documented("payment-settled", &clinic.post_keyed(&payments, attempt).await);

    let account = format!("/api/accounts/{}", clinic.patient("Jane Roe").await.id());
    let charge = json!({"amount": dollars(1_000)});
    let _ = clinic
        .post(&format!("{account}/charges"), charge.clone())
        .await
        .expect(201);
    let write_off = json!({"kind": "write-off", "amount": dollars(1_000)});
    let _ = clinic
        .post(&format!("{account}/adjustments"), write_off)
        .await
        .expect(201);
    let _ = clinic.delete(&account).await.expect(200);
    is_as_documented(
        "account-closed",
        &clinic.post(&format!("{account}/charges"), charge).await,
    );
}
