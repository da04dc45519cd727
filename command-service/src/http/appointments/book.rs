//! `POST /api/appointments`

use api::AppointmentResource;
use chrono::{DateTime, Utc};
use commands::{AppointmentKind, BookAppointment};
use domain::values::{Notes, Period, Reason};
use http_edge::Problem;
use platform::ambient::new_id;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::overbooking::{Overbook, overbooking};
use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    nouns::APPOINTMENTS,
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
    #[serde(deserialize_with = "crate::http::times::instant")]
    start_time: DateTime<Utc>,
    /// The first instant after it: 5 minutes to 12 hours later.
    #[schema(example = "2027-01-11T15:30:00Z")]
    #[serde(deserialize_with = "crate::http::times::instant")]
    end_time: DateTime<Utc>,
    /// Why it is made, at most 500 characters.
    #[schema(example = "Annual check-up")]
    reason: Option<String>,
    /// Free text, at most 4,000 characters.
    notes: Option<String>,
    /// Books the time whatever the schedule says.
    overbooking: Option<Overbook>,
}

pub(in crate::http) fn route() -> Route {
    APPOINTMENTS
        .post("")
        .summary("Book an appointment.")
        .description("Neither the practitioner nor the patient can have another live appointment that overlaps: the booking and both reservations are stored together or not at all.")
        .makes::<AppointmentResource>("Booked: durable in the log")
        .refuses(403, "No role of the caller may overbook")
        .refuses(409, "It overlaps another appointment, or the practitioner is not available")
        .refuses(410, "The patient has been erased, or carried out before under this Idempotency-Key and erased since")
        .refuses(422, "A value breaks a rule, or names someone unknown")
        .body(|body: AppointmentBooking, request: &Given<'_, ()>| {
            let (command, reason) = parse(body)?;
            let kind =
                overbooking(reason, request.caller)?.map_or(AppointmentKind::New, AppointmentKind::Overbooked);
            Ok(BookAppointment { kind, ..command })
        })
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
