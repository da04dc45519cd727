//! Private, durable servers for benchmarks. They start empty, and are removed with their data.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::Context as _;
use bench_driver::System;
use platform::Shutdown;
use tempfile::TempDir;
use tokio::process::Command;

use crate::peer_server::PeerServer;

/// Receives lines about the progress.
pub type Progress = embedded::Progress;

/// A folder for the data of the servers. It is always removed, except after `kill -9`.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    used: AtomicUsize,
}

impl Scratch {
    /// Creates a folder below another one. Do not use the system's temporary folder, which is often in memory.
    ///
    /// # Errors
    /// The folder cannot be created.
    pub fn below(parent: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(parent)?;
        Ok(Self {
            folder: tempfile::Builder::new().prefix("bench-").tempdir_in(parent)?,
            used: AtomicUsize::new(0),
        })
    }

    /// The path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A new path in the folder.
    pub(crate) fn fresh(&self) -> PathBuf {
        let number = self.used.fetch_add(1, Ordering::Relaxed);
        self.folder.path().join(format!("{number:03}"))
    }
}

/// Runs some work until it completes or the process is told to stop.
pub(crate) async fn until_stopped<T>(
    shutdown: &Shutdown,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::select! {
        done = work => done,
        () = shutdown.cancelled() => Err(anyhow::anyhow!("stopped before the end")),
    }
}

/// The server of a system.
#[derive(Clone)]
pub(crate) struct Place {
    /// It can contain a password.
    pub(crate) url: String,
    pub(crate) pid: Option<u32>,
}

/// Running servers.
#[derive(Debug)]
pub(crate) struct Servers {
    folder: PathBuf,
    embedded: embedded::Servers,
    umadb: Option<PeerServer>,
}

impl Servers {
    /// Starts a nats-server on empty data and, with `peers`, the servers of the peers. `peers` is the program that
    /// contains UmaDB. `progress` receives lines about slow steps, such as downloading a server.
    pub(crate) async fn start(
        scratch: &Scratch,
        peers: Option<&Path>,
        progress: Option<&Progress>,
    ) -> anyhow::Result<Self> {
        let folder = scratch.fresh();
        let options = embedded::Options {
            postgres: peers.is_some(),
            progress: progress.cloned(),
            ..embedded::Options::new(&folder)
        };
        let embedded = embedded::start(options).await?;
        let umadb = match peers {
            Some(program) => Some(start_umadb(program, &folder.join("umadb")).await?),
            None => None,
        };
        Ok(Self {
            folder,
            embedded,
            umadb,
        })
    }

    /// As [`Servers::start`], for some work. The servers are removed afterwards, even if the process is told to stop.
    pub(crate) async fn during<T>(
        scratch: &Scratch,
        peers: Option<&Path>,
        progress: Option<&Progress>,
        shutdown: &Shutdown,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let servers = Self::start(scratch, peers, progress).await?;
        let done = until_stopped(shutdown, work(&servers)).await;
        servers.stop().await?;
        done
    }

    /// As [`Servers::during`], with a nats-server and a Postgres on empty data.
    pub(crate) async fn with_postgres_during<T>(
        scratch: &Scratch,
        shutdown: &Shutdown,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let folder = scratch.fresh();
        let servers = Self {
            embedded: embedded::start(embedded::Options::new(&folder)).await?,
            umadb: None,
            folder,
        };
        let done = until_stopped(shutdown, work(&servers)).await;
        servers.stop().await?;
        done
    }

    /// The URLs of NATS and Postgres. They contain passwords.
    pub(crate) fn urls(&self) -> anyhow::Result<(String, String)> {
        let nats = self.embedded.nats_url().context("no nats-server was started")?;
        let postgres = self.embedded.postgres_url().context("no Postgres was started")?;
        Ok((nats.to_owned(), postgres.to_owned()))
    }

    /// The server of a system.
    pub(crate) fn place(&self, system: System) -> anyhow::Result<Place> {
        let place = match system {
            System::Anamnesis | System::Jetstream | System::Bare | System::Packed | System::Load => {
                self.embedded.nats_url().map(|url| Place {
                    url: url.to_owned(),
                    pid: self.embedded.nats_pid(),
                })
            }
            System::PostgresEs => self.embedded.postgres_url().map(|url| Place {
                url: url.to_owned(),
                pid: self.embedded.postgres_pid(),
            }),
            System::Umadb => self.umadb.as_ref().map(|umadb| Place {
                url: umadb.url().to_owned(),
                pid: umadb.pid(),
            }),
        };
        place.with_context(|| format!("no server for {} was started", system.name()))
    }

    /// The folder with all data.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops the servers and removes their data.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.embedded.stop().await?;
        if let Some(umadb) = self.umadb {
            umadb.stop().await?;
        }
        tokio::fs::remove_dir_all(&self.folder).await?;
        Ok(())
    }
}

/// Starts an UmaDB server on a new folder.
async fn start_umadb(program: &Path, folder: &Path) -> anyhow::Result<PeerServer> {
    tokio::fs::create_dir(folder).await?;
    let mut command = Command::new(program);
    command.arg("serve").arg(folder);
    PeerServer::start("UmaDB", command, None).await
}
