//! A cell of a benchmark: one system under one load. It is sent to the process that runs it as one line of JSON, and
//! the measurement comes back as another.

use serde::{Deserialize, Serialize};

use crate::{Distribution, Percentiles};

/// The system under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// The event store of this project: load, decide, commit.
    Anamnesis,
    /// The same operation with single JetStream publishes, without group commit.
    Jetstream,
    /// JetStream publishes without loads, decisions or conflicts.
    Bare,
    /// The same with several events per message: the limit.
    Packed,
    /// Loads only, from the event store of this project.
    Load,
    /// UmaDB, with its Rust client.
    Umadb,
    /// The crate postgres-es on PostgreSQL.
    PostgresEs,
}

impl System {
    /// The name.
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
    /// The system.
    pub system: System,
    /// The URL of its server. It can contain a password.
    pub url: String,
    /// The process of the server, to measure its processor time.
    pub server_pid: Option<u32>,
    /// Makes the aggregate ids unique among the cells of a server: letters, digits and `-`.
    pub label: String,
    /// The number of clients. Each has one operation in flight.
    pub clients: usize,
    /// The number of events per operation.
    pub batch: usize,
    /// How clients choose aggregates.
    pub distribution: Distribution,
    /// The number of aggregates.
    pub aggregates: usize,
    /// Whether every aggregate exists with one event before the clients start.
    pub seeded: bool,
    /// The size of an event body.
    pub event_bytes: usize,
    /// The time the clients run before the measurement.
    pub warm_up_seconds: f64,
    /// The time of the measurement.
    pub seconds: f64,
}

impl std::fmt::Debug for Cell {
    /// Leaves out the URL.
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

/// The measurement of a cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The number of events that were stored during the measurement, or of loads for a cell that loads.
    pub events: u64,
    /// The length of the measurement.
    pub seconds: f64,
    /// The number of all stored events: before, during and after the measurement.
    pub events_in_all: u64,
    /// The number of attempts that met an event of another client and were repeated.
    pub conflicts: u64,
    /// The number of operations that failed for another reason.
    pub failures: u64,
    /// The reason of one of these failures.
    pub failure: Option<String>,
    /// The latency of operations, from the first attempt to the acknowledgement.
    pub latency: Percentiles,
    /// The average number of events per group commit, if the client process forms groups.
    pub events_per_group: Option<f64>,
    /// The processor time of the client process.
    pub client_cpu_seconds: Option<f64>,
    /// The processor time of the server.
    pub server_cpu_seconds: Option<f64>,
    /// The peak memory of the client process.
    pub peak_memory_mb: Option<f64>,
}

impl Measured {
    /// Events per second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 {
            self.events as f64 / self.seconds
        } else {
            0.0
        }
    }
}
