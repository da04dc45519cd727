//! `POST /api/practitioners`: registers who sees patients.

use axum::extract::State;
use domain::values::{Email, Name, Specialty, TimeZone};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{ambient::new_id, answer::Answer, extract::Json, fields::Fields, outbox, refusal::Refusal};

const INSERT: &str = "INSERT INTO practitioners (id, name, specialty, email, time_zone) VALUES ($1, $2, $3, $4, $5)";

/// A practitioner to register.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Registration {
    name: String,
    specialty: Option<String>,
    email: Option<String>,
    time_zone: String,
}

/// A practitioner, as shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Practitioner {
    id: Uuid,
    name: String,
    specialty: Option<String>,
    email: Option<String>,
    time_zone: &'static str,
    active: bool,
    version: i64,
}

pub(crate) async fn register(
    State(pool): State<PgPool>,
    Json(registration): Json<Registration>,
) -> Result<Answer, Refusal> {
    let practitioner = parse(registration)?;
    let mut transaction = pool.begin().await?;
    sqlx::query(INSERT)
        .bind(practitioner.id)
        .bind(&practitioner.name)
        .bind(&practitioner.specialty)
        .bind(&practitioner.email)
        .bind(practitioner.time_zone)
        .execute(&mut *transaction)
        .await?;
    outbox::put(
        &mut transaction,
        "practitioner.registered",
        practitioner.id,
        &practitioner,
    )
    .await?;
    transaction.commit().await?;
    let location = format!("/api/practitioners/{}", practitioner.id);
    Answer::created(location, practitioner.version, &practitioner)
}

fn parse(given: Registration) -> Result<Practitioner, Refusal> {
    let mut fields = Fields::default();
    let name = fields.check("/name", Name::parse(&given.name));
    let specialty = fields.optional("/specialty", given.specialty, Specialty::parse);
    let email = fields.optional("/email", given.email, Email::parse);
    let time_zone = fields.check("/timeZone", TimeZone::parse(&given.time_zone));
    let whole = name.zip(time_zone).map(|(name, time_zone)| Practitioner {
        id: new_id(),
        name: name.as_str().to_owned(),
        specialty: specialty.map(|specialty| specialty.as_str().to_owned()),
        email: email.map(|email| email.as_str().to_owned()),
        time_zone: time_zone.name(),
        active: true,
        version: 1,
    });
    fields.finish(whole)
}
