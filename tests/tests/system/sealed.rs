//! Personal data at rest: the log's files hold no plaintext, and a person whose key is destroyed is gone from
//! everything that is folded from the log.

use platform::config::SecretUrl;
use reqwest::Method;
use serde_json::json;
use system_tests::{Clinic, fresh_database, rows, stands_in};

/// Personal data that must not be in any file.
const TOLD: [&str; 9] = [
    "Xanthippe",
    "1974-06-23",
    "quagmire@example.org",
    "+1-555-0177",
    "Kalamazoo",
    "MRN-90210",
    "Dr Zebulon",
    "palpitations",
    "afraid of needles",
];

#[tokio::test]
async fn the_files_of_the_log_hold_no_personal_data_in_plaintext() {
    let folder = tempfile::tempdir().expect("a folder");
    let (clinic, servers) = Clinic::open_with_files(folder.path()).await;

    let patient = json!({
        "name": TOLD[0], "dateOfBirth": TOLD[1], "email": TOLD[2], "phone": TOLD[3], "address": TOLD[4],
        "identifiers": [{ "system": "urn:mrn", "value": TOLD[5] }],
    });
    let key = [("idempotency-key", "one"), ("content-type", "application/json")];
    let registered = clinic
        .send(Method::POST, "/api/patients", &key, Some(&patient))
        .await
        .expect(201);
    let again = clinic.send(Method::POST, "/api/patients", &key, Some(&patient)).await;
    assert_eq!(again.text, registered.text);
    let practitioner = clinic.practitioner(TOLD[6], "Europe/Rome").await;
    let booking = json!({
        "patientId": registered.id(), "practitionerId": practitioner.id(),
        "startTime": "2027-02-01T15:00:00Z", "endTime": "2027-02-01T15:30:00Z",
        "reason": TOLD[7], "notes": TOLD[8],
    });
    let key = [("idempotency-key", "two")];
    let booked = clinic
        .send(Method::POST, "/api/appointments", &key, Some(&booking))
        .await
        .expect(201);
    // The name of the patient comes from another stream than the appointment.
    let tokens = [&registered, &booked].map(|answer| answer.header("consistency-token"));
    let read = clinic
        .get_after(booked.header("location"), &tokens.join(","))
        .await
        .expect(200);
    for told in [TOLD[0], TOLD[6], TOLD[7], TOLD[8]] {
        assert!(read.text.contains(told), "{told} is not lost: {}", read.text);
    }
    drop(clinic.close().await);
    servers.stop().await.expect("a clean stop");

    let log = folder.path().join("data/nats");
    assert!(stands_in(&log, &registered.id()), "the files are readable");
    for told in TOLD {
        assert!(!stands_in(&log, told), "the log's files contain {told}");
    }
}

#[tokio::test]
async fn read_models_folded_after_the_destruction_of_a_key_hold_nothing_of_that_person() {
    let clinic = Clinic::open().await;
    let (gone, stays) = (
        clinic.patient("Xanthippe Quagmire").await,
        clinic.patient("John Doe").await,
    );
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "Europe/Rome").await;
    for (patient, start, end) in [
        (&gone, "2027-02-01T15:00:00Z", "2027-02-01T15:30:00Z"),
        (&stays, "2027-02-01T16:00:00Z", "2027-02-01T16:30:00Z"),
    ] {
        let booked = clinic
            .book(&patient.id(), &practitioner.id(), start, end)
            .await
            .expect(201);
        let token = booked.header("consistency-token");
        let _ = clinic.get_after("/api/appointments", token).await.expect(200);
    }
    clinic.caught_up().await;
    let before = clinic.rows().await;
    clinic
        .journal()
        .await
        .forget_person(&gone.id())
        .await
        .expect("forgotten");
    let mut settings = clinic.close().await;

    settings.postgres.url = SecretUrl::new(fresh_database().await);
    let clinic = Clinic::open_with(settings).await;
    clinic
        .eventually("all rows are back", async || clinic.rows().await.len() == before.len())
        .await;
    let after = rows(clinic.settings.postgres.url.expose()).await;
    assert!(!after.iter().any(|row| row.contains("Quagmire")), "{after:?}");
    assert!(
        after.iter().any(|row| row.contains(&gone.id())),
        "the person still counts"
    );
    assert!(after.iter().any(|row| row.contains("John Doe")), "{after:?}");
    let booked = clinic
        .book(
            &gone.id(),
            &practitioner.id(),
            "2027-02-02T15:00:00Z",
            "2027-02-02T15:30:00Z",
        )
        .await;
    assert_ne!(booked.status, 500, "{}", booked.text);
}
