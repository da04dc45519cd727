//! The prescriptions and invoices of an erased person still count, but their texts are gone, now and after a rebuild of
//! the read models.

use platform::config::SecretUrl;
use reqwest::Method;
use serde_json::json;
use system_tests::{Clinic, fresh_database, shown};

/// The texts about the patient that must be gone.
const TOLD: [&str; 6] = [
    "Zolpidem",
    "before the full moon",
    "sleeps badly",
    "sleepwalked",
    "Sleep laboratory",
    "the couch was too short",
];

/// Prescribes and charges. Returns the tokens.
async fn tell(clinic: &Clinic, patient: &str, practitioner: &str) -> String {
    let medicine = json!({"name": TOLD[0], "dosage": "5 mg", "duration": "10 days", "instructions": TOLD[1]});
    let prescription =
        json!({"patientId": patient, "practitionerId": practitioner, "medicines": [medicine], "notes": TOLD[2]});
    let written = clinic.post("/api/prescriptions", prescription).await.expect(201);
    let stop = format!("{}/stop", written.header("location"));
    let stopped = clinic.post(&stop, json!({"reasonText": TOLD[3]})).await.expect(200);
    let line = json!({"description": TOLD[4], "quantity": 1, "unitPrice": {"minor": 10_000, "currency": "USD"}});
    let draft = json!({"patientId": patient, "currency": "USD", "lines": [line]});
    let drafted = clinic.post("/api/invoices", draft).await.expect(201);
    let path = drafted.header("location");
    let _ = clinic.post_nothing(&format!("{path}/issue")).await.expect(200);
    let credit = json!({"amount": {"minor": 1_000, "currency": "USD"}, "reason": TOLD[5]});
    let credited = clinic.post(&format!("{path}/credit-notes"), credit).await.expect(201);
    let cancelled = clinic
        .send(Method::DELETE, path, &[], Some(&json!({"reason": TOLD[5]})))
        .await
        .expect(200);
    [&stopped, &credited, &cancelled]
        .map(|answer| answer.header("consistency-token"))
        .join(",")
}

#[tokio::test]
async fn the_texts_about_an_erased_person_are_gone_and_a_rebuild_gives_equal_rows() {
    let clinic = Clinic::open().await;
    let (gone, stays) = (
        clinic.patient("Jane Doe").await.id(),
        clinic.patient("John Doe").await.id(),
    );
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "UTC").await.id();
    let (first, second) = (
        tell(&clinic, &gone, &practitioner).await,
        tell(&clinic, &stays, &practitioner).await,
    );
    let all = format!("{first},{second}");
    for path in ["/api/prescriptions", "/api/invoices", "/api/ledger/proof"] {
        let _ = clinic.get_after(path, &all).await.expect(200);
    }
    let statement = clinic
        .get_after(&format!("/api/accounts/{gone}"), &all)
        .await
        .expect(200);
    assert!(statement.text.contains(TOLD[5]));
    let mentions = async |clinic: &Clinic, person: &str| {
        let rows = clinic.rows().await;
        let about: Vec<&String> = shown(&rows).into_iter().filter(|row| row.contains(person)).collect();
        let told = TOLD
            .iter()
            .filter(|told| about.iter().any(|row| row.contains(**told)))
            .count();
        (about.len(), told)
    };
    let before = mentions(&clinic, &gone).await;
    assert_eq!(before.1, TOLD.len());

    let erased = clinic
        .post_nothing(&format!("/api/patients/{gone}/erasure"))
        .await
        .expect(200);
    let token = erased.header("consistency-token").to_owned();
    let read = clinic
        .get_after(&format!("/api/prescriptions?patientId={gone}"), &token)
        .await
        .expect(200);
    assert_eq!(read.body["content"][0]["medicines"], json!([]));
    assert_eq!(
        mentions(&clinic, &gone).await,
        (before.0, 0),
        "the rows still count, without texts"
    );
    assert_eq!(
        mentions(&clinic, &stays).await,
        before,
        "the rows of other people are unchanged"
    );
    clinic.caught_up().await;
    let rows = clinic.rows().await;
    let refused = clinic
        .post("/api/invoices", json!({"patientId": gone, "currency": "USD"}))
        .await;
    refused.expect_problem(410, "erased");
    let charge = json!({"amount": {"minor": 1, "currency": "USD"}});
    clinic
        .post(&format!("/api/accounts/{gone}/charges"), charge)
        .await
        .expect_problem(410, "erased");

    let mut settings = clinic.close().await;
    settings.postgres.url = SecretUrl::new(fresh_database().await);
    let clinic = Clinic::open_with(settings).await;
    clinic
        .eventually("the rows are back", async || clinic.rows().await == rows)
        .await;
}
