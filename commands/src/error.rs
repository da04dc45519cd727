//! Why a command was not carried out.

use domain::{
    account::AccountRefusal, appointment::AppointmentRefusal, bookings::TimeRefusal, email_addresses::EmailRefusal,
    invoice::InvoiceRefusal, live_prescriptions::LivePrescriptionRefusal, patient::PatientRefusal,
    practitioner::PractitionerRefusal, prescription::PrescriptionRefusal, privilege::NotPrivileged,
};
use journal::{AppendError, ReadError};

/// A rule of the domain that a command breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Of the patient.
    #[error(transparent)]
    Patient(#[from] PatientRefusal),
    /// Of the e-mail address.
    #[error(transparent)]
    EmailAddress(#[from] EmailRefusal),
    /// Of the practitioner.
    #[error(transparent)]
    Practitioner(#[from] PractitionerRefusal),
    /// Of the appointment.
    #[error(transparent)]
    Appointment(#[from] AppointmentRefusal),
    /// Of the prescription.
    #[error(transparent)]
    Prescription(#[from] PrescriptionRefusal),
    /// Of the prescription that is to be renewed.
    #[error("for the prescription to renew: {0}")]
    PriorPrescription(PrescriptionRefusal),
    /// Of what stands against the appointment.
    #[error(transparent)]
    LivePrescription(#[from] LivePrescriptionRefusal),
    /// Of the account.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    /// Of the invoice.
    #[error(transparent)]
    Invoice(#[from] InvoiceRefusal),
    /// Of the practitioner's time.
    #[error("for the practitioner, {0}")]
    PractitionerTime(TimeRefusal),
    /// Of the patient's time.
    #[error("for the patient, {0}")]
    PatientTime(TimeRefusal),
    /// Of the caller, who lacks a privilege.
    #[error(transparent)]
    NotPrivileged(#[from] NotPrivileged),
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It breaks a rule. Nothing was stored.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What is to be changed is at another version than the caller believes. Nothing was stored.
    #[error("the version is {actual}, not {expected}")]
    VersionMismatch {
        /// The version that the caller named.
        expected: u64,
        /// The version it has.
        actual: u64,
    },
    /// Another request has been carried out under the same idempotency key. Nothing was stored.
    #[error("the idempotency key has been used for another request")]
    KeyReused,
    /// The person has been erased. Nothing was stored.
    #[error("the person has been erased")]
    Erased,
    /// The erasure is stored, and the key to what is left of the person has not been destroyed yet.
    #[error("the key of the person could not be destroyed: {0}")]
    NotForgotten(String),
    /// Others changed the same things again and again. Nothing was stored.
    #[error("others kept changing the same thing")]
    Contended,
    /// Too much is waiting. Nothing was stored.
    #[error("too many commands are waiting")]
    Overloaded,
    /// The log cannot be reached. Nothing was stored.
    #[error("the event log is unavailable: {0}")]
    Unavailable(String),
    /// The log has no room. Nothing was stored.
    #[error("the event log is full: {0}")]
    Full(String),
    /// The log was lost while the command was being stored.
    #[error("it is not known whether the command was carried out")]
    OutcomeUnknown,
    /// The log is damaged, or this code and the log do not fit.
    #[error("{0}")]
    Broken(String),
}

impl From<ReadError> for CommandError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(reason) => Self::Unavailable(reason),
            ReadError::Damaged(reason) => Self::Broken(reason),
        }
    }
}

impl From<AppendError> for CommandError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Conflict => Self::Contended,
            AppendError::Overloaded => Self::Overloaded,
            AppendError::Unavailable(reason) => Self::Unavailable(reason),
            AppendError::DataSubjectErased => Self::Erased,
            AppendError::Full(reason) => Self::Full(reason),
            AppendError::OutcomeUnknown => Self::OutcomeUnknown,
            AppendError::Refused(reason) | AppendError::Damaged(reason) => Self::Broken(reason),
        }
    }
}
