//! `GET /api/practitioners/{id}`

use api::{PRACTITIONERS, PractitionerResource};
use http_edge::Problem;
use read_models::practitioner;
use uuid::Uuid;

use super::PROJECTIONS;
use crate::http::endpoint::{Endpoint, Nothing, Question, Route, Tagged, found};

pub(in crate::http) fn route() -> Route {
    Endpoint::one(&PRACTITIONERS)
        .summary("Get a practitioner.")
        .answers(get)
}

async fn get(question: Question<Uuid, Nothing>) -> Result<Tagged<PractitionerResource>, Problem> {
    let rows = question.read(PROJECTIONS).await?;
    let found = found(practitioner::find(rows, question.path).await, &PRACTITIONERS)?;
    Ok(Tagged::new(found.version, PractitionerResource::from(found)))
}
