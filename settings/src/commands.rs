//! The settings of the command side. The command path parses the roles and the systems of identifiers.

use std::path::PathBuf;

use platform::config::{Secret, list};
use serde::{Deserialize, Serialize};

/// The command side.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CommandSettings {
    /// The secret in the fingerprint of an e-mail address; empty to generate one.
    pub email_pepper: Secret,
    /// The folder of the local indexes; empty for temporary ones.
    pub index_dir: PathBuf,
    /// The maximum number of waiting commands per stream.
    pub queue_appends: usize,
    /// The systems of identifiers that no two patients share.
    #[serde(deserialize_with = "list::deserialize")]
    pub unique_identifier_systems: Vec<String>,
    /// The number of aggregates that are cached.
    pub remembered_aggregates: usize,
    /// The roles of callers while requests are not authenticated.
    #[serde(deserialize_with = "list::deserialize")]
    pub anonymous_roles: Vec<String>,
    /// How far ahead an appointment can be booked.
    pub booking_horizon_days: u32,
    /// How long before the start of an appointment its patient can be recorded as arrived.
    pub early_arrival_minutes: u32,
    /// How long before its start an appointment can be recorded as fulfilled.
    pub early_fulfilment_minutes: u32,
    /// How long after its start an appointment cannot be recorded as a no-show.
    pub no_show_grace_minutes: u32,
}
