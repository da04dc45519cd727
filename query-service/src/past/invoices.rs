//! Invoices as they were.

use domain::invoice::Invoice;
use journal::Moment;
use schemas::api::InvoiceResource;
use uuid::Uuid;

use super::{Finder, PastError, Seen, past};

/// An invoice as it was.
///
/// # Errors
/// There was none, or the log does not tell.
pub async fn invoice(finder: &Finder, id: Uuid, moment: Moment) -> Result<Seen<InvoiceResource>, PastError> {
    let past = past::<Invoice>(finder, id, moment).await?;
    let resource = show(id, past.version, &past.state).ok_or(PastError::NotThen)?;
    Ok(Seen {
        version: past.version,
        resource,
    })
}

/// Shows an invoice; nothing before it is drafted.
pub(crate) fn show(id: Uuid, version: u64, invoice: &Invoice) -> Option<InvoiceResource> {
    let (drafted, status) = (invoice.drafted()?, invoice.status()?);
    Some(InvoiceResource::new(id, version, drafted, status, invoice))
}
