//! Past states of invoices.

use api::InvoiceResource;
use domain::invoice::Invoice;
use log_reader::Moment;
use uuid::Uuid;

use super::{PastError, ScopedReader, Seen, past};

/// Returns a past state of an invoice.
///
/// # Errors
/// The invoice did not exist at that moment, or the log cannot be read.
pub(crate) async fn invoice(
    reader: ScopedReader<Invoice>,
    id: Uuid,
    moment: Moment,
) -> Result<Seen<InvoiceResource>, PastError> {
    let past = past(&reader, id, moment).await?;
    let resource = InvoiceResource::of(id, past.version, &past.state).ok_or(PastError::NotThen)?;
    Ok(Seen {
        version: past.version,
        resource,
    })
}
