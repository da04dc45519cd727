//! `PUT /api/patients/{id}`

use axum::{extract::State, http::HeaderMap, response::Response};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    patient::DemographicsChange,
    values::{Address, DateOfBirth, Email, Gender, Name, Phone},
};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::{IdentifierResource, PatientResource};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::identifiers;
use crate::{
    commands::{ChangePatient, Commands},
    http::{
        ANONYMOUS, answer,
        fields::{Fields, nullable},
        keyed::Keyed,
        problems::on_patient,
    },
};

/// What changes. A field that is not named stays as it is; `null` clears an optional one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PatientChange {
    /// Their name, 1 to 200 characters.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// The day they were born: not in the future, at most 130 years ago.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<NaiveDate>)]
    date_of_birth: Option<Option<NaiveDate>>,
    /// Their e-mail address. No two patients hold the same one.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    /// Their telephone number.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, example = "+1-555-0199")]
    phone: Option<Option<String>>,
    /// Their postal address, at most 500 characters.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    address: Option<Option<String>>,
    /// Their administrative gender (FHIR codes): `male`, `female`, `other` or `unknown`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    gender: Option<Option<String>>,
    /// Their business identifiers, at most one of each system. An empty list clears them, too.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Vec<IdentifierResource>>)]
    identifiers: Option<Option<Vec<IdentifierResource>>>,
}

/// Change what is known of a patient.
#[utoipa::path(
    put,
    path = "/api/patients/{id}",
    tag = "patients",
    params(
        ("id" = Uuid, Path, description = "The patient's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = PatientChange,
    responses(
        (status = 200, description = "Changed, or nothing to change", body = PatientResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such patient", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The e-mail address is taken", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The patient is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn change(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<PatientChange>,
) -> Result<Response, Problem> {
    let caller = commands.caller(ANONYMOUS, key);
    let command = ChangePatient {
        target: answer::target(id, &headers)?,
        change: parse(body, caller.context.now)?,
    };
    let done = commands.change_patient(&command, &caller).await.map_err(on_patient)?;
    Ok(answer::respond(done, Context::Patients))
}

fn parse(body: PatientChange, now: DateTime<Utc>) -> Result<DemographicsChange, Problem> {
    let mut fields = Fields::default();
    let change = DemographicsChange {
        name: fields.replacement("/name", body.name, |text| Name::parse(&text)),
        date_of_birth: fields.replacement("/dateOfBirth", body.date_of_birth, |date| DateOfBirth::parse(date, now)),
        email: fields.change("/email", body.email, |text| Email::parse(&text)),
        phone: fields.change("/phone", body.phone, |text| Phone::parse(&text)),
        address: fields.change("/address", body.address, |text| Address::parse(&text)),
        gender: fields.change("/gender", body.gender, |code| Gender::parse(&code)),
        identifiers: body
            .identifiers
            .and_then(|given| identifiers::parse(&mut fields, given.unwrap_or_default())),
    };
    fields.finish(Some(change))
}
