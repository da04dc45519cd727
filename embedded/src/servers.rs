//! Starts both servers on one data directory, and provides their handle.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::credentials::Credentials;
use crate::data_dir::DataDir;
use crate::error::Error;
use crate::leftovers::{self, Trace};
use crate::locate;
use crate::nats::{self, Role};
use crate::options::Options;
use crate::ports::Ports;
use crate::postgres::{self, Cluster};
use crate::process::Process;
use crate::server::{STOP_GRACE, STOP_SIGNAL, Server, start_first};
use crate::state::{self, Addresses};
use crate::supervisor::{self, GivenUp, Supervised};
use crate::templates;

/// Running, supervised servers. Call [`Servers::stop`] to stop them in order. If this is only dropped, or the process
/// dies, the servers are told to end but not waited for; the next start on the same data directory then waits.
#[derive(Debug)]
pub struct Servers {
    pub(crate) nats: Option<Supervised>,
    pub(crate) postgres: Option<Supervised>,
    pub(crate) given_up: watch::Receiver<Option<GivenUp>>,
    addresses: Addresses,
    /// Serializes writers of the run-state file.
    published: Mutex<()>,
    /// Dropped last, because its lock keeps others out until the servers are gone.
    data_dir: DataDir,
}

/// A server that has answered, its process and its port.
type Started = (Server, Process, u16);

/// Starts the chosen servers and waits until they answer requests. Supervision runs on the caller's Tokio runtime.
pub async fn start(options: Options) -> Result<Servers, Error> {
    let data_dir = DataDir::open(&options.data_dir).await?;
    let path = data_dir.path();
    state::withdraw(path)?;
    let credentials = Credentials::load_or_create(path)?;
    let ports = Ports::load(path);
    // Both are awaited, because a server that has started must be stopped if the other one fails.
    let (nats, postgres) = tokio::join!(
        async {
            match options.nats {
                true => start_nats(&options, path, &credentials, ports.nats).await.map(Some),
                false => Ok(None),
            }
        },
        async {
            match options.postgres {
                true => start_postgres(&options, path, credentials.clone(), ports.postgres)
                    .await
                    .map(Some),
                false => Ok(None),
            }
        }
    );
    let (nats, postgres) = both_or_none(nats, postgres).await?;
    let port = |started: &Option<Started>| started.as_ref().map(|(_, _, port)| *port);
    Ports {
        nats: port(&nats).or(ports.nats),
        postgres: port(&postgres).or(ports.postgres),
    }
    .save(path)?;
    let url = |started: &Option<Started>| started.as_ref().map(|(server, _, _)| server.url.clone());
    let addresses = Addresses {
        nats_url: url(&nats),
        nats_system_url: port(&nats).map(|port| nats::system_url(&credentials, port)),
        postgres_url: url(&postgres),
        http_url: None,
    };
    state::publish(path, &addresses)?;
    let (sender, given_up) = watch::channel(None);
    let supervise = |(server, process, _): Started| Supervised::new(server, process, sender.clone());
    Ok(Servers {
        nats: nats.map(supervise),
        postgres: postgres.map(supervise),
        given_up,
        addresses,
        published: Mutex::new(()),
        data_dir,
    })
}

async fn start_nats(
    options: &Options,
    data_dir: &Path,
    credentials: &Credentials,
    port: Option<u16>,
) -> Result<Started, Error> {
    let program = locate::nats_server(options).await?;
    let configure = |port| nats::configure(program.clone(), data_dir, credentials, port, &Role::alone());
    start_first(port, &nats::trace(data_dir), configure).await
}

async fn start_postgres(
    options: &Options,
    data_dir: &Path,
    mut credentials: Credentials,
    port: Option<u16>,
) -> Result<Started, Error> {
    let directory = data_dir.join("postgres");
    let bin = locate::postgres(options, postgres::major_version(&directory)).await?;
    let cluster = Cluster::new(bin, directory, options.durability);
    if !cluster.exists() {
        match &options.cluster_templates {
            Some(templates) => {
                credentials.postgres_password = templates::initialise(&cluster, templates).await?;
                credentials.save(data_dir)?;
            }
            None => {
                options.report("initialising the Postgres cluster …");
                cluster.initialise(&credentials.postgres_password).await?;
            }
        }
    }
    let configure = |port| cluster.configure(data_dir, &credentials, port);
    start_first(port, &postgres::trace(&cluster.directory), configure).await
}

/// Returns both servers. If one start failed, stops the other server first and returns the error.
async fn both_or_none(
    nats: Result<Option<Started>, Error>,
    postgres: Result<Option<Started>, Error>,
) -> Result<(Option<Started>, Option<Started>), Error> {
    match (nats, postgres) {
        (Ok(nats), Ok(postgres)) => Ok((nats, postgres)),
        (Ok(other), Err(error)) | (Err(error), Ok(other)) => {
            if let Some((_, process, _)) = other {
                process.stop(STOP_SIGNAL, STOP_GRACE).await;
            }
            Err(error)
        }
        (Err(error), Err(other)) => {
            tracing::error!(error = %other, "postgres could not be started either");
            Err(error)
        }
    }
}

impl Servers {
    /// The URL of nats-server, with credentials; `None` if it was not started.
    pub fn nats_url(&self) -> Option<&str> {
        self.addresses.nats_url.as_deref()
    }

    /// The URL of nats-server for a user of its system account, with credentials; `None` if it was not started.
    pub fn nats_system_url(&self) -> Option<&str> {
        self.addresses.nats_system_url.as_deref()
    }

    /// The URL of the Postgres database, with credentials; `None` if it was not started.
    pub fn postgres_url(&self) -> Option<&str> {
        self.addresses.postgres_url.as_deref()
    }

    /// The process id of nats-server while it runs. It changes with a restart.
    pub fn nats_pid(&self) -> Option<u32> {
        self.nats.as_ref().and_then(|_| pid(&nats::trace(self.data_dir.path())))
    }

    /// The process id of the postmaster while it runs. It changes with a restart.
    pub fn postgres_pid(&self) -> Option<u32> {
        let directory = self.data_dir.path().join("postgres");
        self.postgres.as_ref().and_then(|_| pid(&postgres::trace(&directory)))
    }

    /// The absolute path of the data directory.
    pub fn data_dir(&self) -> &Path {
        self.data_dir.path()
    }

    /// Resolves when a server has died too often to be restarted, and never otherwise.
    pub async fn failed(&self) -> Error {
        supervisor::failure(self.given_up.clone()).await
    }

    /// Publishes the URL of the owner's HTTP API for processes that attach.
    pub fn publish_http_url(&self, url: &str) -> Result<(), Error> {
        let _one_at_a_time = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        let addresses = Addresses {
            http_url: Some(url.to_owned()),
            ..self.addresses.clone()
        };
        state::publish(self.data_dir.path(), &addresses)
    }

    /// Stops both servers cleanly. A server that takes too long is killed.
    pub async fn stop(self) -> Result<(), Error> {
        let withdrawn = state::withdraw(self.data_dir.path());
        let stop = async |server: Option<Supervised>| {
            if let Some(server) = server {
                server.stop().await;
            }
        };
        tokio::join!(stop(self.nats), stop(self.postgres));
        withdrawn
    }
}

fn pid(trace: &Trace) -> Option<u32> {
    leftovers::running(trace).map(|pid| pid.as_raw_nonzero().get().cast_unsigned())
}
