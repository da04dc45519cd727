//! Headers that must not be repeated, because two values would be ambiguous.

use axum::http::{HeaderMap, HeaderValue};
use http_edge::{Problem, problem::types::INVALID_REQUEST};

/// The value of a header that may appear at most once.
///
/// # Errors
/// The header appears more than once.
pub(super) fn once<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a HeaderValue>, Problem> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(Problem::new(&INVALID_REQUEST).parameter(name, "must not appear more than once")),
    }
}
