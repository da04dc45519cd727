//! `GET /api/prescriptions/{id}`

use api::{PRESCRIPTIONS, PrescriptionResource};
use http_edge::Problem;
use read_models::prescription;
use uuid::Uuid;

use super::PROJECTIONS;
use crate::{
    http::{
        endpoint::{Endpoint, Question, Route, Tagged, found},
        past::AsOf,
    },
    past,
};

pub(in crate::http) fn route() -> Route {
    Endpoint::one(&PRESCRIPTIONS)
        .summary("Get a prescription.")
        .shows(present, past::prescription)
}

async fn present(question: Question<Uuid, AsOf>) -> Result<Tagged<PrescriptionResource>, Problem> {
    let rows = question.read(PROJECTIONS).await?;
    let found = found(prescription::find(rows, question.path).await, &PRESCRIPTIONS)?;
    Ok(Tagged::new(found.version, PrescriptionResource::from(found)))
}
