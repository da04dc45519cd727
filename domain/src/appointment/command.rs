//! Commands of an appointment and its refusals.

use chrono::{DateTime, TimeDelta, Utc};

use super::{AppointmentStatus, Cancelled};
use crate::{
    patient::{ActivePatient, RegisteredPatient},
    practitioner::{AvailablePractitioner, RegisteredPractitioner},
    privilege::SchedulingPrivilege,
    values::{Change, Notes, Period, Reason},
};

/// A command on an appointment. A command that asks for the present state changes nothing.
#[derive(Clone, Debug)]
pub enum AppointmentCommand {
    /// Book the appointment. It must not start in the past.
    Book {
        /// The booking.
        booking: Booking,
        /// The current time.
        now: DateTime<Utc>,
        /// How far ahead an appointment can start.
        horizon: TimeDelta,
    },
    /// Record a past appointment, such as one kept in another system, as booked and fulfilled.
    RecordFulfilled {
        /// The past visit.
        visit: PastVisit,
        /// The current time.
        now: DateTime<Utc>,
    },
    /// Move the appointment to another time with the same practitioner.
    Reschedule {
        /// Proof that the practitioner is available at the new time.
        slot: AvailablePractitioner,
        /// The current time.
        now: DateTime<Utc>,
        /// How far ahead an appointment can start.
        horizon: TimeDelta,
    },
    /// Record that the patient has arrived.
    Arrive {
        /// The current time.
        now: DateTime<Utc>,
        /// How long before the start a patient can arrive.
        early: TimeDelta,
    },
    /// Record that the practitioner has seen the patient.
    Fulfil {
        /// The current time.
        now: DateTime<Utc>,
        /// How long before the start the appointment can have taken place.
        early: TimeDelta,
    },
    /// Cancel the appointment.
    Cancel(Cancelled),
    /// Record that the patient did not come.
    Miss {
        /// The current time.
        now: DateTime<Utc>,
        /// The wait after the start before a patient counts as missing.
        grace: TimeDelta,
    },
    /// Undo a fulfilment or a no-show.
    Reopen {
        /// Proof of the caller's privilege to reopen.
        privilege: SchedulingPrivilege,
    },
    /// Change the notes.
    ChangeNotes(Change<Notes>),
    /// Mark the record as an error.
    MarkEnteredInError {
        /// The reason.
        reason: Option<Reason>,
    },
}

/// A booking. The proofs show that patient and practitioner can be booked.
#[derive(Clone, Debug)]
pub struct Booking {
    /// The patient.
    pub patient: ActivePatient,
    /// The practitioner and the time.
    pub slot: AvailablePractitioner,
    /// The reason.
    pub reason: Option<Reason>,
    /// The notes.
    pub notes: Option<Notes>,
}

/// A past visit. Neither the practitioner's schedule matters, nor whether the two are still active.
#[derive(Clone, Debug)]
pub struct PastVisit {
    /// The patient.
    pub patient: RegisteredPatient,
    /// The practitioner.
    pub practitioner: RegisteredPractitioner,
    /// The time of the visit.
    pub period: Period,
    /// The reason.
    pub reason: Option<Reason>,
    /// The notes.
    pub notes: Option<Notes>,
    /// The reason for an overlap with another appointment, if there is one.
    pub overlap: Option<Reason>,
}

/// The reason an appointment refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppointmentRefusal {
    /// No appointment with this id exists.
    #[error("no appointment has this id")]
    Unknown,
    /// The id is already in use.
    #[error("the appointment is already booked")]
    AlreadyBooked,
    /// The start is in the past.
    #[error("an appointment must not start in the past")]
    StartsInThePast,
    /// The start is too far ahead.
    #[error("an appointment must start within {} days", .horizon.num_days())]
    TooFarAhead {
        /// How far ahead an appointment can start.
        horizon: TimeDelta,
    },
    /// The visit to record has not ended yet.
    #[error("an appointment that has not ended cannot be recorded as fulfilled")]
    NotYetOver,
    /// The status does not allow the command.
    #[error("the appointment is {}", .0.code())]
    InStatus(AppointmentStatus),
    /// The appointment already has the status, for another reason. The new reason would be lost.
    #[error("the appointment is already {}, for another reason", .0.code())]
    AnotherReason(AppointmentStatus),
    /// The start is too far ahead for an arrival.
    #[error("the arrival cannot be recorded more than {} minutes before the start", .early.num_minutes())]
    TooEarlyToArrive {
        /// How long before the start a patient can arrive.
        early: TimeDelta,
    },
    /// The appointment has not begun.
    #[error("an appointment cannot be recorded as fulfilled before it has begun")]
    NotYetBegun,
    /// The patient may still come.
    #[error("an appointment cannot be missed before its start and the grace period after it")]
    TooEarlyToMiss,
    /// A rescheduled appointment must keep its practitioner.
    #[error("an appointment can be rescheduled with the same practitioner only")]
    AnotherPractitioner,
}
