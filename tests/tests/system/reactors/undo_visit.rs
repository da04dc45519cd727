//! `undo-visit`: an appointment entered in error leaves no prescription and no bill.

use journal::Context;
use reaction_service::Outcome;
use serde_json::{Value, json};
use system_tests::{Clinic, instant};

use super::{
    all_caught_up, assert_the_ledger_is_balanced, body_of, booked, by_hand, count, erase, fulfil, get_at_the_end,
    invoices_of, of_type, prescription, reacting, reactor, take,
};

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

    for (id, status, reason) in [
        (taken, "stopped", json!("The appointment was entered in error")),
        (held, "stopped", json!("The appointment was entered in error")),
        (draft, "cancelled", json!("The appointment was entered in error")),
        (elsewhere, "active", Value::Null),
    ] {
        let shown = prescription(&clinic, &id).await;
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
    erase(&clinic, &jane).await;
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
        assert_eq!((ended.len(), body_of(&ended[0])), (1, json!({})), "{event_type}");
    }
}
