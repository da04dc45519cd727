//! The settings of accounts and access tokens.

use serde::{Deserialize, Serialize};

/// Accounts and access tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuthSettings {
    /// The audience of access tokens: this installation's name for itself.
    pub audience: String,
    /// The issuer of access tokens; empty for the URL of the HTTP port.
    pub issuer: String,
    /// How long an access token is valid.
    pub access_token_minutes: u32,
    /// How long an unused session lasts.
    pub session_idle_minutes: u32,
    /// How long a session lasts at most.
    pub session_max_minutes: u32,
    /// The roles that need a second factor.
    #[serde(deserialize_with = "platform::config::list::deserialize")]
    pub second_factor_roles: Vec<String>,
    /// The e-mail address of the first administrator.
    pub first_admin: String,
    /// The maximum number of passwords that are hashed at the same time.
    pub concurrent_hashes: usize,
    /// The maximum number of passwords that wait to be hashed.
    pub waiting_hashes: usize,
}
