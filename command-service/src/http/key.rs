//! Reads a command's body and its optional `Idempotency-Key`.

use axum::{
    extract::Request,
    http::{HeaderValue, Method},
};
use commands::RequestKey;
use http_edge::{Problem, json, problem::types::INVALID_REQUEST};
use serde::de::DeserializeOwned;

use super::{once::once, problems::KEY_REQUIRED};

/// Reads the body and the idempotency key of a request. If `without` is given, the body is optional and `without` makes
/// the default.
///
/// # Errors
/// The body or the key is malformed, or a required key is missing.
pub(super) async fn read<B: DeserializeOwned>(
    request: Request,
    without: Option<fn() -> B>,
    is_required: bool,
) -> Result<(B, Option<RequestKey>), Problem> {
    let key = Key::of(&request)?;
    let bytes = match without {
        None => Some(json::read(request).await?),
        Some(_) => json::read_if_any(request).await?,
    };
    let body = match (&bytes, without) {
        (None, Some(without)) => without(),
        (bytes, _) => json::parse(bytes.as_deref().unwrap_or_default())?,
    };
    if is_required && key.key.is_none() {
        return Err(Problem::new(&KEY_REQUIRED)
            .detail(
                "Commands that move money require an Idempotency-Key, so that a repeated request moves it only once.",
            )
            .parameter("Idempotency-Key", "is required"));
    }
    Ok((body, key.over(bytes.as_deref().unwrap_or_default())))
}

/// The key of a request, before the body has been read.
struct Key {
    key: Option<String>,
    method: Method,
    path: String,
}

impl Key {
    fn of(request: &Request) -> Result<Self, Problem> {
        Ok(Self {
            key: once(request.headers(), "Idempotency-Key")?.map(checked).transpose()?,
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
        })
    }

    /// The key, bound to the method, path and body of the request.
    fn over(self, body: &[u8]) -> Option<RequestKey> {
        let request = [self.method.as_str().as_bytes(), self.path.as_bytes(), body];
        self.key.map(|key| RequestKey::new(&key, &request))
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
