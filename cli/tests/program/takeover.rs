//! Two processes on the same log and read models: when the process that runs the projections is killed, the other
//! continues.

use std::time::Duration;

use embedded::testing::{PrivateServers, eventually};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::up::Up;

const PATIENCE: Duration = Duration::from_secs(30);

/// The status of the projection `patient`, as a process reports it.
async fn patient(up: &Up) -> Value {
    let all = up.get("/api/projections").await;
    let all = all.as_array().expect("a list");
    all.iter()
        .find(|one| one["name"] == "patient")
        .cloned()
        .expect("listed")
}

async fn register(up: &Up) -> String {
    let body = json!({"name": "John Doe", "dateOfBirth": "1990-01-01", "phone": "+1-555-0102"});
    let sent = reqwest::Client::new()
        .post(format!("{}/api/patients", up.url("http")))
        .json(&body);
    let answer = sent.send().await.expect("an answer");
    assert_eq!(answer.status(), 201);
    let token = answer.headers().get("consistency-token").expect("a token");
    token.to_str().expect("text").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_one_that_folds_is_killed_the_other_goes_on() {
    let servers = PrivateServers::start().await;
    let (one, other) = (tempdir().expect("a folder"), tempdir().expect("a folder"));
    let environment = [
        ("ANAMNESIS_NATS__URL", servers.nats_url()),
        ("ANAMNESIS_POSTGRES__URL", servers.postgres_url()),
        ("ANAMNESIS_COMMANDS__EMAIL_PEPPER", "pepper"),
        ("ANAMNESIS_SEALING__MASTER_KEYS", &"5ea1".repeat(16)),
    ];
    let first = Up::start_with(one.path(), &[], &environment);
    let token = register(&first).await;
    assert!(!token.is_empty());
    let second = Up::start_with(other.path(), &[], &environment);
    eventually("the first has folded it", PATIENCE, async || {
        patient(&second).await["lagEvents"] == 0
    })
    .await;
    first.kill();
    let token = register(&second).await;
    eventually("the second shows it", PATIENCE, async || {
        let asked = reqwest::Client::new()
            .get(format!("{}/api/patients", second.url("http")))
            .header("consistency-token", &token);
        asked.send().await.expect("an answer").status() == 200
    })
    .await;
    assert_eq!(patient(&second).await["state"], "following");
    second.stop();
}
