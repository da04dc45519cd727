//! `POST /api/prescriptions`

use api::{MedicineResource, PrescriptionResource};
use commands::{Prescribe, PrescriptionKind};
use domain::values::{Invalid, Notes, Refills};
use http_edge::Problem;
use platform::ambient::new_id;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::medicines;
use crate::http::{
    appointments,
    endpoint::{Given, Route},
    fields::Fields,
    nouns::PRESCRIPTIONS,
};

/// A prescription to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PrescriptionWriting {
    /// The id of an active patient.
    patient_id: Uuid,
    /// The id of an active practitioner.
    practitioner_id: Uuid,
    /// The id of the appointment at which the medicines are prescribed. It belongs to the patient and is not cancelled
    /// or missed.
    appointment_id: Option<Uuid>,
    /// The id of the patient's prescription that this one renews.
    renews: Option<Uuid>,
    /// 1 to 20 medicines.
    medicines: Vec<MedicineResource>,
    /// Number of refills, 0 to 99. Default: 0.
    #[schema(example = 2)]
    #[schema(value_type = Option<u32>)]
    refills: Option<i64>,
    /// Free text, at most 4,000 characters.
    notes: Option<String>,
    /// `active` (default), or `draft` to issue it later under `…/issue`.
    #[schema(example = "active")]
    status: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    PRESCRIPTIONS
        .post("")
        .summary("Prescribe medicines for a patient.")
        .description("An appointment can have up to 20 live prescriptions, each with its own refills. A medicine can be in one of them only. Two medicines are the same if they have the same RxNorm identifier, or the same name and not two identifiers.")
        .makes::<PrescriptionResource>("Prescribed. The events are durable in the log")
        .refuses(409, "Another live prescription of the appointment has one of the medicines, the appointment has 20 of them, or it does not take place")
        .refuses(410, "The patient has been erased")
        .refuses(422, "A value is invalid, or a referenced resource is unknown or belongs to another patient")
        .says(appointments::refusals::naming_an_appointment)
        .body(|body: PrescriptionWriting, _request: &Given<'_, ()>| parse(body))
}

fn parse(body: PrescriptionWriting) -> Result<Prescribe, Problem> {
    let mut fields = Fields::default();
    let medicines = medicines::parse(&mut fields, body.medicines);
    let refills = fields.check("/refills", Refills::parse(body.refills.unwrap_or_default()));
    let notes = fields.optional("/notes", body.notes, |text| Notes::parse(&text));
    let kind = fields.check("/status", kind(body.status.as_deref()));
    let whole = medicines
        .zip(refills)
        .zip(kind)
        .map(|((medicines, refills), kind)| Prescribe {
            id: new_id(),
            patient_id: body.patient_id,
            practitioner_id: body.practitioner_id,
            appointment_id: body.appointment_id,
            renews: body.renews,
            medicines,
            refills,
            notes,
            kind,
            may_repeat: false,
            may_have_departed: false,
        });
    fields.finish(whole)
}

fn kind(status: Option<&str>) -> Result<PrescriptionKind, Invalid> {
    match status {
        None | Some("active") => Ok(PrescriptionKind::Active),
        Some("draft") => Ok(PrescriptionKind::Draft),
        Some(_) => Err(Invalid("must be one of active, draft")),
    }
}
