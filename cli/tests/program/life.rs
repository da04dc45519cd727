//! The life of an installation: start, queries, kill, restart.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{anamnesis, complaint, printed, run, up::Up};

const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_wrong_setting_is_told_although_a_server_is_waited_for() {
    let data = tempdir().expect("a folder");
    let ended = anamnesis(data.path())
        .arg("up")
        .env("ANAMNESIS_NATS__URL", "nats://127.0.0.1:1")
        .env("ANAMNESIS_POSTGRES__URL", "postgres://clinic@127.0.0.1:1/anamnesis")
        .env("ANAMNESIS_COMMANDS__EMAIL_PEPPER", "pepper")
        .env("ANAMNESIS_SEALING__MASTER_KEYS", "no key")
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("a master key is 64 hexadecimal digits"), "{said}");
    assert_eq!(ended.status.code(), Some(78), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_clinic_survives_a_kill_and_the_loss_of_postgres() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &["--demo"]);
    let counts = [
        up.total("patients").await,
        up.total("practitioners").await,
        up.total("appointments").await,
    ];
    assert_eq!(counts, [23, 9, 24]);
    let before = up.get("/api/appointments?size=100").await;
    let someone = &before["content"][0];
    assert!(
        someone["patient"]["name"].is_string() && someone["practitioner"]["name"].is_string(),
        "{someone}"
    );
    up.kill();

    let up = Up::start(data.path(), &[]);
    assert_eq!(
        up.get("/api/appointments?size=100").await,
        before,
        "the same rows after kill -9"
    );
    up.stop();

    fs::remove_dir_all(data.path().join("postgres")).expect("removed");
    let up = Up::start(data.path(), &[]);
    let refolded = async || up.total("appointments").await == 24 && up.total("patients").await == 23;
    embedded::testing::eventually("the rows are back", PATIENCE, refolded).await;
    assert_eq!(
        up.get("/api/appointments?size=100").await,
        before,
        "the same rows, folded from the streams"
    );
    up.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_can_be_run_twice_and_says_what_it_refused() {
    let data = tempdir().expect("a folder");
    let clinic = tempdir().expect("a folder");
    let carried = concat!(env!("CARGO_MANIFEST_DIR"), "/demo-clinic/");
    for file in ["Practitioner.ndjson", "Encounter.ndjson", "MedicationRequest.ndjson"] {
        fs::copy(format!("{carried}{file}"), clinic.path().join(file)).expect("copied");
    }
    let mut patients = fs::read_to_string(format!("{carried}Patient.ndjson")).expect("readable");
    patients
        .push_str("{\"id\":\"unborn\",\"name\":[{\"text\":\"Xanthippe\"}],\"birthDate\":\"2999-01-01\"}\nnot json\n");
    fs::write(clinic.path().join("Patient.ndjson"), patients).expect("written");
    let refused = data.path().join("refused.ndjson");
    let import = [
        "import",
        "fhir",
        clinic.path().to_str().expect("UTF-8"),
        "--json",
        "--refused",
        refused.to_str().expect("UTF-8"),
    ];

    // Reactors would add events of their own between the counts.
    let up = Up::start_with(data.path(), &[], &[("ANAMNESIS_REACTORS__ENABLED", "false")]);
    let counts = || {
        let output = run(data.path(), &import);
        assert_eq!(output.status.code(), Some(3), "something was refused");
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    let first = counts();
    assert_eq!(
        first["Patient"],
        serde_json::json!({"imported":23,"alreadyThere":0,"skipped":0,"refused":2})
    );
    assert_eq!(first["Encounter"]["imported"], 24);
    assert_eq!(first["MedicationRequest"]["imported"], 24);
    let reasons = fs::read_to_string(&refused).expect("the refusals");
    assert!(
        reasons.contains("birthDate must not be in the future") && reasons.contains("not JSON"),
        "{reasons}"
    );
    assert!(
        reasons.contains("\"id\":\"unborn\"") && !reasons.contains("Xanthippe"),
        "{reasons}"
    );
    let events = printed(data.path(), &["replay", "--format", "ndjson"]).lines().count();

    let second = counts();
    assert_eq!(
        second["Patient"],
        serde_json::json!({"imported":0,"alreadyThere":23,"skipped":0,"refused":2})
    );
    assert_eq!(second["MedicationRequest"]["alreadyThere"], 24);
    assert_eq!(
        printed(data.path(), &["replay", "--format", "ndjson"]).lines().count(),
        events,
        "nothing was added"
    );
    embedded::testing::eventually("the rows are there", PATIENCE, async || {
        up.total("appointments").await == 24 && up.total("prescriptions").await == 24
    })
    .await;
    up.stop();

    let offline = counts();
    assert_eq!(
        offline["Patient"]["alreadyThere"], 23,
        "it starts the log itself without a running `up`"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_prints_the_events_that_are_wanted() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &["--demo"]);
    let replay = |more: &[&str]| -> Vec<Value> {
        let arguments = [&["replay", "--format", "ndjson"], more].concat();
        printed(data.path(), &arguments)
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    };
    let all = replay(&[]);
    assert!(
        all.iter().any(|event| event["stream"] == "PATIENTS")
            && all.iter().any(|event| event["stream"] == "SCHEDULING")
    );
    assert_eq!(replay(&["--type", "patient.registered"]).len(), 23);
    let of_first = all
        .iter()
        .filter(|event| event["stream"] == "PATIENTS" && event["position"] == 1);
    assert_eq!(
        replay(&["--stream", "patients", "--from", "1", "--to", "1"]).len(),
        of_first.count()
    );
    assert_eq!(replay(&["--from", "2999-01-01T00:00:00Z"]).len(), 0);
    let booked = replay(&["--type", "appointment.booked"]);
    let id = booked[0]["aggregateId"].as_str().expect("an id");
    let one = replay(&["--aggregate", &format!("appointment/{id}")]);
    let types: Vec<&str> = one.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(types, ["appointment.booked", "appointment.fulfilled"]);
    let correlation = booked[0]["correlationId"].as_str().expect("an id");
    let types = |events: &[Value]| -> Vec<String> {
        events
            .iter()
            .filter_map(|event| event["type"].as_str().map(str::to_owned))
            .collect()
    };
    let set_off = types(&replay(&["--correlation", correlation]));
    assert_eq!(set_off, ["appointment.booked", "appointment.fulfilled"]);
    let narrowed = replay(&["--correlation", correlation, "--type", "appointment.booked"]);
    assert_eq!(narrowed, booked[..1]);
    let hashes: Vec<_> = one
        .iter()
        .map(|event| (&event["previousHash"], &event["hash"]))
        .collect();
    assert_eq!(
        hashes[1].0, hashes[0].1,
        "each event carries the hash of the one before"
    );
    let readable = printed(data.path(), &["replay", "--stream", "PATIENTS", "--to", "1"]);
    assert!(
        readable.contains("PATIENTS:1") && readable.contains("patient.registered"),
        "{readable}"
    );
    assert!(complaint(data.path(), &["replay", "--type", "patient.vanished"]).contains("patient.registered"));
    assert!(complaint(data.path(), &["replay", "--aggregate", "ghost/1"]).contains("practitioner"));
    assert!(complaint(data.path(), &["replay", "--stream", "GHOSTS"]).contains("SCHEDULING"));
    for (contradiction, reason) in [
        (&["--from", "5", "--to", "3"][..], "nothing between"),
        (
            &["--from", "2027-01-02T00:00:00Z", "--to", "2027-01-01T00:00:00Z"],
            "nothing between",
        ),
        (&["--follow", "--to", "2027-01-01T00:00:00Z"], "never end"),
        (&["--stream", "BILLING", "--aggregate", "patient/1"], "in PATIENTS"),
        (
            &["--aggregate", "patient/1", "--type", "appointment.booked"],
            "patient.registered",
        ),
        (&["--aggregate", "patient"], "TYPE/ID"),
        (&["--correlation", "mine"], "--correlation"),
        (&["--from", "yesterday"], "an instant such as"),
    ] {
        let refused = complaint(data.path(), &[&["replay"], contradiction].concat());
        assert!(refused.contains(reason), "{contradiction:?}: {refused}");
    }
    assert!(printed(data.path(), &["replay", "--help"]).contains("anamnesis replay --sealed > backup.ndjson"));
    up.stop();
}

#[test]
fn a_reader_that_has_seen_enough_ends_a_replay_quietly() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &["--demo"]);
    for options in [
        &["--format", "ndjson"][..],
        &[],
        &["--sealed"],
        &["--follow", "--type", "patient.registered"],
    ] {
        let mut command = anamnesis(data.path());
        command
            .arg("replay")
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output"))
            .read_line(&mut line)
            .expect("a line");
        let ended = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(
            !line.is_empty() && ended.status.success() && said.is_empty(),
            "{options:?}: {said}"
        );
    }
    up.stop();
}

#[test]
fn what_cannot_be_served_is_refused_with_a_reason() {
    let data = tempdir().expect("a folder");
    let open_to_all = complaint(data.path(), &["up", "--listen", "0.0.0.0:0"]);
    assert!(open_to_all.contains("requests are not authenticated"), "{open_to_all}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let in_use = complaint(data.path(), &["up", "--listen", &address]);
    assert!(in_use.contains(&address) && in_use.contains("--listen"), "{in_use}");
    assert_eq!(
        fs::read_dir(data.path()).expect("a folder").count(),
        0,
        "nothing was started"
    );
}

#[test]
fn commands_without_data_say_where_to_begin() {
    let data = tempdir().expect("a folder");
    let nowhere = data.path().join("nowhere");
    assert!(complaint(&nowhere, &["replay"]).contains("anamnesis up"));
    assert!(complaint(&nowhere, &["import", "fhir", "/no/such/folder"]).contains("/no/such/folder"));
    assert!(!nowhere.exists());
}

#[test]
fn the_settings_in_effect_are_printed_with_secrets_masked() {
    let data = tempdir().expect("a folder");
    let file = data.path().join("anamnesis.toml");
    fs::write(
        &file,
        "[commands]\nemail_pepper = \"Xanthippe\"\n[postgres]\nurl = \"postgres://a:Xanthippe@db/x\"\n",
    )
    .expect("written");
    let shown = printed(data.path(), &["config", "--config", file.to_str().expect("UTF-8")]);
    assert!(
        shown.contains("127.0.0.1:4004") && shown.contains("postgres://a:") && !shown.contains("Xanthippe"),
        "{shown}"
    );
    fs::write(&file, "[http]\nlisten_on = \"127.0.0.1:1\"\n").expect("written");
    let unknown = complaint(data.path(), &["config", "--config", file.to_str().expect("UTF-8")]);
    assert!(unknown.contains("listen_on"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_has_one_owner() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &[]);
    let refused = complaint(data.path(), &["up", "--listen", "127.0.0.1:0"]);
    assert!(refused.contains("in use"), "{refused}");
    assert!(run(data.path(), &["replay"]).status.success(), "but others may look");
    up.stop();
}
