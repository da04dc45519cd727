//! `PUT /api/appointments/{id}`

use api::AppointmentResource;
use chrono::{DateTime, Utc};
use commands::{ChangeAppointment, Reschedule};
use domain::values::{Change, Invalid, Notes, Period, Reason};
use http_edge::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::overbooking::{Overbook, overbooking};
use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    fields::nullable,
    nouns::APPOINTMENTS,
};

/// What changes: the time, the notes, or both. What is not named stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppointmentChange {
    /// The new first instant (RFC 3339), not in the past. It comes together with `endTime`.
    #[serde(default, deserialize_with = "crate::http::times::nullable_instant")]
    #[schema(value_type = Option<DateTime<Utc>>, example = "2027-01-11T16:00:00Z")]
    start_time: Option<Option<DateTime<Utc>>>,
    /// The new first instant after it: 5 minutes to 12 hours later.
    #[serde(default, deserialize_with = "crate::http::times::nullable_instant")]
    #[schema(value_type = Option<DateTime<Utc>>, example = "2027-01-11T16:30:00Z")]
    end_time: Option<Option<DateTime<Utc>>>,
    /// Free text, at most 4,000 characters; `null` clears it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    notes: Option<Option<String>>,
    /// Takes the new time whatever the schedule says.
    overbooking: Option<Overbook>,
}

pub(in crate::http) fn route() -> Route {
    APPOINTMENTS
        .put("/{id}")
        .summary("Move an appointment to another time, change its notes, or both.")
        .description("The days of both parties follow: the old time is free and the new one taken, together or not at all. Only an appointment that is `booked` moves; notes can always be changed.")
        .answers::<AppointmentResource>("Changed, or nothing to change")
        .refuses(403, "No role of the caller may overbook")
        .refuses(409, "Either party is not free at the new time, or the status does not allow it")
        .body(|body: AppointmentChange, request: &Given<'_, Uuid>| {
            let parsed = parse(body)?;
            let overbooking = overbooking(parsed.overbook, request.caller)?;
            Ok(ChangeAppointment {
                target: request.target(),
                reschedule: parsed.period.map(|period| Reschedule { period, overbooking }),
                notes: parsed.notes,
            })
        })
}

struct Parsed {
    period: Option<Period>,
    notes: Change<Notes>,
    overbook: Option<Reason>,
}

fn parse(body: AppointmentChange) -> Result<Parsed, Problem> {
    let mut fields = Fields::default();
    let (named_start, named_end) = (body.start_time.is_some(), body.end_time.is_some());
    let start = fields.replacement("/startTime", body.start_time, Period::instant);
    let end = fields.replacement("/endTime", body.end_time, Period::instant);
    let period = start
        .zip(end)
        .and_then(|(start, end)| fields.check("/endTime", Period::parse(start, end)));
    if named_start != named_end {
        let missing = if named_start { "/endTime" } else { "/startTime" };
        fields.refuse(missing, Invalid("must be given: a new time has a start and an end"));
    }
    if body.overbooking.is_some() && !named_start && !named_end {
        fields.refuse("/overbooking", Invalid("must come with a new time"));
    }
    let notes = fields.change("/notes", body.notes, |text| Notes::parse(&text));
    let overbook = fields.optional("/overbooking/reason", body.overbooking, |given| given.parse());
    fields.finish(Some(Parsed {
        period,
        notes,
        overbook,
    }))
}
