//! Verification. The log determines the projections and the ledger, so it is folded from scratch and compared with the
//! stored state. Verification changes nothing, and no values leave the database or this process.

mod bookings;
mod ledger;
mod rows;

use log_reader::{FollowError, StreamError};

use crate::fault::Fault;

pub use bookings::{Bookings, Overlap, verify_bookings};
pub use ledger::{Ledger, LedgerSum, verify_ledger};
pub use rows::{VerifiedProjection, verify_rows};

/// An error of a verification.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The log cannot be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The log is unavailable.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The database is unavailable.
    #[error("{0}")]
    Database(String),
    /// The events cannot be folded.
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

/// A progress callback. It receives the stream's name, the current position, and the end position.
pub type Tell<'a> = &'a (dyn Fn(&'static str, u64, u64) + Send + Sync);
