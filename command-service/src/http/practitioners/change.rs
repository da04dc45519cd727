//! `PUT /api/practitioners/{id}`

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{
    practitioner::DetailsChange,
    values::{Email, Name, Specialty, TimeZone},
};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::PractitionerResource;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    commands::{ChangePractitioner, Commands},
    http::{
        ANONYMOUS, answer,
        fields::{Fields, nullable},
        keyed::Keyed,
        problems::on_practitioner,
    },
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

/// Change what is known of a practitioner.
///
/// Another time zone moves the hours they see patients in, which are kept as what the clock on their wall shows. What is
/// booked stays where it is.
#[utoipa::path(
    put,
    path = "/api/practitioners/{id}",
    tag = "practitioners",
    params(
        ("id" = Uuid, Path, description = "The practitioner's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = PractitionerChange,
    responses(
        (status = 200, description = "Changed, or nothing to change", body = PractitionerResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such practitioner", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule, or the practitioner is not active", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn change(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<PractitionerChange>,
) -> Result<Response, Problem> {
    let command = ChangePractitioner {
        target: answer::target(id, &headers)?,
        change: parse(body)?,
    };
    let done = commands
        .change_practitioner(&command, &commands.caller(ANONYMOUS, key))
        .await
        .map_err(on_practitioner)?;
    Ok(answer::respond(done, Context::Scheduling))
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
