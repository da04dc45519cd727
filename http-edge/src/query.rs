//! Reads the query string, and names the parameter that is wrong. A key may be repeated if its type is a list.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::de::DeserializeOwned;

use crate::problem::{Problem, types};
use platform::serde_message::{self, Fault};

/// Query parameters as a struct, which should refuse unknown fields.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Reads a query string.
///
/// # Errors
/// It names the first parameter that is wrong.
pub fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    parse_beside(query, &[])
}

/// As [`parse`], for the part of a query string that is beside other known parameters.
///
/// # Errors
/// As [`parse`].
pub fn parse_beside<T: DeserializeOwned>(query: &str, others: &[&str]) -> Result<T, Problem> {
    let parameters = serde_html_form::Deserializer::from_bytes(query.as_bytes());
    serde_path_to_error::deserialize(parameters)
        .map_err(|error| refuse(&error.path().to_string(), &error.inner().to_string(), others))
}

fn refuse(path: &str, message: &str, others: &[&str]) -> Problem {
    // Serde reports a single value in place of a list, and the reverse, as a type error.
    let (name, message) = match serde_message::read(message) {
        Fault::Missing(name) => (name, "is required".to_owned()),
        Fault::Unknown(name, mut known) => {
            known.extend(others.iter().map(|other| (*other).to_owned()));
            (name, serde_message::unknown("parameter", &known))
        }
        Fault::Duplicate(name) => (name, "must not appear more than once".to_owned()),
        Fault::Invalid(must) => (serde_message::cut(path, serde_message::MAX_NAME_CHARS), must),
    };
    Problem::new(&types::INVALID_REQUEST)
        .detail(format!("{name} {message}"))
        .parameter(name, message)
}
