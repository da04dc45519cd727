//! What a reactor is, what comes of a reaction, and why one fails.

use std::fmt;

use commands::{CommandError, Refusal};
use domain::{appointment::AppointmentRefusal, patient::PatientRefusal, practitioner::PractitionerRefusal};
use futures_util::future::BoxFuture;
use journal::{Context, JournalEvent, ReadError};

/// Turns events into commands. What it does can be done again without doing more: ids follow from the event's aggregate,
/// and commands that find their work done change nothing.
pub trait Reactor: fmt::Debug + Send + Sync {
    /// What it is called, and what it reacts to.
    fn description(&self) -> &'static Description;

    /// Reacts to an event.
    fn react<'a>(&'a self, event: &'a JournalEvent) -> BoxFuture<'a, Result<Outcome, Fault>>;
}

/// What a reactor is called, and what it reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its name: of its place at the server, in metrics, and as the actor of its commands. It never changes.
    pub name: &'static str,
    /// The name of its note in the health of a process.
    pub check: &'static str,
    /// The context whose events it reacts to.
    pub context: Context,
    /// The types of the events that it reacts to.
    pub event_types: &'static [&'static str],
}

/// What came of a reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What was to be done has been done, now or before.
    Done,
    /// There is nothing to be done.
    Nothing(&'static str),
}

/// Why a reaction failed. The texts hold no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// What every reaction needs is away. It passes, however long it takes.
    #[error("{0}")]
    Away(String),
    /// Something stood in the way of this one. It may pass.
    #[error("{0}")]
    Failed(String),
    /// It will fail again, until somebody has done something about it.
    #[error("{0}")]
    Lasting(String),
}

impl From<CommandError> for Fault {
    fn from(error: CommandError) -> Self {
        let reason = error.to_string();
        match error {
            CommandError::Unavailable(_)
            | CommandError::Full(_)
            | CommandError::Overloaded
            | CommandError::OutcomeUnknown
            | CommandError::NotForgotten(_) => Self::Away(reason),
            // What an event speaks of was recorded before it: this process has not seen so far yet.
            CommandError::Refused(
                Refusal::Patient(PatientRefusal::Unknown)
                | Refusal::Practitioner(PractitionerRefusal::Unknown)
                | Refusal::Appointment(AppointmentRefusal::Unknown),
            )
            | CommandError::Contended
            | CommandError::VersionMismatch { .. } => Self::Failed(reason),
            CommandError::Refused(_) | CommandError::Erased | CommandError::KeyReused | CommandError::Broken(_) => {
                Self::Lasting(reason)
            }
        }
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(_) => Self::Away(error.to_string()),
            ReadError::Damaged(_) => Self::Lasting(error.to_string()),
        }
    }
}

impl From<read_models::Error> for Fault {
    fn from(error: read_models::Error) -> Self {
        if read_models::is_lasting(&error) {
            Self::Lasting(format!("the read models cannot be asked: {error}"))
        } else {
            Self::Away(format!("the read models do not answer: {error}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::account::AccountRefusal;

    use super::*;

    #[test]
    fn what_passes_for_all_waits_what_may_pass_is_counted_and_a_refusal_lasts() {
        let text = || "why".to_owned();
        for error in [
            CommandError::Unavailable(text()),
            CommandError::Full(text()),
            CommandError::Overloaded,
            CommandError::OutcomeUnknown,
            CommandError::NotForgotten(text()),
        ] {
            assert!(matches!(Fault::from(error), Fault::Away(_)));
        }
        let stale = CommandError::VersionMismatch { expected: 1, actual: 2 };
        for error in [CommandError::Contended, stale] {
            assert!(matches!(Fault::from(error), Fault::Failed(_)));
        }
        let closed = Fault::from(CommandError::Refused(Refusal::Account(AccountRefusal::Closed)));
        assert_eq!(closed, Fault::Lasting("the account is closed".to_owned()));
        let damaged = Fault::from(CommandError::Broken(text()));
        assert_eq!(damaged, Fault::Lasting("why".to_owned()));
    }
}
