//! The log is the source of truth: lost read models are refolded from the streams with the same rows.

use journal::Context;
use platform::config::SecretUrl;
use serde_json::json;
use system_tests::{Clinic, fresh_database, rows, shown};

async fn fill(clinic: &Clinic) {
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "America/New_York").await;
    for number in 0..20 {
        let patient = clinic.patient(&format!("Patient {number}")).await;
        let address = json!({"address": format!("{number} Main St")});
        let _ = clinic.put(patient.header("location"), address).await.expect(200);
        let (start, end) = (
            format!("2027-02-{:02}T15:00:00Z", number + 1),
            format!("2027-02-{:02}T15:30:00Z", number + 1),
        );
        let _ = clinic
            .book(&patient.id(), &practitioner.id(), &start, &end)
            .await
            .expect(201);
    }
    clinic.caught_up().await;
}

#[tokio::test]
async fn lost_read_models_are_refolded_to_the_same_rows() {
    let clinic = Clinic::open().await;
    fill(&clinic).await;
    let before = clinic.rows().await;
    assert_eq!(shown(&before).len(), 20 + 20 + 1 + 20);
    let mut events = 0;
    for context in Context::ALL {
        events += clinic.events(context).await.len();
    }
    let count = |kind: &str| before.iter().filter(|row| row.starts_with(kind)).count();
    assert_eq!(count("event_index_"), events, "every event is indexed");
    assert_eq!(count("care_relation_"), 20);
    let mut settings = clinic.close().await;

    settings.postgres.url = SecretUrl::new(fresh_database().await);
    assert!(rows(settings.postgres.url.expose()).await.is_empty());
    let clinic = Clinic::open_with(settings).await;
    clinic
        .eventually("the rows are back", async || clinic.rows().await == before)
        .await;
}

#[tokio::test]
async fn a_restart_goes_on_where_it_stopped() {
    let clinic = Clinic::open().await;
    fill(&clinic).await;
    let before = clinic.rows().await;
    let clinic = Clinic::open_with(clinic.close().await).await;
    assert_eq!(clinic.rows().await, before);
    let _ = clinic.patient("Jane Doe").await;
    clinic.caught_up().await;
    assert_eq!(shown(&clinic.rows().await).len(), shown(&before).len() + 2);
}

#[tokio::test]
async fn two_runners_of_one_projection_never_both_advance() {
    let first = Clinic::open().await;
    let second = Clinic::open_with(first.settings.clone()).await;
    fill(&first).await;
    assert_eq!(shown(&first.rows().await).len(), 61);
    fill(&second).await;
    let rows = first.rows().await;
    assert_eq!(shown(&rows).len(), 61 + 61);
    let versions_follow_the_log = shown(&rows)
        .iter()
        .all(|row| row.contains("\"version\": 1") || row.contains("\"version\": 2"));
    assert!(versions_follow_the_log);
}

#[tokio::test]
async fn a_stream_that_ends_before_the_checkpoint_halts_the_projection() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await;
    let _ = clinic
        .get_after(patient.header("location"), patient.header("consistency-token"))
        .await
        .expect(200);
    let mut settings = clinic.close().await;
    // The same read models with another, empty log.
    settings.nats.namespace = embedded::testing::namespace();
    let shutdown = platform::Shutdown::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let stack = anamnesis::Stack::start(&settings, platform::Clock::system(), listener, &shutdown)
        .await
        .expect("a stack");
    let halted = async || {
        let checks = stack.health().check().await;
        checks.get("projection patient").is_some_and(|check| {
            check
                .as_ref()
                .is_err_and(|why| why.starts_with("halted: ") && why.contains("before position 1"))
        })
    };
    embedded::testing::eventually("the projection has halted", system_tests::PATIENCE, halted).await;
    shutdown.trigger();
    stack.stopped().await.expect("a clean stop");
}
