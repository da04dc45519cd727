//! `POST /api/practitioners/{id}/time-off`

use api::PractitionerResource;
use chrono::{DateTime, Utc};
use commands::AddTimeOff;
use domain::values::{Period, TimeOff};
use http_edge::Problem;
use platform::ambient::new_id;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    nouns::PRACTITIONERS,
    practitioners::refusals::on_practitioner,
};

/// A period during which a practitioner is away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PractitionerTimeOff {
    /// Start (RFC 3339).
    #[schema(example = "2027-02-01T00:00:00Z")]
    #[serde(deserialize_with = "crate::http::times::instant")]
    start_time: DateTime<Utc>,
    /// End (exclusive), at most 366 days after the start.
    #[schema(example = "2027-02-15T00:00:00Z")]
    #[serde(deserialize_with = "crate::http::times::instant")]
    end_time: DateTime<Utc>,
}

pub(in crate::http) fn route() -> Route {
    PRACTITIONERS
        .post("/{id}/time-off")
        .summary("Add time off for a practitioner.")
        .description("Blocks new bookings during that time. Existing bookings stay until they are rescheduled or cancelled: list them afterwards with the `Consistency-Token` of this response.")
        .makes::<PractitionerResource>("Added. `DELETE` on `Location` removes it")
        .refuses(422, "A value is invalid, or the practitioner is inactive")
        .says(on_practitioner)
        .body(|body: PractitionerTimeOff, request: &Given<'_, Uuid>| {
            Ok(AddTimeOff {
                target: request.target(),
                time_off: parse(&body)?,
            })
        })
}

fn parse(body: &PractitionerTimeOff) -> Result<TimeOff, Problem> {
    let mut fields = Fields::default();
    let start = fields.check("/startTime", Period::instant(body.start_time));
    let whole = start.and_then(|start| fields.check("/endTime", TimeOff::parse(new_id(), start, body.end_time)));
    fields.finish(whole)
}
