//! `GET /api/appointments`

use api::{AppointmentResource, Page};
use axum::{Json, extract::State, http::HeaderMap};
use domain::appointment::AppointmentStatus;
use http_edge::{Problem, ProblemBody, Query, problem::types::INVALID_REQUEST};
use read_models::appointment::{self, AppointmentFilter, AppointmentSort};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{PROJECTIONS, show};
use crate::{
    Queries,
    http::{
        instants,
        pages::{Sortable, one_of, paging},
    },
    queries::database_problem,
};

const SORTABLE: &[Sortable<AppointmentSort>] = &[
    ("startTime", AppointmentSort::StartTime),
    ("endTime", AppointmentSort::EndTime),
    ("status", AppointmentSort::Status),
];

/// Which appointments, and which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Only those that start then or later: an instant (RFC 3339), or a date or a date-time in `timeZone`.
    #[param(example = "2025-05-20")]
    from: Option<String>,
    /// Only those that start before then: an instant (RFC 3339), or a date or a date-time in `timeZone`.
    #[param(example = "2025-05-21T00:00:00")]
    to: Option<String>,
    /// The IANA time zone of `from` and `to` where they have no offset: UTC by default.
    #[param(example = "America/New_York")]
    time_zone: Option<String>,
    /// Only those of this patient.
    patient_id: Option<Uuid>,
    /// Only those of this practitioner.
    practitioner_id: Option<Uuid>,
    /// Only those with this status: `booked`, `arrived`, `fulfilled`, `cancelled`, `noshow` or `entered-in-error`.
    status: Option<String>,
    /// The page's number, from 0.
    page: Option<u32>,
    /// How many items a page holds: 1 to 100, 20 by default.
    size: Option<u32>,
    /// The order, repeatable: `startTime`, `endTime` or `status`, then `,asc` or `,desc`.
    #[serde(default)]
    sort: Vec<String>,
}

/// List appointments, each with its patient and practitioner.
#[utoipa::path(
    get,
    path = "/api/appointments",
    tag = "appointments",
    params(
        Parameters,
        ("Consistency-Token" = Option<String>, Header, description = "Wait for what an earlier answer's token speaks of"),
        ("Prefer" = Option<String>, Header, description = "`wait=<seconds>`: how long to wait at most"),
    ),
    responses(
        (status = 200, description = "A page", body = Page<AppointmentResource>),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Behind or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(queries): State<Queries>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Json<Page<AppointmentResource>>, Problem> {
    let paging = paging(parameters.page, parameters.size, &parameters.sort, SORTABLE)?;
    let filter = filter(parameters)?;
    let pool = queries.read(&headers, PROJECTIONS).await?;
    let listed = appointment::list(pool, &filter, &paging.request)
        .await
        .map_err(database_problem)?;
    Ok(Json(paging.answer(listed, show)))
}

fn filter(parameters: Parameters) -> Result<AppointmentFilter, Problem> {
    let zone = instants::zone(parameters.time_zone.as_deref())?;
    let read = |name, text: Option<String>| text.map(|text| instants::instant(name, &text, zone)).transpose();
    let (from, to) = (read("from", parameters.from)?, read("to", parameters.to)?);
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        return Err(Problem::new(&INVALID_REQUEST).parameter("to", "must be after from"));
    }
    let status = one_of("status", parameters.status.as_deref(), AppointmentStatus::parse)?;
    Ok(AppointmentFilter {
        from,
        to,
        patient_id: parameters.patient_id,
        practitioner_id: parameters.practitioner_id,
        status: status.map(AppointmentStatus::code),
    })
}
