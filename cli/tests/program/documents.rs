//! The pages that tell what to type, held against the program: their examples are run as they are printed, and the
//! commands they name exist.

use std::{fs, path::Path, process::Output, time::Duration};

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{printed, up::Up};

/// How long the examples of a page may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Where the pages say that the program serves.
const DOCUMENTED: &str = "http://127.0.0.1:4004";
/// What stands for anything.
const ANYTHING: char = '…';

fn page(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).expect("the page")
}

/// The commands of one `sh` block, and the blocks after it that say what they print.
struct Example {
    commands: String,
    outputs: Vec<Expected>,
}

enum Expected {
    /// JSON values, one after the other. What is printed may hold more fields.
    Json(Value),
    /// Lines, in order. Others may stand between them.
    Text(String),
}

fn examples(page: &str) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let mut block: Option<(&str, String)> = None;
    for line in page.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(language)) => block = Some((language, String::new())),
            (None, None) => {}
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (Some((language, text)), Some(_)) => {
                match (*language, found.last_mut()) {
                    ("sh", _) => found.push(Example {
                        commands: std::mem::take(text),
                        outputs: Vec::new(),
                    }),
                    ("json", Some(example)) => {
                        let value = serde_json::from_str(text).expect("JSON in the page");
                        example.outputs.push(Expected::Json(value));
                    }
                    ("text", Some(example)) => example.outputs.push(Expected::Text(std::mem::take(text))),
                    _ => {}
                }
                block = None;
            }
        }
    }
    found
}

/// Runs all examples in one shell, as a reader does who pastes them one after the other.
async fn run(examples: &[Example], up: &Up, folder: &Path) -> Output {
    let programs = Path::new(env!("CARGO_BIN_EXE_anamnesis")).parent().expect("a folder");
    let mut script = format!("set -eu -o pipefail\nPATH='{}':$PATH\n", programs.display());
    for (number, example) in examples.iter().enumerate() {
        script += &format!("echo '{}'\n{}", marker(number), example.commands);
    }
    let script = script.replace(DOCUMENTED, up.url("http"));
    let mut shell = tokio::process::Command::new("bash");
    shell.args(["-c", &script]).current_dir(folder);
    shell.stdin(std::process::Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, shell.output()).await;
    output.expect("the examples end").expect("a shell")
}

fn marker(number: usize) -> String {
    format!("<<< example {number} >>>")
}

/// Whether a text is as the page has it.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split(ANYTHING);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    true
}

fn fits(expected: &Value, printed: &Value) -> bool {
    match (expected, printed) {
        (Value::Object(expected), Value::Object(printed)) => expected
            .iter()
            .all(|(name, value)| printed.get(name).is_some_and(|printed| fits(value, printed))),
        (Value::Array(expected), Value::Array(printed)) => {
            expected.len() == printed.len() && expected.iter().zip(printed).all(|(one, other)| fits(one, other))
        }
        (Value::String(expected), Value::String(printed)) => is_like(expected, printed),
        _ => expected == printed,
    }
}

#[track_caller]
fn check(example: &Example, printed: &str) {
    let mut values = serde_json::Deserializer::from_str(printed).into_iter::<Value>();
    let mut lines = printed.lines();
    for output in &example.outputs {
        let commands = &example.commands;
        match output {
            Expected::Json(expected) => {
                let value = values.next().and_then(Result::ok).unwrap_or_default();
                assert!(fits(expected, &value), "{commands}prints {printed}and not {expected}");
            }
            Expected::Text(expected) => {
                for line in expected.lines() {
                    let is_printed = lines.any(|printed| is_like(line.trim_end(), printed.trim_end()));
                    assert!(is_printed, "{commands}prints {printed}and not {line}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_print_what_the_pages_say() {
    let folder = tempdir().expect("a folder");
    // Where a reader's shell stands, the data directory is the default one.
    let up = Up::start(&folder.path().join(".anamnesis"), &["--demo"]);
    for name in ["README.md", "docs/tutorial.md", "docs/how-to/collect-and-refund.md"] {
        let examples = examples(&page(name));
        assert!(!examples.is_empty(), "{name} has no examples");
        let output = run(&examples, &up, folder.path()).await;
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {printed}{complaints}");
        let mut rest = printed.as_str();
        for (number, example) in examples.iter().enumerate() {
            let (_, after) = rest.split_once(&format!("{}\n", marker(number))).expect("it ran");
            let end = after.find(&marker(number + 1)).unwrap_or(after.len());
            check(example, &after[..end]);
            rest = &after[end..];
        }
    }
    up.stop();
}

/// The names of the commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let (_, listed) = help.split_once("Commands:\n").expect("a list of commands");
    let lines = listed.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn the_reference_names_every_command() {
    let folder = tempdir().expect("a folder");
    let reference = page("docs/reference/cli.md");
    let mut all = Vec::new();
    for name in commands(&printed(folder.path(), &["--help"])) {
        let help = printed(folder.path(), &[&name, "--help"]);
        if help.contains("Commands:\n") {
            all.extend(commands(&help).iter().map(|inner| format!("{name} {inner}")));
        } else {
            all.push(name);
        }
    }
    assert!(all.len() > 20, "{all:?}");
    for command in all {
        assert!(
            reference.contains(&format!("`{command}")),
            "docs/reference/cli.md does not name {command}"
        );
    }
}
