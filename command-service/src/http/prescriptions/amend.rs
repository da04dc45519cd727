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

/// A change of a prescription. Omitted fields stay unchanged. `null` clears the notes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PrescriptionAmendment {
    /// The complete new list of 1 to 20 medicines.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Vec<MedicineResource>>)]
    medicines: Option<Option<Vec<MedicineResource>>>,
    /// New number of remaining refills, 0 to 99.
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
        .summary("Amend a prescription that is a draft, active or on hold.")
        .merges()
        .answers::<PrescriptionResource>("Amended, or already so")
        .refuses(409, "The prescription's status does not allow this, or another live prescription of its appointment has a new medicine")
        .body(|body: PrescriptionAmendment, request: &Given<'_, Uuid>| {
            Ok(AmendPrescription {
                target: request.target(),
                change: parse(body)?,
                may_repeat: false,
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
