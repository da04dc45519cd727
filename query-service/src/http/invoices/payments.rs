//! `GET /api/invoices/{id}/payments`

use api::{Page, PaymentResource};
use axum::{Json, extract::State, http::HeaderMap};
use http_edge::{Path, Problem, ProblemBody, Query, problem::types::NOT_FOUND};
use read_models::{
    invoice,
    payment::{self, PaymentSort},
};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::show_payment;
use crate::{Queries, http::pages::paging, queries::database_problem};

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// The page's number, from 0.
    page: Option<u32>,
    /// How many items a page holds: 1 to 100, 20 by default.
    size: Option<u32>,
}

/// List the payments towards an invoice, and the attempts at them, the first one first.
#[utoipa::path(
    get,
    path = "/api/invoices/{id}/payments",
    tag = "billing",
    params(
        ("id" = Uuid, Path, description = "The invoice's id"),
        Parameters,
        ("Consistency-Token" = Option<String>, Header, description = "Wait for what an earlier answer's token speaks of"),
        ("Prefer" = Option<String>, Header, description = "`wait=<seconds>`: how long to wait at most"),
    ),
    responses(
        (status = 200, description = "A page", body = Page<PaymentResource>),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such invoice", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Behind or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn payments(
    State(queries): State<Queries>,
    Path(id): Path<Uuid>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Json<Page<PaymentResource>>, Problem> {
    let sortable = &[("attemptedAt", PaymentSort::AttemptedAt)];
    let paging = paging(parameters.page, parameters.size, &[], sortable)?;
    let pool = queries.read(&headers, &["invoice", "payment"]).await?;
    let known = invoice::find(pool, id).await.map_err(database_problem)?;
    if known.is_none() {
        return Err(Problem::new(&NOT_FOUND).detail("No invoice has this id."));
    }
    let listed = payment::of_invoice(pool, id, &paging.request)
        .await
        .map_err(database_problem)?;
    Ok(Json(paging.answer(listed, show_payment)))
}
