//! `open-account`: every registered patient has one account.

use commands::OpenAccount;
use futures_util::future::join_all;
use journal::Context;
use system_tests::Clinic;

use super::{all_caught_up, commands, of_type, reacting};

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
