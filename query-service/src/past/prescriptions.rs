//! Past states of prescriptions.

use api::PrescriptionResource;
use domain::prescription::Prescription;
use log_reader::Moment;
use uuid::Uuid;

use super::{Finder, PastError, Seen, past};

/// Returns a past state of a prescription.
///
/// # Errors
/// The prescription did not exist at that moment, or the log cannot be read.
pub async fn prescription(finder: Finder, id: Uuid, moment: Moment) -> Result<Seen<PrescriptionResource>, PastError> {
    let past = past::<Prescription>(&finder, id, moment).await?;
    let resource = PrescriptionResource::of(id, past.version, &past.state).ok_or(PastError::NotThen)?;
    Ok(Seen {
        version: past.version,
        resource,
    })
}
