//! Processes that die, start and stop: each effect occurs once.

use journal::Context;
use reaction_service::Outcome;
use system_tests::{Clinic, instant};

use super::{
    all_caught_up, assert_the_ledger_is_balanced, booked, by_hand, close_and_react, count, fulfil, invoices_of,
    of_type, reacting, reacting_by_hand, reactor, take,
};

#[tokio::test]
async fn a_process_that_dies_before_or_after_the_command_neither_duplicates_nor_loses_it() {
    let clinic = Clinic::open_with(reacting_by_hand().await).await;
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
