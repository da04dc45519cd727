//! `withdraw-care`: the remaining care of a patient ends with a deactivation, an erasure or a death.

use futures_util::future::join_all;
use journal::Context;
use serde_json::{Value, json};
use system_tests::{Clinic, instant};

use super::{
    all_caught_up, body_of, booked, close_and_react, count, deactivate, erase, of_type, prescribed, prescription,
    reacting, record_death, status_of, tell,
};
use crate::erasure::erase_in_the_log_only;

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
    erase(&clinic, &jane).await;
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
        assert_eq!(body_of(event), json!({"reasonCode": "pat-mt"}));
        assert_eq!(event.metadata.actor, "withdraw-care");
    }
    for (id, status) in taken.iter().zip(["stopped", "stopped", "active"]) {
        let shown = prescription(&clinic, id).await;
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
    record_death(&clinic, &john).await;
    all_caught_up(&clinic).await;
    assert_eq!(status_of(&clinic, &past).await, "booked");
    assert_eq!(status_of(&clinic, &ahead).await, "cancelled");
    let cancelled = of_type(&clinic, Context::Scheduling, "appointment.cancelled").await;
    let bodies: Vec<Value> = cancelled.iter().map(body_of).collect();
    assert_eq!(bodies, [json!({"reasonCode": "pat-dec"})]);
    assert_eq!(prescription(&clinic, &taken).await["status"], "stopped");

    let death = format!("/api/patients/{john}/death");
    let _ = clinic.delete(&death).await.expect(200);
    all_caught_up(&clinic).await;
    assert_eq!(status_of(&clinic, &ahead).await, "cancelled");
    let again = booked(&clinic, &john, &practitioner, 3).await;
    all_caught_up(&clinic).await;
    assert_eq!(status_of(&clinic, &again).await, "booked");
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
