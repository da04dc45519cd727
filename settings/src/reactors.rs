//! The settings of the reactors.

use serde::{Deserialize, Serialize};

/// The reactors.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReactorSettings {
    /// Whether `anamnesis up` runs reactors.
    pub enabled: bool,
    /// How many events each reactor handles concurrently.
    pub max_concurrent_events: usize,
    /// How long an event belongs to the process that took it.
    pub hold_ms: u64,
    /// How long a reaction waits for the read models.
    pub max_wait_ms: u64,
    /// The maximum number of attempts before an event is parked.
    pub max_attempts: u64,
    /// The first pause after a failed attempt.
    pub retry_initial_ms: u64,
    /// The longest pause after a failed attempt.
    pub retry_max_ms: u64,
}
