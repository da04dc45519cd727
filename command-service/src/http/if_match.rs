//! `If-Match`: the version that the caller requires.

use axum::http::HeaderMap;
use http_edge::{Problem, problem::types::INVALID_REQUEST};

use super::once::once;

/// The version that `If-Match` requires. `*` accepts any version.
///
/// # Errors
/// The header is not an entity tag of this API.
pub(super) fn read(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = once(headers, "If-Match")? else {
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
