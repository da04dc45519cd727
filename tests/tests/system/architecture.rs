//! Checks the invariants of `docs/ARCHITECTURE.md` against the workspace.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

fn metadata() -> Metadata {
    MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("the workspace's metadata")
}

fn package<'a>(metadata: &'a Metadata, name: &str) -> &'a Package {
    metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == name)
        .expect("a package")
}

/// The names of a package's direct dependencies, without dev-dependencies.
fn dependencies(package: &Package) -> BTreeSet<String> {
    let normal = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal);
    normal.map(|dependency| dependency.name.clone()).collect()
}

/// The names of all packages that a package is built with on its own.
fn built_with(name: &str) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p}", "--package", name])
        .current_dir(root())
        .output()
        .expect("cargo");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("text");
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    assert!(names.contains(name), "{name} is not in its own tree");
    names
}

fn folder(package: &Package) -> PathBuf {
    package.manifest_path.parent().expect("a folder").into()
}

/// The source files of a package as text.
fn sources(package: &Package) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder(package).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                found.push((path, text));
            }
        }
    }
    found
}

fn assert_absent(package: &Package, words: &[&str], why: &str) {
    for (path, text) in sources(package) {
        for word in words {
            assert!(!text.contains(word), "{} names {word}: {why}", path.display());
        }
    }
}

#[test]
fn each_layer_depends_only_on_lower_layers() {
    let metadata = metadata();
    let members: BTreeSet<String> = metadata
        .packages
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let allowed: &[(&str, &[&str])] = &[
        ("domain", &[]),
        ("events", &["domain"]),
        ("api", &["domain", "read-models"]),
        ("http-edge", &["platform"]),
        ("event-store", &[]),
        ("platform", &[]),
        ("settings", &["platform"]),
        ("embedded", &[]),
        ("read-models", &["platform"]),
        ("journal", &["domain", "event-store", "events", "platform"]),
        ("log-reader", &["events", "journal", "platform"]),
        ("commands", &["domain", "journal", "platform", "settings"]),
        (
            "auth-service",
            &[
                "access",
                "api",
                "domain",
                "http-edge",
                "journal",
                "platform",
                "settings",
            ],
        ),
        (
            "command-service",
            &[
                "api",
                "commands",
                "domain",
                "http-edge",
                "journal",
                "platform",
                "settings",
            ],
        ),
        (
            "reaction-service",
            &[
                "commands",
                "domain",
                "events",
                "http-edge",
                "journal",
                "platform",
                "read-models",
                "settings",
            ],
        ),
        (
            "projection-service",
            &[
                "api",
                "domain",
                "events",
                "http-edge",
                "log-reader",
                "platform",
                "read-models",
                "settings",
            ],
        ),
        (
            "query-service",
            &[
                "api",
                "domain",
                "events",
                "http-edge",
                "log-reader",
                "platform",
                "read-models",
                "settings",
            ],
        ),
        ("bench-driver", &[]),
        (
            "bench",
            &[
                "bench-driver",
                "domain",
                "embedded",
                "event-store",
                "journal",
                "log-reader",
                "platform",
                "projection-service",
                "read-models",
                "settings",
            ],
        ),
    ];
    for (name, below) in allowed {
        let depends: BTreeSet<String> = dependencies(package(&metadata, name))
            .intersection(&members)
            .cloned()
            .collect();
        let below: BTreeSet<String> = below.iter().map(|name| (*name).to_owned()).collect();
        assert!(
            depends.is_subset(&below),
            "{name} depends on {:?}",
            depends.difference(&below)
        );
    }
}

#[test]
fn the_domain_is_pure() {
    let metadata = metadata();
    let domain = package(&metadata, "domain");
    let allowed = [
        "chrono",
        "chrono-tz",
        "cqrs-es",
        // IDNA normalizes the domains of e-mail addresses with Unicode tables.
        "idna",
        "iso_currency",
        "serde",
        "thiserror",
        // Unicode normalization makes visually equal texts equal.
        "unicode-normalization",
        "uuid",
    ]
    .map(str::to_owned);
    assert_eq!(dependencies(domain), BTreeSet::from(allowed));
    let ambient = [
        "Utc::now",
        "SystemTime",
        "Instant::now",
        "new_v4",
        "now_v7",
        "std::env",
        "std::fs",
        "std::net",
    ];
    assert_absent(domain, &ambient, "times and ids arrive in the command");
}

#[test]
fn only_the_event_store_speaks_nats_and_only_two_crates_speak_sql() {
    let metadata = metadata();
    // `embedded` checks whether the servers that it starts are up; the tests inspect the read models.
    for package in metadata
        .packages
        .iter()
        .filter(|package| !["embedded", "system-tests"].contains(&package.name.as_str()))
    {
        let depends = dependencies(package);
        assert_eq!(
            depends.contains("async-nats"),
            // The benchmarks compare the event store with plain JetStream, and the read models with plain Postgres. The
            // next test limits that.
            ["bench", "event-store"].contains(&package.name.as_str()),
            "{}",
            package.name
        );
        assert_eq!(
            depends.contains("sqlx"),
            ["auth-service", "bench", "read-models"].contains(&package.name.as_str()),
            "{}",
            package.name
        );
        if !["auth-service", "read-models"].contains(&package.name.as_str()) {
            assert_absent(
                package,
                &["INSERT INTO", "SELECT ", "UPDATE ", "DELETE FROM"],
                "SQL lives in read-models and auth-service",
            );
        }
    }
}

#[test]
fn the_accounts_and_the_read_models_know_only_their_own_schema() {
    let metadata = metadata();
    assert_absent(
        package(&metadata, "read-models"),
        &["auth."],
        "accounts are not read models",
    );
    for (path, text) in sources(package(&metadata, "auth-service")) {
        let text = text.replace("DISTINCT FROM", "");
        for before in ["FROM ", "INTO ", "JOIN "] {
            for (at, _) in text.match_indices(before) {
                let table = &text[at + before.len()..];
                // Or what a statement calls the rows that it has just deleted.
                let is_own = table.starts_with("auth.") || table.starts_with("ended");
                assert!(is_own, "{} leaves the schema auth", path.display());
            }
        }
    }
}

#[test]
fn in_the_benchmarks_only_the_yardsticks_speak_nats_or_sql() {
    let metadata = metadata();
    let bench = package(&metadata, "bench");
    let yardsticks = folder(bench).join("src/bare");
    let speakers = |words: &[&str]| -> Vec<PathBuf> {
        let naming = sources(bench)
            .into_iter()
            .filter(|(_, text)| words.iter().any(|word| text.contains(word)));
        naming.map(|(path, _)| path).collect()
    };
    for (words, language) in [
        (["async_nats", "$JS.", "\"Nats-"].as_slice(), "NATS"),
        (["sqlx::", "COPY "].as_slice(), "SQL"),
    ] {
        let found = speakers(words);
        assert!(!found.is_empty(), "the yardsticks have moved");
        for path in found {
            assert!(path.starts_with(&yardsticks), "{} speaks {language}", path.display());
        }
    }
    for package in metadata
        .packages
        .iter()
        .filter(|package| package.name.as_str() != "anamnesis")
    {
        assert!(
            !dependencies(package).contains("bench") || package.name.as_str() == "bench",
            "{} depends on the benchmarks",
            package.name
        );
    }
}

#[test]
fn the_command_side_needs_no_postgres() {
    for name in ["commands", "command-service"] {
        for postgres in [
            "read-models",
            "sqlx",
            "reaction-service",
            "projection-service",
            "query-service",
        ] {
            assert!(!built_with(name).contains(postgres), "{name} is built with {postgres}");
        }
    }
}

#[test]
fn nothing_below_the_edges_knows_how_the_api_is_described() {
    for name in ["commands", "log-reader", "read-models"] {
        let built_with = built_with(name);
        for edge in ["api", "axum", "http-edge", "utoipa"] {
            assert!(!built_with.contains(edge), "{name} is built with {edge}");
        }
    }
}

#[test]
fn only_the_command_side_appends() {
    let metadata = metadata();
    let appending = ["commands", "event-store", "journal"];
    for name in ["query-service", "projection-service", "read-models"] {
        let dependencies = dependencies(package(&metadata, name));
        for appends in appending {
            assert!(!dependencies.contains(appends), "{name} depends on {appends}");
        }
    }
}

#[test]
fn projectors_write_rows_and_nothing_else() {
    let metadata = metadata();
    let projections = dependencies(package(&metadata, "projection-service"));
    for effect in ["async-nats", "hyper", "hyper-util", "reqwest", "tonic"] {
        assert!(!projections.contains(effect), "projection-service depends on {effect}");
    }
}

#[test]
fn queries_read_rows_and_histories_in_a_scope_only() {
    let metadata = metadata();
    let (tables, queries) = (package(&metadata, "read-models"), package(&metadata, "query-service"));
    let endpoints = folder(queries).join("src/http");
    let declaring = sources(tables)
        .into_iter()
        .filter(|(_, text)| text.contains("table! {"));
    let answering = sources(queries)
        .into_iter()
        .filter(|(path, _)| path.starts_with(&endpoints));
    for (path, text) in declaring.chain(answering) {
        for unscoped in ["PgPool", "PooledConnection", "Rows::new", "Finder"] {
            assert!(!text.contains(unscoped), "{} names {unscoped}", path.display());
        }
        let decides = path.ends_with("http/scope.rs");
        assert!(
            decides || !text.contains("Scope::All"),
            "{} decides a scope",
            path.display()
        );
    }
}

#[test]
fn every_crate_shares_the_lints() {
    for package in metadata().packages {
        let manifest = fs::read_to_string(&package.manifest_path).expect("a manifest");
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{} does not take the shared lints",
            package.name
        );
    }
}

#[test]
fn every_file_states_its_purpose() {
    for package in metadata().packages {
        for (path, text) in sources(&package) {
            assert!(
                text.starts_with("//! "),
                "{} does not open with what it is for",
                path.display()
            );
        }
    }
}

#[test]
fn every_problem_has_its_page_and_every_page_its_problem() {
    let kinds = http_edge::problem::types::ALL
        .iter()
        .chain(command_service::http::problems::ALL)
        .chain(query_service::http::problems::ALL)
        .chain(auth_service::http::problems::ALL);
    let expected: BTreeSet<String> = kinds
        .map(|kind| {
            let page = root().join("docs/errors").join(format!("{}.md", kind.slug));
            let text = fs::read_to_string(&page).unwrap_or_else(|_| panic!("{} is missing", page.display()));
            assert!(
                text.starts_with(&format!("# {}\n", kind.title)),
                "{} opens with its title",
                page.display()
            );
            assert!(
                text.contains(&format!("Status {}", kind.status)),
                "{} names its status",
                page.display()
            );
            format!("{}.md", kind.slug)
        })
        .collect();
    let entries = fs::read_dir(root().join("docs/errors")).expect("the pages");
    let found: BTreeSet<String> = entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into())
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_openapi_document_equals_the_committed_one() {
    let published = fs::read_to_string(root().join("schemas/openapi.json")).expect("the published document");
    let current = anamnesis::openapi().to_pretty_json().expect("JSON");
    assert!(
        published.trim_end() == current.trim_end(),
        "schemas/openapi.json is stale: cargo run -- openapi > schemas/openapi.json"
    );
}

#[test]
fn every_command_has_a_body_of_its_own_in_the_openapi_document() {
    let document = serde_json::to_value(anamnesis::openapi()).expect("JSON");
    let paths = document["paths"].as_object().expect("the paths");
    let operations = paths
        .values()
        .flat_map(|path| path.as_object().expect("the operations").values());
    let bodies: Vec<&str> = operations
        .filter_map(|operation| operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str())
        .collect();
    assert!(bodies.len() >= 4, "{bodies:?}");
    assert_eq!(
        bodies.iter().collect::<BTreeSet<_>>().len(),
        bodies.len(),
        "two commands share a schema: {bodies:?}"
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}
