//! `PUT /api/prescriptions/{id}`

use api::{MedicineResource, PrescriptionResource};
use commands::AmendPrescription;
use domain::{
    prescription::PrescriptionChange,
    values::{Invalid, Notes, Refills},
};
use http_edge::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::medicines;
use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    fields::nullable,
    nouns::PRESCRIPTIONS,
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
    refills: Option<Option<i64>>,
    /// Free text, at most 4,000 characters.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    notes: Option<Option<String>>,
}

pub(in crate::http) fn route() -> Route {
    PRESCRIPTIONS
        .put("/{id}")
        .summary("Amend a prescription that is live: a draft, an active one, or one on hold.")
        .answers::<PrescriptionResource>("Amended, or nothing to amend")
        .refuses(409, "Its status does not allow this")
        .body(|body: PrescriptionAmendment, request: &Given<'_, Uuid>| {
            Ok(AmendPrescription {
                target: request.target(),
                change: parse(body)?,
            })
        })
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
