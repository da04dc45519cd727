//! `anamnesis schema`, for writers and readers of events.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::support;

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas")
}

fn schema(arguments: &[&str]) -> Output {
    support::run(Path::new("/nonexistent"), &[&["schema"], arguments].concat())
}

#[track_caller]
fn printed(arguments: &[&str]) -> String {
    support::printed(Path::new("/nonexistent"), &[&["schema"], arguments].concat())
}

#[track_caller]
fn complaint(arguments: &[&str]) -> String {
    support::complaint(Path::new("/nonexistent"), &[&["schema"], arguments].concat())
}

/// A copy of the published files, to modify.
fn checkout() -> TempDir {
    let copy = tempdir().expect("a folder");
    for folder in ["json", "samples", "samples/expected"] {
        fs::create_dir(copy.path().join(folder)).expect("a folder");
        for entry in fs::read_dir(schemas().join(folder)).expect("the published files") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let name = path.file_name().expect("a name");
                fs::copy(&path, copy.path().join(folder).join(name)).expect("a copy");
            }
        }
    }
    copy
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).expect("a file");
    assert!(text.contains(from), "{} does not hold {from}", path.display());
    fs::write(path, text.replace(from, to)).expect("written");
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn every_event_is_listed_with_its_versions_and_a_fingerprint() {
    let listed: Vec<Value> = serde_json::from_str(&printed(&["list", "--json"])).expect("JSON");
    let published = fs::read_dir(schemas().join("json")).expect("the schemas").count();
    let versions = listed
        .iter()
        .map(|event| event["versions"].as_array().map_or(0, Vec::len));
    assert_eq!(versions.sum::<usize>(), published);
    let registered = listed
        .iter()
        .find(|event| event["type"] == "patient.registered")
        .expect("listed");
    assert_eq!(registered["aggregate"], "patient");
    assert_eq!(registered["version"], 2);
    assert_eq!(registered["versions"], serde_json::json!([1, 2]));
    let fingerprint = registered["fingerprint"].as_str().expect("a text");
    assert!(
        fingerprint.len() == 12 && printed(&["list"]).contains(fingerprint),
        "{fingerprint}"
    );
}

#[test]
fn what_is_shown_is_what_is_published() {
    let file = fs::read_to_string(schemas().join("json/appointment.fulfilled.v1.schema.json")).expect("the schema");
    assert_eq!(printed(&["show", "appointment.fulfilled"]), file);
    assert_eq!(printed(&["show", "appointment.fulfilled@1"]), file);
    let sample = fs::read_to_string(schemas().join("samples/appointment.fulfilled.v1.json")).expect("the sample");
    assert_eq!(printed(&["show", "appointment.fulfilled", "--sample"]), sample);
}

#[test]
fn what_does_not_exist_is_told_with_what_does() {
    let unknown = complaint(&["show", "patient.registred"]);
    assert!(
        unknown.contains("patient.registred") && unknown.contains("the nearest are patient.registered"),
        "{unknown}"
    );
    let version = complaint(&["show", "patient.registered@9"]);
    assert!(
        version.contains("no version 9") && version.contains("the newest is 2"),
        "{version}"
    );
}

#[test]
fn this_program_is_compatible_with_what_was_published() {
    assert!(printed(&["check"]).contains("all compatible"));
    assert!(printed(&["check", "--against", utf8(&schemas().join("json"))]).contains("all compatible"));
}

#[test]
fn an_incompatible_change_is_refused_and_says_where_and_what_to_do() {
    let checkout = checkout();
    let json = checkout.path().join("json");
    // An older release published this, and this program no longer does.
    replace(
        &json.join("patient.registered.v1.schema.json"),
        "\"maxLength\": 254",
        "\"maxLength\": 320",
    );
    fs::copy(
        json.join("appointment.fulfilled.v1.schema.json"),
        json.join("appointment.moved.v1.schema.json"),
    )
    .expect("a copy");
    let output = schema(&["check", "--against", utf8(&json)]);
    assert!(!output.status.success());
    let found = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(
        found.lines().collect::<Vec<_>>(),
        [
            "appointment.moved@1: published → not known: events that are in the log may no longer fit",
            "patient.registered@1 at /properties/email/maxLength: 320 → 254: events that are in the log may no longer \
             fit",
        ]
    );
    let advice = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(advice.contains("docs/how-to/add-an-event.md"), "{advice}");
}

#[test]
fn a_change_of_words_is_compatible() {
    let checkout = checkout();
    let json = checkout.path().join("json");
    replace(
        &json.join("appointment.fulfilled.v1.schema.json"),
        "The practitioner saw the patient",
        "The practitioner attended to the patient",
    );
    assert!(printed(&["check", "--against", utf8(&json)]).contains("all compatible"));
}

#[test]
fn a_folder_that_holds_no_schemas_is_told_from_one_that_is_compatible() {
    let empty = tempdir().expect("a folder");
    assert!(complaint(&["check", "--against", utf8(empty.path())]).contains("schemas/json"));
    assert!(complaint(&["check", "--against", "/no/such/folder"]).contains("/no/such/folder"));
    fs::write(empty.path().join("x.v1.schema.json"), "{").expect("written");
    assert!(complaint(&["check", "--against", utf8(empty.path())]).contains("json/x.v1.schema.json is not JSON"));
    assert!(complaint(&["generate", "--dir", utf8(empty.path())]).contains("--dir"));
}

#[test]
fn what_is_derived_is_generated_and_what_was_published_is_left_alone() {
    let checkout = checkout();
    let dir = utf8(checkout.path());
    assert_eq!(printed(&["generate", "--dir", dir]), "everything is up to date\n");
    let derived = checkout.path().join("json/appointment.fulfilled.v1.schema.json");
    let before = fs::read_to_string(&derived).expect("the schema");
    fs::remove_file(&derived).expect("removed");
    fs::remove_dir_all(checkout.path().join("samples/expected")).expect("removed");
    assert!(printed(&["generate", "--dir", dir]).contains("appointment.fulfilled.v1.schema.json"));
    assert_eq!(fs::read_to_string(&derived).expect("the schema"), before);
    assert_eq!(printed(&["generate", "--dir", dir]), "everything is up to date\n");

    replace(
        &checkout.path().join("samples/appointment.fulfilled.v1.json"),
        "2027",
        "2028",
    );
    fs::remove_file(&derived).expect("removed");
    let output = schema(&["generate", "--dir", dir]);
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        !output.status.success() && told.contains("samples/appointment.fulfilled.v1.json has changed"),
        "{told}"
    );
    assert!(!derived.exists(), "nothing was written");
}

#[test]
fn a_command_whose_reader_goes_away_ends_quietly() {
    for arguments in [["schema", "list"].as_slice(), &["openapi"], &["config"]] {
        let mut child = support::anamnesis(Path::new("/nonexistent"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the program ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{arguments:?}: {said}");
    }
}
