//! A cell of a benchmark: one system under one load. It travels to the process that runs it as one line of JSON, and what
//! was measured travels back as another.

use serde::{Deserialize, Serialize};

use crate::{Distribution, Percentiles};

/// What is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// The event store of this project: load, decide, commit.
    Anamnesis,
    /// The same operation with single JetStream publishes and no group commit.
    Jetstream,
    /// JetStream publishes without a load, a decision or a conflict.
    Bare,
    /// The same with several events in each message: the limit.
    Packed,
    /// Loads alone, from the event store of this project.
    Load,
    /// UmaDB, with its Rust client.
    Umadb,
    /// The crate postgres-es on PostgreSQL.
    PostgresEs,
}

impl System {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anamnesis => "anamnesis",
            Self::Jetstream => "jetstream",
            Self::Bare => "bare",
            Self::Packed => "packed",
            Self::Load => "load",
            Self::Umadb => "umadb",
            Self::PostgresEs => "postgres-es",
        }
    }
}

/// One system under one load.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// What is driven.
    pub system: System,
    /// Where its server is. It can hold a password.
    pub url: String,
    /// The server's process, whose processor time is measured.
    pub server_pid: Option<u32>,
    /// Sets the aggregates of this cell apart from those of others on the same server: letters, digits and `-`.
    pub label: String,
    /// How many clients there are. Each has one operation in flight.
    pub clients: usize,
    /// How many events one operation stores.
    pub batch: usize,
    /// How clients choose their aggregates.
    pub distribution: Distribution,
    /// How many aggregates there are.
    pub aggregates: usize,
    /// Whether the aggregates exist, with one event each, before the clients begin.
    pub seeded: bool,
    /// The size of an event's body.
    pub event_bytes: usize,
    /// How long the clients run before anything is measured.
    pub warm_up_seconds: f64,
    /// How long is measured.
    pub seconds: f64,
}

impl std::fmt::Debug for Cell {
    /// Without the URL.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cell")
            .field("system", &self.system)
            .field("clients", &self.clients)
            .field("batch", &self.batch)
            .field("distribution", &self.distribution)
            .field("seconds", &self.seconds)
            .finish_non_exhaustive()
    }
}

/// What was measured of a cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// How many events were stored while it was measured; of a cell that loads, how many operations were done.
    pub events: u64,
    /// How long was measured.
    pub seconds: f64,
    /// How many events were stored in all: while it was measured, before, and after.
    pub events_in_all: u64,
    /// How often an attempt met another client's event, and was made again.
    pub conflicts: u64,
    /// How many operations failed for another reason.
    pub failures: u64,
    /// The reason of one of them.
    pub failure: Option<String>,
    /// How long an operation took, from the first attempt to the acknowledgement.
    pub latency: Percentiles,
    /// How many events were committed together on average, where the process with the clients forms groups.
    pub events_per_group: Option<f64>,
    /// The processor time of the process that ran the clients.
    pub client_cpu_seconds: Option<f64>,
    /// The processor time of the server.
    pub server_cpu_seconds: Option<f64>,
    /// The most memory that the process with the clients has held.
    pub peak_memory_mb: Option<f64>,
}

impl Measured {
    /// Events a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 {
            self.events as f64 / self.seconds
        } else {
            0.0
        }
    }
}
