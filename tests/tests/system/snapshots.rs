//! A long account is stored as a sealed snapshot in the local index, and a cold load with it gives the same state.

use domain::account::{Account, LedgerAccount};
use journal::Journal;
use serde_json::json;
use system_tests::{Clinic, stands_in};

const CHARGES: i64 = 60;
/// Personal data that the files must not reveal.
const TOLD: &str = "Moved to Kalamazoo";

#[tokio::test]
async fn a_long_account_has_a_sealed_snapshot_and_loads_to_the_same_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let (clinic, servers) = Clinic::open_with_files(folder.path()).await;
    let patient = clinic.patient("John Doe").await.id();
    let path = format!("/api/accounts/{patient}");
    let usd = |minor: i64| json!({"minor": minor, "currency": "USD"});
    for number in 0..CHARGES {
        let charge = json!({"amount": usd(100 + number)});
        let _ = clinic.post(&format!("{path}/charges"), charge).await.expect(201);
    }
    let write_off = json!({"kind": "write-off", "amount": usd(1), "reason": TOLD});
    let _ = clinic.post(&format!("{path}/adjustments"), write_off).await.expect(201);

    let folded = clinic.journal().await.load::<Account>(&patient).await;
    let folded = folded.expect("an account");
    let mut settings = clinic.settings.clone();
    settings.commands.index_dir = folder.path().join("index");
    let load = async || {
        // Its cache is empty.
        let journal = Journal::open_to_decide(&settings.journal()).await.expect("the log");
        let loaded = journal.load::<Account>(&patient).await.expect("an account");
        (journal, loaded)
    };
    let (journal, _) = load().await;
    clinic
        .eventually("a snapshot is kept", async || {
            stands_in(&settings.commands.index_dir, "\"fingerprint\":")
        })
        .await;
    drop(journal);
    let (_, kept) = load().await;

    assert_eq!(kept.version(), folded.version());
    let state = |account: &Account| serde_json::to_value(account).expect("JSON");
    assert_eq!(state(kept.state()), state(folded.state()));
    let receivable = kept.state().balances().iter();
    let mut receivable = receivable.filter(|balance| balance.account == LedgerAccount::Receivable);
    let owed: i64 = (0..CHARGES).map(|number| 100 + number).sum();
    assert_eq!(
        receivable.next().map(|balance| balance.minor),
        Some(i128::from(owed - 1))
    );
    assert!(!stands_in(&settings.commands.index_dir, TOLD), "the snapshot is sealed");
    drop(clinic.close().await);
    servers.stop().await.expect("a clean stop");
}
