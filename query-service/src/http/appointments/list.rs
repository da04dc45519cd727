//! `GET /api/appointments`

use api::{APPOINTMENTS, AppointmentResource, Page};
use domain::appointment::AppointmentStatus;
use http_edge::{Problem, problem::types::INVALID_REQUEST};
use read_models::appointment::{self, AppointmentFilter, AppointmentSort};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::PROJECTIONS;
use crate::{
    http::{
        endpoint::{Endpoint, Question, Route},
        instants,
        pages::{Order, Paging, Sortable, one_of},
    },
    queries::database_problem,
};

const SORTABLE: &[Sortable<AppointmentSort>] = &[
    ("startTime", AppointmentSort::StartTime),
    ("endTime", AppointmentSort::EndTime),
    ("status", AppointmentSort::Status),
];

/// The filter of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Earliest start (inclusive): an instant (RFC 3339), or a date or date-time in `timeZone`.
    #[param(example = "2025-05-20")]
    from: Option<String>,
    /// Latest start (exclusive): an instant (RFC 3339), or a date or date-time in `timeZone`.
    #[param(example = "2025-05-21T00:00:00")]
    to: Option<String>,
    /// IANA time zone of a `from` or `to` without an offset. Default: UTC.
    #[param(example = "America/New_York")]
    time_zone: Option<String>,
    /// Only appointments of this patient.
    patient_id: Option<Uuid>,
    /// Only appointments of this practitioner.
    practitioner_id: Option<Uuid>,
    /// Only appointments with this status: `booked`, `arrived`, `fulfilled`, `cancelled`, `noshow` or
    /// `entered-in-error`.
    status: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    Endpoint::all(&APPOINTMENTS)
        .summary("List appointments with their patients and practitioners.")
        .pages(Order::by(SORTABLE), list)
}

async fn list(
    question: Question<(), Parameters>,
    paging: Paging<AppointmentSort>,
) -> Result<Page<AppointmentResource>, Problem> {
    let filter = filter(&question.parameters)?;
    let rows = question.read(PROJECTIONS).await?;
    let listed = appointment::list(rows, &filter, &paging.request).await;
    Ok(paging.answer(listed.map_err(database_problem)?, AppointmentResource::from))
}

fn filter(asked: &Parameters) -> Result<AppointmentFilter, Problem> {
    let zone = instants::zone(asked.time_zone.as_deref())?;
    let read = |name, text: Option<&str>| text.map(|text| instants::instant(name, text, zone)).transpose();
    let (from, to) = (read("from", asked.from.as_deref())?, read("to", asked.to.as_deref())?);
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        return Err(Problem::new(&INVALID_REQUEST).parameter("to", "must be after from"));
    }
    let status = one_of("status", asked.status.as_deref(), AppointmentStatus::parse)?;
    Ok(AppointmentFilter {
        from,
        to,
        patient_id: asked.patient_id,
        practitioner_id: asked.practitioner_id,
        status: status.map(AppointmentStatus::code),
    })
}
