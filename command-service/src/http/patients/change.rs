//! `PUT /api/patients/{id}`

use api::{IdentifierResource, PatientResource};
use chrono::{DateTime, Utc};
use commands::ChangePatient;
use domain::{
    patient::DemographicsChange,
    values::{Address, DateOfBirth, Email, Gender, Name, PartialDate, Phone},
};
use http_edge::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::identifiers;
use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    fields::nullable,
    nouns::PATIENTS,
    patients::refusals::on_patient,
};

/// A change of a patient's data. Omitted fields stay unchanged. `null` clears an optional field.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PatientChange {
    /// Name, 1 to 200 characters.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// Date of birth, or only its month or year (`1968-05-12`, `1968-05` or `1968`): not in the future, at most 130 years
    /// ago.
    #[serde(default, deserialize_with = "crate::http::times::nullable_partial_date")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", example = "1990-01")]
    date_of_birth: Option<Option<PartialDate>>,
    /// E-mail address, unique among patients.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    /// Telephone number.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, example = "+1-555-0199")]
    phone: Option<Option<String>>,
    /// Postal address, at most 500 characters.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    address: Option<Option<String>>,
    /// Administrative gender as a FHIR code: `male`, `female`, `other` or `unknown`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    gender: Option<Option<String>>,
    /// Business identifiers, at most one per system. An empty list clears them, as does `null`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Vec<IdentifierResource>>)]
    identifiers: Option<Option<Vec<IdentifierResource>>>,
}

pub(in crate::http) fn route() -> Route {
    PATIENTS
        .put("/{id}")
        .summary("Change a patient's data.")
        .merges()
        .answers::<PatientResource>("Changed, or already so")
        .refuses(
            409,
            "Another patient has this e-mail address, or this identifier of a unique system",
        )
        .says(on_patient)
        .body(|body: PatientChange, request: &Given<'_, Uuid>| {
            Ok(ChangePatient {
                target: request.target(),
                change: parse(body, request.now())?,
            })
        })
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
