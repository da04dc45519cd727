//! `anamnesis verify` on an intact log, and on a log with damaged files.

use std::{fs, path::Path};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::support::{printed, run, up::Up};

/// A data directory with the demo clinic in it.
fn clinic() -> TempDir {
    let data = tempdir().expect("a folder");
    Up::start(data.path(), &["--demo"]).stop();
    data
}

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("JSON")
}

/// The first block of a stream's messages.
fn block(data: &Path, stream: &str) -> std::path::PathBuf {
    data.join("nats/jetstream/$G/streams").join(stream).join("msgs/1.blk")
}

#[test]
fn a_whole_log_is_verified_however_it_is_asked_for() {
    let data = clinic();
    let all = json(printed(data.path(), &["verify", "--json"]).as_bytes());
    let chain = all["chain"].as_array().expect("streams");
    assert_eq!(chain.len(), 4);
    for stream in chain {
        let (events, aggregates) = (stream["events"].as_u64(), stream["aggregates"].as_u64());
        assert!(
            stream["fault"].is_null() && (events > Some(0)) == (aggregates > Some(0)),
            "{stream}"
        );
    }
    let events = printed(data.path(), &["replay", "--format", "ndjson"]).lines().count() as u64;
    assert_eq!(
        chain
            .iter()
            .map(|stream| stream["events"].as_u64().expect("a count"))
            .sum::<u64>(),
        events
    );

    let projections = all["projections"].as_array().expect("projections");
    assert_eq!(projections.len(), 15);
    for projection in projections {
        let faults = ["missing", "extra", "different"].map(|fault| projection[fault].as_u64());
        assert_eq!(faults, [Some(0); 3], "{projection}");
    }
    assert_eq!(all["ledger"]["balanced"], true);
    assert_eq!(all["appointments"]["overlaps"], 0);
    assert!(all["appointments"]["appointments"].as_u64() > Some(0));

    let chain_alone = json(printed(data.path(), &["verify", "--chain", "--json"]).as_bytes());
    assert_eq!(chain_alone, serde_json::json!({"chain": all["chain"]}));
    let one = printed(data.path(), &["verify", "--chain", "--stream", "patients"]);
    assert!(
        one.contains("PATIENTS") && one.contains("whole") && !one.contains("SCHEDULING"),
        "{one}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_fails_the_check_and_names_the_event() {
    let data = clinic();
    let events = printed(data.path(), &["replay", "--stream", "PATIENTS", "--format", "ndjson"]);
    let lost = json(events.lines().nth(6).expect("a seventh event").as_bytes());
    // A later event of the same aggregate shows that the lost event existed.
    let up = Up::start(data.path(), &[]);
    let patient = format!("/api/patients/{}", lost["aggregateId"].as_str().expect("an id"));
    up.delete(&patient).await;
    up.stop();
    let path = block(data.path(), "PATIENTS");
    let mut bytes = fs::read(&path).expect("a block");
    let id = lost["id"].as_str().expect("an id").as_bytes();
    let index = bytes
        .windows(id.len())
        .position(|window| window == id)
        .expect("the event");
    bytes[index] ^= 1;
    fs::write(&path, bytes).expect("written");

    let verified = run(data.path(), &["verify", "--json"]);

    assert!(!verified.status.success());
    let found = json(&verified.stdout);
    let fault = &found["chain"][0]["fault"];
    assert_eq!(fault["kind"], "missing");
    assert_eq!(fault["sequence"], lost["position"]);
    // The commit may hold events of other aggregates that went on later, too.
    let aggregate = fault["aggregate"].as_str().expect("an aggregate").to_owned();
    let is_named = |event: &serde_json::Value| {
        let (kind, id) = (event["aggregateType"].as_str(), event["aggregateId"].as_str());
        event["position"] == lost["position"]
            && event["version"] == fault["version"]
            && kind
                .zip(id)
                .is_some_and(|(kind, id)| aggregate == format!("{kind}/{id}"))
    };
    assert!(events.lines().any(|event| is_named(&json(event.as_bytes()))), "{fault}");
    assert!(found["chain"][1]["fault"].is_null(), "{found}");
    let readable = run(data.path(), &["verify", "--stream", "PATIENTS"]);
    let readable = String::from_utf8_lossy(&readable.stdout).into_owned();
    assert!(
        readable.contains(&format!("sequence {} is missing", lost["position"])) && readable.contains(&aggregate),
        "{readable}"
    );
}

#[test]
fn a_truncated_block_fails_the_check() {
    let data = clinic();
    let file = fs::OpenOptions::new()
        .write(true)
        .open(block(data.path(), "SCHEDULING"))
        .expect("a block");
    let length = file.metadata().expect("its length").len();
    file.set_len(length - 100).expect("cut off");

    let verified = run(data.path(), &["verify", "--json"]);

    assert!(!verified.status.success());
    let fault = &json(&verified.stdout)["chain"][1]["fault"];
    assert_eq!(fault["kind"], "missing", "{fault}");
}
