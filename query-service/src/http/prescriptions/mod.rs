//! Queries on prescriptions.

mod get;
mod list;

use api::{MedicineResource, PRESCRIPTIONS, PrescriptionResource, RefillRequestResource};
use read_models::prescription::PrescriptionRow;

use super::endpoint::{Endpoint, Route};

/// The projections behind a prescription.
const PROJECTIONS: &[&str] = &["prescription", "cached_patient"];

/// The routes of all queries.
pub(super) fn routes() -> Vec<Route> {
    vec![
        list::route(),
        get::route(),
        Endpoint::history(&PRESCRIPTIONS).tells(PrescriptionResource::of),
    ]
}

fn show(row: PrescriptionRow) -> PrescriptionResource {
    let medicines = row.medicines.unwrap_or_default().into_iter();
    let requests = row.refill_requests.into_iter();
    PrescriptionResource {
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
