//! Without Postgres, or with read models that are behind, a reaction waits.

use embedded::testing::PrivateServers;
use journal::Context;
use system_tests::Clinic;

use super::{all_caught_up, booked, deactivate, of_type, reacting, reactor, status_of};

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
