//! Keeps one server running: restarts it when it dies, up to a limit, and stops it on request.

use std::collections::VecDeque;
use std::time::Duration;

use rustix::process::Signal;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::error::Error;
use crate::logs;
use crate::process::Process;
use crate::server::{STOP_GRACE, STOP_SIGNAL, Server};

/// A server that dies this often within the window is not restarted again.
const MAX_DEATHS: usize = 8;
const DEATH_WINDOW: Duration = Duration::from_secs(60);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LAST_BACKOFF: Duration = Duration::from_secs(5);

/// A server that is no longer restarted.
#[derive(Debug, Clone)]
pub(crate) struct GivenUp {
    server: &'static str,
    deaths: usize,
    log: String,
}

impl From<GivenUp> for Error {
    fn from(GivenUp { server, deaths, log }: GivenUp) -> Self {
        Self::GivenUp {
            server,
            deaths,
            window_seconds: DEATH_WINDOW.as_secs(),
            log,
        }
    }
}

/// Resolves when a server is no longer restarted, and never otherwise.
pub(crate) async fn failure(mut given_up: watch::Receiver<Option<GivenUp>>) -> Error {
    if let Ok(failure) = given_up.wait_for(Option::is_some).await
        && let Some(failure) = failure.clone()
    {
        return failure.into();
    }
    std::future::pending().await
}

enum Command {
    /// Stop the server with this signal and keep it stopped.
    Halt(Signal, oneshot::Sender<()>),
    /// Start a halted server.
    #[cfg(feature = "testing")]
    Resume(oneshot::Sender<Result<(), Error>>),
    /// Send the server a signal. If it dies of it, that counts as a crash.
    #[cfg(feature = "testing")]
    Signal(Signal, oneshot::Sender<()>),
}

/// The handle of a supervised server. Dropping it stops the server.
#[derive(Debug)]
pub(crate) struct Supervised {
    commands: mpsc::Sender<Command>,
    task: JoinHandle<()>,
}

impl Supervised {
    pub(crate) fn new(server: Server, process: Process, given_up: watch::Sender<Option<GivenUp>>) -> Self {
        let (commands, inbox) = mpsc::channel(1);
        let supervisor = Supervisor {
            server,
            given_up,
            deaths: VecDeque::new(),
        };
        Self {
            commands,
            task: tokio::spawn(supervisor.run(process, inbox)),
        }
    }

    /// Stops the server and its supervision.
    pub(crate) async fn stop(self) {
        self.halt(STOP_SIGNAL).await;
        drop(self.commands);
        // The task can only fail by a panic, which has been reported.
        let _ = self.task.await;
    }

    /// Stops the server with a signal and waits for its end. It is not restarted.
    pub(crate) async fn halt(&self, signal: Signal) {
        let (done, halted) = oneshot::channel();
        // A supervisor that no longer listens has no server.
        if self.commands.send(Command::Halt(signal, done)).await.is_ok() {
            let _ = halted.await;
        }
    }

    /// Starts a halted server on the same data and port and waits until it is ready.
    #[cfg(feature = "testing")]
    pub(crate) async fn resume(&self) -> Result<(), Error> {
        let (done, resumed) = oneshot::channel();
        let gone = |_| Error::io("reach the supervisor")(std::io::Error::other("its runtime has ended"));
        self.commands.send(Command::Resume(done)).await.map_err(|_| gone(()))?;
        resumed.await.map_err(|_| gone(()))?
    }

    /// Sends the server a signal. If the server ends, it is restarted.
    #[cfg(feature = "testing")]
    pub(crate) async fn signal(&self, signal: Signal) {
        let (done, signalled) = oneshot::channel();
        if self.commands.send(Command::Signal(signal, done)).await.is_ok() {
            let _ = signalled.await;
        }
    }
}

struct Supervisor {
    server: Server,
    given_up: watch::Sender<Option<GivenUp>>,
    /// The recent deaths of the server, within the window.
    deaths: VecDeque<Instant>,
}

/// The state of the supervised server.
enum State {
    Running(Process),
    /// It died, and is restarted after a pause.
    Pausing(Duration),
    /// It was halted or given up.
    Down,
}

impl Supervisor {
    async fn run(mut self, process: Process, mut inbox: mpsc::Receiver<Command>) {
        let mut state = State::Running(process);
        loop {
            let command = match &state {
                State::Running(process) => tokio::select! {
                    command = inbox.recv() => command,
                    status = process.exited() => {
                        state = self.after_death(&status);
                        continue;
                    }
                },
                State::Pausing(pause) => tokio::select! {
                    command = inbox.recv() => command,
                    () = sleep(*pause) => {
                        state = self.restart().await;
                        continue;
                    }
                },
                State::Down => inbox.recv().await,
            };
            let Some(command) = command else { break };
            state = self.obey(command, state).await;
        }
        if let State::Running(process) = state {
            process.stop(STOP_SIGNAL, STOP_GRACE).await;
        }
    }

    async fn obey(&mut self, command: Command, state: State) -> State {
        match (command, state) {
            (Command::Halt(signal, done), state) => {
                if let State::Running(process) = state {
                    process.stop(signal, STOP_GRACE).await;
                }
                let _ = done.send(());
                State::Down
            }
            #[cfg(feature = "testing")]
            (Command::Resume(done), State::Running(process)) => {
                let _ = done.send(Ok(()));
                State::Running(process)
            }
            #[cfg(feature = "testing")]
            (Command::Resume(done), State::Pausing(_) | State::Down) => {
                let (outcome, state) = match self.server.start().await {
                    Ok(process) => (Ok(()), State::Running(process)),
                    Err(error) => (Err(error), State::Down),
                };
                let _ = done.send(outcome);
                state
            }
            #[cfg(feature = "testing")]
            (Command::Signal(signal, done), state) => {
                if let State::Running(process) = &state {
                    process.signal(signal);
                }
                let _ = done.send(());
                state
            }
        }
    }

    async fn restart(&mut self) -> State {
        match self.server.spawn().await {
            Ok(process) => {
                tracing::info!(server = self.server.name, pid = process.pid(), "restarted");
                State::Running(process)
            }
            Err(error) => self.after_death(&error.to_string()),
        }
    }

    /// Decides whether to restart the server or to give up.
    fn after_death(&mut self, reason: &str) -> State {
        let now = Instant::now();
        self.deaths.push_back(now);
        self.deaths.retain(|death| now.duration_since(*death) < DEATH_WINDOW);
        let (server, deaths) = (self.server.name, self.deaths.len());
        if deaths >= MAX_DEATHS {
            tracing::error!(server, deaths, reason, "the server keeps dying and is given up");
            let log = logs::tail(&self.server.launch.log);
            self.given_up.send_replace(Some(GivenUp { server, deaths, log }));
            return State::Down;
        }
        let pause = backoff(deaths);
        tracing::warn!(
            server,
            deaths,
            reason,
            ?pause,
            "the server died unexpectedly and is restarted"
        );
        State::Pausing(pause)
    }
}

/// The pause before the next restart: doubled with each death, up to a limit.
fn backoff(deaths: usize) -> Duration {
    let doublings = u32::try_from(deaths.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    FIRST_BACKOFF.saturating_mul(1 << doublings).min(LAST_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_to_a_limit() {
        let pauses: Vec<u128> = (1..=8).map(|deaths| backoff(deaths).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    }
}
