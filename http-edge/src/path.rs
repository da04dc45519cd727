//! Reads path parameters, and names the one that is wrong.

use axum::{
    extract::{FromRequestParts, RawPathParams, path::ErrorKind, rejection::PathRejection},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use crate::problem::{Problem, types};
use platform::serde_message::{self, Fault};

/// Path parameters: one value, a tuple in the order of the route, or a struct with their names.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => {
                let names = names(parts, state).await;
                Err(refuse(&names, error.kind()))
            }
            Err(_) => Err(Problem::new(&types::INTERNAL).because("the route has no path parameters")),
        }
    }
}

async fn names<S: Send + Sync>(parts: &mut Parts, state: &S) -> Vec<String> {
    match RawPathParams::from_request_parts(parts, state).await {
        Ok(params) => params.iter().map(|(name, _)| name.to_owned()).collect(),
        Err(_) => Vec::new(),
    }
}

fn refuse(names: &[String], error: &ErrorKind) -> Problem {
    let name_at = |index: usize| names.get(index).map_or("", String::as_str);
    let (name, message) = match error {
        ErrorKind::ParseErrorAtKey { key, expected_type, .. } => (key.as_str(), serde_message::must_be(expected_type)),
        ErrorKind::ParseErrorAtIndex {
            index, expected_type, ..
        } => (name_at(*index), serde_message::must_be(expected_type)),
        ErrorKind::ParseError { expected_type, .. } => (name_at(0), serde_message::must_be(expected_type)),
        ErrorKind::InvalidUtf8InPathParam { key } => (key.as_str(), "must be UTF-8".to_owned()),
        ErrorKind::DeserializeError { key, message, .. } => (key.as_str(), must(message)),
        ErrorKind::Message(message) => (name_at(0), must(message)),
        _ => return Problem::new(&types::INTERNAL).because("the handler's path type does not fit its route"),
    };
    Problem::new(&types::INVALID_REQUEST)
        .detail(format!("{name} {message}"))
        .parameter(name, message)
}

fn must(message: &str) -> String {
    match serde_message::read(message) {
        Fault::Invalid(must) => must,
        Fault::Missing(_) | Fault::Unknown(..) | Fault::Duplicate(_) => "is not valid".to_owned(),
    }
}
