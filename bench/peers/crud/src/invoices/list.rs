//! `GET /api/invoices`: a page of them, the latest first.

use axum::extract::State;
use sqlx::PgPool;

use super::Invoice;
use crate::{
    extract::Query,
    page::{Asked, Page},
    refusal::Refusal,
};

const LIST: &str = concat!(
    "SELECT ",
    super::columns!(),
    " FROM invoices ORDER BY id DESC LIMIT $1 OFFSET $2"
);

pub(crate) async fn list(
    State(pool): State<PgPool>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Page<Invoice>>, Refusal> {
    let invoices = sqlx::query_as(LIST)
        .bind(asked.limit())
        .bind(asked.offset())
        .fetch_all(&pool)
        .await?;
    Ok(asked.holding(invoices))
}
