//! The Postgres cluster: its creation, configuration and readiness. It creates the empty database but no tables.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use crate::credentials::{Credentials, USER};
use crate::error::Error;
use crate::leftovers::Trace;
use crate::options::Durability;
use crate::process::Launch;
use crate::run_as::RunAs;
use crate::server::{Readiness, STOP_SIGNAL, Server};
use crate::{files, logs};

const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
const INITDB_TIMEOUT: Duration = Duration::from_secs(120);

/// The properties of a cluster that do not change between starts.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    /// The directory with `postgres` and `initdb`.
    pub(crate) bin: PathBuf,
    /// The data directory of Postgres itself.
    pub(crate) directory: PathBuf,
    pub(crate) user: Option<RunAs>,
    pub(crate) durability: Durability,
}

impl Cluster {
    /// The cluster in our data directory, which may not exist yet.
    pub(crate) fn new(bin: PathBuf, directory: PathBuf, durability: Durability) -> Self {
        let user = RunAs::choose(&directory).map(|user| user.reaching(&[&directory, &bin.join("postgres")]));
        Self {
            bin,
            directory,
            user,
            durability,
        }
    }

    pub(crate) fn exists(&self) -> bool {
        self.directory.join("PG_VERSION").exists()
    }

    /// Creates the cluster. It gets its name only when it is complete, so that an interrupted attempt cannot be taken
    /// for a cluster.
    pub(crate) async fn initialise(&self, password: &str) -> Result<(), Error> {
        let partial = self.directory.with_extension("partial");
        self.clear(&partial)?;
        files::create_private_dir(&partial, self.user.as_ref())?;
        let password_file = self.directory.with_extension("password");
        files::write_private(&password_file, password, self.user.as_ref())?;
        let outcome = self.run_initdb(&partial, &password_file).await;
        files::remove_if_present(&password_file).map_err(Error::io("remove the password file of initdb"))?;
        outcome?;
        fs::rename(&partial, &self.directory).map_err(Error::io(format!("create {}", self.directory.display())))
    }

    /// Creates the cluster as a copy of another one.
    pub(crate) async fn copy_from(&self, template: &Path) -> Result<(), Error> {
        let partial = self.directory.with_extension("partial");
        self.clear(&partial)?;
        let (template, target, user) = (template.to_owned(), partial.clone(), self.user.clone());
        let copying = move || files::copy_tree(&template, &target, user.as_ref());
        tokio::task::spawn_blocking(copying)
            .await
            .map_err(std::io::Error::other)
            .flatten()
            .and_then(|()| fs::rename(&partial, &self.directory))
            .map_err(Error::io(format!("create {}", self.directory.display())))
    }

    fn clear(&self, partial: &Path) -> Result<(), Error> {
        match fs::remove_dir_all(partial) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io(format!("remove {}", partial.display()))(error))
            }
            _ => Ok(()),
        }
    }

    async fn run_initdb(&self, target: &Path, password_file: &Path) -> Result<(), Error> {
        let mut arguments: Vec<std::ffi::OsString> = [
            self.authentication(),
            "--encoding=UTF8",
            "--locale=C",
            "--data-checksums",
            "--no-instructions",
            "--username",
            USER,
            "--pwfile",
        ]
        .map(Into::into)
        .into();
        arguments.extend([password_file.into(), "--pgdata".into(), target.into()]);
        if self.durability == Durability::Relaxed {
            arguments.push("--no-sync".into());
        }
        let launch = Launch {
            program: self.bin.join("initdb"),
            arguments,
            variables: vec![("LC_ALL", "C".to_owned())],
            log: self.directory.with_extension("initdb.log"),
            user: self.user.clone(),
            death_signal: Signal::TERM,
        };
        let process = launch
            .spawn()
            .await
            .map_err(Error::io(format!("start {}", launch.program.display())))?;
        let status = match tokio::time::timeout(INITDB_TIMEOUT, process.exited()).await {
            Ok(_) if process.succeeded() => return Ok(()),
            Ok(status) => status,
            Err(_) => format!("not done after {} s", INITDB_TIMEOUT.as_secs()),
        };
        Err(Error::InitDb {
            status,
            log: logs::tail(&launch.log),
        })
    }

    fn authentication(&self) -> &'static str {
        match self.durability {
            Durability::Full => "--auth=scram-sha-256",
            // A password without the SCRAM exchange, which costs an unoptimized client some 20 ms per connection.
            Durability::Relaxed => "--auth=password",
        }
    }

    /// Writes the configuration for this port, and returns the server that uses it.
    pub(crate) fn configure(&self, data_dir: &Path, credentials: &Credentials, port: u16) -> Result<Server, Error> {
        let config_path = self.directory.join("postgresql.conf");
        files::write_private(&config_path, &config(self.durability, port), self.user.as_ref())?;
        let launch = Launch {
            program: self.bin.join("postgres"),
            arguments: vec!["-D".into(), self.directory.clone().into()],
            variables: vec![("LC_ALL", "C".to_owned())],
            log: data_dir.join("postgres.log"),
            user: self.user.clone(),
            death_signal: match self.durability {
                Durability::Full => STOP_SIGNAL,
                // The data is not needed again, so a checkpoint would be wasted work.
                Durability::Relaxed => Signal::QUIT,
            },
        };
        Ok(Server {
            name: "postgres",
            launch,
            url: url(&credentials.postgres_password, port, USER),
            probe: |url| Box::pin(probe(url)),
        })
    }
}

/// How to recognize the server of an earlier run.
pub(crate) fn trace(directory: &Path) -> Trace {
    Trace {
        server: "postgres",
        pid_file: directory.join("postmaster.pid"),
        argument: directory.to_owned(),
    }
}

/// The major version that created a cluster, and the only one that can run it.
pub(crate) fn major_version(directory: &Path) -> Option<u32> {
    fs::read_to_string(directory.join("PG_VERSION"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// The connection URL. The server listens on the loopback interface only, so encryption would only cost time.
pub(crate) fn url(password: &str, port: u16, database: &str) -> String {
    format!("postgres://{USER}:{password}@127.0.0.1:{port}/{database}?sslmode=disable")
}

fn config(durability: Durability, port: u16) -> String {
    let durability = match durability {
        Durability::Full => "fsync = on\nsynchronous_commit = on\nfull_page_writes = on",
        // Data that the server has handed to the operating system survives the server's death. Without fsync, waiting
        // for that costs nothing.
        Durability::Relaxed => "fsync = off\nsynchronous_commit = on\nfull_page_writes = off",
    };
    format!(
        "# Written at every start; changes made here are lost.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
{durability}
max_connections = 200
shared_buffers = 64MB
huge_pages = off
max_wal_size = 1GB
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
lc_monetary = 'C'
lc_numeric = 'C'
lc_time = 'C'
"
    )
}

/// Opens a connection within a timeout.
pub(crate) async fn connect(url: &str) -> Result<PgConnection, sqlx::Error> {
    let options: PgConnectOptions = url.parse()?;
    let options = options.disable_statement_logging();
    match tokio::time::timeout(PROBE_TIMEOUT, options.connect()).await {
        Ok(outcome) => outcome,
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// Checks readiness by a connection to the database, which is created if it is missing.
async fn probe(url: &str) -> Readiness {
    let error = match connect(url).await {
        Ok(connection) => {
            let _ = connection.close().await;
            return Readiness::Ready;
        }
        Err(error) => error,
    };
    match sql_state(&error).as_deref() {
        Some("3D000") => match create_database(url).await {
            Ok(()) => Readiness::Ready,
            Err(error) => Readiness::NotYet(error.to_string()),
        },
        Some("28P01") => Readiness::Never(format!(
            "it rejects the password in credentials.json; restore that file, or remove the data directory ({error})"
        )),
        _ => Readiness::NotYet(error.to_string()),
    }
}

async fn create_database(url: &str) -> Result<(), sqlx::Error> {
    let maintenance_url = with_database(url, "postgres");
    let mut connection = connect(&maintenance_url).await?;
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {USER}")))
        .execute(&mut connection)
        .await?;
    connection.close().await
}

fn sql_state(error: &sqlx::Error) -> Option<String> {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .map(|code| code.into_owned())
}

/// The same URL with another database of the cluster.
pub(crate) fn with_database(url: &str, database: &str) -> String {
    let (server, rest) = url.rsplit_once('/').unwrap_or((url, ""));
    let parameters = rest
        .split_once('?')
        .map(|(_, parameters)| format!("?{parameters}"))
        .unwrap_or_default();
    format!("{server}/{database}{parameters}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_can_be_replaced() {
        assert_eq!(with_database(&url("secret", 5432, "a"), "b"), url("secret", 5432, "b"));
    }
}
