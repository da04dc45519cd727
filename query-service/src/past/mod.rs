//! What things were like, and how they came to be so: folded from the log. It finds the events through [`Finder`], which can
//! only read.

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

/// Something as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<R> {
    /// Its version.
    pub version: u64,
    /// As the API shows it.
    pub resource: R,
}

/// Why something cannot be shown as it was.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// It has never existed.
    #[error("there is none of this id")]
    Unknown,
    /// It did not exist at that moment, or never came to that version.
    #[error("there was none at that moment, or it never came to that version")]
    NotThen,
    /// It had been erased by then.
    #[error("it has been erased")]
    Erased,
    /// The log does not tell.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The index of events does not tell.
    #[error("the index of events does not answer: {}", read_models::describe(.0))]
    Index(#[from] read_models::Error),
    /// What was found cannot be written as JSON.
    #[error("it cannot be written as JSON: {0}")]
    Write(#[from] serde_json::Error),
}

/// The types of aggregates that can be shown as they were.
pub const TYPES: [&str; 5] = ["patient", "appointment", "prescription", "account", "invoice"];

/// Shows one of [`TYPES`] as it was, as JSON.
///
/// # Errors
/// There was none, or the log does not tell.
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

/// The events of something that exists.
pub(crate) async fn history<A: Journaled>(finder: &Finder, id: Uuid) -> Result<History<A>, PastError> {
    let history = finder.history::<A>(&id.to_string()).await?;
    if history.is_empty() {
        return Err(PastError::Unknown);
    }
    Ok(history)
}

/// What an aggregate was like at a moment.
async fn past<A: Journaled>(finder: &Finder, id: Uuid, moment: Moment) -> Result<Past<A>, PastError> {
    history(finder, id).await?.at(moment).ok_or(PastError::NotThen)
}
