//! Deactivating and reactivating patients.

use journal::{Context, Journal};
use reqwest::Method;
use serde_json::json;
use system_tests::Clinic;

#[tokio::test]
async fn a_deactivated_patient_cannot_be_booked_until_reactivated() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await;
    let path = patient.header("location");
    assert_eq!(patient.body["active"], true);
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "UTC").await.id();
    let book = async || {
        let (start, end) = ("2027-01-11T15:00:00Z", "2027-01-11T15:30:00Z");
        clinic.book(&patient.id(), &practitioner, start, end).await
    };
    let inactive = clinic.delete(path).await.expect(200);
    assert_eq!(
        (&inactive.body["active"], &inactive.body["name"]),
        (&json!(false), &json!("John Doe"))
    );
    clinic.shows(path, &inactive, &[]).await;
    let again = clinic.delete(path).await.expect(200);
    assert_eq!(again.text, inactive.text);
    let refused = book().await;
    refused.expect_problem(422, "patient-inactive");
    assert_eq!(refused.faults(), ["/patientId"]);
    let changed = clinic.put(path, json!({"phone": null})).await.expect(200);
    assert_eq!(changed.body["active"], false);

    let reactivation = format!("{path}/reactivation");
    let active = clinic.post_nothing(&reactivation).await.expect(200);
    assert_eq!(active.body["active"], true);
    clinic.shows(path, &active, &[]).await;
    let again = clinic.post_nothing(&reactivation).await.expect(200);
    assert_eq!(again.text, active.text);
    let _ = book().await.expect(201);
}

/// The number of people with a key.
async fn keys(journal: &Journal) -> u64 {
    let census = journal.key_census().await.expect("a census");
    census.wrapped_by.values().sum()
}

#[tokio::test]
async fn keys_are_prepared_and_refused_or_repeated_registrations_use_none() {
    let clinic = Clinic::open().await;
    let journal = clinic.journal().await;
    let person = json!({"name": "John Doe", "dateOfBirth": "1990-01-01", "email": "john@example.com"});
    let key = [("idempotency-key", "registration")];
    let register = async || clinic.send(Method::POST, "/api/patients", &key, Some(&person)).await;
    let first = register().await.expect(201);
    // The key of the first patient, and the prepared keys of the next eight.
    clinic
        .eventually("keys are prepared", async || keys(&journal).await == 9)
        .await;
    for _ in 0..10 {
        assert_eq!(register().await.expect(201).text, first.text);
        let refused = clinic.post("/api/patients", person.clone()).await;
        refused.expect_problem(409, "email-taken");
    }
    let mut ids = vec![first.id()];
    for number in 0..3 {
        ids.push(clinic.patient(&format!("Jane {number}")).await.id());
    }
    assert_eq!(keys(&journal).await, 9);
    for number in 3..30 {
        ids.push(clinic.patient(&format!("Jane {number}")).await.id());
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 31);
    assert!(keys(&journal).await >= 31);
}

#[tokio::test]
async fn stale_commands_are_refused_and_an_unknown_patient_is_not_found() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await;
    let path = patient.header("location");
    let _ = clinic.put(path, json!({"phone": null})).await.expect(200);
    let before = clinic.stream(Context::Patients).await;
    let nobody = "/api/patients/01980f2e-0000-7000-8000-000000000001";
    for (method, below) in [
        (Method::DELETE, ""),
        (Method::POST, "/reactivation"),
        (Method::POST, "/erasure"),
    ] {
        let stale = [("if-match", "W/\"1\"")];
        let refused = clinic
            .send(method.clone(), &format!("{path}{below}"), &stale, None)
            .await;
        refused.expect_problem(412, "precondition-failed");
        let missing = clinic.send(method, &format!("{nobody}{below}"), &[], None).await;
        missing.expect_problem(404, "not-found");
    }
    assert_eq!(clinic.stream(Context::Patients).await, before);
    let census = clinic.journal().await.key_census().await.expect("a census");
    assert_eq!(census.destroyed, 0, "a refused erasure destroys nothing");
}
