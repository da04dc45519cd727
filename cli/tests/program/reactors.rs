//! `anamnesis reactors` beside a running `up`.

use std::{path::Path, time::Duration};

use chrono::TimeDelta;
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{anamnesis, up::Up};

/// Runs `anamnesis reactors`. Returns whether it succeeded, and its output.
fn reactors(data_dir: &Path, arguments: &[&str]) -> (bool, Value) {
    let mut command = anamnesis(data_dir);
    let output = command
        .arg("reactors")
        .args(arguments)
        .arg("--json")
        .output()
        .expect("the program runs");
    let printed = String::from_utf8(output.stdout).expect("text");
    let printed = serde_json::from_str(&printed).unwrap_or_else(|_| {
        panic!(
            "no JSON, but {printed:?} and {}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    (output.status.success(), printed)
}

async fn send(up: &Up, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
    let mut request = Client::new().request(method, format!("{}{path}", up.url("http")));
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("an answer");
    assert!(answer.status().is_success(), "{path}: {answer:?}");
    answer.json().await.expect("JSON")
}

async fn post(up: &Up, path: &str, body: Value) -> Value {
    send(up, reqwest::Method::POST, path, Some(body)).await
}

async fn tell(up: &Up, appointment: &str, deed: &str) {
    let _ = send(
        up,
        reqwest::Method::POST,
        &format!("/api/appointments/{appointment}/{deed}"),
        None,
    )
    .await;
}

fn id(resource: &Value) -> String {
    resource["id"].as_str().expect("an id").to_owned()
}

/// Waits until a condition on the output of the program is true.
async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    embedded::testing::eventually(what, Duration::from_secs(60), async || condition().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_is_shown_retried_and_discarded() {
    let data = tempdir().expect("a folder");
    // The appointment lies ahead, so that it can be booked however slow the machine is.
    let early = [("ANAMNESIS_COMMANDS__EARLY_FULFILMENT_MINUTES", "60")];
    let up = Up::start_with(data.path(), &[], &early);
    let patient = id(&post(
        &up,
        "/api/patients",
        json!({"name": "John Doe", "dateOfBirth": "1990-01-01"}),
    )
    .await);
    let practitioner = id(&post(
        &up,
        "/api/practitioners",
        json!({"name": "Dr Ada Ruiz", "timeZone": "UTC"}),
    )
    .await);
    let start = platform::Clock::system().now() + TimeDelta::minutes(30);
    let body = json!({"patientId": patient, "practitionerId": practitioner,
                      "startTime": start, "endTime": start + TimeDelta::minutes(30)});
    let appointment = id(&post(&up, "/api/appointments", body).await);
    tell(&up, &appointment, "arrival").await;
    tell(&up, &appointment, "fulfilment").await;
    let invoices = format!("/api/invoices?patientId={patient}");
    let mut billed = Value::Null;
    eventually("the appointment is billed", async || {
        billed = up.get(&invoices).await;
        billed["content"][0]["status"] == "issued"
    })
    .await;
    assert_eq!(billed["totalElements"], 1);
    let invoice = format!("/api/invoices/{}", id(&billed["content"][0]));
    let _ = send(&up, reqwest::Method::DELETE, &invoice, None).await;
    tell(&up, &appointment, "reopening").await;
    tell(&up, &appointment, "fulfilment").await;

    let parked = || reactors(data.path(), &["parked", "bill-appointment"]).1;
    eventually("the second bill is parked", async || !parked()[0].is_null()).await;
    let first = parked()[0].clone();
    assert_eq!(first["reason"], "the invoice is cancelled");
    assert_eq!(first["aggregate"], format!("appointment/{appointment}"));
    let position = first["position"].to_string();
    eventually("every reactor has caught up", async || {
        let (_, listed) = reactors(data.path(), &["list"]);
        let listed = listed.as_array().expect("the reactors");
        listed.len() == 6 && listed.iter().all(|reactor| reactor["status"]["lagEvents"] == 0)
    })
    .await;
    let (_, listed) = reactors(data.path(), &["list"]);
    assert_eq!(listed[1]["status"]["parkedEvents"], 1, "{listed}");

    let doctor = anamnesis(data.path())
        .args(["doctor", "--json"])
        .output()
        .expect("the program runs");
    let doctor: Value = serde_json::from_slice(&doctor.stdout).expect("JSON");
    let findings = doctor["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["item"] == "bill-appointment");
    assert_eq!(finding.expect("a finding")["status"], "warn", "{doctor}");

    let (succeeded, retried) = reactors(data.path(), &["retry", "bill-appointment"]);
    assert!(!succeeded);
    assert_eq!(retried[0]["outcome"], "failed");
    assert_eq!(retried[0]["reason"], "the invoice is cancelled");
    let (succeeded, discarded) = reactors(data.path(), &["discard", "bill-appointment", &position]);
    assert!(succeeded && discarded[0]["outcome"] == "discarded", "{discarded}");
    assert_eq!(parked(), json!([]));
    let (succeeded, retried) = reactors(data.path(), &["retry", "bill-appointment", &position]);
    assert!(!succeeded && retried[0]["outcome"] == "not-parked", "{retried}");
    up.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn reactors_that_are_paused_do_what_was_left_when_they_are_resumed() {
    let data = tempdir().expect("a folder");
    let told = |arguments: &[&str]| {
        let mut command = anamnesis(data.path());
        let status = command.arg("reactors").args(arguments).status();
        assert!(status.expect("the program runs").success(), "{arguments:?}");
    };
    let up = Up::start(data.path(), &[]);
    told(&["pause", "open-account"]);
    let body = json!({"name": "John Doe", "dateOfBirth": "1990-01-01"});
    let patient = id(&post(&up, "/api/patients", body).await);
    let listed = || reactors(data.path(), &["list"]).1;
    eventually("the others have looked at it", async || {
        let listed = listed();
        let mut others = listed.as_array().expect("the reactors").iter().skip(1);
        others.all(|reactor| reactor["status"]["lagEvents"] == 0)
    })
    .await;
    let first = listed()[0].clone();
    assert_eq!(first["status"]["isPaused"], true, "{first}");
    assert_eq!(first["status"]["lagEvents"], 1, "{first}");

    told(&["resume"]);

    eventually("the account is open", async || {
        up.get(&format!("/api/accounts/{patient}")).await["status"] == "open"
    })
    .await;
    assert_eq!(listed()[0]["status"]["isPaused"], false);
    up.stop();
}
