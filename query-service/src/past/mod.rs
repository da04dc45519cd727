//! Past states and histories of resources, folded from the log. [`Finder`] supplies the events and is read-only.

mod accounts;
mod appointments;
mod finder;
mod invoices;
mod patients;
mod prescriptions;

pub use accounts::{PastAccount, account};
pub use appointments::appointment;
pub(crate) use appointments::own as own_appointment;
pub(crate) use finder::table;
pub use finder::{Finder, Tell};
pub use invoices::invoice;
pub use patients::patient;
pub use prescriptions::prescription;

use log_reader::{History, Journaled, Moment, Past, ReadError};
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
    /// The aggregate has never existed.
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

/// Returns a past state of an aggregate of one of [`TYPES`], as JSON.
///
/// # Errors
/// The aggregate did not exist at that moment, or the log cannot be read.
pub async fn show(finder: &Finder, aggregate_type: &str, id: Uuid, moment: Moment) -> Result<Value, PastError> {
    fn json<R: Serialize>(seen: Seen<R>) -> Result<Value, PastError> {
        Ok(serde_json::to_value(seen.resource)?)
    }
    match aggregate_type {
        "patient" => json(patient(finder.clone(), id, moment).await?),
        "appointment" => json(appointment(finder.clone(), id, moment).await?),
        "prescription" => json(prescription(finder.clone(), id, moment).await?),
        "account" => json(account(finder, id, moment).await?),
        "invoice" => json(invoice(finder.clone(), id, moment).await?),
        _ => Err(PastError::Unknown),
    }
}

/// Returns the history of an aggregate, or [`PastError::Unknown`] if it has none.
pub(crate) async fn history<A: Journaled>(finder: &Finder, id: Uuid) -> Result<History<A>, PastError> {
    let history = finder.history::<A>(&id.to_string()).await?;
    if history.is_empty() {
        return Err(PastError::Unknown);
    }
    Ok(history)
}

/// Returns the state of an aggregate at a moment.
async fn past<A: Journaled>(finder: &Finder, id: Uuid, moment: Moment) -> Result<Past<A>, PastError> {
    history(finder, id).await?.at(moment).ok_or(PastError::NotThen)
}
