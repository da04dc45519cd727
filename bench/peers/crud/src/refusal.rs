//! Why a request is refused, as a problem document (RFC 9457).

use axum::{
    extract::rejection::{JsonRejection, PathRejection, QueryRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::values::Invalid;
use serde_json::json;

/// A kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    status: StatusCode,
    /// The last part of the type's address.
    slug: &'static str,
}

impl Kind {
    const fn new(status: StatusCode, slug: &'static str) -> Self {
        Self { status, slug }
    }
}

const INVALID_REQUEST: Kind = Kind::new(StatusCode::BAD_REQUEST, "invalid-request");
const VALIDATION_FAILED: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "validation-failed");
const INTERNAL: Kind = Kind::new(StatusCode::INTERNAL_SERVER_ERROR, "internal");
const UNAVAILABLE: Kind = Kind::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
const EMAIL_TAKEN: Kind = Kind::new(StatusCode::CONFLICT, "email-taken");
const APPOINTMENT_OVERLAP: Kind = Kind::new(StatusCode::CONFLICT, "appointment-overlap");
const REFERENCE_USED: Kind = Kind::new(StatusCode::CONFLICT, "payment-reference-used");
pub(crate) const NOT_FOUND: Kind = Kind::new(StatusCode::NOT_FOUND, "not-found");
pub(crate) const UNKNOWN_PATIENT: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-patient");
pub(crate) const UNKNOWN_PRACTITIONER: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-practitioner");
pub(crate) const PATIENT_INACTIVE: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "patient-inactive");
pub(crate) const PRACTITIONER_INACTIVE: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "practitioner-inactive");
pub(crate) const PRACTITIONER_UNAVAILABLE: Kind = Kind::new(StatusCode::CONFLICT, "practitioner-unavailable");
pub(crate) const NOT_BOOKABLE: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "not-bookable");
pub(crate) const WRONG_STATUS: Kind = Kind::new(StatusCode::CONFLICT, "wrong-status");
pub(crate) const NOT_ISSUABLE: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "not-issuable");
pub(crate) const AMOUNT_EXCEEDED: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "amount-exceeded");
pub(crate) const ANOTHER_CURRENCY: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "another-currency");
pub(crate) const KEY_REQUIRED: Kind = Kind::new(StatusCode::BAD_REQUEST, "idempotency-key-required");
pub(crate) const KEY_REUSED: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused");

/// Why a request is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A rule forbids it.
    Rule(Kind, String),
    /// These fields, named by JSON pointers, hold what they must not.
    Fields(Vec<(String, Invalid)>),
    /// It is not a request that the service understands.
    Malformed(String),
    /// The database does not answer, or not as it should.
    Database(sqlx::Error),
    /// The answer cannot be written.
    Internal(serde_json::Error),
}

impl Refusal {
    /// A rule forbids it.
    pub(crate) fn rule(kind: Kind, detail: impl Into<String>) -> Self {
        Self::Rule(kind, detail.into())
    }
}

/// The rules that the database keeps, by their constraints.
fn broken_rule(constraint: &str) -> Option<(Kind, &'static str)> {
    Some(match constraint {
        "patients_email" => (EMAIL_TAKEN, "another patient holds the e-mail address"),
        "practitioner_is_free" => (APPOINTMENT_OVERLAP, "the practitioner has another appointment then"),
        "patient_is_free" => (APPOINTMENT_OVERLAP, "the patient has another appointment then"),
        "invoices_patient" => (UNKNOWN_PATIENT, "no patient has this id"),
        "payments_reference" => (REFERENCE_USED, "the reference belongs to another payment"),
        "idempotency_keys_key" => (KEY_REUSED, "the key has been used for another request"),
        _ => return None,
    })
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        let constraint = error.as_database_error().and_then(|error| error.constraint());
        match constraint.and_then(broken_rule) {
            Some((kind, detail)) => Self::rule(kind, detail),
            None => Self::Database(error),
        }
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error)
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        Self::Malformed(rejection.body_text())
    }
}

impl From<PathRejection> for Refusal {
    fn from(rejection: PathRejection) -> Self {
        Self::Malformed(rejection.body_text())
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        Self::Malformed(rejection.body_text())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (kind, detail, faults) = match self {
            Self::Rule(kind, detail) => (kind, detail, Vec::new()),
            Self::Fields(faults) => (VALIDATION_FAILED, "fields hold what they must not".to_owned(), faults),
            Self::Malformed(detail) => (INVALID_REQUEST, detail, Vec::new()),
            Self::Database(error) => {
                eprintln!("the database: {error}");
                (UNAVAILABLE, "the database does not answer".to_owned(), Vec::new())
            }
            Self::Internal(error) => {
                eprintln!("an answer cannot be written: {error}");
                (INTERNAL, "the answer cannot be written".to_owned(), Vec::new())
            }
        };
        let faults = faults.into_iter();
        let errors: Vec<_> = faults
            .map(|(pointer, invalid)| json!({"pointer": pointer, "detail": invalid.0}))
            .collect();
        let body = json!({"type": format!("/errors/{}", kind.slug), "status": kind.status.as_u16(), "detail": detail,
                          "errors": errors});
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        (kind.status, content_type, body.to_string()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_that_a_constraint_keeps_is_in_the_schema() {
        let schema = include_str!("../schema.sql");
        for constraint in [
            "patients_email",
            "practitioner_is_free",
            "patient_is_free",
            "invoices_patient",
            "payments_reference",
            "idempotency_keys_key",
        ] {
            assert!(
                broken_rule(constraint).is_some() && schema.contains(constraint),
                "{constraint}"
            );
        }
        assert_eq!(broken_rule("appointments_pkey"), None);
    }
}
