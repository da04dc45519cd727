//! `GET /api/practitioners`

use api::{PRACTITIONERS, Page, PractitionerResource};
use http_edge::Problem;
use read_models::practitioner::{self, PractitionerSort};

use super::PROJECTIONS;
use crate::{
    http::{
        endpoint::{Endpoint, Nothing, Question, Route},
        pages::{Order, Paging, Sortable},
    },
    queries::database_problem,
};

const SORTABLE: &[Sortable<PractitionerSort>] = &[
    ("name", PractitionerSort::Name),
    ("specialty", PractitionerSort::Specialty),
];

pub(in crate::http) fn route() -> Route {
    Endpoint::all(&PRACTITIONERS)
        .summary("List practitioners.")
        .pages(Order::by(SORTABLE), list)
}

async fn list(
    question: Question<(), Nothing>,
    paging: Paging<PractitionerSort>,
) -> Result<Page<PractitionerResource>, Problem> {
    let rows = question.read(PROJECTIONS).await?;
    let listed = practitioner::list(rows, &paging.request).await;
    Ok(paging.answer(listed.map_err(database_problem)?, PractitionerResource::from))
}
