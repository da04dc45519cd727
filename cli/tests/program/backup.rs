//! Backup and restore: `replay --sealed` and `import events`, from one data directory to another.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use sqlx::{Row as _, postgres::PgPoolOptions};
use tempfile::{TempDir, tempdir};

use crate::support::{anamnesis, complaint, printed, run, up::Up};

const PATIENCE: Duration = Duration::from_secs(60);
/// A personal name, which no backup and no error may contain.
const TOLD: &str = "Xanthippe";

/// A data directory with only the secrets of another one.
fn beside(data: &Path) -> TempDir {
    let new = tempdir().expect("a folder");
    for file in ["master-keys", "email-pepper"] {
        fs::copy(data.join(file), new.path().join(file)).expect("copied");
    }
    new
}

/// Feeds a backup to `import events`.
fn import(data: &Path, backup: &str) -> Output {
    let mut command = anamnesis(data);
    command.args(["import", "events", "--json"]);
    let streams = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = streams.spawn().expect("the program runs");
    // It may stop reading before the end.
    let _ = child.stdin.take().expect("its input").write_all(backup.as_bytes());
    child.wait_with_output().expect("it ends")
}

#[track_caller]
fn imported(data: &Path, backup: &str) -> Value {
    let output = import(data, backup);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[track_caller]
fn refusal(data: &Path, backup: &str) -> String {
    let output = import(data, backup);
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// The sum over all streams.
fn sum(summary: &Value, what: &str) -> u64 {
    let streams = summary["streams"].as_object().expect("the streams");
    streams
        .values()
        .map(|count| count[what].as_u64().expect("a count"))
        .sum()
}

/// Waits until the reactors and the projections have processed all events.
async fn settled(data: &Path) {
    let all = |of: &[&str], is_done: fn(&Value) -> bool| {
        let listed: Value = serde_json::from_str(&printed(data, of)).expect("JSON");
        listed.as_array().expect("a list").iter().all(is_done)
    };
    embedded::testing::eventually("the reactors are done", PATIENCE, async || {
        all(&["reactors", "list", "--json"], |one| one["status"]["lagEvents"] == 0)
    })
    .await;
    embedded::testing::eventually("the projections are done", PATIENCE, async || {
        all(&["projections", "--json"], |one| one["lagEvents"] == 0)
    })
    .await;
}

/// The sorted lines of a backup, because its keys have no order.
fn sorted(backup: &str) -> Vec<&str> {
    let mut lines: Vec<_> = backup.lines().collect();
    lines.sort_unstable();
    lines
}

/// Every row of every read model as text, without checkpoints and leases.
async fn rows(up: &Up) -> Vec<String> {
    let pool = PgPoolOptions::new()
        .connect(up.url("postgres"))
        .await
        .expect("a database");
    let tables = "SELECT table_name::text FROM information_schema.tables
                  WHERE table_schema = 'public' AND table_name NOT IN ('projection_checkpoint', 'projection_lease', '_sqlx_migrations')
                  ORDER BY 1";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&pool).await.expect("tables");
    assert!(tables.len() > 5, "{tables:?}");
    let mut all = Vec::new();
    for table in tables {
        let query = format!("SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1");
        let found = sqlx::query(sqlx::AssertSqlSafe(query))
            .fetch_all(&pool)
            .await
            .expect("rows");
        all.extend(found.iter().map(|row| format!("{table} {}", row.get::<String, _>(0))));
    }
    pool.close().await;
    all
}

async fn post(up: &Up, path: &str, key: &str, body: &Value) -> reqwest::Response {
    let request = reqwest::Client::new().post(format!("{}{path}", up.url("http")));
    let sent = request.header("idempotency-key", key).json(body).send().await;
    sent.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_restores_the_same_log_and_the_same_rows() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &["--demo"]);
    let body = json!({"name": TOLD, "dateOfBirth": "1990-01-01", "email": "x@example.org"});
    let registered = post(&up, "/api/patients", "one", &body)
        .await
        .text()
        .await
        .expect("a body");
    let someone = up.get("/api/patients?size=1").await["content"][0]["id"].clone();
    let erasure = format!("/api/patients/{}/erasure", someone.as_str().expect("an id"));
    let erased = reqwest::Client::new()
        .post(format!("{}{erasure}", up.url("http")))
        .send()
        .await;
    assert_eq!(erased.expect("an answer").status(), 200);
    embedded::testing::eventually("the erasure is projected", PATIENCE, async || {
        up.total("patients").await == 23
    })
    .await;
    settled(data.path()).await;
    let before = rows(&up).await;
    let backup = printed(data.path(), &["replay", "--sealed"]);
    up.stop();
    assert!(!backup.contains(TOLD), "a backup is sealed");

    let new = beside(data.path());
    let file = new.path().join("backup.ndjson");
    fs::write(&file, &backup).expect("written");
    let summary = printed(
        new.path(),
        &["import", "events", file.to_str().expect("UTF-8"), "--json"],
    );
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    let lines = backup.lines().count() as u64;
    assert_eq!(
        sum(&summary, "stored") + summary["keys"]["stored"].as_u64().expect("a count") + 1,
        lines
    );
    let again = imported(new.path(), &backup);
    assert_eq!((sum(&again, "stored"), &again["keys"]["stored"]), (0, &json!(0)));
    assert_eq!(sum(&again, "alreadyThere"), sum(&summary, "stored"));
    assert!(run(new.path(), &["verify", "--chain"]).status.success());
    let second = printed(new.path(), &["replay", "--sealed"]);
    assert_eq!(
        sorted(&second),
        sorted(&backup),
        "the same events, hashes, positions and keys"
    );

    let up = Up::start(new.path(), &[]);
    settled(new.path()).await;
    assert_eq!(rows(&up).await, before);
    let replayed = post(&up, "/api/patients", "one", &body).await;
    assert_eq!(replayed.status(), 201);
    assert_eq!(replayed.text().await.expect("a body"), registered, "the same answer");
    let taken = post(&up, "/api/patients", "three", &body).await;
    assert_eq!(taken.status(), 409, "the claim on the e-mail address holds");
    up.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restoration_that_was_killed_goes_on_where_it_was() {
    let data = tempdir().expect("a folder");
    let patients: String = (0..1_100)
        .map(|number| {
            format!("{{\"id\":\"p{number}\",\"name\":[{{\"text\":\"{TOLD}\"}}],\"birthDate\":\"1990-01-01\"}}\n")
        })
        .collect();
    let clinic = tempdir().expect("a folder");
    fs::write(clinic.path().join("Patient.ndjson"), patients).expect("written");
    let up = Up::start(data.path(), &[]);
    printed(data.path(), &["import", "fhir", clinic.path().to_str().expect("UTF-8")]);
    settled(data.path()).await;
    assert_eq!(up.total("patients").await, 1_100);
    let backup = printed(data.path(), &["replay", "--sealed"]);
    let before = rows(&up).await;
    up.stop();

    let new = beside(data.path());
    let up = Up::start(new.path(), &[]);
    let mut command = anamnesis(new.path());
    let mut child = command
        .args(["import", "events"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    let mut input = child.stdin.take().expect("its input");
    // All but the last line, with the input left open: it has stored the first commits, and waits for more.
    for line in backup.lines().take(backup.lines().count() - 1) {
        writeln!(input, "{line}").expect("taken");
    }
    embedded::testing::eventually("a part is restored", PATIENCE, async || up.total("patients").await > 0).await;
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    // Reactors would open accounts, whose events are in the missing part of the backup.
    let reactors: Value = serde_json::from_str(&printed(new.path(), &["reactors", "list", "--json"])).expect("JSON");
    for reactor in reactors.as_array().expect("the reactors") {
        assert_eq!(reactor["status"]["isPaused"], true, "{reactor}");
    }

    let summary = imported(new.path(), &backup);
    let (stored, there) = (sum(&summary, "stored"), sum(&summary, "alreadyThere"));
    let commits = backup.lines().filter(|line| line.starts_with("{\"commit\"")).count() as u64;
    assert!(there > 0 && there + stored == commits, "{summary}");
    settled(new.path()).await;
    let after = printed(new.path(), &["replay", "--sealed"]);
    assert_eq!(sorted(&after), sorted(&backup), "the reactors had nothing to add");
    assert_eq!(rows(&up).await, before);
    up.stop();
    assert!(run(new.path(), &["verify"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_is_named_by_line_and_not_repeated() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &["--demo"]);
    // One commit may have registered all patients. This adds a second commit.
    let registered = printed(data.path(), &["replay", "--stream", "PATIENTS", "--format", "ndjson"]);
    let someone: Value = serde_json::from_str(registered.lines().next().expect("an event")).expect("JSON");
    let id = someone["aggregateId"].as_str().expect("an id");
    up.delete(&format!("/api/patients/{id}")).await;
    up.stop();
    let backup = printed(data.path(), &["replay", "--sealed"]);
    let lines: Vec<&str> = backup.lines().collect();
    let first_event = lines
        .iter()
        .position(|line| line.starts_with("{\"commit\""))
        .expect("an event");
    let new = beside(data.path());
    let _up = Up::start(new.path(), &[]);

    let with = |index: usize, line: &str| {
        let mut lines = lines.clone();
        lines[index] = line;
        lines.join("\n")
    };
    let changed = lines[first_event].replacen("patient.registered", "patient.deactivated", 1);
    let renamed = lines[first_event].replacen("\"previousHash\"", &format!("\"{TOLD}\""), 1);
    let renamed_inside = lines[first_event].replacen("\"actor\"", &format!("\"{TOLD}\""), 1);
    let cut = &lines[first_event][..lines[first_event].len() / 2];
    let number = first_event + 1;
    let cases = [
        (
            with(first_event, &changed),
            format!("line {number}: the commit was changed after the backup"),
        ),
        (
            with(first_event, &renamed),
            format!("line {number}: a field is unknown"),
        ),
        (
            with(first_event, &renamed_inside),
            format!("line {number}: event 0: attribute actor is missing"),
        ),
        (with(first_event, cut), format!("line {number}: it is cut off")),
        (with(first_event, TOLD), format!("line {number}: it is not JSON")),
        (
            with(first_event, "{}"),
            format!("line {number}: field commit is missing"),
        ),
        (
            with(1, "{\"key\":{\"dataSubject\":\"a.b\",\"state\":\"destroyed\"}}"),
            "must be 1 to 128".to_owned(),
        ),
        (with(0, ""), "line 2: this is not a backup".to_owned()),
        (
            with(0, &lines[0].replace("\"form\":2", "\"form\":9")),
            "line 1: unknown backup format 9".to_owned(),
        ),
        (
            with(first_event, ""),
            format!("line {}: stream PATIENTS, sequence 2: it is out of order", number + 1),
        ),
        (
            lines[..lines.len() - 1].join("\n"),
            "the backup is truncated".to_owned(),
        ),
        (String::new(), "there is nothing to import".to_owned()),
        (
            printed(data.path(), &["replay", "--format", "ndjson"]),
            "line 1: its personal fields are in the clear".to_owned(),
        ),
    ];
    for (broken, expected) in cases {
        let refusal = refusal(new.path(), &broken);
        assert!(refusal.contains(&expected), "{expected:?} is not in {refusal}");
        assert!(!refusal.contains(TOLD), "{refusal}");
    }
    let two = with(first_event, cut).replace(lines[first_event + 1], "{}");
    let refusal = refusal(new.path(), &two);
    assert!(
        refusal.contains(&format!("line {number}:")) && refusal.contains(&format!("line {}:", number + 1)),
        "{refusal}"
    );
    imported(new.path(), &backup);
}

#[test]
fn a_log_of_its_own_and_a_missing_master_key_are_refused() {
    let data = tempdir().expect("a folder");
    Up::start(data.path(), &["--demo"]).stop();
    let backup = printed(data.path(), &["replay", "--sealed"]);

    let other = tempdir().expect("a folder");
    Up::start(other.path(), &["--demo"]).stop();
    let events = printed(other.path(), &["replay", "--format", "ndjson"]);
    let foreign = refusal(other.path(), &backup);
    assert!(
        foreign.contains("line 1: stream PATIENTS holds commits of another log"),
        "{foreign}"
    );
    assert_eq!(
        printed(other.path(), &["replay", "--format", "ndjson"]),
        events,
        "nothing was stored"
    );

    let bare = tempdir().expect("a folder");
    let missing = refusal(&bare.path().join("new"), &backup);
    assert!(missing.contains("master-keys is missing"), "{missing}");
    let keyless = beside(other.path());
    let foreign_key = refusal(keyless.path(), &backup);
    assert!(
        foreign_key.contains("master key") && foreign_key.contains("is needed"),
        "{foreign_key}"
    );
    assert!(complaint(data.path(), &["import", "events", "/no/such/file"]).contains("/no/such/file"));
}

#[test]
fn a_backup_is_whole_or_nothing() {
    let data = tempdir().expect("a folder");
    for contradiction in [&["--stream", "PATIENTS"][..], &["--from", "3"], &["--follow"]] {
        let refused = complaint(data.path(), &[&["replay", "--sealed"], contradiction].concat());
        assert!(refused.contains("cannot be used with"), "{refused}");
    }
    let pretty = complaint(data.path(), &["replay", "--sealed", "--format", "pretty"]);
    assert!(pretty.contains("leave --format out"), "{pretty}");
}
