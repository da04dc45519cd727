//! A reaction that keeps failing is parked, blocks nothing, and can be handled later.

use std::time::Duration;

use journal::{Context, Parked};
use reaction_service::{Fault, Outcome, Retried};
use system_tests::{Clinic, instant};

use super::{
    all_caught_up, booked, by_hand, close_and_react, fulfil, invoices_of, of_type, reacting, reacting_by_hand, reactor,
    take, tell,
};

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
    let mut settings = reacting_by_hand().await;
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
