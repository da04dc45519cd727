//! What can be asked of a practitioner, and why they turn a command down.

use uuid::Uuid;

use super::PractitionerDetails;
use crate::values::{Change, Email, Name, Personal, Specialty, TimeOff, TimeZone, WeeklyAvailability};

/// What can be asked of a practitioner.
#[derive(Clone, Debug)]
pub enum PractitionerCommand {
    /// Register a person as a practitioner.
    Register(PractitionerDetails),
    /// Change what is known of them.
    ChangeDetails(DetailsChange),
    /// Say when they see patients, from a day on. What was said of that day and later ones does not hold any more.
    SetAvailability(WeeklyAvailability),
    /// Say when they are away.
    AddTimeOff(TimeOff),
    /// Take that back.
    RemoveTimeOff {
        /// The time off's id.
        time_off_id: Uuid,
    },
    /// Let them see nobody new, for good.
    Deactivate,
}

/// What a change says of each field. A practitioner always has a name and a time zone: those can only be replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DetailsChange {
    /// The new name, if it changes.
    pub name: Option<Name>,
    /// What becomes of the field of work.
    pub specialty: Change<Specialty>,
    /// The new time zone, if it changes. The hours that they see patients in stay what they are on the clock.
    pub time_zone: Option<TimeZone>,
    /// What becomes of the e-mail address.
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

/// Why a practitioner turned a command down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PractitionerRefusal {
    /// The id is taken.
    #[error("the practitioner is already registered")]
    AlreadyRegistered,
    /// There is no such practitioner.
    #[error("no practitioner has this id")]
    Unknown,
    /// They have been deactivated.
    #[error("the practitioner is not active")]
    Inactive,
    /// They see no patients then.
    #[error("the time is outside the practitioner's availability")]
    OutsideAvailability,
    /// They are away then.
    #[error("the practitioner is away at that time")]
    Away,
    /// There are as many times off as there can be.
    #[error("a practitioner has at most 500 times off; remove past ones first")]
    TooManyTimesOff,
    /// There are as many availabilities as there can be.
    #[error("a practitioner has at most 100 availabilities; set one from an earlier day to replace later ones")]
    TooManyAvailabilities,
    /// There is no such time off.
    #[error("no time off has this id")]
    UnknownTimeOff,
    /// The time off of this id was another one.
    #[error("the id belongs to another time off")]
    TimeOffIdUsed,
}
