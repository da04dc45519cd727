//! Problem documents (RFC 9457), the form of every refusal. Their texts may name fields, types and limits, and must
//! not repeat the client's input.

pub mod types;

use std::{borrow::Cow, fmt};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use platform::telemetry::traceparent;

/// The media type of a problem document.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// A kind of problem. Its page has the same slug, and the server serves it under `/errors/{slug}`.
#[derive(Debug, PartialEq, Eq)]
pub struct ProblemType {
    /// The last part of the type's address. It never changes once published.
    pub slug: &'static str,
    /// A short title, the same for every occurrence.
    pub title: &'static str,
    /// The HTTP status of the response.
    pub status: u16,
    /// The Markdown page that explains it.
    pub page: &'static str,
}

/// Declares a crate's kinds of problem with their pages from `docs/errors/`, and `ALL` of them.
#[macro_export]
macro_rules! problem_types {
    ($($(#[$doc:meta])* $name:ident = ($status:literal, $slug:literal, $title:literal);)*) => {
        $($(#[$doc])* pub const $name: $crate::ProblemType = $crate::ProblemType {
            slug: $slug,
            title: $title,
            status: $status,
            page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors/", $slug, ".md")),
        };)*
        /// All kinds of problem declared here.
        pub const ALL: &[&$crate::ProblemType] = &[$(&$name),*];
    };
}

impl ProblemType {
    /// The address of the type, relative to the server, so that it can be looked up without the internet.
    pub fn uri(&self) -> String {
        format!("/errors/{}", self.slug)
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// A problem document (RFC 9457).
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    /// The address of the page that explains this kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "/errors/invalid-request")]
    pub kind: String,
    /// The kind of problem in a few words.
    #[schema(example = "Invalid request")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 400)]
    pub status: u16,
    /// The details of this occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The path of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The error of each wrong field or parameter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The id of this request's trace, for logs and traces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    pub trace_id: Option<String>,
    /// Further members that a kind of problem documents.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extensions: Map<String, Value>,
}

/// An error of one body field, or of one path parameter, query parameter or header.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field, as a JSON pointer (RFC 6901) into the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "/email")]
    pub pointer: Option<String>,
    /// The name of the parameter or header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// The requirement that is not met.
    #[schema(example = "is required")]
    pub message: String,
}

/// A problem to be sent to the client. It is the error type of handlers and extractors.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<String>,
    body: ProblemBody,
}

impl Problem {
    /// A problem of this kind, without details.
    pub fn new(kind: &'static ProblemType) -> Self {
        let body = ProblemBody {
            kind: kind.uri(),
            title: kind.title.to_owned(),
            status: kind.status,
            ..ProblemBody::default()
        };
        Self(Box::new(Parts {
            status: kind.status_code(),
            headers: Vec::new(),
            cause: None,
            body,
        }))
    }

    /// The problem for an error status without a document: the platform's type of that status, or the bare status
    /// with the type that RFC 9457 defines for it.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        if let Some(kind) = types::of_status(status.as_u16()) {
            return Self::new(kind);
        }
        let body = ProblemBody {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            ..ProblemBody::default()
        };
        Self(Box::new(Parts {
            status,
            headers: Vec::new(),
            cause: None,
            body,
        }))
    }

    /// Sets the details of this occurrence.
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.body.detail = Some(detail.into().into_owned());
        self
    }

    /// Adds an error about a field of the body, by its JSON pointer. It can be called for several fields.
    pub fn field(mut self, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let error = FieldError {
            pointer: Some(pointer.into()),
            parameter: None,
            message: message.into(),
        };
        self.0.body.errors.push(error);
        self
    }

    /// Adds an error about a path parameter, query parameter or header, by its name.
    pub fn parameter(mut self, name: impl Into<String>, message: impl Into<String>) -> Self {
        let error = FieldError {
            pointer: None,
            parameter: Some(name.into()),
            message: message.into(),
        };
        self.0.body.errors.push(error);
        self
    }

    /// Adds an extension member, which this kind of problem documents.
    pub fn extension(mut self, name: &'static str, value: Value) -> Self {
        self.0.body.extensions.insert(name.to_owned(), value);
        self
    }

    /// Sets the cause, which is logged once when the response leaves the server and is not shown to the client. It
    /// must not contain personal data. Only causes of 5xx responses are logged.
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// Sets the time after which to retry, in seconds.
    pub fn retry_after(self, seconds: u32) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Adds a header to the response.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Closes the connection after this response, because the rest of the request will not be read.
    pub(crate) fn closing(self) -> Self {
        self.header(header::CONNECTION, HeaderValue::from_static("close"))
    }

    /// The HTTP status of the response.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The document.
    pub fn body(&self) -> &ProblemBody {
        &self.0.body
    }

    pub(crate) fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// Adds the id of the current trace.
    pub(crate) fn traced(mut self) -> Self {
        self.0.body.trace_id = traceparent::trace_id();
        self
    }

    /// Adds the path of the request.
    pub(crate) fn at(mut self, path: &str) -> Self {
        self.0.body.instance = Some(path.to_owned());
        self
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // Strings and JSON values always serialize. An empty body would still carry the right status.
        serde_json::to_vec(&self.0.body).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let problem = self.traced();
        let mut response = Response::new(Body::from(problem.to_bytes()));
        *response.status_mut() = problem.0.status;
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        for (name, value) in &problem.0.headers {
            response.headers_mut().append(name, value.clone());
        }
        // The layer around all routes adds the request's path to the document.
        response.extensions_mut().insert(problem);
        response
    }
}
