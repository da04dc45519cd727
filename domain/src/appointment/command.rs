//! What can be asked of an appointment, and why it turns a command down.

use chrono::{DateTime, TimeDelta, Utc};

use super::{AppointmentStatus, Cancelled};
use crate::{
    patient::ActivePatient,
    practitioner::{ActivePractitioner, AvailablePractitioner},
    privilege::SchedulingPrivilege,
    values::{Change, Notes, Period, Reason},
};

/// What can be asked of an appointment. Asking for what is already so changes nothing.
#[derive(Clone, Debug)]
pub enum AppointmentCommand {
    /// Book it. It must not start in the past.
    Book {
        /// What is booked.
        booking: Booking,
        /// The present instant.
        now: DateTime<Utc>,
    },
    /// Record an appointment that took place elsewhere or before, as booked and fulfilled.
    RecordFulfilled {
        /// What took place.
        visit: PastVisit,
        /// The present instant.
        now: DateTime<Utc>,
    },
    /// Move it to another time with the same practitioner.
    Reschedule {
        /// Proof that the practitioner can be booked then.
        slot: AvailablePractitioner,
        /// The present instant.
        now: DateTime<Utc>,
    },
    /// The patient is there.
    Arrive {
        /// The present instant.
        now: DateTime<Utc>,
    },
    /// The patient has been seen.
    Fulfil {
        /// The present instant.
        now: DateTime<Utc>,
    },
    /// It will not take place.
    Cancel(Cancelled),
    /// The patient did not come.
    Miss {
        /// The present instant.
        now: DateTime<Utc>,
        /// How long after the start a patient is waited for.
        grace: TimeDelta,
    },
    /// Undo that it was fulfilled or missed.
    Reopen {
        /// Proof that the caller may do so.
        privilege: SchedulingPrivilege,
    },
    /// Change the free text.
    ChangeNotes(Change<Notes>),
    /// It should never have been recorded.
    MarkEnteredInError {
        /// Why.
        reason: Option<Reason>,
    },
}

/// Who meets whom, when and why. The patient and the practitioner's time come as proofs that they can be booked.
#[derive(Clone, Debug)]
pub struct Booking {
    /// The patient.
    pub patient: ActivePatient,
    /// The practitioner, and when.
    pub slot: AvailablePractitioner,
    /// Why.
    pub reason: Option<Reason>,
    /// Free text.
    pub notes: Option<Notes>,
}

/// Who met whom, when and why. It does not matter whether the practitioner could have been booked.
#[derive(Clone, Debug)]
pub struct PastVisit {
    /// The patient.
    pub patient: ActivePatient,
    /// The practitioner.
    pub practitioner: ActivePractitioner,
    /// When.
    pub period: Period,
    /// Why.
    pub reason: Option<Reason>,
    /// Free text.
    pub notes: Option<Notes>,
    /// The reason why it overlaps another appointment, if it does.
    pub overlap: Option<Reason>,
}

/// Why an appointment turned a command down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppointmentRefusal {
    /// There is no such appointment.
    #[error("no appointment has this id")]
    Unknown,
    /// The id is taken.
    #[error("the appointment is already booked")]
    AlreadyBooked,
    /// A new time lies ahead.
    #[error("an appointment must not start in the past")]
    StartsInThePast,
    /// History lies behind.
    #[error("an appointment that has not ended cannot be recorded as fulfilled")]
    NotYetOver,
    /// Where it stands does not allow it.
    #[error("the appointment is {}", .0.code())]
    InStatus(AppointmentStatus),
    /// The patient may still come.
    #[error("an appointment cannot be missed before its start and the time of grace after it")]
    TooEarlyToMiss,
    /// Only the time changes.
    #[error("an appointment can be rescheduled with the same practitioner only")]
    AnotherPractitioner,
}
