//! `GET /api/appointments/{id}`

use api::{APPOINTMENTS, AppointmentResource};
use http_edge::Problem;
use read_models::appointment;
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
    Endpoint::one(&APPOINTMENTS)
        .summary("Get an appointment with its patient and practitioner.")
        .shows(present, past::appointment)
}

async fn present(question: Question<Uuid, AsOf>) -> Result<Tagged<AppointmentResource>, Problem> {
    let rows = question.read(PROJECTIONS).await?;
    let found = found(appointment::find(rows, question.path).await, &APPOINTMENTS)?;
    Ok(Tagged::new(found.appointment.version, AppointmentResource::from(found)))
}
