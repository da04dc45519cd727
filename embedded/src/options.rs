//! The caller's choices about the servers.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::environment::Environment;

/// How durable Postgres is. NATS, which holds the events, always syncs every write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Acknowledged transactions survive a power failure.
    #[default]
    Full,
    /// Transactions survive the death of the server, but not of the machine. For tests.
    Relaxed,
}

/// Receives lines of text about steps that take time.
pub type Progress = Arc<dyn Fn(&str) + Send + Sync>;

/// The servers to start, and their location.
#[derive(Clone)]
pub struct Options {
    /// The directory for all data, configuration, credentials and logs. It is created if it is missing.
    pub data_dir: PathBuf,
    /// Where to look for programs.
    pub environment: Environment,
    /// Whether to start nats-server.
    pub nats: bool,
    /// Whether to start PostgreSQL.
    pub postgres: bool,
    /// How durable Postgres is.
    pub durability: Durability,
    /// Called with one line of text when a step takes noticeable time.
    pub progress: Option<Progress>,
    /// A directory with newly initialized Postgres clusters, to copy instead of running `initdb`. All copies share
    /// one password, so only throw-away servers may use it.
    pub cluster_templates: Option<PathBuf>,
}

impl Options {
    /// Both servers, fully durable, found through the environment of this process.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            environment: Environment::from_process(),
            nats: true,
            postgres: true,
            durability: Durability::Full,
            progress: None,
            cluster_templates: None,
        }
    }

    /// Reports a step that takes time, to the caller or else to the log.
    pub(crate) fn report(&self, message: &str) {
        match &self.progress {
            Some(progress) => progress(message),
            None => tracing::info!("{message}"),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("data_dir", &self.data_dir)
            .field("environment", &self.environment)
            .field("nats", &self.nats)
            .field("postgres", &self.postgres)
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}
