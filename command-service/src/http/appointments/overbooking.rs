//! A deliberate departure from the schedule, in a body.

use commands::Caller;
use domain::{
    privilege::Overbooking,
    values::{Invalid, Reason},
};
use http_edge::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::problems;

/// A deliberate departure from the schedule: the time may be taken, or lie outside the practitioner's hours. It is
/// recorded, and takes the role `admin` or `practitioner`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Overbook {
    /// Why, 1 to 500 characters.
    #[schema(example = "Chest pain")]
    reason: String,
}

impl Overbook {
    /// Reads the reason.
    pub(crate) fn parse(&self) -> Result<Reason, Invalid> {
        Reason::parse(&self.reason)
    }
}

/// Uses the caller's privilege to overbook, if there is a reason to.
///
/// # Errors
/// There is a reason, and the caller has not the privilege.
pub(crate) fn overbooking(reason: Option<Reason>, caller: &Caller) -> Result<Option<Overbooking>, Problem> {
    let Some(reason) = reason else { return Ok(None) };
    Ok(Some(
        caller.scheduling_privilege().map_err(problems::of)?.overbook(reason),
    ))
}
