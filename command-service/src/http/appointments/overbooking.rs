//! Overbooking in request bodies.

use commands::Caller;
use domain::{
    privilege::Overbooking,
    values::{Invalid, Reason},
};
use http_edge::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::refusals;

/// Books despite the schedule: the time may overlap another appointment or lie outside the practitioner's hours. The
/// overbooking is recorded. Requires the role `admin` or `practitioner`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Overbook {
    /// The reason, 1 to 500 characters.
    #[schema(example = "Chest pain")]
    reason: String,
}

impl Overbook {
    /// Parses the reason.
    pub(crate) fn parse(&self) -> Result<Reason, Invalid> {
        Reason::parse(&self.reason)
    }
}

/// Turns a reason into an overbooking under the caller's privilege. `None` if there is no reason.
///
/// # Errors
/// There is a reason, but the caller lacks the privilege.
pub(crate) fn overbooking(reason: Option<Reason>, caller: &Caller) -> Result<Option<Overbooking>, Problem> {
    let Some(reason) = reason else { return Ok(None) };
    Ok(Some(
        caller.scheduling_privilege().map_err(refusals::of)?.overbook(reason),
    ))
}
