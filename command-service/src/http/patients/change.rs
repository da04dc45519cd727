//! `PUT /api/patients/{id}`

use api::{IdentifierResource, PatientResource};
use chrono::{DateTime, NaiveDate, Utc};
use commands::ChangePatient;
use domain::{
    patient::DemographicsChange,
    values::{Address, DateOfBirth, Email, Gender, Name, Phone},
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

/// What changes. A field that is not named stays as it is; `null` clears an optional one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PatientChange {
    /// Their name, 1 to 200 characters.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// The day they were born: not in the future, at most 130 years ago.
    #[serde(default, deserialize_with = "crate::http::times::nullable_date")]
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

pub(in crate::http) fn route() -> Route {
    PATIENTS
        .put("/{id}")
        .summary("Change what is known of a patient.")
        .answers::<PatientResource>("Changed, or nothing to change")
        .refuses(409, "The e-mail address is taken")
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
