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

/// Why an appointment should never have been recorded. The body can be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppointmentError {
    /// In words, at most 500 characters.
    #[schema(example = "Recorded for another patient")]
    reason: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    APPOINTMENTS
        .post("/{id}/entered-in-error")
        .summary("Mark an appointment as one that should never have been recorded.")
        .description("It stays in the log and is shown as `entered-in-error`; the time that it took is free again. It cannot be undone.")
        .answers::<AppointmentResource>("Marked, or marked before")
        .body_if_any(|body: AppointmentError, request: &Given<'_, Uuid>| {
            let mut fields = Fields::default();
            let reason = fields.optional("/reason", body.reason, |text| Reason::parse(&text));
            Ok(MarkAppointmentInError {
                target: request.target(),
                reason: fields.finish(Some(reason))?,
            })
        })
}
