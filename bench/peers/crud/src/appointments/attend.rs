//! `POST /api/appointments/{id}/arrival` and `…/fulfilment`: the patient is there, and has been seen.

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::appointment::AppointmentStatus;
use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::Appointment;
use crate::{
    ambient::now,
    answer::Answer,
    database::Transaction,
    extract::Path,
    outbox,
    refusal::{NOT_FOUND, Refusal, WRONG_STATUS},
};

/// What is changed, and what is shown of it.
macro_rules! update {
    ($time:literal) => {
        concat!(
            "UPDATE appointments a SET status = $3, ",
            $time,
            " = $4, version = a.version + 1, updated_at = $4 FROM patients p, practitioners d \
             WHERE a.id = $1 AND a.status = $2 AND p.id = a.patient_id AND d.id = a.practitioner_id RETURNING ",
            super::columns!()
        )
    };
}

const FIND: &str = concat!(
    "SELECT ",
    super::columns!(),
    " FROM appointments a JOIN patients p ON p.id = a.patient_id JOIN practitioners d ON d.id = a.practitioner_id \
     WHERE a.id = $1"
);

/// A step of an appointment.
struct Step {
    from: AppointmentStatus,
    to: AppointmentStatus,
    update: &'static str,
    event_type: &'static str,
}

const ARRIVAL: Step = Step {
    from: AppointmentStatus::Booked,
    to: AppointmentStatus::Arrived,
    update: update!("arrived_at"),
    event_type: "appointment.arrived",
};
const FULFILMENT: Step = Step {
    from: AppointmentStatus::Arrived,
    to: AppointmentStatus::Fulfilled,
    update: update!("fulfilled_at"),
    event_type: "appointment.fulfilled",
};

/// What an event says of an instant.
#[derive(Serialize)]
struct At {
    at: DateTime<Utc>,
}

pub(crate) async fn arrive(State(pool): State<PgPool>, Path(id): Path<Uuid>) -> Result<Answer, Refusal> {
    take(&pool, id, &ARRIVAL).await
}

pub(crate) async fn fulfil(State(pool): State<PgPool>, Path(id): Path<Uuid>) -> Result<Answer, Refusal> {
    take(&pool, id, &FULFILMENT).await
}

async fn take(pool: &PgPool, id: Uuid, step: &Step) -> Result<Answer, Refusal> {
    let at = now();
    let mut transaction = pool.begin().await?;
    let taken: Option<Appointment> = sqlx::query_as(step.update)
        .bind(id)
        .bind(step.from.code())
        .bind(step.to.code())
        .bind(at)
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(appointment) = taken else {
        return not_taken(transaction, id, step).await;
    };
    outbox::put(&mut transaction, step.event_type, id, &At { at }).await?;
    transaction.commit().await?;
    Answer::changed(appointment.version, &appointment)
}

/// It was taken before, or it cannot be.
async fn not_taken(mut transaction: Transaction, id: Uuid, step: &Step) -> Result<Answer, Refusal> {
    let found: Option<Appointment> = sqlx::query_as(FIND).bind(id).fetch_optional(&mut *transaction).await?;
    let appointment = found.ok_or_else(|| Refusal::rule(NOT_FOUND, "no appointment has this id"))?;
    if !appointment.has_status(step.to) {
        return Err(Refusal::rule(
            WRONG_STATUS,
            format!("the appointment is {}", appointment.status),
        ));
    }
    Answer::changed(appointment.version, &appointment)
}
