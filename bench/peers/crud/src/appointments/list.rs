//! `GET /api/appointments`: a page of them, by time.

use axum::extract::State;
use sqlx::PgPool;

use super::Appointment;
use crate::{
    extract::Query,
    page::{Asked, Page},
    refusal::Refusal,
};

const LIST: &str = concat!(
    "SELECT ",
    super::columns!(),
    " FROM appointments a JOIN patients p ON p.id = a.patient_id JOIN practitioners d ON d.id = a.practitioner_id \
     ORDER BY a.start_time, a.id LIMIT $1 OFFSET $2"
);

pub(crate) async fn list(
    State(pool): State<PgPool>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Page<Appointment>>, Refusal> {
    let appointments = sqlx::query_as(LIST)
        .bind(asked.limit())
        .bind(asked.offset())
        .fetch_all(&pool)
        .await?;
    Ok(asked.holding(appointments))
}
