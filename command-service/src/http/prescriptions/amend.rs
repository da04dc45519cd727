//! `PUT /api/prescriptions/{id}`

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{
    prescription::PrescriptionChange,
    values::{Invalid, Notes, Refills},
};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::{MedicineResource, PrescriptionResource};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::medicines;
use crate::{
    commands::{AmendPrescription, Commands},
    http::{
        ANONYMOUS, answer,
        fields::{Fields, nullable},
        keyed::Keyed,
    },
};

/// What changes. A field that is not named stays as it is; `null` clears the notes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PrescriptionAmendment {
    /// What is taken from now on, as a whole: 1 to 20 medicines.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Vec<MedicineResource>>)]
    medicines: Option<Option<Vec<MedicineResource>>>,
    /// How often it can be filled again from now on: 0 to 99.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<u32>)]
    refills: Option<Option<u32>>,
    /// Free text, at most 4,000 characters.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    notes: Option<Option<String>>,
}

/// Amend a prescription that is live: a draft, an active one, or one on hold.
#[utoipa::path(
    put,
    path = "/api/prescriptions/{id}",
    tag = "prescriptions",
    params(
        ("id" = Uuid, Path, description = "The prescription's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = PrescriptionAmendment,
    responses(
        (status = 200, description = "Amended, or nothing to amend", body = PrescriptionResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such prescription", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its status does not allow this", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased, and the request would keep something about them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn amend(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<PrescriptionAmendment>,
) -> Result<Response, Problem> {
    let command = AmendPrescription {
        target: answer::target(id, &headers)?,
        change: parse(body)?,
    };
    let done = commands
        .amend_prescription(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Prescribing))
}

fn parse(body: PrescriptionAmendment) -> Result<PrescriptionChange, Problem> {
    let mut fields = Fields::default();
    let medicines = match body.medicines {
        None => None,
        Some(None) => fields.check("/medicines", Err(Invalid("must not be null"))),
        Some(Some(given)) => medicines::parse(&mut fields, given),
    };
    let change = PrescriptionChange {
        medicines,
        refills: fields.replacement("/refills", body.refills, Refills::parse),
        notes: fields.change("/notes", body.notes, |text| Notes::parse(&text)),
    };
    fields.finish(Some(change))
}
