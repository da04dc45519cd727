//! Early ends of a decision: a refusal, or data to load first.

use journal::Undecided;

use super::{CommandError, Refusal};

/// The reason a decision ends early.
#[derive(Debug)]
pub enum Stop {
    /// The decision needs data that is not loaded. The journal loads it and decides again.
    Undecided(Undecided),
    /// The command is refused.
    Refused(CommandError),
}

impl From<Undecided> for Stop {
    fn from(undecided: Undecided) -> Self {
        Self::Undecided(undecided)
    }
}

impl From<CommandError> for Stop {
    fn from(error: CommandError) -> Self {
        Self::Refused(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}

/// Converts a decision for the journal, which must know only whether to decide again.
pub(crate) fn sort<T>(decided: Result<T, Stop>) -> Result<Result<T, CommandError>, Undecided> {
    match decided {
        Ok(decided) => Ok(Ok(decided)),
        Err(Stop::Refused(error)) => Ok(Err(error)),
        Err(Stop::Undecided(undecided)) => Err(undecided),
    }
}
