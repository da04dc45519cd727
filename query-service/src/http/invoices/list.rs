//! `GET /api/invoices`

use api::{INVOICES, InvoiceResource, Page};
use domain::invoice::InvoiceStatus;
use http_edge::Problem;
use read_models::invoice::{self, InvoiceFilter, InvoiceSort};
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

const SORTABLE: &[Sortable<InvoiceSort>] = &[
    ("draftedAt", InvoiceSort::DraftedAt),
    ("open", InvoiceSort::Open),
    ("status", InvoiceSort::Status),
];

/// The filter of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Only invoices of this patient.
    patient_id: Option<Uuid>,
    /// Only invoices for this appointment.
    appointment_id: Option<Uuid>,
    /// Only invoices with this status: `draft`, `issued`, `balanced` or `cancelled`.
    status: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    Endpoint::all(&INVOICES)
        .summary("List invoices.")
        .pages(Order::by(SORTABLE), list)
}

async fn list(
    question: Question<(), Parameters>,
    paging: Paging<InvoiceSort>,
) -> Result<Page<InvoiceResource>, Problem> {
    let asked = &question.parameters;
    let filter = InvoiceFilter {
        patient_id: asked.patient_id,
        appointment_id: asked.appointment_id,
        status: one_of("status", asked.status.as_deref(), InvoiceStatus::parse)?.map(InvoiceStatus::code),
    };
    let rows = question.read(PROJECTIONS).await?;
    let listed = invoice::list(rows, &filter, &paging.request).await;
    Ok(paging.answer(listed.map_err(database_problem)?, InvoiceResource::from))
}
