//! Verifying: what the projections and the ledger must be follows from the log alone, so it is folded from nothing and held
//! against what is there. Nothing is changed, and no value leaves the database or this process.

mod bookings;
mod ledger;
mod rows;

use log_reader::{FollowError, StreamError};

use crate::fault::Fault;

pub use bookings::{Bookings, Overlap, verify_bookings};
pub use ledger::{Ledger, LedgerSum, verify_ledger};
pub use rows::{VerifiedProjection, verify_rows};

/// Why something could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The log cannot be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The log does not answer.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The database does not answer.
    #[error("{0}")]
    Database(String),
    /// It cannot be folded.
    #[error("{0}")]
    Stopped(String),
}

impl From<read_models::Error> for VerifyError {
    fn from(error: read_models::Error) -> Self {
        Self::Database(read_models::describe(&error))
    }
}

impl From<Fault> for VerifyError {
    fn from(fault: Fault) -> Self {
        Self::Stopped(fault.to_string())
    }
}

/// Who hears how far a stream has been read: its name, the position, and where it ends.
pub type Tell<'a> = &'a (dyn Fn(&'static str, u64, u64) + Send + Sync);
