//! The errors of commands.

use domain::{
    account::AccountRefusal, appointment::AppointmentRefusal, bookings::TimeRefusal, email_addresses::EmailRefusal,
    invoice::InvoiceRefusal, live_prescriptions::LivePrescriptionRefusal, patient::PatientRefusal,
    practitioner::PractitionerRefusal, prescription::PrescriptionRefusal, privilege::NotPrivileged,
    unique_identifiers::IdentifierRefusal,
};
use journal::{AppendError, ReadError};

/// A domain rule that a command breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A rule of the patient.
    #[error(transparent)]
    Patient(#[from] PatientRefusal),
    /// The rule for unique e-mail addresses.
    #[error(transparent)]
    EmailAddress(#[from] EmailRefusal),
    /// A rule of identifiers.
    #[error(transparent)]
    Identifier(#[from] IdentifierRefusal),
    /// A rule of the practitioner.
    #[error(transparent)]
    Practitioner(#[from] PractitionerRefusal),
    /// A rule of the appointment.
    #[error(transparent)]
    Appointment(#[from] AppointmentRefusal),
    /// A rule of the prescription.
    #[error(transparent)]
    Prescription(#[from] PrescriptionRefusal),
    /// A rule of the prescription to renew.
    #[error("for the prescription to renew: {0}")]
    PriorPrescription(PrescriptionRefusal),
    /// The rule for live prescriptions.
    #[error(transparent)]
    LivePrescription(#[from] LivePrescriptionRefusal),
    /// A rule of the account.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    /// A rule of the invoice.
    #[error(transparent)]
    Invoice(#[from] InvoiceRefusal),
    /// The practitioner's time is taken.
    #[error("for the practitioner, {0}")]
    PractitionerTime(TimeRefusal),
    /// The patient's time is taken.
    #[error("for the patient, {0}")]
    PatientTime(TimeRefusal),
    /// The caller lacks a privilege.
    #[error(transparent)]
    NotPrivileged(#[from] NotPrivileged),
}

/// The reason a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The command breaks a rule. Nothing was stored.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The aggregate has another version than the caller expects. Nothing was stored.
    #[error("the version is {actual}, not {expected}")]
    VersionMismatch {
        /// The version that the caller expects.
        expected: u64,
        /// The current version.
        actual: u64,
    },
    /// The idempotency key belongs to another request. Nothing was stored.
    #[error("the idempotency key has been used for another request")]
    KeyReused,
    /// The person has been erased. Nothing was stored.
    #[error("the person has been erased")]
    Erased,
    /// The erasure is stored, but destroying the person's key failed.
    #[error("the person's key could not be destroyed: {0}")]
    NotForgotten(String),
    /// Concurrent changes won every retry. Nothing was stored.
    #[error("concurrent commands kept changing the same data")]
    Contended,
    /// The queue of commands is full. Nothing was stored.
    #[error("too many commands are waiting")]
    Overloaded,
    /// The log is unreachable. Nothing was stored.
    #[error("the event log is unavailable: {0}")]
    Unavailable(String),
    /// The log is full. Nothing was stored.
    #[error("the event log is full: {0}")]
    Full(String),
    /// The log became unreachable while storing the command. The outcome is unknown.
    #[error("it is unknown whether the command took effect")]
    OutcomeUnknown,
    /// The log is damaged, or does not match this code.
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
