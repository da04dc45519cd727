//! `POST /api/appointments`: books a practitioner's time for a patient.

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::{
    appointment::AppointmentStatus,
    values::{Notes, Period, Reason},
};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow as _, PgPool, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{Appointment, check_ahead, parties::Parties, slot::Slot};
use crate::{
    ambient::new_id,
    answer::Answer,
    database::Transaction,
    extract::Json,
    fields::Fields,
    outbox,
    refusal::{PATIENT_INACTIVE, Refusal, UNKNOWN_PATIENT, UNKNOWN_PRACTITIONER},
};

/// Both parties, and whether the practitioner can be booked.
const PARTIES: &str = concat!(
    "SELECT p.active AS patient_active, ",
    super::parties::columns!(),
    ", ",
    super::slot::columns!(),
    " FROM patients p, practitioners d WHERE p.id = $1 AND d.id = $4"
);
const KNOWN_PATIENT: &str = "SELECT EXISTS (SELECT FROM patients WHERE id = $1)";
const INSERT: &str = "INSERT INTO appointments
(id, patient_id, practitioner_id, start_time, end_time, status, reason, notes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// An appointment to book.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Booking {
    patient_id: Uuid,
    practitioner_id: Uuid,
    start_time: DateTime<Utc>,
    end_time: DateTime<Utc>,
    reason: Option<String>,
    notes: Option<String>,
}

/// What the event says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Booked<'a> {
    patient_id: Uuid,
    practitioner_id: Uuid,
    start_time: DateTime<Utc>,
    end_time: DateTime<Utc>,
    reason: Option<&'a str>,
}

/// What is asked for, beside who.
struct Asked {
    period: Period,
    reason: Option<Reason>,
    notes: Option<Notes>,
}

pub(crate) async fn book(State(pool): State<PgPool>, Json(booking): Json<Booking>) -> Result<Answer, Refusal> {
    let (patient_id, practitioner_id) = (booking.patient_id, booking.practitioner_id);
    let asked = parse(booking)?;
    check_ahead(&asked.period)?;
    let mut transaction = pool.begin().await?;
    let parties = find(&mut transaction, patient_id, practitioner_id, &asked.period).await?;
    let appointment = Appointment {
        id: new_id(),
        status: AppointmentStatus::Booked.code().to_owned(),
        start_time: asked.period.start(),
        end_time: asked.period.end(),
        reason: asked.reason.map(|reason| reason.as_str().to_owned()),
        notes: asked.notes.map(|notes| notes.as_str().to_owned()),
        arrived_at: None,
        fulfilled_at: None,
        version: 1,
        parties,
    };
    sqlx::query(INSERT)
        .bind(appointment.id)
        .bind(patient_id)
        .bind(practitioner_id)
        .bind(appointment.start_time)
        .bind(appointment.end_time)
        .bind(&appointment.status)
        .bind(&appointment.reason)
        .bind(&appointment.notes)
        .execute(&mut *transaction)
        .await?;
    let booked = Booked {
        patient_id,
        practitioner_id,
        start_time: appointment.start_time,
        end_time: appointment.end_time,
        reason: appointment.reason.as_deref(),
    };
    outbox::put(&mut transaction, "appointment.booked", appointment.id, &booked).await?;
    transaction.commit().await?;
    let location = format!("/api/appointments/{}", appointment.id);
    Answer::created(location, appointment.version, &appointment)
}

/// Finds both parties, and checks that they can meet then. Neither is locked: who is deactivated at the same instant was
/// booked before.
async fn find(
    transaction: &mut Transaction,
    patient_id: Uuid,
    practitioner_id: Uuid,
    period: &Period,
) -> Result<Parties, Refusal> {
    let found: Option<PgRow> = sqlx::query(PARTIES)
        .bind(patient_id)
        .bind(period.start())
        .bind(period.end())
        .bind(practitioner_id)
        .fetch_optional(&mut **transaction)
        .await?;
    let Some(row) = found else {
        let known: bool = sqlx::query_scalar(KNOWN_PATIENT)
            .bind(patient_id)
            .fetch_one(&mut **transaction)
            .await?;
        return Err(match known {
            true => Refusal::rule(UNKNOWN_PRACTITIONER, "no practitioner has this id"),
            false => Refusal::rule(UNKNOWN_PATIENT, "no patient has this id"),
        });
    };
    if !row.try_get::<bool, _>("patient_active")? {
        return Err(Refusal::rule(PATIENT_INACTIVE, "nothing new is begun for the patient"));
    }
    Slot::from_row(&row)?.check()?;
    Ok(Parties::from_row(&row)?)
}

fn parse(given: Booking) -> Result<Asked, Refusal> {
    let mut fields = Fields::default();
    let start = fields.check("/startTime", Period::instant(given.start_time));
    let period = start.and_then(|start| fields.check("/endTime", Period::parse(start, given.end_time)));
    let reason = fields.optional("/reason", given.reason, Reason::parse);
    let notes = fields.optional("/notes", given.notes, Notes::parse);
    let whole = period.map(|period| Asked { period, reason, notes });
    fields.finish(whole)
}
