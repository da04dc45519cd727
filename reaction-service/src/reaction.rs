//! Reactors, and the outcomes and faults of reactions.

use std::fmt;

use commands::{CommandError, Refusal};
use domain::{appointment::AppointmentRefusal, patient::PatientRefusal, practitioner::PractitionerRefusal};
use futures_util::future::BoxFuture;
use journal::{Context, JournalEvent, ReadError};

/// A reactor turns events into commands. It is idempotent: ids are derived from the event's aggregate, and a command
/// whose effect already exists changes nothing.
pub trait Reactor: fmt::Debug + Send + Sync {
    /// Its description.
    fn description(&self) -> &'static Description;

    /// Reacts to an event.
    fn react<'a>(&'a self, event: &'a JournalEvent) -> BoxFuture<'a, Result<Outcome, Fault>>;
}

/// The name of a reactor and the events that it reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its name, which identifies its consumer on the server, its metrics, and the actor of its commands. It never
    /// changes.
    pub name: &'static str,
    /// The name of its health note.
    pub check: &'static str,
    /// The context whose events it reacts to.
    pub context: Context,
    /// The types of the events that it reacts to.
    pub event_types: &'static [&'static str],
}

/// The outcome of a reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The effect exists, from this reaction or an earlier one.
    Done,
    /// There is nothing to do, for this reason.
    Nothing(&'static str),
}

/// The fault of a failed reaction. The texts hold no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A shared dependency is unavailable. The reaction is retried without a limit.
    #[error("{0}")]
    Away(String),
    /// This reaction failed, possibly temporarily. It is retried up to a limit.
    #[error("{0}")]
    Failed(String),
    /// The reaction fails until someone intervenes.
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
            // The aggregate was recorded before the event, so this process just has not caught up yet.
            CommandError::Refused(
                Refusal::Patient(PatientRefusal::Unknown)
                | Refusal::Practitioner(PractitionerRefusal::Unknown)
                | Refusal::Appointment(AppointmentRefusal::Unknown),
            )
            // Tried again, the reaction sees that the person has been erased meanwhile.
            | CommandError::Erased
            | CommandError::Contended
            | CommandError::VersionMismatch { .. } => Self::Failed(reason),
            CommandError::Refused(_) | CommandError::KeyReused | CommandError::Broken(_) => Self::Lasting(reason),
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
            Self::Lasting(format!("the read models cannot be queried: {error}"))
        } else {
            Self::Away(format!("the read models are unavailable: {error}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::account::AccountRefusal;

    use super::*;

    #[test]
    fn an_outage_waits_a_temporary_fault_is_counted_and_a_refusal_lasts() {
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
