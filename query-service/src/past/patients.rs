//! Patients as they were.

use api::PatientResource;
use domain::patient::{Patient, PatientStatus};
use log_reader::Moment;
use uuid::Uuid;

use super::{Finder, PastError, Seen, past};

/// A patient as they were. Of one who has been erased since, nothing personal is shown.
///
/// # Errors
/// There was none, they had been erased by then, or the log does not tell.
pub async fn patient(finder: Finder, id: Uuid, moment: Moment) -> Result<Seen<PatientResource>, PastError> {
    let past = past::<Patient>(&finder, id, moment).await?;
    if past.state.status() == Some(PatientStatus::Erased) {
        return Err(PastError::Erased);
    }
    let resource = PatientResource::of(id, past.version, &past.state).ok_or(PastError::NotThen)?;
    Ok(Seen {
        version: past.version,
        resource,
    })
}
