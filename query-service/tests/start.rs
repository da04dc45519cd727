//! A service that cannot be started says why, and its exit code says whether another try helps.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::process::{Command, Output};

const MASTER_KEY: &str = "5ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea1";

/// Runs the service with these settings only.
fn start(settings: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_query-service"))
        .env_clear()
        .envs(settings.iter().copied())
        .output()
        .expect("the program runs")
}

#[test]
fn a_wrong_setting_is_named_and_ends_with_the_code_for_it() {
    let nats = ("ANAMNESIS_NATS__URL", "nats://clinic:hunter2@127.0.0.1:1");
    let postgres = (
        "ANAMNESIS_POSTGRES__URL",
        "postgres://clinic:hunter2@127.0.0.1:1/anamnesis",
    );
    let key = ("ANAMNESIS_SEALING__MASTER_KEYS", MASTER_KEY);
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[nats, key],
            "query-service: not set: `postgres.url` (ANAMNESIS_POSTGRES__URL)\n",
        ),
        (
            &[("ANAMNESIS_NATS__REPLICAS", "2")],
            "query-service: `nats.replicas` from the environment variable ANAMNESIS_NATS__REPLICAS must be 1, 3 or 5\n",
        ),
        (&[nats, key, ("ANAMNESIS_POSTGRES__URL", "hunter2")], "query-service: "),
        (
            &[nats, key, postgres, ("ANAMNESIS_TELEMETRY__LOG_FILTER", "=loud")],
            "query-service: `telemetry.log_filter` is not a filter",
        ),
    ];
    for (settings, expected) in cases {
        let ended = start(settings);
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.starts_with(expected), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
        assert_eq!(ended.status.code(), Some(78), "{said}");
    }
}
