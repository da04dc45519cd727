//! Reactions to events take effect exactly once, even if processes die, and never block other events.

use std::time::Duration;

use api::ConsistencyToken;
use commands::{Commands, OpenAccount};
use embedded::testing::PrivateServers;
use futures_util::future::join_all;
use journal::{Context, Journal, Parked, Reaction, RecordedEvent};
use reaction_service::{ALL, Description, Fault, Outcome, Reactors, Retried};
use serde_json::{Value, json};
use settings::{FeeRuleSettings, MoneySettings, Settings};
use system_tests::{Answer, Clinic, fresh_settings, instant};

use crate::erasure::erase_in_the_log_only;

/// Settings with enabled reactors, and short timeouts for dead processes.
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

async fn waits(clinic: &Clinic, name: &str) {
    let check = reactor(name).check;
    clinic
        .eventually("the reactor says that it waits", async || {
            let health = clinic.get("/health/ready").await.body;
            let said = health["checks"][check].as_str().unwrap_or_default();
            said.starts_with("waits: ")
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

/// A query result that reflects the whole stream of a context.
async fn get_at_the_end(clinic: &Clinic, context: Context, path: &str) -> Answer {
    let end = clinic.stream(context).await.last_position;
    let token = ConsistencyToken::new(context.name(), end).to_string();
    clinic.get_after(path, &token).await.expect(200)
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

#[tokio::test]
async fn a_registered_patient_gets_one_account_no_matter_who_opens_it() {
    let clinic = Clinic::open_with(reacting().await).await;
    let commands = commands(&clinic).await;
    let mut patients: Vec<String> = join_all((0..10).map(async |n| {
        let patient = clinic.patient(&format!("Patient {n}")).await.id();
        // Another caller opens every other account at the same time.
        if n % 2 == 0 {
            let open = OpenAccount {
                patient_id: patient.parse().expect("an id"),
            };
            let opened = commands.execute(&open, &commands.caller("somebody", None)).await;
            let _ = opened.expect("an account");
        }
        patient
    }))
    .await;
    all_caught_up(&clinic).await;

    let opened = of_type(&clinic, Context::Billing, "account.opened").await;
    let mut accounts: Vec<&str> = opened.iter().map(|event| event.aggregate_id.as_str()).collect();
    accounts.sort_unstable();
    patients.sort_unstable();
    assert_eq!(accounts, patients);
    let registered = of_type(&clinic, Context::Patients, "patient.registered").await;
    let reacted: Vec<_> = opened
        .iter()
        .filter(|opened| opened.metadata.actor == "open-account")
        .collect();
    assert!(
        reacted.len() >= 5,
        "accounts that only the reactor opened: {}",
        reacted.len()
    );
    for opened in reacted {
        let cause = registered
            .iter()
            .find(|event| event.aggregate_id == opened.aggregate_id);
        let cause = cause.expect("the registration");
        assert_eq!(opened.metadata.causation_id, Some(cause.id));
        assert_eq!(opened.metadata.correlation_id, cause.metadata.correlation_id);
    }
}

#[tokio::test]
async fn a_fulfilled_appointment_is_billed_once_by_the_fee_schedule() {
    let mut settings = reacting().await;
    settings.billing.fees.tax_rate_ppm = 100_000;
    let rule = |specialty: &str, from_minutes, minor| FeeRuleSettings {
        specialty: Some(specialty.to_owned()),
        from_minutes,
        amount: MoneySettings {
            minor,
            currency: "USD".to_owned(),
        },
    };
    settings.billing.fees.rules = vec![rule("cardiology", 30, 20_000), rule("Vaccination", 0, 0)];
    let clinic = Clinic::open_with(settings).await;
    let john = clinic.patient("John Doe").await.id();
    let heart = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let body = json!({"name": "Dr Free", "specialty": "Vaccination", "timeZone": "UTC"});
    let free = clinic.post("/api/practitioners", body).await.expect(201).id();
    let (charged, unpaid) = (
        booked(&clinic, &john, &heart, 1).await,
        booked(&clinic, &john, &free, 2).await,
    );
    clinic.clock.set(instant("2027-02-02T10:00:00Z"));
    fulfil(&clinic, &charged).await;
    fulfil(&clinic, &unpaid).await;
    // Reopened and fulfilled again, it is still the same visit.
    let _ = tell(&clinic, &charged, "reopening").await.expect(200);
    let _ = tell(&clinic, &charged, "fulfilment").await.expect(200);
    all_caught_up(&clinic).await;

    let invoices = invoices_of(&clinic, &john).await;
    assert_eq!(invoices.len(), 1, "{invoices:?}");
    let invoice = &invoices[0];
    assert_eq!(invoice["status"], "issued");
    assert_eq!(invoice["appointmentId"], json!(charged));
    assert_eq!(invoice["totals"]["total"], json!({"minor": 22_000, "currency": "USD"}));
    assert_eq!(invoice["lines"][0]["description"], "Consultation");
    for (event_type, times) in [("invoice.issued", 1), ("charge.posted", 1), ("account.opened", 1)] {
        assert_eq!(
            count(&clinic, Context::Billing, event_type).await,
            times,
            "{event_type}"
        );
    }
    let fulfilled = of_type(&clinic, Context::Scheduling, "appointment.fulfilled").await;
    let issued = &of_type(&clinic, Context::Billing, "invoice.issued").await[0];
    assert_eq!(issued.metadata.actor, "bill-appointment");
    let causes: Vec<_> = fulfilled.iter().map(|event| Some(event.id)).collect();
    assert!(causes.contains(&issued.metadata.causation_id));
    assert_the_ledger_is_balanced(&clinic).await;
}

#[tokio::test]
async fn the_care_of_a_deactivated_or_erased_patient_is_cancelled() {
    let clinic = Clinic::open_with(reacting().await).await;
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let (john, jane, mary) = (
        clinic.patient("John Doe").await.id(),
        clinic.patient("Jane Doe").await.id(),
        clinic.patient("Mary Roe").await.id(),
    );
    let past = booked(&clinic, &john, &practitioner, 1).await;
    let here = booked(&clinic, &john, &practitioner, 2).await;
    let ahead = booked(&clinic, &john, &practitioner, 3).await;
    let later = booked(&clinic, &john, &practitioner, 4).await;
    let of_jane = booked(&clinic, &jane, &practitioner, 5).await;
    let of_mary = booked(&clinic, &mary, &practitioner, 6).await;
    let mut taken = Vec::new();
    for patient in [&john, &jane, &mary] {
        taken.push(prescribed(&clinic, patient, &practitioner).await);
    }
    let hold = clinic
        .post(&format!("/api/prescriptions/{}/hold", taken[0]), json!({}))
        .await;
    let _ = hold.expect(200);
    clinic.clock.set(instant("2027-02-02T10:00:00Z"));
    let _ = tell(&clinic, &here, "arrival").await.expect(200);
    deactivate(&clinic, &john).await;
    let _ = clinic
        .post_nothing(&format!("/api/patients/{jane}/erasure"))
        .await
        .expect(200);
    all_caught_up(&clinic).await;

    for (appointment, status) in [
        (past, "booked"),
        (here, "arrived"),
        (ahead.clone(), "cancelled"),
        (later, "cancelled"),
        (of_jane, "cancelled"),
        (of_mary, "booked"),
    ] {
        assert_eq!(status_of(&clinic, &appointment).await, status, "{appointment}");
    }
    let cancelled = of_type(&clinic, Context::Scheduling, "appointment.cancelled").await;
    assert_eq!(cancelled.len(), 3);
    for event in &cancelled {
        let body: Value = serde_json::from_slice(&event.data).expect("JSON");
        assert_eq!(body, json!({"reasonCode": "pat-mt"}));
        assert_eq!(event.metadata.actor, "withdraw-care");
    }
    for (prescription, status) in taken.iter().zip(["stopped", "stopped", "active"]) {
        let path = format!("/api/prescriptions/{prescription}");
        let shown = get_at_the_end(&clinic, Context::Prescribing, &path).await.body;
        assert_eq!(shown["status"], status, "{shown}");
    }
    // The time is free again.
    let mary_instead = clinic
        .book(&mary, &practitioner, "2027-02-03T10:00:00Z", "2027-02-03T10:30:00Z")
        .await;
    let _ = mary_instead.expect(201);
}

#[tokio::test]
async fn the_care_of_a_deceased_patient_ends_and_a_correction_does_not_restore_it() {
    let clinic = Clinic::open_with(reacting().await).await;
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let john = clinic.patient("John Doe").await.id();
    let past = booked(&clinic, &john, &practitioner, 1).await;
    let ahead = booked(&clinic, &john, &practitioner, 3).await;
    let taken = prescribed(&clinic, &john, &practitioner).await;
    clinic.clock.set(instant("2027-02-02T10:00:00Z"));
    let death = format!("/api/patients/{john}/death");
    let _ = clinic.post_nothing(&death).await.expect(200);
    all_caught_up(&clinic).await;
    assert_eq!(status_of(&clinic, &past).await, "booked");
    assert_eq!(status_of(&clinic, &ahead).await, "cancelled");
    let cancelled = of_type(&clinic, Context::Scheduling, "appointment.cancelled").await;
    let bodies = cancelled.iter().map(|event| serde_json::from_slice(&event.data));
    let bodies: Vec<Value> = bodies.collect::<Result<_, _>>().expect("JSON");
    assert_eq!(bodies, [json!({"reasonCode": "pat-dec"})]);
    let path = format!("/api/prescriptions/{taken}");
    let shown = get_at_the_end(&clinic, Context::Prescribing, &path).await.body;
    assert_eq!(shown["status"], "stopped");

    let _ = clinic.delete(&death).await.expect(200);
    all_caught_up(&clinic).await;
    assert_eq!(status_of(&clinic, &ahead).await, "cancelled");
    let again = booked(&clinic, &john, &practitioner, 3).await;
    all_caught_up(&clinic).await;
    assert_eq!(status_of(&clinic, &again).await, "booked");
}

#[tokio::test]
async fn a_booking_made_during_a_death_is_cancelled_by_the_recheck() {
    let clinic = Clinic::open().await;
    let (reactors, journal) = (by_hand(&clinic).await, clinic.journal().await);
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let john = clinic.patient("John Doe").await.id();
    let _ = booked(&clinic, &john, &practitioner, 3).await;
    let recheck = reactor("recheck-booking");
    let event = take(&journal, recheck).await.open().await.expect("a booking");
    let _ = clinic
        .post_nothing(&format!("/api/patients/{john}/death"))
        .await
        .expect(200);
    assert_eq!(reactors.react(recheck, &event).await, Ok(Outcome::Done));
    let cancelled = of_type(&clinic, Context::Scheduling, "appointment.cancelled").await;
    let body: Value = serde_json::from_slice(&cancelled[0].data).expect("JSON");
    assert_eq!(body, json!({"reasonCode": "pat-dec"}));
}

#[tokio::test]
async fn an_interrupted_erasure_is_completed() {
    let clinic = Clinic::open_with(reacting().await).await;
    let jane = clinic.patient("Jane Doe").await.id();
    let journal = clinic.journal().await;
    assert_eq!(journal.key_census().await.expect("a census").destroyed, 0);
    erase_in_the_log_only(&clinic, &jane).await;
    clinic
        .eventually("the key is destroyed", async || {
            journal.key_census().await.expect("a census").destroyed == 1
        })
        .await;
}

#[tokio::test]
async fn a_reactivated_patient_keeps_their_appointments() {
    let clinic = Clinic::open().await;
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let john = clinic.patient("John Doe").await.id();
    let kept = booked(&clinic, &john, &practitioner, 3).await;
    deactivate(&clinic, &john).await;
    let reactivated = clinic.post_nothing(&format!("/api/patients/{john}/reactivation")).await;
    let _ = reactivated.expect(200);
    let clinic = close_and_react(clinic).await;
    all_caught_up(&clinic).await;
    assert_eq!(status_of(&clinic, &kept).await, "booked");
    assert_eq!(count(&clinic, Context::Scheduling, "appointment.cancelled").await, 0);
}

#[tokio::test]
async fn a_booking_that_a_deactivation_missed_is_cancelled_by_its_own_reaction() {
    let clinic = Clinic::open().await;
    let (reactors, journal) = (by_hand(&clinic).await, clinic.journal().await);
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let john = clinic.patient("John Doe").await.id();
    let appointment = booked(&clinic, &john, &practitioner, 3).await;
    let recheck = reactor("recheck-booking");
    let event = take(&journal, recheck).await.open().await.expect("a booking");
    let active = reactors.react(recheck, &event).await;
    assert_eq!(active, Ok(Outcome::Nothing("the patient is active")));
    deactivate(&clinic, &john).await;
    assert_eq!(reactors.react(recheck, &event).await, Ok(Outcome::Done));
    let again = reactors.react(recheck, &event).await;
    assert_eq!(again, Ok(Outcome::Nothing("the appointment is not upcoming")));
    let cancelled = of_type(&clinic, Context::Scheduling, "appointment.cancelled").await;
    assert_eq!(cancelled.len(), 1);
    assert_eq!(cancelled[0].aggregate_id, appointment);
    assert_eq!(cancelled[0].metadata.causation_id, Some(event.recorded.id));
}

#[tokio::test]
async fn a_prescription_that_an_erasure_missed_is_stopped_by_its_own_reaction() {
    let clinic = Clinic::open().await;
    let (reactors, journal) = (by_hand(&clinic).await, clinic.journal().await);
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let jane = clinic.patient("Jane Doe").await.id();
    let _ = prescribed(&clinic, &jane, &practitioner).await;
    let recheck = reactor("recheck-prescription");
    let event = take(&journal, recheck).await.open().await.expect("a prescription");
    let active = reactors.react(recheck, &event).await;
    assert_eq!(active, Ok(Outcome::Nothing("the patient is active")));
    let _ = clinic
        .post_nothing(&format!("/api/patients/{jane}/erasure"))
        .await
        .expect(200);
    assert_eq!(reactors.react(recheck, &event).await, Ok(Outcome::Done));
    let again = reactors.react(recheck, &event).await;
    assert_eq!(again, Ok(Outcome::Nothing("the prescription has ended")));
    assert_eq!(count(&clinic, Context::Prescribing, "prescription.stopped").await, 1);
}

/// A prescription at an appointment, a draft or given out.
async fn prescribed_at(clinic: &Clinic, people: [&str; 2], appointment: &str, medicine: &str, status: &str) -> String {
    let medicine = json!({"name": medicine, "dosage": "500 mg", "duration": "3 days", "instructions": "after meals"});
    let body = json!({"patientId": people[0], "practitionerId": people[1], "appointmentId": appointment,
                      "medicines": [medicine], "status": status});
    clinic.post("/api/prescriptions", body).await.expect(201).id()
}

async fn mark_in_error(clinic: &Clinic, appointment: &str) {
    let path = format!("/api/appointments/{appointment}/entered-in-error");
    let _ = clinic
        .post(&path, json!({"reason": "Another patient"}))
        .await
        .expect(200);
}

#[tokio::test]
async fn an_appointment_entered_in_error_ends_its_prescriptions_and_its_bill() {
    let clinic = Clinic::open_with(reacting().await).await;
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let john = clinic.patient("John Doe").await.id();
    let wrong = booked(&clinic, &john, &practitioner, 1).await;
    let right = booked(&clinic, &john, &practitioner, 2).await;
    let people = [john.as_str(), practitioner.as_str()];
    let at = async |appointment: &str, medicine: &str, status: &str| {
        prescribed_at(&clinic, people, appointment, medicine, status).await
    };
    let taken = at(&wrong, "Paracetamol", "active").await;
    let held = at(&wrong, "Ibuprofen", "active").await;
    let _ = clinic
        .post(&format!("/api/prescriptions/{held}/hold"), json!({}))
        .await
        .expect(200);
    let draft = at(&wrong, "Amlodipine", "draft").await;
    let elsewhere = at(&right, "Paracetamol", "active").await;
    clinic.clock.set(instant("2027-02-02T10:00:00Z"));
    fulfil(&clinic, &wrong).await;
    fulfil(&clinic, &right).await;
    all_caught_up(&clinic).await;
    assert_eq!(invoices_of(&clinic, &john).await.len(), 2);
    mark_in_error(&clinic, &wrong).await;
    all_caught_up(&clinic).await;

    for (prescription, status, reason) in [
        (taken, "stopped", json!("The appointment was entered in error")),
        (held, "stopped", json!("The appointment was entered in error")),
        (draft, "cancelled", json!("The appointment was entered in error")),
        (elsewhere, "active", Value::Null),
    ] {
        let path = format!("/api/prescriptions/{prescription}");
        let shown = get_at_the_end(&clinic, Context::Prescribing, &path).await.body;
        assert_eq!(
            (&shown["status"], &shown["reasonText"]),
            (&json!(status), &reason),
            "{shown}"
        );
    }
    let statuses = async || {
        let invoices = invoices_of(&clinic, &john).await;
        let of = |appointment: &str| {
            let mut invoices = invoices.iter();
            let found = invoices.find(|invoice| invoice["appointmentId"] == appointment);
            found.map(|invoice| invoice["status"].clone())
        };
        (of(&wrong), of(&right))
    };
    assert_eq!(statuses().await, (Some(json!("cancelled")), Some(json!("issued"))));
    let account = get_at_the_end(&clinic, Context::Billing, &format!("/api/accounts/{john}")).await;
    assert_eq!(account.body["owed"], json!([{"minor": 15_000, "currency": "USD"}]));
    assert_the_ledger_is_balanced(&clinic).await;
    let cancelled = of_type(&clinic, Context::Billing, "invoice.cancelled").await;
    assert_eq!(
        (cancelled.len(), cancelled[0].metadata.actor.as_str()),
        (1, "undo-visit")
    );
}

#[tokio::test]
async fn payments_for_an_appointment_entered_in_error_are_in_the_patients_favour() {
    let clinic = Clinic::open_with(reacting().await).await;
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    for (day, paid) in [(1, 15_000), (2, 4_000)] {
        let john = clinic.patient("John Doe").await.id();
        let visit = booked(&clinic, &john, &practitioner, day).await;
        clinic.clock.set(instant(&format!("2027-02-{day:02}T10:00:00Z")));
        fulfil(&clinic, &visit).await;
        all_caught_up(&clinic).await;
        let bill = invoices_of(&clinic, &john).await[0]["id"].clone();
        let path = format!("/api/invoices/{}", bill.as_str().expect("an id"));
        let paid = json!({"minor": paid, "currency": "USD"});
        let payment = json!({"amount": paid, "method": "card", "reference": format!("till-{day}")});
        let _ = clinic
            .post_keyed(&format!("{path}/payments"), payment)
            .await
            .expect(201);
        mark_in_error(&clinic, &visit).await;
        all_caught_up(&clinic).await;

        let shown = get_at_the_end(&clinic, Context::Billing, &path).await.body;
        assert_eq!(
            (&shown["status"], &shown["overpaid"]),
            (&json!("balanced"), &paid),
            "{shown}"
        );
        assert_eq!(shown["open"], json!({"minor": 0, "currency": "USD"}));
        let refund = json!({"reference": format!("till-{day}"), "amount": paid});
        let _ = clinic.post_keyed(&format!("{path}/refunds"), refund).await.expect(201);
        let shown = get_at_the_end(&clinic, Context::Billing, &path).await.body;
        assert_eq!(shown["overpaid"], json!({"minor": 0, "currency": "USD"}), "{shown}");
        let account = get_at_the_end(&clinic, Context::Billing, &format!("/api/accounts/{john}")).await;
        assert_eq!(
            account.body["owed"],
            json!([{"minor": 0, "currency": "USD"}]),
            "{}",
            account.body
        );
    }
    assert_the_ledger_is_balanced(&clinic).await;
}

#[tokio::test]
async fn a_bill_and_a_prescription_stored_after_the_marking_are_undone_by_their_own_reactors() {
    let clinic = Clinic::open().await;
    let (reactors, journal) = (by_hand(&clinic).await, clinic.journal().await);
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let john = clinic.patient("John Doe").await.id();
    let visit = booked(&clinic, &john, &practitioner, 1).await;
    let people = [john.as_str(), practitioner.as_str()];
    let _ = prescribed_at(&clinic, people, &visit, "Paracetamol", "active").await;
    clinic.clock.set(instant("2027-02-01T10:00:00Z"));
    fulfil(&clinic, &visit).await;
    let (bill, recheck, undo) = (
        reactor("bill-appointment"),
        reactor("recheck-prescription"),
        reactor("undo-visit"),
    );
    let fulfilled = take(&journal, bill).await.open().await.expect("a visit");
    let issued = take(&journal, recheck).await.open().await.expect("a prescription");
    assert_eq!(reactors.react(bill, &fulfilled).await, Ok(Outcome::Done));
    mark_in_error(&clinic, &visit).await;
    // As if the marking had been handled before the bill and the prescription were stored.
    let again = reactors.react(bill, &fulfilled).await;
    assert_eq!(again, Ok(Outcome::Nothing("the appointment is no longer fulfilled")));
    assert_eq!(reactors.react(recheck, &issued).await, Ok(Outcome::Done));
    assert_eq!(count(&clinic, Context::Billing, "invoice.cancelled").await, 1);
    assert_eq!(count(&clinic, Context::Prescribing, "prescription.stopped").await, 1);

    let marked = take(&journal, undo).await.open().await.expect("a marking");
    for _ in 0..2 {
        assert_eq!(reactors.react(undo, &marked).await, Ok(Outcome::Done));
    }
    assert_eq!(count(&clinic, Context::Billing, "invoice.cancelled").await, 1);
    assert_eq!(count(&clinic, Context::Prescribing, "prescription.stopped").await, 1);
}

#[tokio::test]
async fn no_text_is_written_for_an_erased_patients_appointment_entered_in_error() {
    let clinic = Clinic::open().await;
    let (reactors, journal) = (by_hand(&clinic).await, clinic.journal().await);
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let jane = clinic.patient("Jane Doe").await.id();
    let visit = booked(&clinic, &jane, &practitioner, 1).await;
    let _ = prescribed_at(
        &clinic,
        [jane.as_str(), practitioner.as_str()],
        &visit,
        "Paracetamol",
        "draft",
    )
    .await;
    clinic.clock.set(instant("2027-02-01T10:00:00Z"));
    fulfil(&clinic, &visit).await;
    let bill = reactor("bill-appointment");
    let fulfilled = take(&journal, bill).await.open().await.expect("a visit");
    assert_eq!(reactors.react(bill, &fulfilled).await, Ok(Outcome::Done));
    let _ = clinic
        .post_nothing(&format!("/api/patients/{jane}/erasure"))
        .await
        .expect(200);
    let path = format!("/api/appointments/{visit}/entered-in-error");
    let _ = clinic.post_nothing(&path).await.expect(200);
    let undo = reactor("undo-visit");
    let marked = take(&journal, undo).await.open().await.expect("a marking");
    assert_eq!(reactors.react(undo, &marked).await, Ok(Outcome::Done));
    for (context, event_type) in [
        (Context::Billing, "invoice.cancelled"),
        (Context::Prescribing, "prescription.cancelled"),
    ] {
        let ended = of_type(&clinic, context, event_type).await;
        let body: Value = serde_json::from_slice(&ended[0].data).expect("JSON");
        assert_eq!((ended.len(), body), (1, json!({})), "{event_type}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_concurrent_with_a_deactivation_leave_no_upcoming_appointment() {
    let clinic = Clinic::open_with(reacting().await).await;
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let patients = join_all((0..4).map(async |n| clinic.patient(&format!("Patient {n}")).await.id())).await;
    let book = |patient: &str, n: u32| {
        let (day, minute) = (1 + n / 4, n % 4 * 15);
        let start = format!("2027-02-{day:02}T10:{minute:02}:00Z");
        let end = format!("2027-02-{day:02}T10:{:02}:00Z", minute + 14);
        let (clinic, practitioner, patient) = (&clinic, &practitioner, patient.to_owned());
        async move { clinic.book(&patient, practitioner, &start, &end).await }
    };
    let stories = patients.iter().zip(0_u32..).map(async |(patient, n)| {
        let bookings = join_all((0..6).map(|m| book(patient, n * 6 + m)));
        let (booked, ()) = futures_util::future::join(bookings, deactivate(&clinic, patient)).await;
        for answer in booked {
            assert!(
                [201, 403, 409, 422].contains(&answer.status.as_u16()),
                "{}",
                answer.body
            );
        }
    });
    join_all(stories).await;
    all_caught_up(&clinic).await;

    let events = clinic.events(Context::Scheduling).await;
    let ids = |event_type: &str| {
        let mut ids: Vec<&str> = events
            .iter()
            .filter(|event| event.event_type == event_type)
            .map(|event| event.aggregate_id.as_str())
            .collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids("appointment.booked"), ids("appointment.cancelled"));
}

#[tokio::test]
async fn a_process_that_dies_before_or_after_the_command_neither_duplicates_nor_loses_it() {
    let mut settings = reacting().await;
    settings.reactors.enabled = false;
    let clinic = Clinic::open_with(settings).await;
    let (reactors, journal) = (by_hand(&clinic).await, clinic.journal().await);
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let (john, jane) = (
        clinic.patient("John Doe").await.id(),
        clinic.patient("Jane Doe").await.id(),
    );
    let (of_john, of_jane) = (
        booked(&clinic, &john, &practitioner, 1).await,
        booked(&clinic, &jane, &practitioner, 2).await,
    );
    clinic.clock.set(instant("2027-02-02T10:00:00Z"));
    fulfil(&clinic, &of_john).await;
    fulfil(&clinic, &of_jane).await;
    for name in ["open-account", "bill-appointment"] {
        let reactor = reactor(name);
        // One process dies before its command, and one between the command and the acknowledgement.
        let before = take(&journal, reactor).await;
        let after = take(&journal, reactor).await;
        assert_ne!(before.place(), after.place());
        let event = after.open().await.expect("an event");
        assert_eq!(reactors.react(reactor, &event).await, Ok(Outcome::Done));
        drop((before, after));
    }
    drop((reactors, journal));

    let clinic = close_and_react(clinic).await;
    all_caught_up(&clinic).await;

    for event_type in ["account.opened", "invoice.drafted", "invoice.issued", "charge.posted"] {
        assert_eq!(count(&clinic, Context::Billing, event_type).await, 2, "{event_type}");
    }
    for patient in [john, jane] {
        assert_eq!(invoices_of(&clinic, &patient).await.len(), 1);
    }
    assert_the_ledger_is_balanced(&clinic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_and_stopping_processes_share_the_work_and_each_effect_occurs_once() {
    let settings = reacting().await;
    let mut quiet = settings.clone();
    quiet.reactors.enabled = false;
    let steady = Clinic::open_with(quiet).await;
    let practitioner = steady.practitioner("Dr Ruiz", "UTC").await.id();
    let mut patients = Vec::new();
    for round in 0..3_u32 {
        // Two concurrent processes, which both stop while there is work.
        let (one, other) = (
            Clinic::open_with(settings.clone()).await,
            Clinic::open_with(settings.clone()).await,
        );
        for n in 0..5 {
            let patient = steady.patient(&format!("Patient {round} {n}")).await.id();
            let day = 1 + round * 5 + n;
            let appointment = booked(&steady, &patient, &practitioner, day).await;
            steady.clock.set(instant(&format!("2027-02-{day:02}T10:00:00Z")));
            fulfil(&steady, &appointment).await;
            patients.push(patient);
        }
        let _ = futures_util::future::join(one.close(), other.close()).await;
    }
    let clinic = close_and_react(steady).await;
    all_caught_up(&clinic).await;
    for event_type in ["account.opened", "invoice.drafted", "invoice.issued", "charge.posted"] {
        let events = of_type(&clinic, Context::Billing, event_type).await;
        assert_eq!(events.len(), patients.len(), "{event_type}");
    }
    assert_the_ledger_is_balanced(&clinic).await;
}

#[tokio::test]
async fn a_failed_reaction_is_parked_blocks_nothing_and_can_be_retried_or_discarded() {
    let clinic = Clinic::open_with(reacting().await).await;
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let john = clinic.patient("John Doe").await.id();
    let (withdrawn, other) = (
        booked(&clinic, &john, &practitioner, 1).await,
        booked(&clinic, &john, &practitioner, 2).await,
    );
    clinic.clock.set(instant("2027-02-02T10:00:00Z"));
    fulfil(&clinic, &withdrawn).await;
    all_caught_up(&clinic).await;
    let invoice = invoices_of(&clinic, &john).await[0]["id"].clone();
    let invoice = invoice.as_str().expect("an id");
    let _ = clinic.delete(&format!("/api/invoices/{invoice}")).await.expect(200);
    let _ = tell(&clinic, &withdrawn, "reopening").await.expect(200);
    let _ = tell(&clinic, &withdrawn, "fulfilment").await.expect(200);
    fulfil(&clinic, &other).await;
    all_caught_up(&clinic).await;

    let (reactors, journal, bill) = (
        by_hand(&clinic).await,
        clinic.journal().await,
        reactor("bill-appointment"),
    );
    let parked = journal
        .parked(bill.context, bill.name, 10)
        .await
        .expect("what is parked");
    assert_eq!(parked.len(), 1, "{parked:?}");
    let place = parked[0].place();
    let Parked {
        attempts,
        reason,
        event_type,
        aggregate,
        ..
    } = parked[0].clone();
    assert_eq!((attempts, reason.as_str()), (1, "the invoice is cancelled"));
    assert_eq!(event_type.as_deref(), Some("appointment.fulfilled"));
    assert_eq!(aggregate, Some(format!("appointment/{withdrawn}")));
    let status = journal
        .reactor_status(bill.context, bill.name)
        .await
        .expect("a status")
        .expect("it has run");
    assert_eq!(
        (status.parked_events, status.lag_events, status.oldest_at),
        (1, 0, None)
    );
    assert_eq!(
        invoices_of(&clinic, &john).await.len(),
        2,
        "the other appointment is billed"
    );
    let _ = clinic.get("/health/ready").await.expect(200);

    let failed = reactors.retry(bill, place).await.expect("tried");
    assert_eq!(
        failed,
        Retried::Failed(Fault::Lasting("the invoice is cancelled".to_owned()))
    );
    let still = journal
        .parked_at(bill.context, bill.name, place)
        .await
        .expect("what is parked");
    assert_eq!(still.expect("still parked").attempts, 2);
    // The obstacle is gone: the appointment is no longer fulfilled.
    let _ = tell(&clinic, &withdrawn, "reopening").await.expect(200);
    let done = reactors.retry(bill, place).await.expect("tried");
    assert!(matches!(done, Retried::Done(Outcome::Nothing(_))), "{done:?}");
    assert_eq!(reactors.retry(bill, place).await, Ok(Retried::NotParked));
    assert!(!journal.unpark(bill.context, bill.name, place).await.expect("asked"));
}

#[tokio::test]
async fn an_event_that_kills_every_process_is_parked_and_can_be_handled_manually() {
    let mut settings = reacting().await;
    settings.reactors.enabled = false;
    settings.reactors.max_attempts = 2;
    let clinic = Clinic::open_with(settings).await;
    let open = reactor("open-account");
    let doomed = clinic.patient("John Doe").await.id();
    let journal = clinic.journal().await;
    for _ in 0..2 {
        take(&journal, open)
            .await
            .retry(Duration::ZERO)
            .await
            .expect("given back");
    }
    let fine = clinic.patient("Jane Doe").await.id();
    drop(journal);
    let clinic = close_and_react(clinic).await;
    all_caught_up(&clinic).await;

    let (reactors, journal) = (by_hand(&clinic).await, clinic.journal().await);
    let opened = async || {
        let opened = of_type(&clinic, Context::Billing, "account.opened").await;
        opened.into_iter().map(|event| event.aggregate_id).collect::<Vec<_>>()
    };
    assert_eq!(opened().await, [fine.as_str()]);
    let parked = journal
        .parked(open.context, open.name, 10)
        .await
        .expect("what is parked");
    assert_eq!(parked.len(), 1, "{parked:?}");
    assert_eq!(
        (parked[0].attempts, parked[0].reason.as_str()),
        (3, "no attempt completed")
    );
    assert_eq!(parked[0].aggregate, Some(format!("patient/{doomed}")));
    let retried = reactors.retry(open, parked[0].place()).await;
    assert_eq!(retried, Ok(Retried::Done(Outcome::Done)));
    assert_eq!(opened().await, [fine.as_str(), doomed.as_str()]);
    assert_eq!(journal.parked(open.context, open.name, 10).await, Ok(vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_a_reaction_waits_and_completes_afterwards() {
    let servers = PrivateServers::start().await;
    let mut on_them = system_tests::settings(servers.nats_url(), servers.postgres_url());
    on_them.reactors = reacting().await.reactors;
    on_them.reactors.max_attempts = 1;
    on_them.postgres.acquire_timeout_ms = 200;
    let clinic = Clinic::open_with(on_them).await;
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let john = clinic.patient("John Doe").await.id();
    let ahead = booked(&clinic, &john, &practitioner, 3).await;
    servers.kill_postgres().await;
    deactivate(&clinic, &john).await;
    let jane = clinic.patient("Jane Doe").await.id();
    waits(&clinic, "withdraw-care").await;
    // Reactions without Postgres continue.
    clinic
        .eventually("Jane has an account", async || {
            let opened = of_type(&clinic, Context::Billing, "account.opened").await;
            opened.iter().any(|event| event.aggregate_id == jane)
        })
        .await;

    servers.start_postgres().await;
    all_caught_up(&clinic).await;
    assert_eq!(status_of(&clinic, &ahead).await, "cancelled");
    let parked = clinic
        .journal()
        .await
        .parked(Context::Patients, "withdraw-care", 1)
        .await;
    assert_eq!(parked, Ok(vec![]));
    let health = clinic.get("/health/ready").await.expect(200).body;
    assert_eq!(health["checks"]["reactor withdraw-care"], "ready", "{health}");
}

#[tokio::test]
async fn care_is_not_withdrawn_by_read_models_that_a_crash_of_postgres_reverted() {
    let clinic = Clinic::open_with(reacting().await).await;
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let john = clinic.patient("John Doe").await.id();
    let ahead = booked(&clinic, &john, &practitioner, 3).await;
    assert_eq!(status_of(&clinic, &ahead).await, "booked");
    all_caught_up(&clinic).await;
    clinic.lose("appointment").await;
    deactivate(&clinic, &john).await;
    waits(&clinic, "withdraw-care").await;
    clinic.cut_connections().await;
    all_caught_up(&clinic).await;
    assert_eq!(status_of(&clinic, &ahead).await, "cancelled");
}

#[tokio::test]
async fn health_and_metrics_show_the_reactors() {
    let clinic = Clinic::open_with(reacting().await).await;
    let _ = clinic.patient("John Doe").await;
    all_caught_up(&clinic).await;
    let health = clinic.get("/health/ready").await.expect(200);
    for reactor in ALL {
        assert_eq!(health.body["checks"][reactor.check], "ready", "{}", health.body);
    }
    let metrics = [
        "reactor_lag_events{reactor=\"open-account\"}",
        "reactor_oldest_event_age_seconds{reactor=\"open-account\"}",
        "reactor_parked_events{reactor=\"open-account\"}",
        "reactor_events_total{reactor=\"open-account\",outcome=\"done\"}",
    ];
    clinic
        .eventually("the metrics are there", async || {
            let page = clinic.get("/metrics").await.text;
            metrics.iter().all(|metric| page.contains(metric))
        })
        .await;
}
