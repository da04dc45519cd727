//! Several processes that answer queries on the same log and read models. A consistency token from one process works in
//! all others: they wait for its position, within bounds.

use embedded::testing::PrivateServers;
use read_models::checkpoint;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::up::Up;

/// Registers a patient. Returns its path and the consistency token.
async fn register(up: &Up) -> (String, String) {
    let body = json!({"name": "John Doe", "dateOfBirth": "1990-01-01", "phone": "+1-555-0102"});
    let sent = reqwest::Client::new()
        .post(format!("{}/api/patients", up.url("http")))
        .json(&body);
    let answer = sent.send().await.expect("an answer");
    assert_eq!(answer.status(), 201);
    let header = |name: &str| {
        let value = answer.headers().get(name).expect("a header");
        value.to_str().expect("text").to_owned()
    };
    (header("location"), header("consistency-token"))
}

/// Sends a query with a token. Returns the status, and the problem type if there is one.
async fn ask(url: String, token: &str, prefer: &str) -> (u16, String) {
    let asked = reqwest::Client::new()
        .get(url)
        .header("consistency-token", token)
        .header("prefer", prefer);
    let answer = asked.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.expect("JSON");
    (status, body["type"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_waited_for_in_processes_that_fold_nothing() {
    let servers = PrivateServers::start().await;
    let folders = [(); 3].map(|()| tempdir().expect("a folder"));
    let environment = [
        ("ANAMNESIS_NATS__URL", servers.nats_url()),
        ("ANAMNESIS_POSTGRES__URL", servers.postgres_url()),
        ("ANAMNESIS_COMMANDS__EMAIL_PEPPER", "pepper"),
        ("ANAMNESIS_SEALING__MASTER_KEYS", &"5ea1".repeat(16)),
    ];
    let ups = folders
        .each_ref()
        .map(|folder| Up::start_with(folder.path(), &[], &environment));
    let [folding, replicas @ ..] = &ups;
    let urls = |path: &str| {
        replicas
            .each_ref()
            .map(|replica| format!("{}{path}", replica.url("http")))
    };
    for _ in 0..5 {
        let (path, token) = register(folding).await;
        for url in urls(&path) {
            assert_eq!(ask(url, &token, "wait=5").await, (200, String::new()));
        }
    }

    // A transaction that holds the checkpoint blocks the projection.
    let settings = settings::Settings::defaults().expect("the defaults").postgres;
    let pool = read_models::connect(servers.postgres_url(), &settings).expect("an address");
    let mut holding = pool.begin().await.expect("a transaction");
    let held = checkpoint::held(&mut holding, "patient").await.expect("an answer");
    assert!(held.is_some(), "it has run");
    let (path, token) = register(folding).await;
    for url in urls(&path) {
        let (status, problem) = ask(url, &token, "wait=1").await;
        assert!(
            status == 503 && problem.ends_with("projection-behind"),
            "{status} {problem}"
        );
    }
    let waiting = urls(&path).map(|url| {
        let token = token.clone();
        tokio::spawn(async move { ask(url, &token, "wait=5").await })
    });
    holding.rollback().await.expect("let go");
    for answer in waiting {
        assert_eq!(answer.await.expect("asked"), (200, String::new()));
    }
    ups.into_iter().for_each(Up::stop);
}
