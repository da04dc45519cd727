//! Ended sessions are told to every process, because their access tokens are valid for some minutes more.

use std::time::Duration;

use journal::{EndedSessions, Journal};
use platform::{Shutdown, config::SecretUrl};
use serde_json::json;
use sqlx::Row as _;
use uuid::Uuid;

use crate::support::{PASSWORD, Service};

const PATIENCE: Duration = Duration::from_secs(20);

async fn journal(service: &Service) -> Journal {
    let mut settings = service.settings.clone();
    settings.nats.url = SecretUrl::new(embedded::testing::servers().await.nats_url());
    settings.nats.namespace = embedded::testing::namespace();
    Journal::open(&settings.journal()).await.unwrap()
}

async fn next(ended: &mut EndedSessions) -> Uuid {
    tokio::time::timeout(PATIENCE, ended.next())
        .await
        .expect("a notice")
        .session
}

async fn session_of(service: &Service, token: &str) -> Uuid {
    let list = service.get("/auth/sessions", token).await.expect(200);
    let sessions = list.body["content"].as_array().unwrap();
    let current = sessions
        .iter()
        .find(|session| session["current"] == json!(true))
        .unwrap();
    current["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn every_way_of_ending_a_session_is_told() {
    let service = Service::start().await;
    let journal = journal(&service).await;
    let shutdown = Shutdown::new();
    service.auth.start(&journal, &shutdown);
    let mut ended = journal.ended_sessions();
    let (_, admin) = service.admin().await;
    let (id, _) = service.front_desk(&admin, "desk@clinic.example").await;
    // The first sign-in replaced a one-time password and ended no session.
    let sign_in = async || {
        let token = service
            .login("desk@clinic.example", PASSWORD)
            .await
            .expect(200)
            .text("token");
        (session_of(&service, &token).await, token)
    };

    let (first, token) = sign_in().await;
    service
        .post("/auth/logout", Some(&token), json!(null))
        .await
        .expect(204);
    assert_eq!(next(&mut ended).await, first);

    let (second, _) = sign_in().await;
    let path = format!("/auth/accounts/{id}/disable");
    service.post(&path, Some(&admin), json!(null)).await.expect(200);
    let of_front_desk = [next(&mut ended).await, next(&mut ended).await];
    assert!(of_front_desk.contains(&second));
    let mut late = journal.ended_sessions();
    assert_eq!(
        next(&mut late).await,
        first,
        "a process that starts later learns of them too"
    );
    shutdown.trigger();
}

#[tokio::test]
async fn what_could_not_be_told_is_told_later() {
    let service = Service::start().await;
    let (_, admin) = service.admin().await;
    let session = session_of(&service, &admin).await;
    service
        .post("/auth/logout", Some(&admin), json!(null))
        .await
        .expect(204);
    let waiting = async || {
        let row = sqlx::query("SELECT count(*) FROM auth.ended_session")
            .fetch_one(&service.pool)
            .await
            .unwrap();
        row.get::<i64, _>(0)
    };
    assert_eq!(waiting().await, 1);
    let journal = journal(&service).await;
    let shutdown = Shutdown::new();
    service.auth.start(&journal, &shutdown);
    assert_eq!(next(&mut journal.ended_sessions()).await, session);
    embedded::testing::eventually("the row is gone", PATIENCE, async || waiting().await == 0).await;
    shutdown.trigger();
}

#[tokio::test]
async fn a_session_that_gives_way_to_a_newer_one_is_told_too() {
    let service = Service::start().await;
    let (email, admin) = service.admin().await;
    let oldest = session_of(&service, &admin).await;
    for _ in 0..32 {
        service.pass(chrono::TimeDelta::seconds(1));
        service.login(&email, PASSWORD).await.expect(200);
    }
    service
        .get("/auth/me", &admin)
        .await
        .expect_problem(401, "not-signed-in");
    let waiting = sqlx::query("SELECT session_id FROM auth.ended_session")
        .fetch_all(&service.pool)
        .await
        .unwrap();
    let waiting: Vec<Uuid> = waiting.iter().map(|row| row.get(0)).collect();
    assert_eq!(waiting, [oldest]);
}
