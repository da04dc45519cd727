//! `recheck-prescription`: a prescription that `withdraw-care` missed is stopped.

use journal::Context;
use reaction_service::Outcome;
use system_tests::Clinic;

use super::{by_hand, count, erase, prescribed, reactor, take};

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
    erase(&clinic, &jane).await;
    assert_eq!(reactors.react(recheck, &event).await, Ok(Outcome::Done));
    let again = reactors.react(recheck, &event).await;
    assert_eq!(again, Ok(Outcome::Nothing("the prescription has ended")));
    assert_eq!(count(&clinic, Context::Prescribing, "prescription.stopped").await, 1);
}
