//! How the projections stand, as the API shows it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a projection stands: what queries show follows the log through it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionResource {
    /// Its name.
    #[schema(example = "appointment")]
    pub name: String,
    /// The stream it reads.
    #[schema(example = "SCHEDULING")]
    pub stream: String,
    /// The position of the last event it has folded.
    pub position: u64,
    /// The position of the stream's last event.
    pub end: u64,
    /// How many events it has still to fold.
    pub lag_events: u64,
    /// How old the first of them is.
    pub lag_ms: u64,
    /// `following`, `building`, `waiting`, `halted`, or `stopped` when no process advances it.
    #[schema(example = "following")]
    pub state: String,
    /// Why, if there is something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many events it has set aside because they cannot be applied, or wait for such a one.
    pub parked_events: u64,
    /// How far another version of it has been built, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub built_position: Option<u64>,
}
