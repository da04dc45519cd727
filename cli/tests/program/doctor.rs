//! `anamnesis doctor` on healthy and on faulty servers.

use std::{fs, path::Path, process::Output};

use embedded::testing::{PrivateServers, eventually};
use serde_json::Value;
use tempfile::tempdir;

use crate::support::{anamnesis, complaint, printed, run, up::Up};

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// The output of `--json`, whatever the exit code.
fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn findings<'a>(report: &'a Value, check: &str) -> Vec<&'a Value> {
    let all = report["findings"].as_array().expect("findings");
    all.iter().filter(|finding| finding["check"] == check).collect()
}

/// The status of an item in a check.
fn status<'a>(report: &'a Value, check: &str, item: &str) -> &'a str {
    let found = findings(report, check);
    let found = found.iter().find(|finding| finding["item"] == item);
    found.unwrap_or_else(|| panic!("nothing on {item} by {check}: {report}"))["status"]
        .as_str()
        .expect("a status")
}

/// Runs `doctor` on external servers.
fn doctor_on(servers: &PrivateServers, environment: &[(&str, &str)]) -> Output {
    let data = tempdir().expect("a folder");
    anamnesis(data.path())
        .args(["doctor", "--json"])
        .env("ANAMNESIS_NATS__URL", servers.nats_url())
        .env("ANAMNESIS_POSTGRES__URL", servers.postgres_url())
        .envs(environment.iter().copied())
        .output()
        .expect("the program runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_up_runs_is_healthy_beside_it_and_after_it() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &["--demo"]);
    eventually("the rows are there", PATIENCE, async || {
        up.total("appointments").await == 24
    })
    .await;

    let beside = report(&run(data.path(), &["doctor", "--json"]));

    assert_eq!(beside["ok"], true, "{beside}");
    let all = beside["findings"].as_array().expect("findings");
    for finding in all {
        // The free space of this machine's disk is not part of this test.
        assert!(finding["status"] == "ok" || finding["check"] == "space", "{finding}");
    }
    let checks = [
        "reach",
        "nats-version",
        "durability",
        "stream-settings",
        "replication",
        "integrity",
        "space",
        "postgres",
        "migrations",
        "checkpoints",
        "parked",
        "clocks",
    ];
    for check in checks {
        assert!(!findings(&beside, check).is_empty(), "{check} says nothing");
    }
    let durable = findings(&beside, "durability")[0]["found"].as_str().expect("text");
    assert!(durable.contains("always"), "{durable}");
    assert!(findings(&beside, "checkpoints").len() >= 4);
    up.stop();

    let table = printed(data.path(), &["doctor"]);
    assert!(table.contains("nats-version") && table.contains("0 failed"), "{table}");
    assert!(!table.contains("nats://"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_older_than_the_read_models_fails() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &["--demo"]);
    eventually("the rows are there", PATIENCE, async || {
        up.total("appointments").await == 24
    })
    .await;
    up.stop();
    fs::remove_dir_all(data.path().join("nats")).expect("removed");

    let output = run(data.path(), &["doctor", "--json"]);

    assert!(!output.status.success());
    let report = report(&output);
    assert_eq!(report["ok"], false);
    assert_eq!(status(&report, "checkpoints", "patient"), "fail");
    // A projection of an empty stream has read nothing, which is correct.
    for finding in findings(&report, "checkpoints") {
        let found = finding["found"].as_str().expect("text");
        let told = ["but the stream ends at 0", "up to 0 of 0"];
        assert!(told.iter().any(|text| found.contains(text)), "{finding}");
    }
    assert_eq!(status(&report, "stream-settings", "PATIENTS"), "warn");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_has_lost_fails() {
    let data = tempdir().expect("a folder");
    Up::start(data.path(), &["--demo"]).stop();
    let messages = data.path().join("nats/jetstream/$G/streams/PATIENTS/msgs");
    let block = messages.join("1.blk");
    let length = fs::metadata(&block).expect("a block").len();
    let file = fs::OpenOptions::new().write(true).open(&block).expect("a block");
    file.set_len(length - 100).expect("cut off");

    let report = report(&run(data.path(), &["doctor", "--json"]));

    assert_eq!(status(&report, "integrity", "PATIENTS"), "fail");
    assert_eq!(status(&report, "integrity", "SCHEDULING"), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_of_others_are_looked_at_and_what_cannot_be_known_is_said() {
    let servers = PrivateServers::start().await;

    let without = doctor_on(&servers, &[]);
    let told = report(&without);
    assert_eq!(status(&told, "reach", "nats"), "ok");
    assert_eq!(status(&told, "durability", "nats"), "warn");
    let unknown = findings(&told, "durability")[0];
    assert!(
        unknown["found"].as_str().expect("text").starts_with("unknown"),
        "{unknown}"
    );
    assert!(
        unknown["advice"].as_str().expect("text").contains("nats.system_url"),
        "{unknown}"
    );
    assert_eq!(status(&told, "stream-settings", "PATIENTS"), "warn");
    assert_eq!(status(&told, "migrations", "read models"), "warn");
    // The Postgres of the tests does not survive a power failure, and doctor detects it.
    assert_eq!(status(&told, "postgres", "fsync"), "fail");
    assert!(!without.status.success());

    let with = report(&doctor_on(
        &servers,
        &[(
            "ANAMNESIS_NATS__SYSTEM_URL",
            servers.servers().nats_system_url().expect("a URL"),
        )],
    ));
    assert_eq!(status(&with, "durability", "anamnesis"), "ok");
    let wrong = report(&doctor_on(
        &servers,
        &[("ANAMNESIS_NATS__SYSTEM_URL", servers.nats_url())],
    ));
    assert_eq!(status(&wrong, "durability", "nats"), "warn");
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_answer_fails_and_the_others_are_looked_at() {
    let servers = PrivateServers::start().await;
    let away = "nats://127.0.0.1:1";

    let output = doctor_on(&servers, &[("ANAMNESIS_NATS__URL", away)]);

    assert!(!output.status.success());
    let without_nats = report(&output);
    assert_eq!(status(&without_nats, "reach", "nats"), "fail");
    let found = &findings(&without_nats, "reach")[0]["found"];
    assert_eq!(found, "cannot connect to NATS: connection refused at 127.0.0.1:1");
    assert_eq!(status(&without_nats, "postgres", "version"), "ok");
    assert_eq!(findings(&without_nats, "integrity").len(), 0);
    servers.kill_postgres().await;
    let without_postgres = report(&doctor_on(&servers, &[]));
    assert_eq!(status(&without_postgres, "reach", "postgres"), "fail");
    let found = findings(&without_postgres, "reach")[1]["found"].as_str().expect("text");
    assert!(found.contains("connection refused at 127.0.0.1:"), "{found}");
    assert_eq!(status(&without_postgres, "clocks", "nats"), "ok");
    servers.stop().await;
}

#[test]
fn without_data_there_is_nothing_to_look_at() {
    let data = tempdir().expect("a folder");
    let nowhere: &Path = &data.path().join("nowhere");
    assert!(complaint(nowhere, &["doctor"]).contains("anamnesis up"));
    assert!(!nowhere.exists());
}
