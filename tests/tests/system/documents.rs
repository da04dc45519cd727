//! The links in the documents resolve, and the files, settings, metrics, events, endpoints and problems that they name
//! exist.

use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path, PathBuf},
};

use platform::config::Document as _;
use settings::Settings;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|_| panic!("{path} is missing"))
}

/// All files with this extension below a folder.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !["target", "node_modules", "venv", ".git", ".anamnesis"].contains(&name.as_str()) {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|its| its == extension) {
            found.push(path);
        }
    }
    found
}

/// A page without its fenced blocks, whose brackets are not links.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The link targets of a page.
fn links(text: &str) -> Vec<String> {
    let after = prose(text);
    let targets = after.split("](").skip(1);
    targets
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.to_owned())
        .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        .collect()
}

/// The anchors of a page, derived from its headings as Markdown renderers do.
fn anchors(text: &str) -> BTreeSet<String> {
    let text = prose(text);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let mut found = BTreeSet::new();
    for heading in headings {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = heading
            .chars()
            .filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'));
        let slug: String = kept.collect::<String>().replace(' ', "-");
        let again = (1..).map(|number| format!("{slug}-{number}"));
        let free = std::iter::once(slug.clone())
            .chain(again)
            .find(|slug| !found.contains(slug));
        found.extend(free);
    }
    found
}

/// The path with `..` resolved.
fn normal(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts
}

#[test]
fn every_link_resolves() {
    let mut broken = Vec::new();
    let mut followed = 0;
    for file in files(&root(), "md") {
        let text = fs::read_to_string(&file).expect("a page");
        for link in links(&text) {
            followed += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() {
                file.clone()
            } else {
                normal(&file.parent().expect("a folder").join(path))
            };
            let leads = target.exists()
                && (anchor.is_empty() || fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(anchor)));
            if !leads {
                broken.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(followed > 200, "only {followed} links were found");
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The code spans of a page.
fn code(text: &str) -> Vec<String> {
    let text = prose(text);
    text.lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_named_file_exists() {
    let folders: BTreeSet<String> = fs::read_dir(root())
        .expect("the workspace")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    let mut missing = Vec::new();
    let mut looked_at = 0;
    for file in files(&root(), "md") {
        let text = fs::read_to_string(&file).expect("a page");
        // A superseded ADR may name files that no longer exist.
        if text.contains("\nStatus: replaced") {
            continue;
        }
        for name in code(&text) {
            let is_path = name
                .split_once('/')
                .is_some_and(|(first, _)| first != "target" && folders.contains(first));
            if is_path && !name.contains(['<', '{', '*', '…', ' ']) {
                looked_at += 1;
                if !root().join(&name).exists() {
                    missing.push(format!("{}: {name}", file.display()));
                }
            }
        }
    }
    assert!(looked_at > 100, "only {looked_at} paths were found");
    assert!(missing.is_empty(), "{missing:#?}");
}

fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_ascii_lowercase())
        && characters.all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_')
}

/// All settings as `section.key`.
fn settings() -> BTreeSet<String> {
    let mut section = String::new();
    let mut found = BTreeSet::new();
    for line in Settings::DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if let Some((key, _)) = line.split_once(" = ").filter(|(key, _)| is_name(key)) {
            found.insert(format!("{section}.{key}"));
        }
    }
    found
}

#[test]
fn every_named_setting_exists_and_every_section_is_explained() {
    let settings = settings();
    let sections: BTreeSet<&str> = settings
        .iter()
        .filter_map(|name| name.rsplit_once('.'))
        .map(|(section, _)| section)
        .collect();
    assert!(sections.len() >= 10, "{sections:?}");
    let folders = ["docs", "deploy"].map(|folder| files(&root().join(folder), "md"));
    for file in folders.concat() {
        for name in code(&fs::read_to_string(&file).expect("a page")) {
            let Some((section, key)) = name.rsplit_once('.') else {
                continue;
            };
            if sections.contains(section) && is_name(key) && !sections.contains(name.as_str()) {
                assert!(settings.contains(&name), "{} names {name}", file.display());
            }
        }
    }
    let reference: BTreeSet<String> = code(&page("docs/reference/settings.md")).into_iter().collect();
    for section in sections {
        assert!(
            reference.contains(section),
            "docs/reference/settings.md does not tell of {section}"
        );
    }
}

#[test]
fn every_named_variable_is_a_setting() {
    let settings: BTreeSet<String> = settings()
        .iter()
        .map(|name| name.replace('.', "__").to_uppercase())
        .collect();
    let units = ["auth", "command", "projection", "query", "reaction"]
        .map(|name| format!("deploy/systemd/anamnesis-{name}.service"));
    let pages = [
        ".env.example",
        "README.md",
        "deploy/README.md",
        "docs/reference/settings.md",
    ];
    let mut named = 0;
    for path in units.iter().map(String::as_str).chain(pages) {
        let text = page(path);
        let mentions = text.split("ANAMNESIS_").skip(1);
        let names = mentions.filter_map(|rest| {
            rest.split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
                .next()
        });
        for name in names.filter(|name| name.contains("__")) {
            named += 1;
            assert!(settings.contains(name), "{path} names ANAMNESIS_{name}");
        }
    }
    assert!(named > 10, "only {named} variables were found");
}

/// The names of the metrics that the programs record.
fn recorded_metrics() -> BTreeSet<String> {
    let crates = [
        "platform",
        "http-edge",
        "event-store",
        "commands",
        "command-service",
        "reaction-service",
        "projection-service",
        "query-service",
        "auth-service",
    ];
    let sources = crates.map(|name| files(&root().join(name).join("src"), "rs")).concat();
    let mut found = BTreeSet::from(["process_resident_memory_bytes".to_owned()]);
    for source in sources {
        let text = fs::read_to_string(source).expect("a source file");
        for kind in ["counter!(", "gauge!(", "histogram!("] {
            let named = text
                .split(kind)
                .skip(1)
                .filter_map(|rest| rest.trim_start().strip_prefix('"'));
            found.extend(named.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
    found.retain(|name| !name.starts_with("platform_test_"));
    found
}

/// The names in the first column of a page's tables.
fn first_column(path: &str) -> BTreeSet<String> {
    let page = page(path);
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_reference_of_metrics_is_complete() {
    assert_eq!(first_column("docs/reference/metrics.md"), recorded_metrics());
}

#[test]
fn the_reference_of_events_is_complete() {
    let events = events::CATALOGUE.iter().flat_map(|aggregate| aggregate.events);
    let events: BTreeSet<String> = events.map(|event| event.event_type.to_owned()).collect();
    assert_eq!(first_column("docs/reference/events.md"), events);
}

#[test]
fn the_reference_of_errors_is_complete() {
    let reference = page("docs/reference/errors.md");
    let kinds = http_edge::problem::types::ALL
        .iter()
        .chain(command_service::http::problems::ALL)
        .chain(query_service::http::problems::ALL)
        .chain(auth_service::http::problems::ALL);
    for kind in kinds {
        let row = format!("| {} | [`{}`](../errors/{}.md) |", kind.status, kind.slug, kind.slug);
        assert!(reference.contains(&row), "docs/reference/errors.md lacks {row}");
    }
}

#[test]
fn the_reference_of_the_api_names_every_endpoint() {
    let document = serde_json::to_value(anamnesis::openapi()).expect("JSON");
    let named: BTreeSet<String> = code(&page("docs/reference/api.md")).into_iter().collect();
    for (path, operations) in document["paths"].as_object().expect("the paths") {
        for method in operations.as_object().expect("the operations").keys() {
            let endpoint = format!("{} {path}", method.to_uppercase());
            assert!(
                named.contains(&endpoint),
                "docs/reference/api.md does not name {endpoint}"
            );
        }
    }
}

#[test]
fn the_reference_of_faults_names_tests_that_exist() {
    let page = page("docs/reference/faults.md");
    let mut missing = Vec::new();
    let mut counted = Vec::new();
    for kind in page.split("\n## ").skip(1) {
        let rows: Vec<&str> = kind.lines().filter(|line| line.contains(".rs`")).collect();
        counted.push(rows.len());
        for row in rows {
            let named = code(row);
            let [.., file, test] = named.as_slice() else {
                panic!("{row} names no test");
            };
            let source = fs::read_to_string(root().join(file)).unwrap_or_default();
            if !source.contains(&format!("fn {test}(")) {
                missing.push(row);
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert_eq!(counted.len(), 10, "{counted:?}");
    assert!(counted.iter().all(|relatives| *relatives >= 5), "{counted:?}");
}

#[test]
fn no_unit_is_started_again_after_a_wrong_setting() {
    let expected = format!("\nRestartPreventExitStatus={}\n", platform::process::WRONG_SETTING);
    let units = files(&root().join("deploy/systemd"), "service");
    assert_eq!(units.len(), 5, "{units:?}");
    for unit in units {
        let text = fs::read_to_string(&unit).expect("a unit");
        assert!(text.contains(&expected), "{} lacks{expected}", unit.display());
    }
}
