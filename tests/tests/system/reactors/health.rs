//! The health and the metrics of the reactors.

use reaction_service::ALL;
use system_tests::Clinic;

use super::{all_caught_up, reacting};

#[tokio::test]
async fn health_and_metrics_show_the_reactors() {
    let clinic = Clinic::open_with(reacting().await).await;
    let _ = clinic.patient("John Doe").await;
    all_caught_up(&clinic).await;
    let health = clinic.get("/health/ready").await.expect(200);
    for reactor in ALL {
        assert_eq!(health.body["checks"][reactor.check], "ready", "{}", health.body);
    }
    let metrics = [
        "reactor_lag_events{reactor=\"open-account\"}",
        "reactor_oldest_event_age_seconds{reactor=\"open-account\"}",
        "reactor_parked_events{reactor=\"open-account\"}",
        "reactor_events_total{reactor=\"open-account\",outcome=\"done\"}",
    ];
    clinic
        .eventually("the metrics are there", async || {
            let page = clinic.get("/metrics").await.text;
            metrics.iter().all(|metric| page.contains(metric))
        })
        .await;
}
