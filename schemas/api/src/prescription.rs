//! The prescription as an API resource.

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
    /// The status: `draft`, `active`, `on-hold`, `completed`, `stopped` or `cancelled`.
    #[schema(example = "active")]
    pub status: String,
    /// The patient.
    pub patient_id: Uuid,
    /// The practitioner.
    pub practitioner_id: Uuid,
    /// The appointment it was prescribed at, if any.
    pub appointment_id: Option<Uuid>,
    /// The prescription it renews, if any.
    pub prior_prescription_id: Option<Uuid>,
    /// The medicines; empty after an erasure.
    pub medicines: Vec<MedicineResource>,
    /// The number of remaining refills.
    pub refills_remaining: u8,
    /// The refill requests, ordered by id.
    pub refill_requests: Vec<RefillRequestResource>,
    /// The notes.
    pub notes: Option<String>,
    /// The reason why it was held, stopped or cancelled, as a FHIR `medicationrequest-status-reason` code.
    #[schema(example = "salg")]
    pub reason_code: Option<String>,
    /// The same reason in words.
    pub reason_text: Option<String>,
    /// The version of the prescription: the number of its events.
    pub version: i64,
}

/// A medicine with its directions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MedicineResource {
    /// The name, 1 to 200 characters.
    #[schema(example = "Paracetamol")]
    pub name: String,
    /// The dose, 1 to 200 characters.
    #[schema(example = "500 mg")]
    pub dosage: String,
    /// The duration of the treatment, 1 to 200 characters.
    #[schema(example = "3 days")]
    pub duration: String,
    /// The instructions, 1 to 1,000 characters.
    #[schema(example = "after meals")]
    pub instructions: String,
    /// The RxNorm concept identifier (RxCUI), 1 to 8 digits.
    #[schema(example = "161")]
    pub rx_norm_code: Option<String>,
}

/// A refill request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefillRequestResource {
    /// The request's id.
    pub id: Uuid,
    /// The status: `open`, `approved` or `denied`.
    #[schema(example = "open")]
    pub status: String,
}

impl PrescriptionResource {
    /// Creates the resource from the prescription's state: `None` if there is no prescription.
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

#[cfg(feature = "rows")]
impl From<read_models::prescription::PrescriptionRow> for PrescriptionResource {
    fn from(row: read_models::prescription::PrescriptionRow) -> Self {
        let medicines = row.medicines.unwrap_or_default().into_iter();
        let requests = row.refill_requests.into_iter();
        Self {
            id: row.id,
            status: row.status,
            patient_id: row.patient_id,
            practitioner_id: row.practitioner_id,
            appointment_id: row.appointment_id,
            prior_prescription_id: row.prior_prescription_id,
            medicines: medicines
                .map(|medicine| MedicineResource {
                    name: medicine.name,
                    dosage: medicine.dosage,
                    duration: medicine.duration,
                    instructions: medicine.instructions,
                    rx_norm_code: medicine.rx_norm_code,
                })
                .collect(),
            refills_remaining: u8::try_from(row.refills_remaining).unwrap_or_default(),
            refill_requests: requests
                .map(|request| RefillRequestResource {
                    id: request.id,
                    status: request.status,
                })
                .collect(),
            notes: row.notes,
            reason_code: row.reason_code,
            reason_text: row.reason_text,
            version: row.version,
        }
    }
}
