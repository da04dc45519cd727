//! `PUT /api/appointments/{id}`: moves an appointment to another time.

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::{appointment::AppointmentStatus, values::Period};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow as _, PgPool, postgres::PgRow};
use uuid::Uuid;

use super::{Appointment, check_ahead, slot::Slot};
use crate::{
    answer::Answer,
    extract::{Json, Path},
    fields::Fields,
    outbox,
    refusal::{NOT_FOUND, Refusal, WRONG_STATUS},
};

/// The appointment, locked, and whether its practitioner can be booked for the new time.
const FIND: &str = concat!(
    "SELECT ",
    super::columns!(),
    ", ",
    super::slot::columns!(),
    " FROM appointments a JOIN patients p ON p.id = a.patient_id JOIN practitioners d ON d.id = a.practitioner_id \
     WHERE a.id = $1 FOR UPDATE OF a"
);
const MOVE: &str = "UPDATE appointments
SET start_time = $2, end_time = $3, version = version + 1, updated_at = now() WHERE id = $1";

/// The new time.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Move {
    start_time: DateTime<Utc>,
    end_time: DateTime<Utc>,
}

/// What the event says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rescheduled {
    start_time: DateTime<Utc>,
    end_time: DateTime<Utc>,
}

pub(crate) async fn reschedule(
    State(pool): State<PgPool>,
    Path(id): Path<Uuid>,
    Json(body): Json<Move>,
) -> Result<Answer, Refusal> {
    let period = parse(&body)?;
    let mut transaction = pool.begin().await?;
    let found: Option<PgRow> = sqlx::query(FIND)
        .bind(id)
        .bind(period.start())
        .bind(period.end())
        .fetch_optional(&mut *transaction)
        .await?;
    let row = found.ok_or_else(|| Refusal::rule(NOT_FOUND, "no appointment has this id"))?;
    let mut appointment = Appointment::from_row(&row)?;
    if !appointment.has_status(AppointmentStatus::Booked) {
        return Err(Refusal::rule(
            WRONG_STATUS,
            format!("the appointment is {}", appointment.status),
        ));
    }
    if (appointment.start_time, appointment.end_time) == (period.start(), period.end()) {
        return Answer::changed(appointment.version, &appointment);
    }
    check_ahead(&period)?;
    Slot::from_row(&row)?.check()?;
    (appointment.start_time, appointment.end_time) = (period.start(), period.end());
    appointment.version += 1;
    sqlx::query(MOVE)
        .bind(id)
        .bind(appointment.start_time)
        .bind(appointment.end_time)
        .execute(&mut *transaction)
        .await?;
    let rescheduled = Rescheduled {
        start_time: appointment.start_time,
        end_time: appointment.end_time,
    };
    outbox::put(&mut transaction, "appointment.rescheduled", id, &rescheduled).await?;
    transaction.commit().await?;
    Answer::changed(appointment.version, &appointment)
}

fn parse(given: &Move) -> Result<Period, Refusal> {
    let mut fields = Fields::default();
    let start = fields.check("/startTime", Period::instant(given.start_time));
    let period = start.and_then(|start| fields.check("/endTime", Period::parse(start, given.end_time)));
    fields.finish(period)
}
