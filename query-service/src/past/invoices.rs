//! Invoices as they were.

use api::InvoiceResource;
use domain::invoice::Invoice;
use log_reader::Moment;
use uuid::Uuid;

use super::{Finder, PastError, Seen, past};

/// An invoice as it was.
///
/// # Errors
/// There was none, or the log does not tell.
pub async fn invoice(finder: Finder, id: Uuid, moment: Moment) -> Result<Seen<InvoiceResource>, PastError> {
    let past = past::<Invoice>(&finder, id, moment).await?;
    let resource = InvoiceResource::of(id, past.version, &past.state).ok_or(PastError::NotThen)?;
    Ok(Seen {
        version: past.version,
        resource,
    })
}
