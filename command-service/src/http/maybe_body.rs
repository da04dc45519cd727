//! A command's body that may be left out, together with its `Idempotency-Key`: for what is said by the address alone.

use axum::{
    body::HttpBody as _,
    extract::{FromRequest, Request},
};
use platform::http::Problem;
use serde::{Deserialize, de::DeserializeOwned};

use super::keyed::{self, Keyed};
use crate::commands::RequestKey;

/// A body, or what stands for none, and the key it was sent under.
#[derive(Debug)]
pub(crate) struct MaybeBody<T> {
    pub(crate) body: T,
    pub(crate) key: Option<RequestKey>,
}

/// The body of a command that has nothing to say. What stands in it is refused, as an unknown field is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for MaybeBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !request.body().is_end_stream() {
            let Keyed { body, key } = Keyed::from_request(request, state).await?;
            return Ok(Self { body, key });
        }
        let key = keyed::key(request.method(), request.uri().path(), request.headers())?;
        Ok(Self {
            body: T::default(),
            key: key.map(|key| key.request(&[])),
        })
    }
}
