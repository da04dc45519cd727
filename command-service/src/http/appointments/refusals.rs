//! Maps appointment refusals to problems.

use commands::{CommandError, Refusal};
use domain::appointment::AppointmentRefusal;
use http_edge::{Problem, problem::types::NOT_FOUND};

use crate::http::problems::{ALREADY_EXISTS, NOT_BOOKABLE, UNKNOWN_APPOINTMENT, WRONG_STATUS, at};

/// The problem for a command that names the appointment in its path.
pub(crate) fn appointment(refusal: AppointmentRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        AppointmentRefusal::Unknown => Problem::new(&NOT_FOUND).detail(text),
        AppointmentRefusal::AlreadyBooked => Problem::new(&ALREADY_EXISTS).detail(text),
        AppointmentRefusal::InStatus(_)
        | AppointmentRefusal::AnotherReason(_)
        | AppointmentRefusal::TooEarlyToArrive { .. }
        | AppointmentRefusal::NotYetBegun
        | AppointmentRefusal::TooEarlyToMiss => Problem::new(&WRONG_STATUS).detail(text),
        AppointmentRefusal::AnotherPractitioner => at(&NOT_BOOKABLE, "/practitionerId", text),
        AppointmentRefusal::StartsInThePast | AppointmentRefusal::TooFarAhead { .. } => {
            at(&NOT_BOOKABLE, "/startTime", text)
        }
        AppointmentRefusal::NotYetOver => at(&NOT_BOOKABLE, "/endTime", text),
    }
}

/// The problem for a command that names the appointment in its body.
pub(crate) fn naming_an_appointment(error: &CommandError) -> Option<Problem> {
    let CommandError::Refused(Refusal::Appointment(refusal)) = error else {
        return None;
    };
    let kind = match refusal {
        AppointmentRefusal::Unknown => &UNKNOWN_APPOINTMENT,
        AppointmentRefusal::InStatus(_) => &WRONG_STATUS,
        _ => return None,
    };
    Some(at(kind, "/appointmentId", refusal.to_string()))
}
