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
    /// The id of a registered patient.
    patient_id: Uuid,
    /// The id of a registered practitioner.
    practitioner_id: Uuid,
    /// Start (RFC 3339), not in the past.
    #[schema(example = "2027-01-11T15:00:00Z")]
    #[serde(deserialize_with = "crate::http::times::instant")]
    start_time: DateTime<Utc>,
    /// End (exclusive), 5 minutes to 12 hours after the start.
    #[schema(example = "2027-01-11T15:30:00Z")]
    #[serde(deserialize_with = "crate::http::times::instant")]
    end_time: DateTime<Utc>,
    /// The reason for the appointment, at most 500 characters.
    #[schema(example = "Annual check-up")]
    reason: Option<String>,
    /// Free text, at most 4,000 characters.
    notes: Option<String>,
    /// Books the time regardless of the schedule.
    overbooking: Option<Overbook>,
}

pub(in crate::http) fn route() -> Route {
    APPOINTMENTS
        .post("")
        .summary("Book an appointment.")
        .description("Neither the practitioner nor the patient can have two live appointments that overlap. The booking and both reservations are stored atomically.")
        .makes::<AppointmentResource>("Booked. The events are durable in the log")
        .refuses(403, "The caller has no role that may overbook")
        .refuses(409, "The appointment overlaps another one, or the practitioner is not available")
        .refuses(410, "The patient has been erased, possibly since an earlier request under this Idempotency-Key")
        .refuses(422, "A value is invalid, or the patient or practitioner is unknown or inactive")
        .body(|body: AppointmentBooking, request: &Given<'_, ()>| {
            let (command, reason) = parse(body)?;
            let kind =
                overbooking(reason, request.caller)?.map_or(AppointmentKind::New, AppointmentKind::Overbooked);
            Ok(BookAppointment { kind, ..command })
        })
}

/// The booking, and the reason for overbooking if there is one.
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
