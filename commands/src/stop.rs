//! Why a decision ends before its answer: it is refused, or something that it needs has to be loaded first.

use journal::Undecided;

use super::{CommandError, Refusal};

/// Why a decision ends early.
#[derive(Debug)]
pub enum Stop {
    /// It is taken again once what is missing is there.
    Undecided(Undecided),
    /// It is refused.
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

/// Tells the journal what it has to know: whether the decision has been taken.
pub(crate) fn sort<T>(decided: Result<T, Stop>) -> Result<Result<T, CommandError>, Undecided> {
    match decided {
        Ok(decided) => Ok(Ok(decided)),
        Err(Stop::Refused(error)) => Ok(Err(error)),
        Err(Stop::Undecided(undecided)) => Err(undecided),
    }
}
