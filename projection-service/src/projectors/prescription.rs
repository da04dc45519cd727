//! Folds prescriptions into `prescription`.

use domain::{
    prescription::{
        Directions, Prescribed, Prescription, PrescriptionEvent, PrescriptionStatus, RefillRequest, StatusReason,
    },
    values::Medicine,
};
use log_reader::RecordedEvent;
use read_models::prescription::{MedicineValue, PrescriptionRow, RefillRequestValue};
use uuid::Uuid;

use crate::projector::{FoldError, Projector, aggregate_id, version};

/// Folds prescriptions into `prescription`.
#[derive(Debug)]
pub(crate) struct PrescriptionProjector;

impl Projector for PrescriptionProjector {
    const NAME: &'static str = "prescription";
    const VERSION: u32 = 1;
    type Aggregate = Prescription;
    type Row = PrescriptionRow;

    fn fold(
        row: Option<PrescriptionRow>,
        recorded: &RecordedEvent,
        prescription: &PrescriptionEvent,
    ) -> Result<PrescriptionRow, FoldError> {
        match (prescription, row) {
            (PrescriptionEvent::Drafted(prescribed), _) => row_of(prescribed, PrescriptionStatus::Draft, recorded),
            (PrescriptionEvent::Issued(prescribed), None) => row_of(prescribed, PrescriptionStatus::Active, recorded),
            (PrescriptionEvent::Issued(prescribed), Some(drafted)) => Ok(PrescriptionRow {
                prescribed_at: drafted.prescribed_at,
                ..row_of(prescribed, PrescriptionStatus::Active, recorded)?
            }),
            (_, row) => {
                let mut row = row.ok_or(FoldError::MissingRow)?;
                change(&mut row, prescription);
                row.updated_at = recorded.metadata.time;
                row.version = version(recorded);
                Ok(row)
            }
        }
    }
}

/// Applies an event to an existing row, except for the version.
fn change(row: &mut PrescriptionRow, event: &PrescriptionEvent) {
    let status = match event {
        PrescriptionEvent::Drafted(_) => PrescriptionStatus::Draft,
        PrescriptionEvent::Issued(_) => PrescriptionStatus::Active,
        PrescriptionEvent::Amended(directions) => return direct(row, directions),
        PrescriptionEvent::RefillRequested(requested) => {
            return request(row, requested.request_id, RefillRequest::Open);
        }
        PrescriptionEvent::RefillApproved(approved) => {
            row.refills_remaining = i16::from(approved.refills_remaining.number());
            return request(row, approved.request_id, RefillRequest::Approved);
        }
        PrescriptionEvent::RefillDenied(denied) => return request(row, denied.request_id, RefillRequest::Denied),
        PrescriptionEvent::Held(reason) => {
            explain(row, reason);
            PrescriptionStatus::OnHold
        }
        PrescriptionEvent::Resumed(_) => {
            explain(row, &StatusReason::default());
            PrescriptionStatus::Active
        }
        PrescriptionEvent::Completed(_) => PrescriptionStatus::Completed,
        PrescriptionEvent::Stopped(reason) => {
            explain(row, reason);
            PrescriptionStatus::Stopped
        }
        PrescriptionEvent::Cancelled(reason) => {
            explain(row, reason);
            PrescriptionStatus::Cancelled
        }
    };
    row.status = status.code().to_owned();
}

fn direct(row: &mut PrescriptionRow, directions: &Directions) {
    let medicines = directions.medicines.known();
    row.medicines = medicines.map(|medicines| medicines.as_slice().iter().map(medicine).collect());
    row.refills_remaining = i16::from(directions.refills_remaining.number());
    row.notes = directions.notes.as_ref().map(|notes| notes.as_str().to_owned());
}

fn medicine(medicine: &Medicine) -> MedicineValue {
    MedicineValue {
        name: medicine.name.as_str().to_owned(),
        dosage: medicine.dosage.as_str().to_owned(),
        duration: medicine.duration.as_str().to_owned(),
        instructions: medicine.instructions.as_str().to_owned(),
        rx_norm_code: medicine.rx_norm_code.as_ref().map(|code| code.as_str().to_owned()),
    }
}

fn request(row: &mut PrescriptionRow, id: Uuid, request: RefillRequest) {
    row.refill_requests.retain(|known| known.id != id);
    row.refill_requests.push(RefillRequestValue {
        id,
        status: request.code().to_owned(),
    });
    row.refill_requests.sort_by_key(|request| request.id);
}

fn explain(row: &mut PrescriptionRow, reason: &StatusReason) {
    row.reason_code = reason.reason_code.map(|code| code.code().to_owned());
    row.reason_text = reason.reason_text.as_ref().map(|text| text.as_str().to_owned());
}

fn row_of(
    prescribed: &Prescribed,
    status: PrescriptionStatus,
    recorded: &RecordedEvent,
) -> Result<PrescriptionRow, FoldError> {
    let mut row = PrescriptionRow {
        id: aggregate_id(recorded)?,
        patient_id: prescribed.patient_id,
        practitioner_id: prescribed.practitioner_id,
        appointment_id: prescribed.appointment_id,
        prior_prescription_id: prescribed.prior_prescription_id,
        status: status.code().to_owned(),
        medicines: None,
        refills_remaining: 0,
        refill_requests: Vec::new(),
        notes: None,
        reason_code: None,
        reason_text: None,
        prescribed_at: recorded.metadata.time,
        updated_at: recorded.metadata.time,
        version: version(recorded),
    };
    direct(&mut row, &prescribed.directions);
    Ok(row)
}
