//! The settings of what reacts to events, and of what it charges. What a fee may be is checked where it is read.

use serde::{Deserialize, Serialize};

/// What reacts to events.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReactorSettings {
    /// Whether `anamnesis up` reacts.
    pub enabled: bool,
    /// How many events each reactor works on at once.
    pub max_concurrent_events: usize,
    /// How long an event belongs to the process that took it.
    pub hold_ms: u64,
    /// How long a reaction waits for the read models.
    pub max_wait_ms: u64,
    /// How often an event is tried before it is parked.
    pub max_attempts: u64,
    /// The first wait after a failed try.
    pub retry_initial_ms: u64,
    /// The longest wait after a failed try.
    pub retry_max_ms: u64,
}

/// What is charged.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BillingSettings {
    /// What an appointment costs.
    pub fees: FeeSettings,
}

/// What an appointment costs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FeeSettings {
    /// The currency of every fee: an ISO 4217 code.
    pub currency: String,
    /// The tax on every fee, in parts per million.
    pub tax_rate_ppm: u32,
    /// What the line of an invoice says.
    pub description: String,
    /// The fee where no rule fits, in minor units; 0 for none.
    pub amount_minor: i64,
    /// Other fees. The first that fits counts.
    pub rules: Vec<FeeRuleSettings>,
}

/// What some appointments cost.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FeeRuleSettings {
    /// The practitioner's specialty; any, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specialty: Option<String>,
    /// The least length of the appointment.
    #[serde(default)]
    pub from_minutes: u32,
    /// The fee, in minor units; 0 for none.
    pub amount_minor: i64,
}
