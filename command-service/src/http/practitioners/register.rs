//! `POST /api/practitioners`

use axum::{extract::State, response::Response};
use domain::{
    practitioner::PractitionerDetails,
    values::{Email, Name, Specialty, TimeZone},
};
use journal::Context;
use platform::{
    ambient::new_id,
    http::{Problem, ProblemBody},
};
use schemas::api::PractitionerResource;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    commands::{Commands, RegisterPractitioner},
    http::{ANONYMOUS, answer, fields::Fields, keyed::Keyed},
};

/// A practitioner to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PractitionerRegistration {
    /// Their name, 1 to 200 characters.
    #[schema(example = "Dr Ada Ruiz")]
    name: String,
    /// Their field of work, at most 200 characters.
    #[schema(example = "Cardiology")]
    specialty: Option<String>,
    /// The IANA time zone they see patients in.
    #[schema(example = "America/New_York")]
    time_zone: String,
    /// Their e-mail address.
    #[schema(example = "ada@example.org")]
    email: Option<String>,
}

/// Register a practitioner.
#[utoipa::path(
    post,
    path = "/api/practitioners",
    tag = "practitioners",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
    ),
    request_body = PractitionerRegistration,
    responses(
        (status = 201, description = "Registered: durable in the log", body = PractitionerResource,
         headers(("Location"), ("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "Carried out before under this Idempotency-Key, and erased since", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn register(
    State(commands): State<Commands>,
    Keyed { body, key }: Keyed<PractitionerRegistration>,
) -> Result<Response, Problem> {
    let command = RegisterPractitioner {
        id: new_id(),
        details: parse(body)?,
    };
    let done = commands
        .register_practitioner(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Scheduling))
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
