//! Outages of NATS and Postgres: precise errors, automatic recovery, and no loss of acknowledged data.

use embedded::testing::PrivateServers;
use journal::Context;
use system_tests::{Clinic, fresh_settings, settings};

async fn clinic_on(servers: &PrivateServers) -> Clinic {
    Clinic::open_with(settings(servers.nats_url(), servers.postgres_url())).await
}

/// Waits until the clinic is not ready, and checks that it names the missing dependency.
async fn readiness_is_lost(clinic: &Clinic, missing: &str) {
    clinic
        .eventually("readiness is lost", async || {
            clinic.get("/health/ready").await.status == 503
        })
        .await;
    let not_ready = clinic.get("/health/ready").await;
    assert!(
        not_ready.body["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains(missing)),
        "{}",
        not_ready.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_nats_commands_are_refused_and_queries_work() {
    let servers = PrivateServers::start().await;
    let clinic = clinic_on(&servers).await;
    let kept = clinic.patient("John Doe").await;
    let _ = clinic
        .get_after(kept.header("location"), kept.header("consistency-token"))
        .await
        .expect(200);

    servers.kill_nats().await;
    readiness_is_lost(&clinic, "event log").await;
    let _ = clinic.get("/health/live").await.expect(200);
    let body = serde_json::json!({"name":"Jane Doe","dateOfBirth":"1990-01-01"});
    let refused = clinic.post("/api/patients", body.clone()).await;
    refused.expect_problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "1");
    let _ = clinic.get(kept.header("location")).await.expect(200);

    servers.start_nats().await;
    clinic
        .eventually("readiness is back", async || {
            clinic.get("/health/ready").await.status == 200
        })
        .await;
    let jane = clinic.post("/api/patients", body).await.expect(201);
    let _ = clinic
        .get_after(jane.header("location"), jane.header("consistency-token"))
        .await
        .expect(200);
    assert_eq!(
        clinic.stream(Context::Patients).await.commits,
        2,
        "the refused command stored nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_commands_go_on_and_queries_catch_up_when_it_is_back() {
    let servers = PrivateServers::start().await;
    let clinic = clinic_on(&servers).await;
    servers.kill_postgres().await;
    readiness_is_lost(&clinic, "read models").await;

    let john = clinic.patient("John Doe").await;
    let refused = clinic.get("/api/patients").await;
    refused.expect_problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "1");

    servers.start_postgres().await;
    clinic
        .eventually("readiness is back", async || {
            clinic.get("/health/ready").await.status == 200
        })
        .await;
    let read = clinic
        .get_after(john.header("location"), john.header("consistency-token"))
        .await;
    assert_eq!(read.expect(200).body, john.body);
}

#[tokio::test]
async fn an_idle_projection_refolds_what_a_crash_of_postgres_lost() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await;
    let path = john.header("location");
    clinic.shows(path, &john, &[]).await;
    clinic.lose("patient").await;
    let _ = clinic.get(path).await.expect(404);
    clinic.cut_connections().await;
    clinic
        .eventually("the patient is back", async || clinic.get(path).await.status == 200)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_events_survive_a_killed_nats_server() {
    let servers = PrivateServers::start().await;
    let clinic = clinic_on(&servers).await;
    let register = async |number: usize| {
        let body = serde_json::json!({"name": format!("Patient {number}"), "dateOfBirth": "1990-01-01"});
        clinic.post("/api/patients", body).await
    };
    let killed = async {
        clinic
            .eventually("some are in", async || {
                clinic.events(Context::Patients).await.len() > 20
            })
            .await;
        servers.kill_nats().await;
        servers.start_nats().await;
    };
    let (answers, ()) =
        futures_util::future::join(futures_util::future::join_all((0..400).map(register)), killed).await;

    clinic
        .eventually("readiness is back", async || {
            clinic.get("/health/ready").await.status == 200
        })
        .await;
    let events = clinic.events(Context::Patients).await;
    let mut acknowledged = 0;
    for answer in answers {
        match answer.status.as_u16() {
            201 => {
                acknowledged += 1;
                let stored = events.iter().filter(|event| event.aggregate_id == answer.id()).count();
                assert_eq!(stored, 1, "an acknowledged patient is in the log exactly once");
            }
            503 => assert!(!answer.header("retry-after").is_empty()),
            status => panic!("{status}: {}", answer.body),
        }
    }
    assert!(acknowledged >= 20, "{acknowledged}");
    let token = clinic
        .patient("The last one")
        .await
        .header("consistency-token")
        .to_owned();
    let page = clinic.get_after("/api/patients?size=1", &token).await.expect(200);
    assert_eq!(
        page.body["totalElements"],
        events.len() + 1,
        "the read models match the log"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_log_refuses_commands_serves_queries_and_resumes_with_more_space() {
    let mut settings = fresh_settings().await;
    settings.nats.max_stream_bytes = 10_000;
    let clinic = Clinic::open_with(settings.clone()).await;
    let mut registered = 0;
    let refused = loop {
        let body = serde_json::json!({"name": format!("Patient {registered}"), "dateOfBirth": "1990-01-01"});
        let answer = clinic.post("/api/patients", body).await;
        if answer.status != 201 {
            break answer;
        }
        registered += 1;
    };
    refused.expect_problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "60");
    let detail = refused.body["detail"].as_str().expect("a detail");
    assert!(
        detail.contains("full") && detail.contains("nothing was stored"),
        "{detail}"
    );
    assert_eq!(clinic.stream(Context::Patients).await.commits, registered);
    clinic
        .eventually("what is there is shown", async || {
            clinic.get("/api/patients").await.body["totalElements"] == registered
        })
        .await;
    clinic.close().await;

    settings.nats.max_stream_bytes = 20_000;
    let clinic = Clinic::open_with(settings).await;
    let _ = clinic.patient("John Doe").await;
    assert_eq!(clinic.stream(Context::Patients).await.commits, registered + 1);
}
