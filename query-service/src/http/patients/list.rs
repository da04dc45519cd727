//! `GET /api/patients`

use api::{PATIENTS, Page, PatientResource};
use http_edge::Problem;
use read_models::patient::{self, PatientFilter, PatientSort};

use super::{PROJECTIONS, show};
use crate::{
    http::{
        endpoint::{Endpoint, Nothing, Question, Route},
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

pub(in crate::http) fn route() -> Route {
    Endpoint::all(&PATIENTS)
        .summary("List patients.")
        .pages(Order::by(SORTABLE), list)
}

async fn list(question: Question<(), Nothing>, paging: Paging<PatientSort>) -> Result<Page<PatientResource>, Problem> {
    let pool = question.read(PROJECTIONS).await?;
    let listed = patient::list(pool, &PatientFilter::default(), &paging.request).await;
    Ok(paging.answer(listed.map_err(database_problem)?, show))
}
