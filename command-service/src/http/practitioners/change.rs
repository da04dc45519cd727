//! `PUT /api/practitioners/{id}`

use api::PractitionerResource;
use commands::ChangePractitioner;
use domain::{
    practitioner::DetailsChange,
    values::{Email, Name, Specialty, TimeZone},
};
use http_edge::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    fields::nullable,
    nouns::PRACTITIONERS,
    practitioners::refusals::on_practitioner,
};

/// A change of a practitioner's data. Omitted fields stay unchanged. `null` clears an optional field.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PractitionerChange {
    /// Name, 1 to 200 characters.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// Specialty, at most 200 characters.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, example = "Cardiology")]
    specialty: Option<Option<String>>,
    /// IANA time zone of the working hours.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, example = "America/Chicago")]
    time_zone: Option<Option<String>>,
    /// E-mail address.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
}

pub(in crate::http) fn route() -> Route {
    PRACTITIONERS
        .put("/{id}")
        .summary("Change a practitioner's data.")
        .merges()
        .description(
            "Working hours are local times, so a new time zone shifts them. Existing bookings keep their times.",
        )
        .answers::<PractitionerResource>("Changed, or already so")
        .refuses(422, "A value is invalid, or the practitioner is inactive")
        .says(on_practitioner)
        .body(|body: PractitionerChange, request: &Given<'_, Uuid>| {
            Ok(ChangePractitioner {
                target: request.target(),
                change: parse(body)?,
            })
        })
}

fn parse(body: PractitionerChange) -> Result<DetailsChange, Problem> {
    let mut fields = Fields::default();
    let change = DetailsChange {
        name: fields.replacement("/name", body.name, |text| Name::parse(&text)),
        specialty: fields.change("/specialty", body.specialty, |text| Specialty::parse(&text)),
        time_zone: fields.replacement("/timeZone", body.time_zone, |name| TimeZone::parse(&name)),
        email: fields.change("/email", body.email, |text| Email::parse(&text)),
    };
    fields.finish(Some(change))
}
