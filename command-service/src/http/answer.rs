//! How a command answers: the resource, its version as an entity tag, and the token that lets a query wait for it.

use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use journal::Context;
use platform::http::{Problem, problem::types::INVALID_REQUEST};
use schemas::api::{CONSISTENCY_TOKEN, ConsistencyToken};
use serde::Serialize;

use crate::commands::Done;

/// Answers a command that made something.
pub(crate) fn created<T: Serialize>(done: Done<T>, context: Context, version: i64, location: String) -> Response {
    let location = [(header::LOCATION, location)];
    (StatusCode::CREATED, location, ok(done, context, version)).into_response()
}

/// Answers a command that changed something, or found nothing to change.
pub(crate) fn ok<T: Serialize>(done: Done<T>, context: Context, version: i64) -> Response {
    let token = ConsistencyToken::new(context.name(), done.position).to_string();
    let headers = [
        (header::ETAG.as_str(), format!("W/\"{version}\"")),
        (CONSISTENCY_TOKEN, token),
    ];
    (headers, Json(done.resource)).into_response()
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
