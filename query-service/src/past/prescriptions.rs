//! Prescriptions as they were.

use domain::prescription::Prescription;
use journal::Moment;
use schemas::api::PrescriptionResource;
use uuid::Uuid;

use super::{Finder, PastError, Seen, past};

/// A prescription as it was.
///
/// # Errors
/// There was none, or the log does not tell.
pub async fn prescription(finder: &Finder, id: Uuid, moment: Moment) -> Result<Seen<PrescriptionResource>, PastError> {
    let past = past::<Prescription>(finder, id, moment).await?;
    let resource = show(id, past.version, &past.state).ok_or(PastError::NotThen)?;
    Ok(Seen {
        version: past.version,
        resource,
    })
}

/// Shows a prescription; nothing before it is written.
pub(crate) fn show(id: Uuid, version: u64, prescription: &Prescription) -> Option<PrescriptionResource> {
    let (prescribed, status) = (prescription.prescribed()?, prescription.status()?);
    Some(PrescriptionResource::new(id, version, prescribed, status, prescription))
}
