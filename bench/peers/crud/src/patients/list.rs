//! `GET /api/patients`: a page of them, by name.

use axum::extract::State;
use sqlx::PgPool;

use super::Patient;
use crate::{
    extract::Query,
    page::{Asked, Page},
    refusal::Refusal,
};

const LIST: &str = "SELECT id, name, date_of_birth, email, phone, address, gender, active, version FROM patients
ORDER BY name, id LIMIT $1 OFFSET $2";

pub(crate) async fn list(
    State(pool): State<PgPool>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Page<Patient>>, Refusal> {
    let patients = sqlx::query_as(LIST)
        .bind(asked.limit())
        .bind(asked.offset())
        .fetch_all(&pool)
        .await?;
    Ok(asked.holding(patients))
}
