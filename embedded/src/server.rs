//! One configured server: how to start it, check its readiness and stop it. The supervisor restarts it.

use std::{pin::Pin, time::Duration};

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use crate::error::Error;
use crate::leftovers::{self, Trace};
use crate::process::{Launch, Process};
use crate::{logs, ports};

/// A server that can be started repeatedly on the same data and port.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// `nats-server` or `postgres`.
    pub(crate) name: &'static str,
    pub(crate) launch: Launch,
    pub(crate) url: String,
    pub(crate) probe: Probe,
}

/// Asks the server at a URL once whether it is ready.
pub(crate) type Probe = fn(&str) -> Pin<Box<dyn Future<Output = Readiness> + Send + '_>>;

/// The signal for a clean stop: Postgres rolls back and writes a checkpoint, and NATS does not enter lame duck mode.
pub(crate) const STOP_SIGNAL: Signal = Signal::INT;

/// How long a clean stop may take before the server is killed.
pub(crate) const STOP_GRACE: Duration = Duration::from_secs(20);

/// How long a living server may take to become ready. The recovery of a large store takes time.
const READY_DEADLINE: Duration = Duration::from_secs(120);
const READY_POLL: Duration = Duration::from_millis(15);

/// The result of one readiness check.
#[derive(Debug)]
pub(crate) enum Readiness {
    Ready,
    NotYet(String),
    /// Further waiting does not help.
    Never(String),
}

impl Server {
    /// Starts the server and waits until it answers requests.
    pub(crate) async fn start(&self) -> Result<Process, Error> {
        let process = self.spawn().await?;
        let reason = tokio::select! {
            status = process.exited() => format!("it ended with {status}"),
            outcome = self.ready() => match outcome {
                Ok(()) => return Ok(process),
                Err(reason) => reason,
            },
        };
        process.stop(STOP_SIGNAL, STOP_GRACE).await;
        Err(Error::NotReady {
            server: self.name,
            reason,
            log: logs::tail(&self.launch.log),
        })
    }

    /// Starts the server without waiting for its readiness.
    pub(crate) async fn spawn(&self) -> Result<Process, Error> {
        let program = self.launch.program.display();
        self.launch.spawn().await.map_err(Error::io(format!("start {program}")))
    }

    async fn ready(&self) -> Result<(), String> {
        let deadline = Instant::now() + READY_DEADLINE;
        loop {
            match (self.probe)(&self.url).await {
                Readiness::Ready => return Ok(()),
                Readiness::Never(reason) => return Err(reason),
                Readiness::NotYet(reason) if Instant::now() >= deadline => {
                    return Err(format!("no answer within {} s: {reason}", READY_DEADLINE.as_secs()));
                }
                Readiness::NotYet(_) => sleep(READY_POLL).await,
            }
        }
    }
}

/// Configures a server for a free port and starts it, with a few retries: another process may have taken the port, or
/// a killed server may still hold its data for a moment.
pub(crate) async fn start_first(
    preferred_port: Option<u16>,
    trace: &Trace,
    configure: impl Fn(u16) -> Result<Server, Error>,
) -> Result<(Server, Process, u16), Error> {
    const BACKOFF: [Duration; 3] = [
        Duration::from_millis(100),
        Duration::from_millis(400),
        Duration::from_millis(1600),
    ];
    // First, because a server of an earlier run may still hold the preferred port.
    leftovers::stop(trace).await?;
    let mut backoff = BACKOFF.into_iter();
    loop {
        let port = ports::choose(preferred_port)?;
        let server = configure(port)?;
        match (server.start().await, backoff.next()) {
            (Ok(process), _) => return Ok((server, process, port)),
            (Err(error @ Error::NotReady { .. }), Some(pause)) => {
                tracing::warn!(%error, "a server did not start; trying again");
                sleep(pause).await;
            }
            (Err(error), _) => return Err(error),
        }
    }
}
