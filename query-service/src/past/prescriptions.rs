//! Prescriptions as they were.

use api::PrescriptionResource;
use domain::prescription::Prescription;
use log_reader::Moment;
use uuid::Uuid;

use super::{Finder, PastError, Seen, past};

/// A prescription as it was.
///
/// # Errors
/// There was none, or the log does not tell.
pub async fn prescription(finder: Finder, id: Uuid, moment: Moment) -> Result<Seen<PrescriptionResource>, PastError> {
    let past = past::<Prescription>(&finder, id, moment).await?;
    let resource = PrescriptionResource::of(id, past.version, &past.state).ok_or(PastError::NotThen)?;
    Ok(Seen {
        version: past.version,
        resource,
    })
}
