//! A command records or refuses its input, and never ignores it. A refusal states the required format and range.

use journal::{Context, inspect::LogInspector};
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::Clinic;

#[tokio::test]
async fn row_4_one_mailbox_is_held_once_however_it_is_spelt() {
    let clinic = Clinic::open().await;
    let with = |email: &str| json!({"name": "John Doe", "dateOfBirth": "1990-01-01", "email": email});
    let _ = clinic
        .post("/api/patients", with("a@b\u{fc}cher.example"))
        .await
        .expect(201);
    for same in [
        "a@xn--bcher-kva.example",
        "A@BU\u{308}CHER.example",
        "a@\u{ff42}\u{fc}cher.example",
    ] {
        let refused = clinic.post("/api/patients", with(same)).await;
        refused.expect_problem(409, "email-taken");
    }
}

#[tokio::test]
async fn row_5_a_command_ignores_no_parameter_of_its_address() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await;
    let path = format!("/api/patients/{}", john.id());
    let refused = clinic.delete(&format!("{path}?reasonCode=pat")).await;
    refused.expect_problem(400, "invalid-request");
    assert_eq!(refused.faults(), ["reasonCode"]);
    let read = clinic
        .get_after(&path, john.header("consistency-token"))
        .await
        .expect(200);
    assert_eq!(read.body["version"], 1, "nothing has changed");
}

#[tokio::test]
async fn row_6_a_header_that_is_sent_twice_is_refused() {
    let clinic = Clinic::open().await;
    let body = json!({"name": "John Doe", "dateOfBirth": "1990-01-01"});
    let keys = [("idempotency-key", "A"), ("idempotency-key", "B")];
    let refused = clinic.send(Method::POST, "/api/patients", &keys, Some(&body)).await;
    refused.expect_problem(400, "invalid-request");
    assert_eq!(refused.faults(), ["Idempotency-Key"]);
    let john = clinic.patient("John Doe").await;
    let path = format!("/api/patients/{}", john.id());
    let tags = [("if-match", "W/\"1\""), ("if-match", "W/\"2\"")];
    let refused = clinic.send(Method::DELETE, &path, &tags, None).await;
    refused.expect_problem(400, "invalid-request");
    assert_eq!(refused.faults(), ["If-Match"]);
}

#[tokio::test]
async fn row_7_a_refusal_says_the_form_and_the_real_range() {
    let clinic = Clinic::open().await;
    let says = async |method: Method, path: &str, body: Value, field: &str, message: &str| {
        let refused = clinic.send(method, path, &[], Some(&body)).await;
        assert!(refused.status == 400 || refused.status == 422, "{}", refused.text);
        let errors = refused.body["errors"].as_array().expect("faults");
        let fault = errors.iter().find(|fault| fault["pointer"] == field);
        assert_eq!(fault.expect("the field")["message"], message, "{body}");
    };
    let born = |day: &str| json!({"name": "John Doe", "dateOfBirth": day});
    for day in ["1990-01-01T00:00:00Z", "01.01.1990", "1990-02-30"] {
        says(
            Method::POST,
            "/api/patients",
            born(day),
            "/dateOfBirth",
            "must be a date, such as 1990-01-31, or its month or year alone, such as 1990-01 or 1990",
        )
        .await;
    }
    let ada = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await.id();
    let weekly = json!({"slotMinutes": 30, "effectiveFrom": "2026-12-01",
                        "weekly": [{"day": "monday", "from": "09:00:00", "to": "17:00"}]});
    let path = format!("/api/practitioners/{ada}/availability");
    let form = "must be a time of day as HH:MM, such as 09:00, from 00:00 to 24:00";
    says(Method::PUT, &path, weekly, "/weekly/0/from", form).await;
    let john = clinic.patient("John Doe").await.id();
    let booking = |start: &str| json!({"patientId": john, "practitionerId": ada, "startTime": start, "endTime": "2027-01-11T15:30:00Z"});
    let form = "must be a date and time in RFC 3339, such as 2027-01-11T15:00:00Z";
    says(
        Method::POST,
        "/api/appointments",
        booking("2027-01-11"),
        "/startTime",
        form,
    )
    .await;
    let leap = "must not be a leap second";
    says(
        Method::POST,
        "/api/appointments",
        booking("2027-01-11T14:59:60Z"),
        "/startTime",
        leap,
    )
    .await;
    for query in ["from=2027-01-11T14:59:60Z", "from=2027-01-11T14:59:60"] {
        let refused = clinic.get(&format!("/api/appointments?{query}")).await;
        refused.expect_problem(400, "invalid-request");
        assert!(refused.text.contains(leap), "{}", refused.text);
    }
    let medicine =
        json!({"name": "Paracetamol", "dosage": "500 mg", "duration": "3 days", "instructions": "after meals"});
    for refills in [-1, 100] {
        let prescription =
            json!({"patientId": john, "practitionerId": ada, "medicines": [medicine], "refills": refills});
        let range = "must be a whole number from 0 to 99";
        says(Method::POST, "/api/prescriptions", prescription, "/refills", range).await;
    }
}

#[tokio::test]
async fn an_unknown_field_or_parameter_is_answered_with_the_known_ones() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let charge = json!({"amount": {"amountMinor": 2_500, "currency": "USD"}});
    let refused = clinic.post(&format!("/api/accounts/{john}/charges"), charge).await;
    refused.expect_problem(400, "invalid-request");
    assert_eq!(refused.body["errors"][0]["pointer"], "/amount/amountMinor");
    let message = "is not a known field; the known ones are minor, currency";
    assert_eq!(refused.body["errors"][0]["message"], message);
    for (path, known) in [
        ("/api/patients?sorted=name", "deceased, page, size, sort"),
        (
            "/api/invoices?patient=x",
            "patientId, appointmentId, status, page, size, sort",
        ),
    ] {
        let refused = clinic.get(path).await;
        refused.expect_problem(400, "invalid-request");
        let message = format!("is not a known parameter; the known ones are {known}");
        assert_eq!(refused.body["errors"][0]["message"], message);
    }
    let refused = clinic.post("/api/patients/search?sorted=name", json!({})).await;
    refused.expect_problem(400, "invalid-request");
    let message = "is not a known parameter; the known ones are page, size, sort";
    assert_eq!(refused.body["errors"][0]["message"], message);
}

/// How many bytes of the log a keyed change of a practitioner takes.
async fn logged_bytes(clinic: &Clinic, practitioner: &str, key: &str) -> u64 {
    let inspector = LogInspector::connect(&clinic.settings.nats).await.expect("the log");
    let used = async || {
        let report = inspector.stream(Context::Scheduling).await.expect("an answer");
        report.expect("a stream").used_bytes
    };
    let (before, path) = (used().await, format!("/api/practitioners/{practitioner}"));
    let change = async || {
        let body = json!({"specialty": "Dermatology"});
        let headers = [("idempotency-key", key)];
        clinic.send(Method::PUT, &path, &headers, Some(&body)).await.expect(200)
    };
    let changed = change().await;
    let stored = used().await - before;
    let again = change().await;
    assert_eq!(
        (again.text, used().await - before),
        (changed.text, stored),
        "a repetition stores nothing"
    );
    stored
}

#[tokio::test]
async fn row_8_what_a_practitioner_is_away_and_available_is_bounded_and_what_a_key_stores_is_small() {
    let clinic = Clinic::open().await;
    let eve = clinic.practitioner("Dr Eve Adams", "America/New_York").await.id();
    let of_small = logged_bytes(&clinic, &eve, "key-1").await;
    let ada = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await.id();
    let path = format!("/api/practitioners/{ada}/time-off");
    let away = |day: i64| {
        let start = chrono::DateTime::from_timestamp(1_830_297_600 + day * 86_400, 0).expect("an instant");
        json!({"startTime": start, "endTime": start + chrono::TimeDelta::hours(1)})
    };
    for day in 0..500 {
        let _ = clinic.post(&path, away(day)).await.expect(201);
    }
    clinic.post(&path, away(500)).await.expect_problem(409, "limit-reached");
    let path = format!("/api/practitioners/{ada}/availability");
    let hours = |day: u64| {
        let from = chrono::NaiveDate::from_ymd_opt(2027, 1, 1).expect("a date") + chrono::Days::new(day);
        let weekly = json!([{"day": "monday", "from": "09:00", "to": "17:00"}]);
        json!({"slotMinutes": 30, "effectiveFrom": from, "weekly": weekly})
    };
    for day in 0..100 {
        let _ = clinic.put(&path, hours(day)).await.expect(200);
    }
    clinic.put(&path, hours(100)).await.expect_problem(409, "limit-reached");

    let of_large = logged_bytes(&clinic, &ada, "key-2").await;
    // A version has more digits than another.
    assert!(
        of_large.abs_diff(of_small) <= 16,
        "{of_large} bytes, and {of_small} for a small practitioner"
    );
    assert!(of_large < 2_000, "{of_large} bytes");
}

#[tokio::test]
async fn row_11_a_phone_number_may_have_an_extension() {
    let clinic = Clinic::open().await;
    for (told, kept) in [
        ("555-1234 ext. 5", "555-1234 x5"),
        ("tel:+1-201-555-0123;ext=7", "+1-201-555-0123 x7"),
    ] {
        let body = json!({"name": "John Doe", "dateOfBirth": "1990-01-01", "phone": told});
        let made = clinic.post("/api/patients", body).await.expect(201);
        assert_eq!(made.body["phone"], kept);
    }
}

#[tokio::test]
async fn row_12_a_medicine_stands_once_and_no_dose_is_less_than_nothing() {
    let clinic = Clinic::open().await;
    let (john, ada) = (
        clinic.patient("John Doe").await.id(),
        clinic.practitioner("Dr Ada Ruiz", "America/New_York").await.id(),
    );
    let medicine = |dosage: &str| json!({"name": "Paracetamol", "dosage": dosage, "duration": "3 days", "instructions": "after meals"});
    let of = |medicines: Value| json!({"patientId": john, "practitionerId": ada, "medicines": medicines});
    let twice = clinic
        .post(
            "/api/prescriptions",
            of(json!([medicine("500 mg"), medicine("500 mg")])),
        )
        .await;
    twice.expect_problem(422, "validation-failed");
    assert_eq!(twice.faults(), ["/medicines"]);
    let negative = clinic.post("/api/prescriptions", of(json!([medicine("-5 mg")]))).await;
    negative.expect_problem(422, "validation-failed");
    assert_eq!(negative.faults(), ["/medicines/0/dosage"]);
}

#[tokio::test]
async fn a_draft_of_a_cancelled_appointment_cannot_be_issued() {
    let clinic = Clinic::open().await;
    let (john, ada) = (
        clinic.patient("John Doe").await.id(),
        clinic.practitioner("Dr Ada Ruiz", "America/New_York").await.id(),
    );
    let booking = json!({"patientId": john, "practitionerId": ada,
                         "startTime": "2027-01-11T15:00:00Z", "endTime": "2027-01-11T15:30:00Z"});
    let appointment = clinic.post("/api/appointments", booking).await.expect(201).id();
    let medicine =
        json!({"name": "Paracetamol", "dosage": "500 mg", "duration": "3 days", "instructions": "after meals"});
    let draft = json!({"patientId": john, "practitionerId": ada, "appointmentId": appointment, "status": "draft",
                       "medicines": [medicine]});
    let draft = clinic.post("/api/prescriptions", draft).await.expect(201).id();
    let _ = clinic
        .delete(&format!("/api/appointments/{appointment}"))
        .await
        .expect(200);
    let refused = clinic.post_nothing(&format!("/api/prescriptions/{draft}/issue")).await;
    refused.expect_problem(409, "wrong-status");
}
