//! `POST /api/patients`

use api::{IdentifierResource, PatientResource};
use chrono::{DateTime, Utc};
use commands::RegisterPatient;
use domain::{
    patient::Demographics,
    values::{Address, DateOfBirth, Email, Gender, Name, PartialDate, Phone},
};
use http_edge::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::identifiers;
use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    nouns::PATIENTS,
};

/// A patient to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PatientRegistration {
    /// Name, 1 to 200 characters.
    #[schema(example = "John Doe")]
    name: String,
    /// Date of birth, or only its month or year (`1968-05-12`, `1968-05` or `1968`): not in the future, at most 130 years
    /// ago.
    #[schema(value_type = String, pattern = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", example = "1990-01-01")]
    #[serde(deserialize_with = "crate::http::times::partial_date")]
    date_of_birth: PartialDate,
    /// E-mail address, unique among patients.
    #[schema(example = "john@example.com")]
    email: Option<String>,
    /// Telephone number.
    #[schema(example = "+1-555-0102")]
    phone: Option<String>,
    /// Postal address, at most 500 characters.
    #[schema(example = "123 Main St")]
    address: Option<String>,
    /// Administrative gender as a FHIR code: `male`, `female`, `other` or `unknown`.
    #[schema(example = "male")]
    gender: Option<String>,
    /// Business identifiers, at most one per system.
    #[serde(default)]
    identifiers: Vec<IdentifierResource>,
}

pub(in crate::http) fn route() -> Route {
    PATIENTS
        .post("")
        .summary("Register a patient.")
        .makes::<PatientResource>("Registered. The events are durable in the log")
        .refuses(
            409,
            "Another patient has this e-mail address, or this identifier of a unique system",
        )
        .refuses(
            410,
            "An earlier request under this Idempotency-Key succeeded, and its resource has been erased since",
        )
        .body(|body: PatientRegistration, request: &Given<'_, ()>| {
            Ok(RegisterPatient {
                id: None,
                demographics: parse(body, request.now())?,
            })
        })
}

fn parse(body: PatientRegistration, now: DateTime<Utc>) -> Result<Demographics, Problem> {
    let mut fields = Fields::default();
    let name = fields.check("/name", Name::parse(&body.name));
    let date_of_birth = fields.check("/dateOfBirth", DateOfBirth::parse(body.date_of_birth, now));
    let email = fields.optional("/email", body.email, |text| Email::parse(&text));
    let phone = fields.optional("/phone", body.phone, |text| Phone::parse(&text));
    let address = fields.optional("/address", body.address, |text| Address::parse(&text));
    let gender = fields.optional("/gender", body.gender, |code| Gender::parse(&code));
    let identifiers = identifiers::parse(&mut fields, body.identifiers);
    let whole = name
        .zip(date_of_birth)
        .zip(identifiers)
        .map(|((name, date_of_birth), identifiers)| Demographics {
            name: name.into(),
            date_of_birth: date_of_birth.into(),
            email,
            phone,
            address,
            gender,
            identifiers,
        });
    fields.finish(whole)
}
