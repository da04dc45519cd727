//! Renders the response of a command: the resource, its version as an entity tag, and the consistency token for later
//! queries.

use api::{
    ACCOUNTS, APPOINTMENTS, AccountResource, AppointmentResource, CONSISTENCY_TOKEN, ConsistencyToken,
    ErasedPatientResource, INVOICES, InvoiceResource, Noun, PATIENTS, PRACTITIONERS, PRESCRIPTIONS, PatientResource,
    PaymentResource, PractitionerResource, PrescriptionResource,
};
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use commands::{Done, State};
use http_edge::{Problem, problem::types::INTERNAL};
use journal::Context;
use serde::Serialize;

/// Renders the response of a command, whether it ran now or earlier under the same idempotency key.
///
/// # Errors
/// The resource cannot be rendered.
pub(super) fn render(done: &Done, context: Context) -> Result<Response, Problem> {
    let answer = &done.answer;
    let body = body(&answer.state)?;
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/json".to_owned()),
        (header::ETAG.as_str(), format!("W/\"{}\"", answer.state.version())),
        (
            CONSISTENCY_TOKEN,
            ConsistencyToken::new(context.name(), done.position).to_string(),
        ),
    ];
    Ok(match answer.is_new {
        true => {
            let location = [(header::LOCATION, location(&answer.state))];
            (StatusCode::CREATED, headers, location, body).into_response()
        }
        false => (StatusCode::OK, headers, body).into_response(),
    })
}

/// The resource as JSON.
fn body(state: &State) -> Result<String, Problem> {
    match state {
        State::Patient(it) => json(PatientResource::of(it.id, it.version, &it.state)),
        State::ErasedPatient(id, version) => json(Some(ErasedPatientResource::new(*id, *version))),
        State::Practitioner(it) | State::TimeOff(it, _) => json(PractitionerResource::of(it.id, it.version, &it.state)),
        State::Appointment(it, patient, practitioner) => json(AppointmentResource::of(
            it.id,
            it.version,
            &it.state,
            &patient.state,
            &practitioner.state,
        )),
        State::Prescription(it) => json(PrescriptionResource::of(it.id, it.version, &it.state)),
        State::Account(it) => json(Some(AccountResource::new(it.id, it.version, &it.state))),
        State::Invoice(it) => json(InvoiceResource::of(it.id, it.version, &it.state)),
        State::Payment(_, _, account, reference) | State::AccountPayment(account, reference) => {
            json(PaymentResource::of(account.id, &account.state, reference))
        }
    }
}

fn json(resource: Option<impl Serialize>) -> Result<String, Problem> {
    let resource =
        resource.ok_or_else(|| Problem::new(&INTERNAL).because("the result of a command cannot be rendered"))?;
    serde_json::to_string(&resource).map_err(|error| Problem::new(&INTERNAL).because(error.to_string()))
}

/// The URL path of the created resource.
fn location(state: &State) -> String {
    let at = |noun: &Noun| format!("{}/{}", noun.path, state.id());
    match state {
        State::Patient(_) | State::ErasedPatient(..) => at(&PATIENTS),
        State::Practitioner(_) => at(&PRACTITIONERS),
        State::TimeOff(_, time_off_id) => format!("{}/time-off/{time_off_id}", at(&PRACTITIONERS)),
        State::Appointment(..) => at(&APPOINTMENTS),
        State::Prescription(_) => at(&PRESCRIPTIONS),
        State::Account(_) => at(&ACCOUNTS),
        State::Invoice(_) => at(&INVOICES),
        State::Payment(..) => format!("{}/payments", at(&INVOICES)),
        State::AccountPayment(..) => format!("{}/payments", at(&ACCOUNTS)),
    }
}
