//! Commands of a practitioner and its refusals.

use uuid::Uuid;

use super::PractitionerDetails;
use crate::values::{Change, Email, Name, Personal, Specialty, TimeOff, TimeZone, WeeklyAvailability};

/// A command on a practitioner.
#[derive(Clone, Debug)]
pub enum PractitionerCommand {
    /// Register a person as a practitioner.
    Register(PractitionerDetails),
    /// Change the details.
    ChangeDetails(DetailsChange),
    /// Set the weekly availability from a date on. It replaces every availability of that date or later.
    SetAvailability(WeeklyAvailability),
    /// Add a time off.
    AddTimeOff(TimeOff),
    /// Remove a time off.
    RemoveTimeOff {
        /// The time off's id.
        time_off_id: Uuid,
    },
    /// Deactivate the practitioner for good.
    Deactivate,
}

/// A partial change of the details. Name and time zone are required: they can be replaced, but not cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DetailsChange {
    /// The new name, if it changes.
    pub name: Option<Name>,
    /// The change to the specialty.
    pub specialty: Change<Specialty>,
    /// The new time zone, if it changes. The weekly hours keep their local times.
    pub time_zone: Option<TimeZone>,
    /// The change to the e-mail address.
    pub email: Change<Email>,
}

impl DetailsChange {
    pub(super) fn apply_to(&self, present: &PractitionerDetails) -> PractitionerDetails {
        PractitionerDetails {
            name: self.name.clone().map_or_else(|| present.name.clone(), Personal::Known),
            specialty: self.specialty.apply_to(&present.specialty),
            time_zone: self.time_zone.unwrap_or(present.time_zone),
            email: self.email.apply_to(&present.email),
        }
    }
}

/// The reason a practitioner refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PractitionerRefusal {
    /// The id is already in use.
    #[error("the practitioner is already registered")]
    AlreadyRegistered,
    /// No practitioner with this id exists.
    #[error("no practitioner has this id")]
    Unknown,
    /// The practitioner is deactivated.
    #[error("the practitioner is not active")]
    Inactive,
    /// The time is outside the weekly availability.
    #[error("the time is outside the practitioner's availability")]
    OutsideAvailability,
    /// The practitioner has time off.
    #[error("the practitioner is away at that time")]
    Away,
    /// The start is between two slots.
    #[error(
        "an appointment must start with a slot: every {slot_minutes} minutes from the start of the practitioner's hours"
    )]
    BetweenSlots {
        /// The length of a slot.
        slot_minutes: u16,
    },
    /// The practitioner has reached [`Practitioner::MOST_TIMES_OFF`](super::Practitioner::MOST_TIMES_OFF).
    #[error("a practitioner has at most 500 times off; remove past ones first")]
    TooManyTimesOff,
    /// The practitioner has reached [`Practitioner::MOST_AVAILABILITIES`](super::Practitioner::MOST_AVAILABILITIES).
    #[error("a practitioner has at most 100 availabilities; set one from an earlier day to replace later ones")]
    TooManyAvailabilities,
    /// No time off with this id exists.
    #[error("no time off has this id")]
    UnknownTimeOff,
    /// The id belongs to a different time off.
    #[error("the id belongs to another time off")]
    TimeOffIdUsed,
}
