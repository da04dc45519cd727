//! Why a command was not carried out.

use domain::{
    account::AccountRefusal, appointment::AppointmentRefusal, appointment_prescription::AppointmentPrescriptionRefusal,
    day::DayRefusal, email_claim::EmailClaimRefusal, idempotency_key::IdempotencyKeyRefusal, invoice::InvoiceRefusal,
    patient::PatientRefusal, practitioner::PractitionerRefusal, prescription::PrescriptionRefusal,
    privilege::NotPrivileged,
};
use journal::{AppendError, CommitError, ReadError};

/// A rule of the domain that a command breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Of the patient.
    #[error(transparent)]
    Patient(#[from] PatientRefusal),
    /// Of the claim on an e-mail address.
    #[error(transparent)]
    EmailClaim(#[from] EmailClaimRefusal),
    /// Of the practitioner.
    #[error(transparent)]
    Practitioner(#[from] PractitionerRefusal),
    /// Of the appointment.
    #[error(transparent)]
    Appointment(#[from] AppointmentRefusal),
    /// Of the idempotency key.
    #[error(transparent)]
    IdempotencyKey(#[from] IdempotencyKeyRefusal),
    /// Of the prescription.
    #[error(transparent)]
    Prescription(#[from] PrescriptionRefusal),
    /// Of the prescription that is to be renewed.
    #[error("for the prescription to renew: {0}")]
    PriorPrescription(PrescriptionRefusal),
    /// Of what stands against the appointment.
    #[error(transparent)]
    AppointmentPrescription(#[from] AppointmentPrescriptionRefusal),
    /// Of the account.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    /// Of the invoice.
    #[error(transparent)]
    Invoice(#[from] InvoiceRefusal),
    /// Of the practitioner's day.
    #[error("for the practitioner, {0}")]
    PractitionerDay(DayRefusal),
    /// Of the patient's day.
    #[error("for the patient, {0}")]
    PatientDay(DayRefusal),
    /// Of whoever asks for something that takes a privilege.
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
    /// It speaks of somebody who has been erased. Nothing was stored.
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

impl From<CommitError> for CommandError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Append(AppendError::Conflict) => Self::Contended,
            CommitError::Append(AppendError::Overloaded) => Self::Overloaded,
            CommitError::Append(AppendError::Unavailable(reason)) => Self::Unavailable(reason),
            CommitError::Append(AppendError::DataSubjectErased) => Self::Erased,
            CommitError::Append(AppendError::Full(reason)) => Self::Full(reason),
            CommitError::Append(AppendError::OutcomeUnknown) => Self::OutcomeUnknown,
            CommitError::Append(AppendError::Refused(reason)) => Self::Broken(reason),
            CommitError::Encode(error) => Self::Broken(error.to_string()),
        }
    }
}
