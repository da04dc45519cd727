//! How a command answers: the resource, its version as an entity tag, and the token that lets a query wait for it.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use journal::Context;
use platform::http::{Problem, problem::types::INVALID_REQUEST};
use schemas::api::{CONSISTENCY_TOKEN, ConsistencyToken};

use crate::commands::Done;

/// Answers a command that was carried out now, or under the same key before: byte for byte the same.
pub(crate) fn respond(done: Done, context: Context) -> Response {
    let answer = done.answer;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/json".to_owned()),
        (header::ETAG.as_str(), format!("W/\"{}\"", answer.version)),
        (
            CONSISTENCY_TOKEN,
            ConsistencyToken::new(context.name(), done.position).to_string(),
        ),
    ];
    match answer.location {
        Some(location) => (status, headers, [(header::LOCATION, location)], answer.body).into_response(),
        None => (status, headers, answer.body).into_response(),
    }
}

/// The version that `If-Match` insists on. `*` insists on none in particular.
///
/// # Errors
/// The header is not an entity tag that this API hands out.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
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
