//! How a command answers: the resource, its version as an entity tag, and the token that lets a query wait for it.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use journal::Context;
use platform::http::{Problem, problem::types::INVALID_REQUEST};
use schemas::api::{CONSISTENCY_TOKEN, ConsistencyToken};
use uuid::Uuid;

use crate::commands::{Done, Shown, Target};

/// Answers a command that was carried out now, or under the same key before.
pub(crate) fn respond(done: Done, context: Context) -> Response {
    let answer = done.answer;
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/json".to_owned()),
        (header::ETAG.as_str(), format!("W/\"{}\"", answer.shown.version())),
        (
            CONSISTENCY_TOKEN,
            ConsistencyToken::new(context.name(), done.position).to_string(),
        ),
    ];
    match answer.is_new {
        true => {
            let location = [(header::LOCATION, location(&answer.shown))];
            (StatusCode::CREATED, headers, location, answer.body).into_response()
        }
        false => (StatusCode::OK, headers, answer.body).into_response(),
    }
}

/// Where what was made can be found.
fn location(shown: &Shown) -> String {
    match shown {
        Shown::Patient(id, _) | Shown::ErasedPatient(id, _) => format!("/api/patients/{id}"),
        Shown::Practitioner(id, _) => format!("/api/practitioners/{id}"),
        Shown::TimeOff(id, _, time_off_id) => format!("/api/practitioners/{id}/time-off/{time_off_id}"),
        Shown::Appointment(id, ..) => format!("/api/appointments/{id}"),
        Shown::Prescription(id, _) => format!("/api/prescriptions/{id}"),
        Shown::Account(id, _) => format!("/api/accounts/{id}"),
        Shown::Invoice(id, _) => format!("/api/invoices/{id}"),
        Shown::Payment(invoice_id, ..) => format!("/api/invoices/{invoice_id}/payments"),
    }
}

/// The version that `If-Match` insists on. `*` insists on none in particular.
///
/// # Errors
/// The header is not an entity tag that this API hands out.
fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    if value == "*" {
        return Ok(None);
    }
    let version = value
        .to_str()
        .ok()
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    version.map(Some).ok_or_else(|| {
        Problem::new(&INVALID_REQUEST).parameter(
            "If-Match",
            "must be an entity tag from an earlier answer, such as W/\"1\"",
        )
    })
}

/// What the address names, at the version that `If-Match` insists on.
///
/// # Errors
/// As [`if_match`].
pub(crate) fn target(id: Uuid, headers: &HeaderMap) -> Result<Target, Problem> {
    Ok(Target {
        id,
        expected_version: if_match(headers)?,
    })
}
