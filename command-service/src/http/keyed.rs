//! A command's body together with its `Idempotency-Key`, if it carries one.

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderValue, Method},
};
use platform::http::{Problem, json, problem::types::INVALID_REQUEST};
use serde::{Deserialize, de::DeserializeOwned};

use super::problems::KEY_REQUIRED;
use crate::commands::RequestKey;

/// A body, and the key it was sent under.
#[derive(Debug)]
pub(crate) struct Keyed<T> {
    pub(crate) body: T,
    pub(crate) key: Option<RequestKey>,
}

/// As [`Keyed`], of a command that can be sent without a body: that is the body in which nothing is said.
#[derive(Debug)]
pub(crate) struct KeyedIfAny<T>(pub(crate) Keyed<T>);

/// The body of a command whose address says all there is to say: none, or an empty object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Keyed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let key = Key::of(&request)?;
        let bytes = json::read(request).await?;
        Ok(Self {
            body: json::parse(&bytes)?,
            key: key.over(&bytes),
        })
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for KeyedIfAny<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let key = Key::of(&request)?;
        let bytes = json::read_if_any(request).await?;
        Ok(Self(Keyed {
            body: bytes.as_deref().map(json::parse).transpose()?.unwrap_or_default(),
            key: key.over(&bytes.unwrap_or_default()),
        }))
    }
}

/// A request's key, before its body has been read.
struct Key {
    key: Option<String>,
    method: Method,
    path: String,
}

impl Key {
    fn of(request: &Request) -> Result<Self, Problem> {
        Ok(Self {
            key: request.headers().get("idempotency-key").map(checked).transpose()?,
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
        })
    }

    /// The key over all that tells the request from another one.
    fn over(self, body: &[u8]) -> Option<RequestKey> {
        let request = [self.method.as_str().as_bytes(), self.path.as_bytes(), body];
        self.key.map(|key| RequestKey::new(&key, &request))
    }
}

/// The key of a command that is only taken under one.
///
/// # Errors
/// There is none.
pub(super) fn required(key: Option<RequestKey>) -> Result<Option<RequestKey>, Problem> {
    if key.is_none() {
        return Err(Problem::new(&KEY_REQUIRED)
            .detail("Money is moved under an Idempotency-Key only, so that a repeated request moves it once.")
            .parameter("Idempotency-Key", "is required"));
    }
    Ok(key)
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
