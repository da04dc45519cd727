//! How a command answers: the resource, where it is, and its version as an entity tag.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::refusal::Refusal;

/// The answer to a command that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Where what was made can be found.
    pub(crate) location: Option<String>,
    pub(crate) version: i64,
    /// The resource, as JSON.
    pub(crate) body: String,
}

impl Answer {
    /// Something was made.
    pub(crate) fn created(location: String, version: i64, resource: &impl Serialize) -> Result<Self, Refusal> {
        Ok(Self {
            status: StatusCode::CREATED,
            location: Some(location),
            version,
            body: serde_json::to_string(resource)?,
        })
    }

    /// Something that was there has changed, or is already as it was asked to be.
    pub(crate) fn changed(version: i64, resource: &impl Serialize) -> Result<Self, Refusal> {
        Ok(Self {
            status: StatusCode::OK,
            location: None,
            version,
            body: serde_json::to_string(resource)?,
        })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "application/json".to_owned()),
            (header::ETAG, format!("W/\"{}\"", self.version)),
        ];
        let location = self.location.map(|location| [(header::LOCATION, location)]);
        match location {
            Some(location) => (self.status, headers, location, self.body).into_response(),
            None => (self.status, headers, self.body).into_response(),
        }
    }
}
