//! `anamnesis rebuild`, `rollback`, `projections` and `dlq`, beside a running `up`, and after a kill.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{anamnesis, complaint, printed, up::Up};

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect()
}

#[test]
fn a_rebuild_that_was_killed_goes_on_and_what_it_replaced_can_be_put_back() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &["--demo"]);
    let mut command = anamnesis(data.path());
    command.args(["rebuild", "--all", "--json"]).stdout(Stdio::piped());
    let mut killed = command.spawn().expect("the program runs");
    let mut told = BufReader::new(killed.stdout.take().expect("its output")).lines();
    let folding = told.find(|line| line.as_ref().is_ok_and(|line| line.contains("\"folded\"")));
    assert!(folding.is_some(), "it has begun");
    killed.kill().expect("killed");
    let _ = killed.wait().expect("it has ended");

    let output = printed(data.path(), &["rebuild", "--all", "--json"]);
    let events = lines(&output);
    let replaced: Vec<&Value> = events.iter().filter(|event| event["event"] == "replaced").collect();
    for one in &replaced {
        assert_eq!(one["comparison"]["equal"], true, "{one}");
    }
    // Projections that were live before the kill are rebuilt again.
    let names: BTreeSet<&str> = replaced.iter().filter_map(|one| one["projection"].as_str()).collect();
    assert_eq!(names.len(), 15, "{output}");

    let back = printed(data.path(), &["rollback", "patient", "--json"]);
    assert_eq!(lines(&back)[0]["projection"], "patient");
    let again = lines(&printed(data.path(), &["rollback", "patient", "--json"]))[0].clone();
    assert_eq!(
        again["position"],
        lines(&back)[0]["kept"]["position"],
        "what was live before is again"
    );
    assert_ne!(again["replacedAt"], lines(&back)[0]["replacedAt"], "{again}");
    assert!(printed(data.path(), &["rollback", "patient"]).contains("another rollback restores it"));
    let all = printed(data.path(), &["projections", "--json"]);
    assert_eq!(lines(&all)[0].as_array().map(Vec::len), Some(15));
    assert_eq!(printed(data.path(), &["dlq", "list", "--json"]).trim(), "[]");
    let verified = printed(data.path(), &["verify", "--projections"]);
    assert_eq!(verified.matches("match the log").count(), 15, "{verified}");
    up.stop();
}

#[test]
fn what_is_asked_for_wrongly_is_refused_with_what_there_is() {
    let data = tempdir().expect("a folder");
    let unknown = complaint(data.path(), &["rebuild", "nobody"]);
    assert!(unknown.contains("there are patient, cached_patient"), "{unknown}");
    assert!(complaint(data.path(), &["rebuild"]).contains("--all"));
    let unmeant = complaint(
        data.path(),
        &["dlq", "discard", "7", "--projection", "patient", "--reason", "a test"],
    );
    assert!(unmeant.contains("--yes"), "{unmeant}");
}
