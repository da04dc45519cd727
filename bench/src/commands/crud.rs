//! The plain service for the comparison: a separate database on our Postgres, and a separate process.

use std::path::Path;

use bench_driver::ServiceStart;
use tokio::process::Command;

use crate::{Programs, bare, peer_server::PeerServer};

const NAME: &str = "crud";

/// The running service.
#[derive(Debug)]
pub(super) struct Crud {
    server: PeerServer,
    /// It contains a password.
    database_url: String,
}

impl Crud {
    /// Starts the service on an empty database beside another one.
    pub(super) async fn start(program: &Path, postgres_url: &str) -> anyhow::Result<Self> {
        let database_url = bare::create_database(postgres_url, NAME).await?;
        let start = ServiceStart {
            database_url: database_url.clone(),
        };
        let server = PeerServer::start(NAME, Command::new(program), Some(&start)).await?;
        Ok(Self { server, database_url })
    }

    /// Its URL.
    pub(super) fn url(&self) -> &str {
        self.server.url()
    }

    /// Lets its database settle after many writes.
    pub(super) async fn settle(&self) -> anyhow::Result<()> {
        bare::settle_database(&self.database_url).await
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.server.stop().await
    }
}

/// The note for the reader if it was not run.
pub(super) fn note(programs: &Programs) -> Option<String> {
    let missing = "crud was not run. Build it with `cargo build --release --manifest-path bench/peers/Cargo.toml --package \
                   crud`; see docs/benchmarks.md.";
    programs.crud.is_none().then(|| missing.to_owned())
}
