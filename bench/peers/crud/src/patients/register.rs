//! `POST /api/patients`: registers a person, with an account.

use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use domain::values::{Address, DateOfBirth, Email, Gender, Name, Phone};
use serde::Deserialize;
use sqlx::PgPool;

use super::Patient;
use crate::{
    ambient::{new_id, now},
    answer::Answer,
    extract::Json,
    fields::Fields,
    outbox,
    refusal::Refusal,
};

const INSERT: &str = "INSERT INTO patients
(id, name, date_of_birth, email, email_normalised, phone, address, gender) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const INSERT_ACCOUNT: &str = "INSERT INTO accounts (id) VALUES ($1)";

/// A person to register.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Registration {
    name: String,
    date_of_birth: NaiveDate,
    email: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    gender: Option<String>,
}

/// What is known of a person.
struct Person {
    name: Name,
    date_of_birth: DateOfBirth,
    email: Option<Email>,
    phone: Option<Phone>,
    address: Option<Address>,
    gender: Option<Gender>,
}

pub(crate) async fn register(
    State(pool): State<PgPool>,
    Json(registration): Json<Registration>,
) -> Result<Answer, Refusal> {
    let person = parse(registration, now())?;
    let email_normalised = person.email.as_ref().map(Email::normalised);
    let patient = shown(&person);
    let mut transaction = pool.begin().await?;
    sqlx::query(INSERT)
        .bind(patient.id)
        .bind(&patient.name)
        .bind(patient.date_of_birth)
        .bind(&patient.email)
        .bind(email_normalised)
        .bind(&patient.phone)
        .bind(&patient.address)
        .bind(&patient.gender)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(INSERT_ACCOUNT)
        .bind(patient.id)
        .execute(&mut *transaction)
        .await?;
    outbox::put(&mut transaction, "patient.registered", patient.id, &patient).await?;
    transaction.commit().await?;
    Answer::created(format!("/api/patients/{}", patient.id), patient.version, &patient)
}

fn parse(given: Registration, now: DateTime<Utc>) -> Result<Person, Refusal> {
    let mut fields = Fields::default();
    let name = fields.check("/name", Name::parse(&given.name));
    let date_of_birth = fields.check("/dateOfBirth", DateOfBirth::parse(given.date_of_birth.into(), now));
    let email = fields.optional("/email", given.email, Email::parse);
    let phone = fields.optional("/phone", given.phone, Phone::parse);
    let address = fields.optional("/address", given.address, Address::parse);
    let gender = fields.optional("/gender", given.gender, Gender::parse);
    let whole = name.zip(date_of_birth).map(|(name, date_of_birth)| Person {
        name,
        date_of_birth,
        email,
        phone,
        address,
        gender,
    });
    fields.finish(whole)
}

fn shown(person: &Person) -> Patient {
    Patient {
        id: new_id(),
        name: person.name.as_str().to_owned(),
        date_of_birth: person.date_of_birth.date().earliest(),
        email: person.email.as_ref().map(|email| email.as_str().to_owned()),
        phone: person.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        address: person.address.as_ref().map(|address| address.as_str().to_owned()),
        gender: person.gender.map(|gender| gender.code().to_owned()),
        active: true,
        version: 1,
    }
}
