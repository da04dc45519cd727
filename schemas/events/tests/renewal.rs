//! The update of published files writes derived files and never changes published ones.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use events::publication::{PublishedFiles, RETIRED, Refusal, renew};

const SAMPLE: &str = "samples/practitioner.time-off-added.v1.json";
const EXPECTED: &str = "samples/expected/practitioner.time-off-added.v1.json";
const SCHEMA: &str = "json/practitioner.time-off-added.v1.schema.json";
const SUMS: &str = "samples/SHA256SUMS";

/// The published files with one of them changed, or removed if `change` returns `None`.
fn with(path: &str, change: impl Fn(&str) -> Option<String>) -> PublishedFiles {
    PublishedFiles::compiled_in()
        .iter()
        .filter_map(|(known, text)| {
            let text = if known == path { change(text)? } else { text.to_owned() };
            Some((known.to_owned(), text))
        })
        .collect()
}

fn without(path: &str) -> PublishedFiles {
    with(path, |_| None)
}

fn replaced(path: &str, from: &str, to: &str) -> PublishedFiles {
    with(path, |text| {
        assert!(text.contains(from), "{path} does not hold {from}");
        Some(text.replace(from, to))
    })
}

fn written(files: &PublishedFiles) -> Vec<String> {
    let renewed = renew(files).expect("nothing to do by hand");
    renewed.iter().map(|(path, _)| path.to_owned()).collect()
}

#[track_caller]
fn refused(files: &PublishedFiles) -> Refusal {
    let mut refusals = renew(files).expect_err("something to do by hand");
    // An event under development can cause refusals of its own.
    refusals.retain(|refusal| {
        ["practitioner.time-off-added", "ghost", "day.reserved"]
            .iter()
            .any(|own| refusal.to_string().contains(own))
    });
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    refusals.remove(0)
}

#[test]
fn missing_or_outdated_derived_files_are_written() {
    assert_eq!(written(&without(SCHEMA)), [SCHEMA]);
    assert_eq!(written(&without(SUMS)), [SUMS]);
    assert_eq!(written(&without(EXPECTED)), [EXPECTED]);
    assert_eq!(
        written(&replaced(SCHEMA, "Time off was added", "Somebody was away")),
        [SCHEMA]
    );
    let derived = renew(&without(SCHEMA)).expect("nothing to do by hand");
    assert_eq!(derived.get(SCHEMA), PublishedFiles::compiled_in().get(SCHEMA));
}

#[test]
fn an_expected_reading_changes_only_with_a_new_version() {
    let older = replaced(EXPECTED, "\"schemaVersion\": 1", "\"schemaVersion\": 0");
    assert_eq!(written(&older), [EXPECTED]);
    let other = replaced(EXPECTED, "2026", "2025");
    assert_eq!(
        refused(&other),
        Refusal::ReadsOtherwise {
            path: EXPECTED.to_owned()
        }
    );
}

#[test]
fn samples_are_never_generated_or_changed() {
    let unlisted = with(SUMS, |sums| {
        let lines = sums
            .lines()
            .filter(|line| !line.contains("practitioner.time-off-added"));
        Some(lines.map(|line| format!("{line}\n")).collect())
    });
    let never_there: PublishedFiles = unlisted.iter().filter(|(path, _)| *path != SAMPLE).collect();
    let path = || SAMPLE.to_owned();
    assert_eq!(refused(&never_there), Refusal::NoSample { path: path() });
    assert_eq!(refused(&without(SAMPLE)), Refusal::Gone { path: path() });
    let respelt = with(SAMPLE, |text| Some(format!("{text}\n")));
    assert_eq!(refused(&respelt), Refusal::Changed { path: path() });
    let broken = replaced(SAMPLE, "start", "begin");
    assert!(matches!(refused(&broken), Refusal::Unreadable { .. }));
}

#[test]
fn a_published_schema_never_changes() {
    let wider = replaced(SCHEMA, "\"format\": \"uuid\",", "");
    assert!(matches!(refused(&wider), Refusal::Incompatible(_)));
    assert_eq!(
        refused(&wider).to_string(),
        "practitioner.time-off-added@1 at /properties/timeOffId/format: nothing → \"uuid\": events that are in the log may no longer \
         fit"
    );
    let text = renew(&with(SCHEMA, |_| Some("[]".to_owned()))).expect_err("no schema");
    assert_eq!(text[0].to_string(), format!("{SCHEMA} is not a JSON Schema"));
}

#[test]
fn the_refusal_names_a_stray_file() {
    let mut files = PublishedFiles::compiled_in();
    let stray = "samples/ghost.seen.v1.json";
    files = files.iter().chain([(stray, "{}")]).collect();
    assert_eq!(refused(&files), Refusal::Stray { path: stray.to_owned() });
}

#[test]
fn a_retired_event_has_no_files() {
    for path in [
        "json/day.reserved.v1.schema.json",
        "samples/day.reserved.v1.json",
        "samples/expected/day.reserved.v2.json",
    ] {
        let left: PublishedFiles = PublishedFiles::compiled_in().iter().chain([(path, "{}")]).collect();
        assert_eq!(refused(&left), Refusal::Stray { path: path.to_owned() });
    }
    let sums = PublishedFiles::compiled_in().get(SUMS).expect("checksums").to_owned();
    let listed = format!("0  day.reserved.v1.json\n0  expected/day.reserved.v1.json\n{sums}");
    let renewed = renew(&with(SUMS, |_| Some(listed.clone()))).expect("nothing to do by hand");
    assert_eq!(renewed.iter().collect::<Vec<_>>(), [(SUMS, sums.as_str())]);
    let listed = format!("0  ghost.seen.v1.json\n{sums}");
    let path = "samples/ghost.seen.v1.json".to_owned();
    assert_eq!(refused(&with(SUMS, |_| Some(listed.clone()))), Refusal::Gone { path });
    let files = PublishedFiles::compiled_in();
    for retired in RETIRED {
        let left = files
            .iter()
            .find(|(path, text)| path.contains(retired.event_type) || text.contains(retired.event_type));
        assert_eq!(left, None, "{}", retired.event_type);
    }
}
