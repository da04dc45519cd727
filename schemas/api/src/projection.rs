//! The state of a projection as shown by the API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The state of a projection. Queries show the log as far as the projections have processed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionResource {
    /// The projection's name.
    #[schema(example = "appointment")]
    pub name: String,
    /// The stream that the projection reads.
    #[schema(example = "SCHEDULING")]
    pub stream: String,
    /// The position of the last processed event.
    pub position: u64,
    /// The position of the stream's last event.
    pub end: u64,
    /// The number of events still to be processed.
    pub lag_events: u64,
    /// The age of the oldest unprocessed event, in milliseconds.
    pub lag_ms: u64,
    /// The state: `following`, `building`, `waiting`, `halted`, or `stopped` if no process runs the projection.
    #[schema(example = "following")]
    pub state: String,
    /// The reason for the state, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The number of parked events, which cannot be applied or wait for one that cannot.
    pub parked_events: u64,
    /// The position up to which a new version is built, if one is being built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub built_position: Option<u64>,
}
