//! Maps patient refusals to problems.

use commands::{CommandError, Refusal};
use domain::{email_addresses::EmailRefusal, patient::PatientRefusal, unique_identifiers::IdentifierRefusal};
use http_edge::{
    Problem,
    problem::types::{ERASED, NOT_FOUND, VALIDATION_FAILED},
};

use crate::http::problems::{
    ALREADY_EXISTS, EMAIL_TAKEN, IDENTIFIER_TAKEN, PATIENT_DECEASED, PATIENT_INACTIVE, UNKNOWN_PATIENT, at,
};

/// The problem for a command that names the patient in its body.
pub(crate) fn patient(refusal: PatientRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        PatientRefusal::Unknown => at(&UNKNOWN_PATIENT, "/patientId", text),
        PatientRefusal::Inactive => at(&PATIENT_INACTIVE, "/patientId", text),
        PatientRefusal::Deceased => at(&PATIENT_DECEASED, "/patientId", text),
        PatientRefusal::DiedBeforeBirth => Problem::new(&VALIDATION_FAILED).field("/deceasedAt", text),
        PatientRefusal::BornAfterDeath => Problem::new(&VALIDATION_FAILED).field("/dateOfBirth", text),
        PatientRefusal::Erased => at(&ERASED, "/patientId", text),
        PatientRefusal::AlreadyRegistered => Problem::new(&ALREADY_EXISTS).detail(text),
    }
}

/// The problem for a command that names the patient in its path.
pub(crate) fn on_patient(error: &CommandError) -> Option<Problem> {
    match error {
        CommandError::Refused(Refusal::Patient(PatientRefusal::Unknown)) => {
            Some(Problem::new(&NOT_FOUND).detail("No patient has this id."))
        }
        CommandError::Refused(Refusal::Patient(PatientRefusal::Erased)) => {
            Some(Problem::new(&ERASED).detail("The patient has been erased."))
        }
        _ => None,
    }
}

pub(crate) fn identifier(refusal: &IdentifierRefusal) -> Problem {
    match refusal {
        IdentifierRefusal::Taken { place, .. } => {
            at(&IDENTIFIER_TAKEN, &format!("/identifiers/{place}"), refusal.to_string())
        }
    }
}

pub(crate) fn email_address(refusal: EmailRefusal) -> Problem {
    match refusal {
        EmailRefusal::Taken => at(&EMAIL_TAKEN, "/email", refusal.to_string()),
    }
}
