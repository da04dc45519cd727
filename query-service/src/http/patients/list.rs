//! `GET /api/patients`

use api::{PATIENTS, Page, PatientResource};
use http_edge::Problem;
use read_models::patient::{self, PatientFilter, PatientSort};
use serde::Deserialize;
use utoipa::IntoParams;

use super::PROJECTIONS;
use crate::{
    http::{
        endpoint::{Endpoint, Question, Route},
        pages::{Order, Paging, Sortable},
    },
    queries::database_problem,
};

pub(super) const SORTABLE: &[Sortable<PatientSort>] = &[
    ("name", PatientSort::Name),
    ("dateOfBirth", PatientSort::DateOfBirth),
    ("email", PatientSort::Email),
    ("registeredAt", PatientSort::RegisteredAt),
];

/// The filter. Searches by personal data have a body instead.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Only patients who are deceased, or only those who are not.
    deceased: Option<bool>,
}

pub(in crate::http) fn route() -> Route {
    Endpoint::all(&PATIENTS)
        .summary("List patients.")
        .pages(Order::by(SORTABLE), list)
}

async fn list(
    question: Question<(), Parameters>,
    paging: Paging<PatientSort>,
) -> Result<Page<PatientResource>, Problem> {
    let filter = PatientFilter {
        deceased: question.parameters.deceased,
        ..PatientFilter::default()
    };
    let rows = question.read(PROJECTIONS).await?;
    let listed = patient::list(rows, &filter, &paging.request).await;
    Ok(paging.answer(listed.map_err(database_problem)?, PatientResource::from))
}
