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
    /// The patient: a registered one who is active.
    patient_id: Uuid,
    /// The practitioner: a registered one who is active.
    practitioner_id: Uuid,
    /// The appointment that it is prescribed at: one of the patient's that takes place or took place.
    appointment_id: Option<Uuid>,
    /// The prescription that it renews: one of the patient's.
    renews: Option<Uuid>,
    /// What is taken: 1 to 20 medicines.
    medicines: Vec<MedicineResource>,
    /// How often it can be filled again: 0 to 99. Not at all without it.
    #[schema(example = 2)]
    #[schema(value_type = Option<u32>)]
    refills: Option<i64>,
    /// Free text, at most 4,000 characters.
    notes: Option<String>,
    /// `active`, which it is without being said, or `draft`, to be given out later under `…/issue`.
    #[schema(example = "active")]
    status: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    PRESCRIPTIONS
        .post("")
        .summary("Prescribe medicines for a patient.")
        .description("At most one live prescription stands against an appointment: it and the claim on the appointment are stored together or not at all.")
        .makes::<PrescriptionResource>("Prescribed: durable in the log")
        .refuses(409, "A live prescription stands against the appointment, or the appointment does not take place")
        .refuses(410, "The patient has been erased")
        .refuses(422, "A value breaks a rule, or names someone or something unknown or another patient's")
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
