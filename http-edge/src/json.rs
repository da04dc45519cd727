//! Reads JSON bodies, and names the field that is wrong. A message states what the field must be, but never its
//! value.

use std::{error::Error, ops::Deref};

use axum::{
    RequestExt,
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError};
use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};
use serde_path_to_error::{Path, Segment};

use crate::problem::{Problem, types};
use platform::serde_message::{self, Fault};

/// A JSON body of type `T`, which should refuse unknown fields.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        parse(&read(request).await?).map(Self)
    }
}

/// The raw bytes of a JSON body, for a command that compares a retry with the first attempt. [`parse`] turns them
/// into a value.
///
/// # Errors
/// The content type is not JSON, the body is too large, or it does not arrive completely.
pub async fn read(request: Request) -> Result<Bytes, Problem> {
    if !is_json(request.headers()) {
        return Err(not_json());
    }
    collect(request).await
}

/// The bytes of an optional JSON body; `None` if it is empty. An empty body needs no content type.
///
/// # Errors
/// As [`read`].
pub async fn read_if_any(request: Request) -> Result<Option<Bytes>, Problem> {
    let is_json = is_json(request.headers());
    let bytes = collect(request).await?;
    match (bytes.is_empty(), is_json) {
        (true, _) => Ok(None),
        (false, true) => Ok(Some(bytes)),
        (false, false) => Err(not_json()),
    }
}

fn not_json() -> Problem {
    Problem::new(&types::UNSUPPORTED_MEDIA_TYPE)
        .detail("the body must be JSON")
        .parameter("Content-Type", "must be application/json")
}

async fn collect(request: Request) -> Result<Bytes, Problem> {
    match request.with_limited_body().into_body().collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if is_too_large(&error) => Err(Problem::new(&types::BODY_TOO_LARGE)
            .detail("the body is larger than this server reads")
            .closing()),
        Err(_) => Err(Problem::new(&types::MALFORMED_REQUEST)
            .detail("the body is incomplete or malformed")
            .closing()),
    }
}

/// Parses a value from the bytes of a JSON body.
///
/// # Errors
/// The body is not JSON, or does not have the form of `T`. The problem names the position or the field.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if body.is_empty() {
        return Err(Problem::new(&types::MALFORMED_JSON).detail("the body is empty"));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| refuse(body, &pointer(error.path()), error.inner()))?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn is_too_large(error: &(dyn Error + 'static)) -> bool {
    let mut source = Some(error);
    while let Some(error) = source {
        if error.is::<LengthLimitError>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// serde_json reports some wrong values as wrong syntax, such as a number instead of an enum's variant. It is a
/// syntax error only if the body is not JSON at all.
fn refuse(body: &[u8], pointer: &str, error: &serde_json::Error) -> Problem {
    if error.classify() == Category::Data || serde_json::from_slice::<Value>(body).is_ok() {
        return invalid(pointer, &error.to_string());
    }
    malformed(error)
}

/// The parser's texts about syntax are fixed and give a position. They quote nothing.
fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(&types::MALFORMED_JSON).detail(error.to_string())
}

fn invalid(pointer: &str, message: &str) -> Problem {
    let (pointer, message) = match serde_message::read(message) {
        Fault::Missing(name) => (extended(pointer, &name), "is required".to_owned()),
        Fault::Unknown(name, known) => (extended(pointer, &name), serde_message::unknown("field", &known)),
        Fault::Duplicate(name) => (extended(pointer, &name), "must not appear more than once".to_owned()),
        Fault::Invalid(must) => (pointer.to_owned(), must),
    };
    let named = if pointer.is_empty() { "the body" } else { &pointer };
    Problem::new(&types::INVALID_REQUEST)
        .detail(format!("{named} {message}"))
        .field(pointer, message)
}

fn pointer(path: &Path) -> String {
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => extended(&pointer, key),
        Segment::Enum { variant } => extended(&pointer, variant),
        Segment::Unknown => pointer,
    })
}

/// Appends a field name to a pointer. Serde reports a missing or unknown field at its object or at the field itself.
fn extended(pointer: &str, name: &str) -> String {
    let last = serde_message::cut(name, serde_message::MAX_NAME_CHARS)
        .replace('~', "~0")
        .replace('/', "~1");
    match pointer.rsplit_once('/') {
        Some((_, end)) if end == last => pointer.to_owned(),
        _ => format!("{pointer}/{last}"),
    }
}
