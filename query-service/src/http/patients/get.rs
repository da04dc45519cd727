//! `GET /api/patients/{id}`

use api::{PATIENTS, PatientResource};
use domain::patient::PatientStatus;
use http_edge::{Problem, problem::types::ERASED};
use read_models::patient;
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
    Endpoint::one(&PATIENTS)
        .summary("Get a patient.")
        .refuses(410, "The patient has been erased")
        .shows(present, past::patient)
}

async fn present(question: Question<Uuid, AsOf>) -> Result<Tagged<PatientResource>, Problem> {
    let rows = question.read(PROJECTIONS).await?;
    let found = found(patient::find(rows, question.path).await, &PATIENTS)?;
    if found.status == PatientStatus::Erased.code() {
        return Err(Problem::new(&ERASED).detail("The patient has been erased."));
    }
    Ok(Tagged::new(found.version, PatientResource::from(found)))
}
