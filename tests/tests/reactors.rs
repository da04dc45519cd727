//! What an event sets off elsewhere: once, whatever dies in between, and never at the cost of another event.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use anamnesis::Stack;
use command_service::{
    commands::Commands,
    reactors::{ALL, Description, Outcome, Reactors, Retried},
};
use futures_util::future::join_all;
use journal::{Context, Journal, Parked, RecordedEvent};
use platform::{Clock, Settings, Shutdown};
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic, NOW, fresh_settings, instant};

/// Settings with the reactors on, and little patience with processes that have died.
async fn reacting() -> Settings {
    let mut settings = fresh_settings().await;
    settings.reactors.enabled = true;
    settings.reactors.hold_ms = 1_000;
    settings.reactors.retry_initial_ms = 10;
    settings.reactors.retry_max_ms = 50;
    settings
}

fn reactor(name: &str) -> &'static Description {
    ALL.into_iter().find(|known| known.name == name).expect("a reactor")
}

/// The reactors of a clinic, to be called by hand: the clinic's own are off.
async fn by_hand(clinic: &Clinic) -> (Reactors, Journal) {
    let journal = clinic.journal().await;
    let commands = Commands::new(journal.clone(), clinic.clock.clone(), &clinic.settings.commands).expect("commands");
    let settings = &clinic.settings;
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres).expect("an address");
    (Reactors::new(&commands, &pool, settings).expect("reactors"), journal)
}

/// Waits until a reactor has handled everything that its stream holds.
async fn caught_up(clinic: &Clinic, name: &str) {
    let (journal, reactor) = (clinic.journal().await, reactor(name));
    clinic
        .eventually("the reactor has caught up", async || {
            let status = journal.reactor_status(reactor.context, name).await.expect("a status");
            status.is_some_and(|status| status.lag_events == 0)
        })
        .await;
}

async fn all_caught_up(clinic: &Clinic) {
    // A reaction can set off another one.
    for _ in 0..2 {
        for reactor in ALL {
            caught_up(clinic, reactor.name).await;
        }
    }
}

async fn of_type(clinic: &Clinic, context: Context, event_type: &str) -> Vec<RecordedEvent> {
    let mut events = clinic.events(context).await;
    events.retain(|event| event.event_type == event_type);
    events
}

async fn count(clinic: &Clinic, context: Context, event_type: &str) -> usize {
    of_type(clinic, context, event_type).await.len()
}

/// An appointment of half an hour, booked. The practitioner is a cardiologist.
async fn booked(clinic: &Clinic, patient: &str, practitioner: &str, day: u32) -> String {
    let time = |minute| format!("2027-02-{day:02}T10:{minute:02}:00Z");
    let booked = clinic.book(patient, practitioner, &time(0), &time(30)).await;
    booked.expect(201).id()
}

async fn tell(clinic: &Clinic, appointment: &str, deed: &str) -> Answer {
    clinic
        .post_nothing(&format!("/api/appointments/{appointment}/{deed}"))
        .await
}

async fn fulfil(clinic: &Clinic, appointment: &str) {
    let _ = tell(clinic, appointment, "arrival").await.expect(200);
    let _ = tell(clinic, appointment, "fulfilment").await.expect(200);
}

async fn deactivate(clinic: &Clinic, patient: &str) {
    let deactivated = clinic
        .post_nothing(&format!("/api/patients/{patient}/deactivation"))
        .await;
    let _ = deactivated.expect(200);
}

async fn invoices_of(clinic: &Clinic, patient: &str) -> Vec<Value> {
    let end = clinic.stream(Context::Billing).await.last_position;
    let token = format!("BILLING:{end}");
    let _ = token;
    let found = clinic
        .get(&format!("/api/invoices?patientId={patient}"))
        .await
        .expect(200);
    found.body["content"].as_array().cloned().unwrap_or_default()
}

async fn status_of(clinic: &Clinic, appointment: &str) -> Value {
    clinic.get(&format!("/api/appointments/{appointment}")).await.body["status"].clone()
}

#[tokio::test]
async fn whoever_is_registered_gets_one_account_whoever_opens_it() {
    let clinic = Clinic::open_with(reacting().await).await;
    let patients: Vec<String> = join_all((0..10).map(async |n| {
        let patient = clinic.patient(&format!("Patient {n}")).await.id();
        // Every other account is opened by hand as well, at the same moment.
        if n % 2 == 0 {
            let opened = clinic
                .send(Method::PUT, &format!("/api/accounts/{patient}"), &[], None)
                .await;
            assert!(
                opened.status.is_success() || opened.status == 404 || opened.status == 405,
                "{}",
                opened.body
            );
            let charge = json!({"amount": {"minor": 100, "currency": "USD"}});
            let _ = clinic
                .post_keyed(&format!("/api/accounts/{patient}/charges"), charge)
                .await;
        }
        patient
    }))
    .await;

    all_caught_up(&clinic).await;

    let opened = of_type(&clinic, Context::Billing, "account.opened").await;
    let mut accounts: Vec<&str> = opened.iter().map(|event| event.aggregate_id.as_str()).collect();
    accounts.sort_unstable();
    let mut expected: Vec<&str> = patients.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(accounts, expected);
    let registered = of_type(&clinic, Context::Patients, "patient.registered").await;
    let mut reacted = 0;
    for opened in opened.iter().filter(|opened| opened.metadata.actor == "open-account") {
        let cause = registered
            .iter()
            .find(|event| event.aggregate_id == opened.aggregate_id);
        let cause = cause.expect("the registration");
        assert_eq!(opened.metadata.causation_id, Some(cause.id));
        assert_eq!(opened.metadata.correlation_id, cause.metadata.correlation_id);
        reacted += 1;
    }
    assert!(reacted >= 5, "those that nobody else opened: {reacted}");
    let _ = clinic.close().await;
}
