//! A command's body together with its `Idempotency-Key`, if it carries one.

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue, Method},
};
use platform::http::{Problem, json, problem::types::INVALID_REQUEST};
use serde::de::DeserializeOwned;

use super::problems::KEY_REQUIRED;
use crate::commands::RequestKey;

/// A body, and the key it was sent under.
#[derive(Debug)]
pub(crate) struct Keyed<T> {
    pub(crate) body: T,
    pub(crate) key: Option<RequestKey>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Keyed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let key = key(request.method(), request.uri().path(), request.headers())?;
        let bytes = json::read(request).await?;
        let body = json::parse(&bytes)?;
        let key = key.map(|key| key.request(&bytes));
        Ok(Self { body, key })
    }
}

/// A key that a request carries, and where that request went.
#[derive(Debug)]
pub(super) struct SentKey {
    key: String,
    method: Method,
    path: String,
}

impl SentKey {
    /// The key together with everything that tells its request from another one.
    pub(super) fn request(&self, body: &[u8]) -> RequestKey {
        RequestKey::new(
            &self.key,
            &[self.method.as_str().as_bytes(), self.path.as_bytes(), body],
        )
    }
}

/// The key of a request, if it carries one.
///
/// # Errors
/// It is not of the form of a key.
pub(super) fn key(method: &Method, path: &str, headers: &HeaderMap) -> Result<Option<SentKey>, Problem> {
    let key = headers.get("idempotency-key").map(checked).transpose()?;
    Ok(key.map(|key| SentKey {
        key,
        method: method.clone(),
        path: path.to_owned(),
    }))
}

/// The key of a command that is only taken under one.
///
/// # Errors
/// There is none.
pub(super) fn required(key: Option<RequestKey>) -> Result<Option<RequestKey>, Problem> {
    match key {
        Some(key) => Ok(Some(key)),
        None => Err(Problem::new(&KEY_REQUIRED)
            .detail("Money is moved under an Idempotency-Key only, so that a repeated request moves it once.")
            .parameter("Idempotency-Key", "is required")),
    }
}

fn checked(value: &HeaderValue) -> Result<String, Problem> {
    let key = value
        .to_str()
        .ok()
        .filter(|key| !key.is_empty() && key.len() <= RequestKey::MAX_CHARS);
    key.map(ToOwned::to_owned).ok_or_else(|| {
        let most = RequestKey::MAX_CHARS;
        Problem::new(&INVALID_REQUEST).parameter(
            "Idempotency-Key",
            format!("must be 1 to {most} visible ASCII characters"),
        )
    })
}
