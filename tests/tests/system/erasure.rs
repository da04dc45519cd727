//! An erased patient is gone from every row, every response, and the log.

use domain::{
    Decider as _,
    patient::{Patient, PatientCommand},
};
use journal::Context;
use platform::config::SecretUrl;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic, fresh_database, instant, stands_in};

/// The clinic's data about Xanthippe. None of it may remain after the erasure.
const TOLD: [&str; 8] = [
    "Xanthippe",
    "1974-06-23",
    "quagmire@example.org",
    "+1-555-0177",
    "Kalamazoo",
    "palpitations",
    "afraid of needles",
    "found another doctor",
];

/// Xanthippe is registered and has an appointment in every status, each with a text.
struct Xanthippe {
    registered: Answer,
    appointments: Vec<Answer>,
}

async fn xanthippe(clinic: &Clinic) -> Xanthippe {
    let body = json!({"name": TOLD[0], "dateOfBirth": TOLD[1], "email": TOLD[2], "phone": TOLD[3], "address": TOLD[4]});
    let registered = clinic.post("/api/patients", body).await.expect(201);
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "UTC").await.id();
    let mut appointments = Vec::new();
    for day in ["11", "12", "13"] {
        let body = json!({"patientId": registered.id(), "practitionerId": practitioner,
                          "startTime": format!("2027-01-{day}T15:00:00Z"), "endTime": format!("2027-01-{day}T15:30:00Z"),
                          "reason": TOLD[5], "notes": TOLD[6], "overbooking": {"reason": TOLD[5]}});
        appointments.push(clinic.post("/api/appointments", body).await.expect(201));
    }
    let reason = json!({"reasonCode": "pat-ucp", "reasonText": TOLD[7]});
    let cancelled = clinic
        .send(Method::DELETE, appointments[1].header("location"), &[], Some(&reason))
        .await
        .expect(200);
    let _ = clinic
        .get_after("/api/appointments", cancelled.header("consistency-token"))
        .await
        .expect(200);
    Xanthippe {
        registered,
        appointments,
    }
}

fn holds(rows: &[String], told: &str) -> bool {
    rows.iter().any(|row| row.contains(told))
}

/// Waits until the read models have blanked her rows.
async fn until_blanked(clinic: &Clinic) -> Vec<String> {
    clinic
        .eventually("the rows are blank", async || {
            let rows = clinic.rows().await;
            !TOLD.iter().any(|told| holds(&rows, told))
        })
        .await;
    clinic.caught_up().await;
    clinic.rows().await
}

#[tokio::test]
async fn an_erased_patient_is_gone_from_every_row_and_every_response() {
    let clinic = Clinic::open().await;
    let it = xanthippe(&clinic).await;
    let path = it.registered.header("location");
    let rows = clinic.rows().await;
    for told in TOLD {
        assert!(holds(&rows, told), "{told} is stored before the erasure");
    }
    let erased = clinic.post_nothing(&format!("{path}/erasure")).await.expect(200);
    assert_eq!(erased.body, json!({"id": it.registered.id(), "version": 2}));
    let census = clinic.journal().await.key_census().await.expect("a census");
    assert_eq!(census.destroyed, 1, "the key is destroyed before the response is sent");

    let gone = clinic.get_after(path, erased.header("consistency-token")).await;
    gone.expect_problem(410, "erased");
    let listed = clinic.get("/api/patients").await.expect(200);
    assert_eq!(listed.body["totalElements"], 0);
    let rows = until_blanked(&clinic).await;
    assert!(
        holds(&rows, &it.registered.id()),
        "the row itself still exists: {rows:?}"
    );
    let shown = clinic.get(it.appointments[1].header("location")).await.expect(200);
    assert_eq!(
        shown.body["patient"],
        json!({"id": it.registered.id(), "name": null, "email": null, "phone": null, "address": null})
    );
    assert_eq!(
        (&shown.body["reason"], &shown.body["notes"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        shown.body["cancellation"],
        json!({"reasonCode": "pat-ucp", "reasonText": null})
    );
    assert_eq!(shown.body["overbooking"], json!({"reason": null}));

    for (method, below, body) in [
        (Method::PUT, "", Some(json!({"phone": null}))),
        (Method::DELETE, "", None),
        (Method::POST, "/reactivation", None),
        (Method::POST, "/erasure", None),
    ] {
        let refused = clinic.send(method, &format!("{path}{below}"), &[], body.as_ref()).await;
        refused.expect_problem(410, "erased");
    }
    let somebody = json!({"name": "Somebody", "dateOfBirth": "1990-01-01", "email": TOLD[2]});
    let _ = clinic.post("/api/patients", somebody).await.expect(201);
}

#[tokio::test]
async fn appointments_of_an_erased_patient_can_be_cancelled_but_not_booked() {
    let clinic = Clinic::open().await;
    let it = xanthippe(&clinic).await;
    let path = it.registered.header("location");
    let erased = clinic.post_nothing(&format!("{path}/erasure")).await.expect(200);
    let practitioner = it.appointments[0].body["practitioner"]["id"].as_str().expect("an id");
    let refused = clinic
        .book(
            &it.registered.id(),
            practitioner,
            "2027-01-14T15:00:00Z",
            "2027-01-14T15:30:00Z",
        )
        .await;
    refused.expect_problem(410, "erased");
    assert_eq!(refused.faults(), ["/patientId"]);

    let appointment = it.appointments[0].header("location");
    let told = json!({"reasonText": "was forgotten"});
    let refused = clinic.send(Method::DELETE, appointment, &[], Some(&told)).await;
    refused.expect_problem(410, "erased");
    let key = [("idempotency-key", "key-1")];
    let cancelled = clinic.send(Method::DELETE, appointment, &key, None).await.expect(200);
    assert_eq!(
        (&cancelled.body["status"], &cancelled.body["notes"]),
        (&json!("cancelled"), &Value::Null)
    );
    clinic.shows(appointment, &cancelled, &[&erased]).await;
    let again = clinic.send(Method::DELETE, appointment, &key, None).await.expect(200);
    assert_eq!(again.text, cancelled.text);
}

#[tokio::test]
async fn read_models_rebuilt_after_an_erasure_equal_the_live_ones() {
    let clinic = Clinic::open().await;
    let it = xanthippe(&clinic).await;
    let _ = clinic.patient("John Doe").await;
    let erasure = format!("{}/erasure", it.registered.header("location"));
    let _ = clinic.post_nothing(&erasure).await.expect(200);
    let live = until_blanked(&clinic).await;
    let mut settings = clinic.close().await;
    settings.postgres.url = SecretUrl::new(fresh_database().await);
    let clinic = Clinic::open_with(settings).await;
    let mut folded = Vec::new();
    clinic
        .eventually("all rows are back, and the same", async || {
            folded = clinic.rows().await;
            folded == live
        })
        .await;
    assert!(!TOLD.iter().any(|told| holds(&folded, told)), "{folded:?}");
}

#[tokio::test]
async fn an_interrupted_erasure_is_completed_by_the_next_request() {
    let clinic = Clinic::open().await;
    let it = xanthippe(&clinic).await;
    let path = it.registered.header("location");
    // The process ended between the commit and the destruction of the key, so only the event exists.
    erase_in_the_log_only(&clinic, &it.registered.id()).await;
    let journal = clinic.journal().await;
    assert_eq!(journal.key_census().await.expect("a census").destroyed, 0);
    let repeated = clinic.post_nothing(&format!("{path}/erasure")).await;
    repeated.expect_problem(410, "erased");
    assert_eq!(journal.key_census().await.expect("a census").destroyed, 1);
    let _ = until_blanked(&clinic).await;
}

#[tokio::test]
async fn rows_are_blanked_even_while_the_key_exists() {
    let clinic = Clinic::open().await;
    let it = xanthippe(&clinic).await;
    erase_in_the_log_only(&clinic, &it.registered.id()).await;
    let live = until_blanked(&clinic).await;
    // A rebuild can fold the appointments before or after the erasure.
    let mut settings = clinic.close().await;
    settings.postgres.url = SecretUrl::new(fresh_database().await);
    let clinic = Clinic::open_with(settings).await;
    clinic
        .eventually("the rows are back, and the same", async || clinic.rows().await == live)
        .await;
    // Later changes of an appointment restore nothing.
    clinic.clock.set(instant("2027-01-11T15:00:00Z"));
    let arrived = clinic
        .post_nothing(&format!("{}/arrival", it.appointments[0].header("location")))
        .await;
    let _ = clinic
        .get_after("/api/appointments", arrived.expect(200).header("consistency-token"))
        .await;
    assert!(!TOLD.iter().any(|told| holds(&live, told)));
    let rows = clinic.rows().await;
    assert!(!TOLD.iter().any(|told| holds(&rows, told)), "{rows:?}");
}

/// Appends `patient.erased` without destroying the key.
pub(super) async fn erase_in_the_log_only(clinic: &Clinic, id: &str) {
    let id = id.to_owned();
    clinic
        .stage(Context::Patients, move |decision| {
            let mut patient = decision.load::<Patient>(&id)?;
            let events = patient.state().decide(PatientCommand::Erase).expect("decided");
            decision.stage(&mut patient, &events)
        })
        .await;
}

#[tokio::test]
async fn an_erasure_with_an_idempotency_key_runs_once_and_gets_the_same_response() {
    let clinic = Clinic::open().await;
    let it = xanthippe(&clinic).await;
    let path = format!("{}/erasure", it.registered.header("location"));
    let key = [("idempotency-key", "key-1")];
    let first = clinic.send(Method::POST, &path, &key, None).await.expect(200);
    let stored = clinic.stream(Context::Patients).await;
    let again = clinic.send(Method::POST, &path, &key, None).await.expect(200);
    assert_eq!(again.text, first.text);
    assert_eq!(clinic.stream(Context::Patients).await, stored);
}

#[tokio::test]
async fn the_files_of_the_log_hold_nothing_of_an_erased_person() {
    let folder = tempfile::tempdir().expect("a folder");
    let (clinic, servers) = Clinic::open_with_files(folder.path()).await;
    let it = xanthippe(&clinic).await;
    let path = format!("{}/erasure", it.registered.header("location"));
    let key = [("idempotency-key", "key-1")];
    let _ = clinic.send(Method::POST, &path, &key, None).await.expect(200);
    let journal = clinic.journal().await;
    let census = journal.key_census().await.expect("a census");
    assert_eq!(census.destroyed, 1);
    let events = clinic.events(Context::Scheduling).await;
    assert!(!events.is_empty());
    drop((journal, clinic.close().await));
    servers.stop().await.expect("a clean stop");
    let log = folder.path().join("data/nats");
    assert!(stands_in(&log, &it.registered.id()), "the files are readable");
    for told in TOLD {
        assert!(!stands_in(&log, told), "the log's files contain {told}");
    }
}
