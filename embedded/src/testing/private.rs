//! Servers owned by one test, which may stop and start them.

use rustix::process::Signal;

use super::{Scratch, must, options};
use crate::server::STOP_SIGNAL;
use crate::servers::{Servers, start};
use crate::supervisor::Supervised;

/// A pair of servers owned by one test.
#[derive(Debug)]
pub struct PrivateServers {
    servers: Servers,
    /// Dropped after the servers have been told to end.
    scratch: Scratch,
}

impl PrivateServers {
    /// Starts a pair on empty data.
    pub async fn start() -> Self {
        let scratch = Scratch::new().await;
        let servers = must("start private servers", start(options(&scratch)).await);
        Self { servers, scratch }
    }

    /// Stops both servers cleanly and starts them again on the same data. The URLs normally stay the same, unless
    /// another process has taken a port.
    pub async fn restart(self) -> Self {
        let Self { servers, scratch } = self;
        must("stop private servers", servers.stop().await);
        let servers = must("restart private servers", start(options(&scratch)).await);
        Self { servers, scratch }
    }

    /// Stops both servers cleanly.
    pub async fn stop(self) {
        must("stop private servers", self.servers.stop().await);
    }

    /// The supervised servers.
    pub fn servers(&self) -> &Servers {
        &self.servers
    }

    /// The URL of the nats-server, with credentials.
    pub fn nats_url(&self) -> &str {
        self.servers.nats_url().unwrap_or_default()
    }

    /// The URL of nats-server for a user of its system account, with credentials.
    pub fn nats_system_url(&self) -> &str {
        self.servers.nats_system_url().unwrap_or_default()
    }

    /// The URL of the empty database, with credentials.
    pub fn postgres_url(&self) -> &str {
        self.servers.postgres_url().unwrap_or_default()
    }

    /// Kills nats-server as `kill -9` does. It stays down until [`PrivateServers::start_nats`].
    pub async fn kill_nats(&self) {
        self.nats().halt(Signal::KILL).await;
    }

    /// Stops nats-server cleanly. It stays down until [`PrivateServers::start_nats`].
    pub async fn stop_nats(&self) {
        self.nats().halt(STOP_SIGNAL).await;
    }

    /// Starts nats-server again on the same data and port, and waits until it is ready.
    pub async fn start_nats(&self) {
        must("start the nats-server", self.nats().resume().await);
    }

    /// Kills nats-server as `kill -9` does. The supervisor restarts it.
    pub async fn crash_nats(&self) {
        self.nats().signal(Signal::KILL).await;
    }

    /// Kills Postgres as `kill -9` of the postmaster does. It stays down until [`PrivateServers::start_postgres`].
    pub async fn kill_postgres(&self) {
        self.postgres().halt(Signal::KILL).await;
    }

    /// Stops Postgres cleanly. It stays down until [`PrivateServers::start_postgres`].
    pub async fn stop_postgres(&self) {
        self.postgres().halt(STOP_SIGNAL).await;
    }

    /// Starts Postgres again on the same data and port, and waits until it is ready.
    pub async fn start_postgres(&self) {
        must("start Postgres", self.postgres().resume().await);
    }

    /// Kills Postgres as `kill -9` of the postmaster does. The supervisor restarts it.
    pub async fn crash_postgres(&self) {
        self.postgres().signal(Signal::KILL).await;
    }

    fn nats(&self) -> &Supervised {
        self.servers
            .nats
            .as_ref()
            .unwrap_or_else(|| panic!("no nats-server was asked for"))
    }

    fn postgres(&self) -> &Supervised {
        self.servers
            .postgres
            .as_ref()
            .unwrap_or_else(|| panic!("no Postgres was asked for"))
    }
}
