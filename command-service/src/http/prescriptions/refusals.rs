//! Maps prescription refusals to problems.

use domain::{live_prescriptions::LivePrescriptionRefusal, prescription::PrescriptionRefusal};
use http_edge::{Problem, problem::types::NOT_FOUND};

use crate::http::problems::{
    ALREADY_EXISTS, ANOTHER_PATIENTS, LIMIT_REACHED, LIVE_PRESCRIPTION, NO_REFILLS_REMAINING, REFILL_DECIDED,
    UNKNOWN_PRESCRIPTION, WRONG_STATUS, at,
};

pub(crate) fn prescription(refusal: PrescriptionRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        PrescriptionRefusal::Unknown | PrescriptionRefusal::UnknownRefillRequest => {
            Problem::new(&NOT_FOUND).detail(text)
        }
        PrescriptionRefusal::AlreadyPrescribed => Problem::new(&ALREADY_EXISTS).detail(text),
        PrescriptionRefusal::InStatus(_) | PrescriptionRefusal::AnotherReason(_) => {
            Problem::new(&WRONG_STATUS).detail(text)
        }
        PrescriptionRefusal::AnotherPatientsAppointment => at(&ANOTHER_PATIENTS, "/appointmentId", text),
        PrescriptionRefusal::AnotherPatientsPrescription => at(&ANOTHER_PATIENTS, "/renews", text),
        PrescriptionRefusal::NoRefillsRemaining => Problem::new(&NO_REFILLS_REMAINING).detail(text),
        PrescriptionRefusal::TooManyRefillRequests => Problem::new(&LIMIT_REACHED).detail(text),
        PrescriptionRefusal::RefillDecided => Problem::new(&REFILL_DECIDED).detail(text),
    }
}

/// The problem for a prescription that the body names in `renews`.
pub(crate) fn prior_prescription(refusal: PrescriptionRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        PrescriptionRefusal::Unknown => at(&UNKNOWN_PRESCRIPTION, "/renews", text),
        PrescriptionRefusal::InStatus(_) => at(&WRONG_STATUS, "/renews", text),
        refusal => prescription(refusal),
    }
}

pub(crate) fn live_prescription(refusal: LivePrescriptionRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        LivePrescriptionRefusal::SameMedicine { index, .. } => {
            at(&LIVE_PRESCRIPTION, &format!("/medicines/{index}"), text)
        }
        LivePrescriptionRefusal::TooMany => Problem::new(&LIMIT_REACHED).detail(text),
    }
}
