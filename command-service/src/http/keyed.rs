//! A command's body together with its `Idempotency-Key`, if it carries one.

use axum::{
    extract::{FromRequest, Request},
    http::HeaderValue,
};
use platform::http::{Problem, json, problem::types::INVALID_REQUEST};
use serde::de::DeserializeOwned;

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
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let key = request.headers().get("idempotency-key").map(checked).transpose()?;
        let bytes = json::read(request).await?;
        let body = json::parse(&bytes)?;
        let key = key.map(|key| RequestKey::new(&key, &[method.as_str().as_bytes(), path.as_bytes(), &bytes]));
        Ok(Self { body, key })
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
