//! Maps practitioner refusals to problems.

use commands::{CommandError, Refusal};
use domain::practitioner::PractitionerRefusal;
use http_edge::{Problem, problem::types::NOT_FOUND};

use crate::http::problems::{
    ALREADY_EXISTS, LIMIT_REACHED, NOT_BOOKABLE, PRACTITIONER_INACTIVE, PRACTITIONER_UNAVAILABLE, UNKNOWN_PRACTITIONER,
    at,
};

/// The problem for a command that names the practitioner in its body.
pub(crate) fn practitioner(refusal: PractitionerRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        PractitionerRefusal::Unknown => at(&UNKNOWN_PRACTITIONER, "/practitionerId", text),
        PractitionerRefusal::Inactive => Problem::new(&PRACTITIONER_INACTIVE).detail(text),
        PractitionerRefusal::OutsideAvailability | PractitionerRefusal::Away => {
            at(&PRACTITIONER_UNAVAILABLE, "/startTime", text)
        }
        PractitionerRefusal::BetweenSlots { .. } => at(&NOT_BOOKABLE, "/startTime", text),
        PractitionerRefusal::TooManyTimesOff | PractitionerRefusal::TooManyAvailabilities => {
            Problem::new(&LIMIT_REACHED).detail(text)
        }
        PractitionerRefusal::UnknownTimeOff => Problem::new(&NOT_FOUND).detail(text),
        PractitionerRefusal::AlreadyRegistered | PractitionerRefusal::TimeOffIdUsed => {
            Problem::new(&ALREADY_EXISTS).detail(text)
        }
    }
}

/// The problem for a command that names the practitioner in its path.
pub(crate) fn on_practitioner(error: &CommandError) -> Option<Problem> {
    match error {
        CommandError::Refused(Refusal::Practitioner(PractitionerRefusal::Unknown)) => {
            Some(Problem::new(&NOT_FOUND).detail("No practitioner has this id."))
        }
        _ => None,
    }
}
