//! `GET /api/prescriptions`

use api::{Page, PrescriptionResource};
use axum::{Json, extract::State, http::HeaderMap};
use domain::prescription::PrescriptionStatus;
use http_edge::{Problem, ProblemBody, Query};
use read_models::prescription::{self, PrescriptionFilter, PrescriptionSort};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{PROJECTIONS, show};
use crate::{
    Queries,
    http::pages::{Sortable, one_of, paging},
    queries::database_problem,
};

const SORTABLE: &[Sortable<PrescriptionSort>] = &[
    ("prescribedAt", PrescriptionSort::PrescribedAt),
    ("status", PrescriptionSort::Status),
];

/// Which prescriptions, and which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Only those of this patient.
    patient_id: Option<Uuid>,
    /// Only those prescribed at this appointment.
    appointment_id: Option<Uuid>,
    /// Only those with this status: `draft`, `active`, `on-hold`, `completed`, `stopped` or `cancelled`.
    status: Option<String>,
    /// The page's number, from 0.
    page: Option<u32>,
    /// How many items a page holds: 1 to 100, 20 by default.
    size: Option<u32>,
    /// The order, repeatable: `prescribedAt` or `status`, then `,asc` or `,desc`.
    #[serde(default)]
    sort: Vec<String>,
}

/// List prescriptions.
#[utoipa::path(
    get,
    path = "/api/prescriptions",
    tag = "prescriptions",
    params(
        Parameters,
        ("Consistency-Token" = Option<String>, Header, description = "Wait for what an earlier answer's token speaks of"),
        ("Prefer" = Option<String>, Header, description = "`wait=<seconds>`: how long to wait at most"),
    ),
    responses(
        (status = 200, description = "A page", body = Page<PrescriptionResource>),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Behind or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(queries): State<Queries>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Json<Page<PrescriptionResource>>, Problem> {
    let paging = paging(parameters.page, parameters.size, &parameters.sort, SORTABLE)?;
    let filter = PrescriptionFilter {
        patient_id: parameters.patient_id,
        appointment_id: parameters.appointment_id,
        status: one_of("status", parameters.status.as_deref(), PrescriptionStatus::parse)?
            .map(PrescriptionStatus::code),
    };
    let pool = queries.read(&headers, PROJECTIONS).await?;
    let listed = prescription::list(pool, &filter, &paging.request)
        .await
        .map_err(database_problem)?;
    Ok(Json(paging.answer(listed, show)))
}
