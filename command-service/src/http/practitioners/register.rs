//! `POST /api/practitioners`

use api::PractitionerResource;
use commands::RegisterPractitioner;
use domain::{
    practitioner::PractitionerDetails,
    values::{Email, Name, Specialty, TimeZone},
};
use http_edge::Problem;
use platform::ambient::new_id;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    nouns::PRACTITIONERS,
};

/// A practitioner to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PractitionerRegistration {
    /// Name, 1 to 200 characters.
    #[schema(example = "Dr Ada Ruiz")]
    name: String,
    /// Specialty, at most 200 characters.
    #[schema(example = "Cardiology")]
    specialty: Option<String>,
    /// IANA time zone of the working hours.
    #[schema(example = "America/New_York")]
    time_zone: String,
    /// E-mail address.
    #[schema(example = "ada@example.org")]
    email: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    PRACTITIONERS
        .post("")
        .summary("Register a practitioner.")
        .makes::<PractitionerResource>("Registered. The events are durable in the log")
        .refuses(
            410,
            "An earlier request under this Idempotency-Key succeeded, and its resource has been erased since",
        )
        .body(|body: PractitionerRegistration, _request: &Given<'_, ()>| {
            Ok(RegisterPractitioner {
                id: new_id(),
                details: parse(body)?,
            })
        })
}

fn parse(body: PractitionerRegistration) -> Result<PractitionerDetails, Problem> {
    let mut fields = Fields::default();
    let name = fields.check("/name", Name::parse(&body.name));
    let specialty = fields.optional("/specialty", body.specialty, |text| Specialty::parse(&text));
    let time_zone = fields.check("/timeZone", TimeZone::parse(&body.time_zone));
    let email = fields.optional("/email", body.email, |text| Email::parse(&text));
    let whole = name.zip(time_zone).map(|(name, time_zone)| PractitionerDetails {
        name: name.into(),
        specialty,
        time_zone,
        email,
    });
    fields.finish(whole)
}
