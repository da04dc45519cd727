//! Queries on invoices.

mod get;
mod list;
mod payments;

use api::{INVOICES, InvoiceResource};

use super::endpoint::{Endpoint, Route};

/// The projections behind an invoice.
const PROJECTIONS: &[&str] = &["invoice", "cached_patient"];

/// The routes of all queries.
pub(super) fn routes() -> Vec<Route> {
    vec![
        list::route(),
        get::route(),
        Endpoint::history(&INVOICES).tells(InvoiceResource::of),
        payments::route(),
    ]
}
