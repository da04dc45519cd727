//! `GET /api/prescriptions`

use api::{PRESCRIPTIONS, Page, PrescriptionResource};
use domain::prescription::PrescriptionStatus;
use http_edge::Problem;
use read_models::prescription::{self, PrescriptionFilter, PrescriptionSort};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::PROJECTIONS;
use crate::{
    http::{
        endpoint::{Endpoint, Question, Route},
        pages::{Order, Paging, Sortable, one_of},
    },
    queries::database_problem,
};

const SORTABLE: &[Sortable<PrescriptionSort>] = &[
    ("prescribedAt", PrescriptionSort::PrescribedAt),
    ("status", PrescriptionSort::Status),
];

/// The filter of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Only prescriptions of this patient.
    patient_id: Option<Uuid>,
    /// Only prescriptions from this appointment.
    appointment_id: Option<Uuid>,
    /// Only prescriptions with this status: `draft`, `active`, `on-hold`, `completed`, `stopped` or `cancelled`.
    status: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    Endpoint::all(&PRESCRIPTIONS)
        .summary("List prescriptions.")
        .pages(Order::by(SORTABLE), list)
}

async fn list(
    question: Question<(), Parameters>,
    paging: Paging<PrescriptionSort>,
) -> Result<Page<PrescriptionResource>, Problem> {
    let asked = &question.parameters;
    let filter = PrescriptionFilter {
        patient_id: asked.patient_id,
        appointment_id: asked.appointment_id,
        status: one_of("status", asked.status.as_deref(), PrescriptionStatus::parse)?.map(PrescriptionStatus::code),
    };
    let rows = question.read(PROJECTIONS).await?;
    let listed = prescription::list(rows, &filter, &paging.request).await;
    Ok(paging.answer(listed.map_err(database_problem)?, PrescriptionResource::from))
}
