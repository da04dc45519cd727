//! `POST /api/patients/{id}/death`

use api::PatientResource;
use commands::RecordDeath;
use domain::values::{PartialDateTime, TimeOfDeath};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    nouns::PATIENTS,
    patients::refusals::on_patient,
};

/// A patient's death. The body can be omitted.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PatientDeath {
    /// Time of death, if it is known: an instant (RFC 3339), a day, a month or a year (`2020-01-31`, `2020-01` or `2020`).
    /// Not in the future, and not before the date of birth.
    #[serde(default, deserialize_with = "crate::http::times::optional_partial_date_time")]
    #[schema(value_type = Option<String>, example = "2020-01-31")]
    deceased_at: Option<PartialDateTime>,
}

pub(in crate::http) fn route() -> Route {
    PATIENTS
        .post("/{id}/death")
        .summary("Record a patient's death.")
        .description("Future appointments are cancelled, prescriptions are stopped, and new ones are refused. Recording the death again adds or corrects the time.")
        .answers::<PatientResource>("Recorded, or already recorded")
        .says(on_patient)
        .body_if_any(|body: PatientDeath, request: &Given<'_, Uuid>| {
            let mut fields = Fields::default();
            let parse = |time| TimeOfDeath::parse(time, request.now());
            let deceased_at = fields.optional("/deceasedAt", body.deceased_at, parse);
            Ok(RecordDeath {
                target: request.target(),
                deceased_at: fields.finish(Some(deceased_at))?,
            })
        })
}
