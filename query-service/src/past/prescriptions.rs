//! Past states of prescriptions.

use api::PrescriptionResource;
use domain::prescription::Prescription;
use log_reader::Moment;
use uuid::Uuid;

use super::{PastError, ScopedReader, Seen, past};

/// Returns a past state of a prescription.
///
/// # Errors
/// The prescription did not exist at that moment, or the log cannot be read.
pub(crate) async fn prescription(
    reader: ScopedReader<Prescription>,
    id: Uuid,
    moment: Moment,
) -> Result<Seen<PrescriptionResource>, PastError> {
    let past = past(&reader, id, moment).await?;
    let resource = PrescriptionResource::of(id, past.version, &past.state).ok_or(PastError::NotThen)?;
    Ok(Seen {
        version: past.version,
        resource,
    })
}
