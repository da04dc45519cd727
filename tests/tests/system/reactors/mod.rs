//! Reactions to events take effect exactly once, even if processes die, and never block other events. Each reactor has a
//! file, and so has each behaviour that all reactors share.

mod bill_appointment;
mod crashes;
mod health;
mod open_account;
mod outages;
mod parking;
mod recheck_booking;
mod recheck_prescription;
mod undo_visit;
mod withdraw_care;

use std::time::Duration;

use api::ConsistencyToken;
use commands::Commands;
use journal::{Context, Journal, Reaction, RecordedEvent};
use reaction_service::{ALL, Description, Reactors};
use serde_json::{Value, json};
use settings::Settings;
use system_tests::{Answer, Clinic, fresh_settings};

/// Settings with enabled reactors, and short timeouts for dead processes.
async fn reacting() -> Settings {
    let mut settings = fresh_settings().await;
    settings.reactors.enabled = true;
    settings.reactors.hold_ms = 1_000;
    settings.reactors.retry_initial_ms = 10;
    settings.reactors.retry_max_ms = 50;
    settings
}

/// As [`reacting`], but the reactors of the clinic do not run.
async fn reacting_by_hand() -> Settings {
    let mut settings = reacting().await;
    settings.reactors.enabled = false;
    settings
}

fn reactor(name: &str) -> &'static Description {
    ALL.into_iter().find(|known| known.name == name).expect("a reactor")
}

async fn commands(clinic: &Clinic) -> Commands {
    let settings = &clinic.settings.commands;
    Commands::new(clinic.journal().await, clinic.clock.clone(), settings).expect("commands")
}

/// Reactors to call manually on a clinic whose own reactors are disabled.
async fn by_hand(clinic: &Clinic) -> Reactors {
    let settings = &clinic.settings;
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres).expect("an address");
    Reactors::new(&commands(clinic).await, &pool, settings).expect("reactors")
}

/// Waits until a reactor has handled its whole stream.
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
    // A reaction can trigger another one.
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

fn body_of(event: &RecordedEvent) -> Value {
    serde_json::from_slice(&event.data).expect("JSON")
}

/// A booked appointment of half an hour with a cardiologist.
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

/// An issued prescription.
async fn prescribed(clinic: &Clinic, patient: &str, practitioner: &str) -> String {
    let medicine =
        json!({"name": "Paracetamol", "dosage": "500 mg", "duration": "3 days", "instructions": "after meals"});
    let body = json!({"patientId": patient, "practitionerId": practitioner, "medicines": [medicine], "notes": "Water"});
    clinic.post("/api/prescriptions", body).await.expect(201).id()
}

async fn deactivate(clinic: &Clinic, patient: &str) {
    let _ = clinic.delete(&format!("/api/patients/{patient}")).await.expect(200);
}

async fn erase(clinic: &Clinic, patient: &str) {
    let _ = clinic
        .post_nothing(&format!("/api/patients/{patient}/erasure"))
        .await
        .expect(200);
}

async fn record_death(clinic: &Clinic, patient: &str) {
    let _ = clinic
        .post_nothing(&format!("/api/patients/{patient}/death"))
        .await
        .expect(200);
}

/// A query result that reflects the whole stream of a context.
async fn get_at_the_end(clinic: &Clinic, context: Context, path: &str) -> Answer {
    let end = clinic.stream(context).await.last_position;
    let token = ConsistencyToken::new(context.name(), end).to_string();
    clinic.get_after(path, &token).await.expect(200)
}

async fn prescription(clinic: &Clinic, id: &str) -> Value {
    let path = format!("/api/prescriptions/{id}");
    get_at_the_end(clinic, Context::Prescribing, &path).await.body
}

/// The invoices of a patient.
async fn invoices_of(clinic: &Clinic, patient: &str) -> Vec<Value> {
    let path = format!("/api/invoices?patientId={patient}");
    let found = get_at_the_end(clinic, Context::Billing, &path).await;
    found.body["content"].as_array().cloned().unwrap_or_default()
}

async fn assert_the_ledger_is_balanced(clinic: &Clinic) {
    let proof = get_at_the_end(clinic, Context::Billing, "/api/ledger/proof").await;
    assert_eq!(proof.body["balanced"], true, "{}", proof.body);
    let sums = proof.body["currencies"].as_array().expect("the currencies");
    assert!(
        !sums.is_empty() && sums.iter().all(|sum| sum["sum"]["minor"] == 0),
        "{}",
        proof.body
    );
}

async fn status_of(clinic: &Clinic, appointment: &str) -> Value {
    let path = format!("/api/appointments/{appointment}");
    get_at_the_end(clinic, Context::Scheduling, &path).await.body["status"].clone()
}

/// Fetches the next event of a reactor, as a process that is about to die would.
async fn take(journal: &Journal, reactor: &Description) -> Reaction {
    let hold = Duration::from_secs(1);
    let opened = journal
        .react(reactor.context, reactor.name, reactor.event_types, hold)
        .await;
    let mut reactions = opened.expect("the reactor's place");
    let taken = tokio::time::timeout(system_tests::PATIENCE, reactions.next_batch(1)).await;
    taken.expect("an event").expect("an event").remove(0)
}

async fn close_and_react(clinic: Clinic) -> Clinic {
    let mut settings = clinic.close().await;
    settings.reactors.enabled = true;
    Clinic::open_with(settings).await
}
