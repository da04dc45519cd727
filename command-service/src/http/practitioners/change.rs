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

/// What changes. A field that is not named stays as it is; `null` clears an optional one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PractitionerChange {
    /// Their name, 1 to 200 characters.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// Their field of work, at most 200 characters.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, example = "Cardiology")]
    specialty: Option<Option<String>>,
    /// The IANA time zone they see patients in.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, example = "America/Chicago")]
    time_zone: Option<Option<String>>,
    /// Their e-mail address.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
}

pub(in crate::http) fn route() -> Route {
    PRACTITIONERS
        .put("/{id}")
        .summary("Change what is known of a practitioner.")
        .description("Another time zone moves the hours they see patients in, which are kept as what the clock on their wall shows. What is booked stays where it is.")
        .answers::<PractitionerResource>("Changed, or nothing to change")
        .refuses(422, "A value breaks a rule, or the practitioner is not active")
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
