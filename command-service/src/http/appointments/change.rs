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

/// A change of the time, the notes, or both. Omitted fields stay unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppointmentChange {
    /// New start (RFC 3339), not in the past. Requires `endTime`.
    #[serde(default, deserialize_with = "crate::http::times::nullable_instant")]
    #[schema(value_type = Option<DateTime<Utc>>, example = "2027-01-11T16:00:00Z")]
    start_time: Option<Option<DateTime<Utc>>>,
    /// New end (exclusive), 5 minutes to 12 hours after the start. Requires `startTime`.
    #[serde(default, deserialize_with = "crate::http::times::nullable_instant")]
    #[schema(value_type = Option<DateTime<Utc>>, example = "2027-01-11T16:30:00Z")]
    end_time: Option<Option<DateTime<Utc>>>,
    /// Free text, at most 4,000 characters. `null` clears it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    notes: Option<Option<String>>,
    /// Books the new time regardless of the schedule.
    overbooking: Option<Overbook>,
}

pub(in crate::http) fn route() -> Route {
    APPOINTMENTS
        .put("/{id}")
        .summary("Reschedule an appointment, change its notes, or both.")
        .merges()
        .description("Releases the old time and reserves the new one for both parties, atomically. Only a `booked` appointment can be rescheduled; notes can always be changed.")
        .answers::<AppointmentResource>("Changed, or already so")
        .refuses(403, "The caller has no role that may overbook")
        .refuses(409, "One of the parties is not available at the new time, or the status does not allow the change")
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
