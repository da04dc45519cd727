//! `recheck-booking`: a booking that `withdraw-care` missed is cancelled.

use journal::Context;
use reaction_service::Outcome;
use serde_json::json;
use system_tests::Clinic;

use super::{body_of, booked, by_hand, deactivate, of_type, reactor, record_death, take};

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
async fn a_booking_made_during_a_death_is_cancelled_by_the_recheck() {
    let clinic = Clinic::open().await;
    let (reactors, journal) = (by_hand(&clinic).await, clinic.journal().await);
    let practitioner = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let john = clinic.patient("John Doe").await.id();
    let _ = booked(&clinic, &john, &practitioner, 3).await;
    let recheck = reactor("recheck-booking");
    let event = take(&journal, recheck).await.open().await.expect("a booking");
    record_death(&clinic, &john).await;
    assert_eq!(reactors.react(recheck, &event).await, Ok(Outcome::Done));
    let cancelled = of_type(&clinic, Context::Scheduling, "appointment.cancelled").await;
    assert_eq!(body_of(&cancelled[0]), json!({"reasonCode": "pat-dec"}));
}
