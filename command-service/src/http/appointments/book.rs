//! `POST /api/appointments`

use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use domain::values::{Notes, Period, Reason};
use journal::Context;
use platform::{
    ambient::new_id,
    http::{Problem, ProblemBody},
};
use schemas::api::AppointmentResource;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::overbooking::{Overbook, overbooking};
use crate::{
    commands::{AppointmentKind, BookAppointment, Commands},
    http::{ANONYMOUS, answer, fields::Fields, keyed::Keyed},
};

/// An appointment to book.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppointmentBooking {
    /// Who is seen: a registered patient's id.
    patient_id: Uuid,
    /// Who sees them: a registered practitioner's id.
    practitioner_id: Uuid,
    /// Its first instant (RFC 3339): not in the past.
    #[schema(example = "2027-01-11T15:00:00Z")]
    start_time: DateTime<Utc>,
    /// The first instant after it: 5 minutes to 12 hours later.
    #[schema(example = "2027-01-11T15:30:00Z")]
    end_time: DateTime<Utc>,
    /// Why it is made, at most 500 characters.
    #[schema(example = "Annual check-up")]
    reason: Option<String>,
    /// Free text, at most 4,000 characters.
    notes: Option<String>,
    /// Books the time whatever the schedule says.
    overbooking: Option<Overbook>,
}

/// Book an appointment.
///
/// Neither the practitioner nor the patient can have another live appointment that overlaps: the booking and both
/// reservations are stored together or not at all.
#[utoipa::path(
    post,
    path = "/api/appointments",
    tag = "appointments",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
    ),
    request_body = AppointmentBooking,
    responses(
        (status = 201, description = "Booked: durable in the log", body = AppointmentResource,
         headers(("Location"), ("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "No role of the caller may overbook", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It overlaps another appointment, or the practitioner is not available", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased, or carried out before under this Idempotency-Key and erased since", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule, or names someone unknown", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn book(
    State(commands): State<Commands>,
    Keyed { body, key }: Keyed<AppointmentBooking>,
) -> Result<Response, Problem> {
    let caller = commands.caller(ANONYMOUS, key);
    let (command, reason) = parse(body)?;
    let kind = overbooking(reason, &caller)?.map_or(AppointmentKind::New, AppointmentKind::Overbooked);
    let done = commands
        .book_appointment(&BookAppointment { kind, ..command }, &caller)
        .await?;
    Ok(answer::respond(done, Context::Scheduling))
}

/// The booking, and the reason to overbook if there is one.
fn parse(body: AppointmentBooking) -> Result<(BookAppointment, Option<Reason>), Problem> {
    let mut fields = Fields::default();
    let start = fields.check("/startTime", Period::instant(body.start_time));
    let period = start.and_then(|start| fields.check("/endTime", Period::parse(start, body.end_time)));
    let reason = fields.optional("/reason", body.reason, |text| Reason::parse(&text));
    let notes = fields.optional("/notes", body.notes, |text| Notes::parse(&text));
    let overbook = fields.optional("/overbooking/reason", body.overbooking, |given| given.parse());
    let whole = period.map(|period| BookAppointment {
        id: new_id(),
        patient_id: body.patient_id,
        practitioner_id: body.practitioner_id,
        period,
        reason,
        notes,
        kind: AppointmentKind::New,
    });
    fields.finish(whole.map(|booking| (booking, overbook)))
}
