//! `GET /api/prescriptions/{id}`

use api::{PRESCRIPTIONS, PrescriptionResource};
use http_edge::Problem;
use log_reader::Context;
use read_models::prescription;
use uuid::Uuid;

use super::{PROJECTIONS, show};
use crate::{
    http::{
        endpoint::{Endpoint, Question, Route, Tagged, found},
        past::AsOf,
    },
    past,
};

pub(in crate::http) fn route() -> Route {
    Endpoint::one(&PRESCRIPTIONS).summary("Get a prescription.").shows(
        Context::Prescribing,
        present,
        past::prescription,
    )
}

async fn present(question: Question<Uuid, AsOf>) -> Result<Tagged<PrescriptionResource>, Problem> {
    let pool = question.read(PROJECTIONS).await?;
    let found = found(prescription::find(pool, question.path).await, &PRESCRIPTIONS)?;
    Ok(Tagged::new(found.version, show(found)))
}
