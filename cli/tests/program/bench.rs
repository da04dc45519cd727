//! `anamnesis bench` with small numbers: its output, and that it leaves nothing behind. The figures mean nothing.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::Stdio,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::tempdir;

use crate::support::{anamnesis, complaint, printed, run};

fn keys(object: &Value) -> BTreeSet<&str> {
    object
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).expect("a folder").count()
}

#[test]
fn a_run_prints_one_object_and_leaves_nothing_behind() {
    let data = tempdir().expect("a folder");
    let arguments = "bench append --json --clients 1,64 --distribution uniform --seconds 0.5 --rounds 1 \
                     --aggregates 100 --peers none --load-events 500";
    let output = run(data.path(), &arguments.split_whitespace().collect::<Vec<_>>());

    let progress = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{progress}");
    assert!(
        progress.contains("round 1/1, 64 clients, uniform: anamnesis:"),
        "{progress}"
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON value");
    assert_eq!(keys(&report), BTreeSet::from(["figures", "machine", "rounds"]));
    let of_machine = ["build", "cores", "cpu", "kernel", "memory_gb", "nats_server", "sync_ms"];
    assert_eq!(keys(&report["machine"]), BTreeSet::from(of_machine));
    let figures = report["figures"].as_array().expect("figures");
    for figure in figures {
        assert_eq!(keys(figure), BTreeSet::from(["goal", "name", "ok", "unit", "value"]));
        assert!(figure["value"].as_f64().expect("a number") > 0.0, "{figure}");
        assert!(figure["ok"].is_boolean() && figure["goal"].is_string(), "{figure}");
    }
    let names: Vec<&str> = figures.iter().filter_map(|figure| figure["name"].as_str()).collect();
    assert_eq!(
        names,
        ["append.c64.of_limit", "append.c1.p50_of_bare"],
        "neither the peers nor a crowd took part, and five hundred events are not a million"
    );
    let cells = report["rounds"]["cells"].as_array().expect("cells");
    // Two cells each for the store and for single publishes, one bare publisher with 1 client, and packed messages with
    // 64.
    assert_eq!(cells.len(), 2 * 2 + 1 + 1);
    for cell in cells {
        assert_eq!(cell["failures"], 0, "{cell}");
        assert!(cell["events"].as_u64().expect("a count") > 0, "{cell}");
        assert_eq!(
            cell["events_per_group"].is_number(),
            cell["system"] == "anamnesis",
            "{cell}"
        );
        assert!(cell["latency"]["p50_ms"].as_f64().expect("a number") > 0.0, "{cell}");
    }
    assert_eq!(report["rounds"]["loads"]["events"], 500);
    assert_eq!(entries(data.path()), 0, "everything is gone");
}

#[test]
fn commands_are_driven_over_http_and_nothing_is_left_behind() {
    let data = tempdir().expect("a folder");
    let arguments =
        "bench commands --json --clients 1,64 --seconds 0.5 --rounds 1 --patients 40 --load-percent 5 --crud none";
    let output = run(data.path(), &arguments.split_whitespace().collect::<Vec<_>>());

    let progress = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{progress}");
    assert!(progress.contains("round 1/1, 64 clients, anamnesis:"), "{progress}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON value");
    assert_eq!(keys(&report), BTreeSet::from(["figures", "machine", "rounds"]));
    let figures = report["figures"].as_array().expect("figures");
    let names: Vec<&str> = figures.iter().filter_map(|figure| figure["name"].as_str()).collect();
    assert_eq!(
        names,
        ["commands.half_peak.p99_ms", "commands.two_processes.of_one"],
        "there was nothing to compare with, and the scenarios were not whole"
    );
    let rounds = &report["rounds"];
    let cells = rounds["cells"].as_array().expect("cells");
    assert_eq!(cells.len(), 2);
    let half_peak = rounds["half_peak"].as_array().expect("an open loop");
    let processes = rounds["processes"].as_array().expect("closed loops");
    let shared: Vec<Option<u64>> = processes.iter().map(|cell| cell["processes"].as_u64()).collect();
    assert_eq!(shared, [Some(1), Some(2)]);
    for cell in cells.iter().chain(half_peak).chain(processes) {
        assert_eq!(cell["service"], "anamnesis", "{cell}");
        assert_eq!(cell["all"]["failures"], 0, "{cell}");
        let of = |name: &str| cell[name].as_f64().expect("a rate");
        assert!(of("commands_per_second") > 0.0, "{cell}");
        assert!(
            of("events_per_second") >= of("commands_per_second"),
            "every command stores an event: {cell}"
        );
        let kinds: Vec<&str> = cell["kinds"]
            .as_array()
            .expect("kinds")
            .iter()
            .filter_map(|kind| kind["kind"].as_str())
            .collect();
        assert_eq!(kinds, ["register", "book", "reschedule", "arrive", "fulfil", "pay"]);
    }
    let done = |load: &str| {
        let all = &rounds["scenarios"][0][load]["all"];
        assert_eq!(all["failures"], 0, "{load}");
        all["done"].as_u64().expect("a count")
    };
    let loads = ["creates_alone", "lists_alone", "creates_beside", "lists_beside"];
    assert_eq!(loads.map(done), [25, 50, 20, 30]);
    assert_eq!(entries(data.path()), 0, "everything is gone");
}

#[test]
fn read_models_are_rebuilt_and_nothing_is_left_behind() {
    let data = tempdir().expect("a folder");
    let arguments = "bench rebuild --json --events 2000 --rounds 1 --sizes 500 --peers none --eventsourcing none";
    let output = run(data.path(), &arguments.split_whitespace().collect::<Vec<_>>());

    let progress = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{progress}");
    assert!(progress.contains("rebuild:"), "{progress}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON value");
    assert_eq!(keys(&report), BTreeSet::from(["figures", "machine", "rounds"]));
    let figures = report["figures"].as_array().expect("figures");
    let names: Vec<&str> = figures.iter().filter_map(|figure| figure["name"].as_str()).collect();
    assert_eq!(
        names,
        ["rebuild.events_per_s", "rebuild.of_limit", "rebuild.rss_mb"],
        "five hundred events are not five million"
    );
    let sizes = report["rounds"]["sizes"].as_array().expect("sizes");
    let asked: Vec<u64> = sizes.iter().filter_map(|size| size["asked"].as_u64()).collect();
    assert_eq!(asked, [2_000, 500]);
    for size in sizes {
        assert!(size["events"].as_u64() >= size["asked"].as_u64(), "{size}");
        let cells = size["cells"].as_array().expect("cells");
        let deeds: Vec<&str> = cells.iter().filter_map(|cell| cell["deed"].as_str()).collect();
        assert_eq!(deeds, ["rebuild", "read", "copy"]);
        let rows = size["patients"].as_u64().zip(size["appointments"].as_u64());
        assert_eq!(
            cells[2]["count"].as_u64(),
            rows.map(|(one, other)| one + other),
            "{size}"
        );
        let phases = &cells[0]["phases"];
        let folding = phases["folding"].as_f64().expect("seconds");
        assert!(folding > 0.0 && cells[0]["seconds"].as_f64() > Some(folding), "{size}");
    }
    assert_eq!(entries(data.path()), 0, "everything is gone");
}

#[test]
fn what_is_seen_is_measured_without_and_with_rebuilds_and_nothing_is_left_behind() {
    let data = tempdir().expect("a folder");
    let arguments = "bench visible --json --clients 4 --sample 2 --seconds 0.5 --rounds 1 --patients 20 --events 150 \
                     --rebuild-rate 20 --query-rate 20 --rebuild-seconds 0.5";
    let output = run(data.path(), &arguments.split_whitespace().collect::<Vec<_>>());

    let progress = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{progress}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON value");
    assert_eq!(keys(&report), BTreeSet::from(["figures", "machine", "rounds"]));
    let figures = report["figures"].as_array().expect("figures");
    let names: Vec<&str> = figures.iter().filter_map(|figure| figure["name"].as_str()).collect();
    let measured = ["visible.p50_ms", "visible.p99_ms", "visible.errors"];
    let beside = ["query_p99_of_quiet", "query_errors", "command_errors"].map(|name| format!("rebuild.{name}"));
    assert_eq!(
        names,
        [measured.to_vec(), beside.iter().map(String::as_str).collect()].concat()
    );
    for figure in figures.iter().filter(|figure| figure["unit"] == "requests") {
        assert_eq!(figure["value"], 0.0, "{figure}: {progress}");
    }
    let done = |worked: &Value| worked["all"]["done"].as_u64().expect("a count");
    let visible = &report["rounds"]["visible"][0];
    assert!(visible["peak"].as_f64() > Some(0.0), "{visible}");
    assert!(
        0 < done(&visible["seen"]) && done(&visible["seen"]) < done(&visible["commands"]),
        "{visible}"
    );
    let told = visible["server"].as_array().expect("what the service says");
    assert!(told.iter().any(|told| told["projection"] == "patient"), "{visible}");
    let rebuilds = &report["rounds"]["rebuilds"][0];
    assert!(rebuilds["events"].as_u64() >= Some(150), "{rebuilds}");
    for phase in ["quiet", "rebuilding"] {
        assert!(done(&rebuilds[phase]["queries"]) > 0, "{rebuilds}");
        let took = rebuilds[phase]["rebuild_seconds"].as_array().expect("rebuilds");
        assert_eq!(took.is_empty(), phase == "quiet", "{rebuilds}");
    }
    assert_eq!(entries(data.path()), 0, "everything is gone");
}

/// Stops a run with Ctrl-C once its progress contains some words.
fn stop(arguments: &str, words: &str) {
    let data = tempdir().expect("a folder");
    let mut command = anamnesis(data.path());
    command.args(arguments.split_whitespace());
    let mut bench = command.stderr(Stdio::piped()).spawn().expect("the program runs");
    let mut lines = BufReader::new(bench.stderr.take().expect("its progress")).lines();
    let told = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains(words)));
    assert!(told.is_some(), "it has come so far");

    let pid = Pid::from_raw(bench.id().cast_signed()).expect("a pid");
    kill_process(pid, Signal::INT).expect("it runs");

    assert!(!bench.wait().expect("it ends").success());
    assert_eq!(entries(data.path()), 0, "everything is gone");
}

#[test]
fn a_run_that_is_stopped_leaves_nothing_behind_either() {
    // The servers of the first cell start after the description of the machine.
    stop("bench append --clients 8 --seconds 600 --peers none", "nats-server");
}

#[test]
fn nor_does_one_that_is_stopped_while_the_program_is_driven() {
    let arguments =
        "bench commands --clients 1,8 --seconds 0.5 --rounds 600 --patients 10 --load-percent 1 --crud none";
    stop(arguments, "round 1/600, 1 clients");
}

#[test]
fn the_help_teaches_and_what_cannot_be_measured_is_refused_with_a_reason() {
    let data = tempdir().expect("a folder");
    let help = printed(data.path(), &["bench", "append", "--help"]);
    assert!(
        help.contains("docs/benchmarks.md") && help.contains("[default: 1,8,64,256,1000]"),
        "{help}"
    );
    assert!(
        !printed(data.path(), &["bench", "--help"]).contains("cell"),
        "that is between processes"
    );
    let refused = |arguments: &[&str]| complaint(data.path(), &[&["bench", "append"], arguments].concat());
    assert!(refused(&["--clients", "8,0"]).contains("at least 1"));
    assert!(refused(&["--seconds", "0"]).contains("from 0.1 to 3600"));
    assert!(refused(&["--distribution", "normal"]).contains("zipf"));
    assert!(refused(&["--peers", "/no/such/peers"]).contains("/no/such/peers"));
    let help = printed(data.path(), &["bench", "commands", "--help"]);
    assert!(
        help.contains("docs/benchmarks.md") && help.contains("[default: 1,8,64,256]") && help.contains("Examples:"),
        "{help}"
    );
    let refused = |arguments: &[&str]| complaint(data.path(), &[&["bench", "commands"], arguments].concat());
    assert!(refused(&["--clients", "513"]).contains("from 1 to 512"));
    assert!(refused(&["--load-percent", "0"]).contains("1..=100"));
    assert!(refused(&["--crud", "/no/such/crud"]).contains("/no/such/crud"));
    let help = printed(data.path(), &["bench", "visible", "--help"]);
    assert!(
        help.contains("docs/benchmarks.md") && help.contains("half of the peak"),
        "{help}"
    );
    let refused = |arguments: &[&str]| complaint(data.path(), &[&["bench", "visible"], arguments].concat());
    assert!(refused(&["--rate", "0"]).contains("from 1 to 100000"));
    assert!(refused(&["--rebuild-seconds", "0.05"]).contains("from 0.1 to 3600, or 0"));
    assert!(refused(&["--sample", "0"]).contains("--sample"));
    let help = printed(data.path(), &["bench", "rebuild", "--help"]);
    assert!(
        help.contains("docs/benchmarks.md") && help.contains("disintegrate-postgres"),
        "{help}"
    );
    let refused = |arguments: &[&str]| complaint(data.path(), &[&["bench", "rebuild"], arguments].concat());
    assert!(refused(&["--peer-events", "99"]).contains("99"));
    assert!(refused(&["--peers", "/no/such/peers"]).contains("/no/such/peers"));
    assert!(refused(&["--eventsourcing", "."]).contains("venv/bin/python"));
    assert_eq!(entries(data.path()), 0);
}
