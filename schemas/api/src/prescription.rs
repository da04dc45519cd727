//! The prescription, as the API shows it.

use domain::{prescription::Prescription, values::Medicine};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A prescription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrescriptionResource {
    /// The prescription's id.
    pub id: Uuid,
    /// Where it stands: `draft`, `active`, `on-hold`, `completed`, `stopped` or `cancelled`.
    #[schema(example = "active")]
    pub status: String,
    /// The patient.
    pub patient_id: Uuid,
    /// The practitioner.
    pub practitioner_id: Uuid,
    /// The appointment that it was prescribed at.
    pub appointment_id: Option<Uuid>,
    /// The prescription that it renews.
    pub prior_prescription_id: Option<Uuid>,
    /// What is taken; empty once it has been erased.
    pub medicines: Vec<MedicineResource>,
    /// How often it can be filled again.
    pub refills_remaining: u8,
    /// What has become of each request for another filling, in the order of their ids.
    pub refill_requests: Vec<RefillRequestResource>,
    /// Free text.
    pub notes: Option<String>,
    /// Why it was held, stopped or cancelled, as a FHIR `medicationrequest-status-reason` code.
    #[schema(example = "salg")]
    pub reason_code: Option<String>,
    /// The same, in words.
    pub reason_text: Option<String>,
    /// The version of the prescription: how many events have shaped it.
    pub version: i64,
}

/// One medicine, and how it is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MedicineResource {
    /// What it is called, 1 to 200 characters.
    #[schema(example = "Paracetamol")]
    pub name: String,
    /// How much is taken at a time, 1 to 200 characters.
    #[schema(example = "500 mg")]
    pub dosage: String,
    /// How long it is taken, 1 to 200 characters.
    #[schema(example = "3 days")]
    pub duration: String,
    /// How it is taken, 1 to 1,000 characters.
    #[schema(example = "after meals")]
    pub instructions: String,
    /// Its concept identifier in RxNorm, 1 to 8 digits.
    #[schema(example = "161")]
    pub rx_norm_code: Option<String>,
}

/// A request for another filling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefillRequestResource {
    /// The request's id.
    pub id: Uuid,
    /// What has become of it: `open`, `approved` or `denied`.
    #[schema(example = "open")]
    pub status: String,
}

impl PrescriptionResource {
    /// Shows what the domain knows of a prescription; nothing, if there is none.
    #[must_use]
    pub fn of(id: Uuid, version: u64, prescription: &Prescription) -> Option<Self> {
        let (prescribed, status) = prescription.prescribed().zip(prescription.status())?;
        let (directions, reason) = (&prescribed.directions, prescription.reason());
        let medicines = directions.medicines.known();
        let requests = prescription.refill_requests().iter();
        Some(Self {
            id,
            status: status.code().to_owned(),
            patient_id: prescribed.patient_id,
            practitioner_id: prescribed.practitioner_id,
            appointment_id: prescribed.appointment_id,
            prior_prescription_id: prescribed.prior_prescription_id,
            medicines: medicines
                .into_iter()
                .flat_map(|medicines| medicines.as_slice())
                .map(MedicineResource::from)
                .collect(),
            refills_remaining: directions.refills_remaining.number(),
            refill_requests: requests
                .map(|(id, request)| RefillRequestResource {
                    id: *id,
                    status: request.code().to_owned(),
                })
                .collect(),
            notes: directions.notes.as_ref().map(|notes| notes.as_str().to_owned()),
            reason_code: reason.reason_code.map(|code| code.code().to_owned()),
            reason_text: reason.reason_text.as_ref().map(|text| text.as_str().to_owned()),
            version: i64::try_from(version).unwrap_or(i64::MAX),
        })
    }
}

impl From<&Medicine> for MedicineResource {
    fn from(medicine: &Medicine) -> Self {
        Self {
            name: medicine.name.as_str().to_owned(),
            dosage: medicine.dosage.as_str().to_owned(),
            duration: medicine.duration.as_str().to_owned(),
            instructions: medicine.instructions.as_str().to_owned(),
            rx_norm_code: medicine.rx_norm_code.as_ref().map(|code| code.as_str().to_owned()),
        }
    }
}
