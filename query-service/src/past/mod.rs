//! Past states and histories of resources, folded from the log. [`Finder`] supplies the events and is read-only;
//! [`ScopedReader`] opens only the records of its scope.

mod accounts;
mod appointments;
mod finder;
mod invoices;
mod patients;
mod prescriptions;
mod scoped;

pub(crate) use accounts::{PastAccount, account};
pub(crate) use appointments::appointment;
pub(crate) use appointments::own as own_appointment;
pub(crate) use finder::table;
pub use finder::{Finder, Tell};
pub(crate) use invoices::invoice;
pub(crate) use patients::patient;
pub(crate) use prescriptions::prescription;
pub(crate) use scoped::Owned;
pub(crate) use scoped::ScopedReader;

use log_reader::{Moment, Past, ReadError};
use read_models::Scope;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A past state of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<R> {
    /// Its version.
    pub version: u64,
    /// The API resource.
    pub resource: R,
}

/// An error of a history query.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The aggregate has never existed, or is outside the reader's scope.
    #[error("there is no aggregate with this id")]
    Unknown,
    /// The aggregate did not exist at that moment, or never reached that version.
    #[error("it did not exist at that moment, or never reached that version")]
    NotThen,
    /// The aggregate had been erased by that moment.
    #[error("it has been erased")]
    Erased,
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The event index cannot be read.
    #[error("the event index is unavailable: {}", read_models::describe(.0))]
    Index(#[from] read_models::Error),
    /// The resource cannot be serialized as JSON.
    #[error("it cannot be serialized as JSON: {0}")]
    Write(#[from] serde_json::Error),
}

/// The aggregate types that support history queries.
pub const TYPES: [&str; 5] = ["patient", "appointment", "prescription", "account", "invoice"];

/// Returns a past state of an aggregate of one of [`TYPES`] in a scope, as JSON.
///
/// # Errors
/// The aggregate did not exist at that moment, or the log cannot be read.
pub async fn show(
    finder: &Finder,
    scope: Scope,
    aggregate_type: &str,
    id: Uuid,
    moment: Moment,
) -> Result<Value, PastError> {
    fn json<R: Serialize>(seen: Seen<R>) -> Result<Value, PastError> {
        Ok(serde_json::to_value(seen.resource)?)
    }
    let finder = finder.clone();
    match aggregate_type {
        "patient" => json(patient(ScopedReader::new(finder, scope), id, moment).await?),
        "appointment" => json(appointment(ScopedReader::new(finder, scope), id, moment).await?),
        "prescription" => json(prescription(ScopedReader::new(finder, scope), id, moment).await?),
        "account" => json(account(ScopedReader::new(finder, scope), id, moment).await?),
        "invoice" => json(invoice(ScopedReader::new(finder, scope), id, moment).await?),
        _ => Err(PastError::Unknown),
    }
}

/// Returns the state of an aggregate at a moment.
async fn past<A: Owned>(reader: &ScopedReader<A>, id: Uuid, moment: Moment) -> Result<Past<A>, PastError> {
    reader.open(id).await?.history.at(moment).ok_or(PastError::NotThen)
}
