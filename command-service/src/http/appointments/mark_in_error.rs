//! `POST /api/appointments/{id}/entered-in-error`

use api::AppointmentResource;
use commands::MarkAppointmentInError;
use domain::values::Reason;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    nouns::APPOINTMENTS,
};

/// The reason for marking an appointment as entered in error. The body is optional.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppointmentError {
    /// The reason as free text, at most 500 characters.
    #[schema(example = "Recorded for another patient")]
    reason: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    APPOINTMENTS
        .post("/{id}/entered-in-error")
        .summary("Mark an appointment as entered in error.")
        .description("Sets the status to `entered-in-error` and releases the time. The log keeps the appointment's history. Reactors end the prescriptions of the appointment and withdraw its bill; payments for it become a balance in the patient's favour. This cannot be undone.")
        .answers::<AppointmentResource>("Marked, or already marked")
        .refuses(409, "The appointment is already marked for another reason")
        .body_if_any(|body: AppointmentError, request: &Given<'_, Uuid>| {
            let mut fields = Fields::default();
            let reason = fields.optional("/reason", body.reason, |text| Reason::parse(&text));
            Ok(MarkAppointmentInError {
                target: request.target(),
                reason: fields.finish(Some(reason))?,
            })
        })
}
