//! `PUT /api/appointments/{id}`

use axum::{extract::State, http::HeaderMap, response::Response};
use chrono::{DateTime, Utc};
use domain::values::{Change, Invalid, Notes, Period, Reason};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::AppointmentResource;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::overbooking::{Overbook, overbooking};
use crate::{
    commands::{ChangeAppointment, Commands, Reschedule},
    http::{
        ANONYMOUS, answer,
        fields::{Fields, nullable},
        keyed::Keyed,
    },
};

/// What changes: the time, the notes, or both. What is not named stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppointmentChange {
    /// The new first instant (RFC 3339), not in the past. It comes together with `endTime`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<DateTime<Utc>>, example = "2027-01-11T16:00:00Z")]
    start_time: Option<Option<DateTime<Utc>>>,
    /// The new first instant after it: 5 minutes to 12 hours later.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<DateTime<Utc>>, example = "2027-01-11T16:30:00Z")]
    end_time: Option<Option<DateTime<Utc>>>,
    /// Free text, at most 4,000 characters; `null` clears it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    notes: Option<Option<String>>,
    /// Takes the new time whatever the schedule says.
    overbooking: Option<Overbook>,
}

/// Move an appointment to another time, change its notes, or both.
///
/// The days of both parties follow: the old time is free and the new one taken, together or not at all. Only an
/// appointment that is `booked` moves; notes can always be changed.
#[utoipa::path(
    put,
    path = "/api/appointments/{id}",
    tag = "appointments",
    params(
        ("id" = Uuid, Path, description = "The appointment's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = AppointmentChange,
    responses(
        (status = 200, description = "Changed, or nothing to change", body = AppointmentResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "No role of the caller may overbook", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such appointment", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Either party is not free at the new time, or the status does not allow it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased, and the request would keep something about them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn change(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<AppointmentChange>,
) -> Result<Response, Problem> {
    let caller = commands.caller(ANONYMOUS, key);
    let parsed = parse(body)?;
    let overbooking = overbooking(parsed.overbook, &caller)?;
    let command = ChangeAppointment {
        target: answer::target(id, &headers)?,
        reschedule: parsed.period.map(|period| Reschedule { period, overbooking }),
        notes: parsed.notes,
    };
    let done = commands.change_appointment(&command, &caller).await?;
    Ok(answer::respond(done, Context::Scheduling))
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
