//! Past states of patients.

use api::PatientResource;
use domain::patient::{Patient, PatientStatus};
use log_reader::Moment;
use uuid::Uuid;

use super::{PastError, ScopedReader, Seen, past};

/// Returns a past state of a patient. It has no personal data if the patient has been erased since.
///
/// # Errors
/// The patient did not exist or had been erased at that moment, or the log cannot be read.
pub(crate) async fn patient(
    reader: ScopedReader<Patient>,
    id: Uuid,
    moment: Moment,
) -> Result<Seen<PatientResource>, PastError> {
    let past = past(&reader, id, moment).await?;
    if past.state.status() == Some(PatientStatus::Erased) {
        return Err(PastError::Erased);
    }
    let resource = PatientResource::of(id, past.version, &past.state).ok_or(PastError::NotThen)?;
    Ok(Seen {
        version: past.version,
        resource,
    })
}
