//! A practitioner's state, and what it can prove to others.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{PractitionerDetails, PractitionerRefusal};
use crate::{
    privilege::Overbooking,
    values::{Period, TimeOff, TimeZone, WeeklyAvailability},
};

/// A practitioner's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Practitioner {
    pub(super) details: Option<PractitionerDetails>,
    pub(super) deactivated: bool,
    /// In the order of the days that they hold from.
    pub(super) availability: Vec<WeeklyAvailability>,
    pub(super) time_off: Vec<TimeOff>,
}

/// Proof that a practitioner is there to act: only [`Practitioner::active`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivePractitioner {
    id: Uuid,
    time_zone: TimeZone,
}

impl ActivePractitioner {
    /// The practitioner's id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The time zone they see patients in.
    #[must_use]
    pub const fn time_zone(&self) -> TimeZone {
        self.time_zone
    }
}

/// Proof that a practitioner can be booked for a period: within their hours and not away, or overbooked deliberately.
/// Only [`Practitioner::available`] and [`Practitioner::overbooked`] give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvailablePractitioner {
    practitioner: ActivePractitioner,
    period: Period,
    overbooking: Option<Overbooking>,
}

impl AvailablePractitioner {
    /// Who.
    #[must_use]
    pub const fn practitioner(&self) -> ActivePractitioner {
        self.practitioner
    }

    /// When.
    #[must_use]
    pub const fn period(&self) -> Period {
        self.period
    }

    /// The departure from their schedule, if it is one.
    #[must_use]
    pub const fn overbooking(&self) -> Option<&Overbooking> {
        self.overbooking.as_ref()
    }
}

impl Practitioner {
    /// The most times off there can be.
    pub const MOST_TIMES_OFF: usize = 500;
    /// The most availabilities there can be, each from a day on.
    pub const MOST_AVAILABILITIES: usize = 100;

    /// What is known of them; nothing before they are registered.
    #[must_use]
    pub const fn details(&self) -> Option<&PractitionerDetails> {
        self.details.as_ref()
    }

    /// Whether they see nobody new any more.
    #[must_use]
    pub const fn is_deactivated(&self) -> bool {
        self.deactivated
    }

    /// When they see patients on a day, in their time zone. Nothing where they have not said so: they can then be booked
    /// at any time.
    #[must_use]
    pub fn availability_on(&self, date: NaiveDate) -> Option<&WeeklyAvailability> {
        let mut latest_first = self.availability.iter().rev();
        latest_first.find(|availability| availability.effective_from() <= date)
    }

    /// What they have said of when they see patients, in the order of the days it holds from.
    #[must_use]
    pub fn availability(&self) -> &[WeeklyAvailability] {
        &self.availability
    }

    /// When they are away.
    #[must_use]
    pub fn time_off(&self) -> &[TimeOff] {
        &self.time_off
    }

    /// Checks that this practitioner, whose id the caller knows, is there to act.
    ///
    /// # Errors
    /// They are not registered, or have been deactivated.
    pub fn active(&self, id: Uuid) -> Result<ActivePractitioner, PractitionerRefusal> {
        let details = self.details.as_ref().ok_or(PractitionerRefusal::Unknown)?;
        if self.deactivated {
            return Err(PractitionerRefusal::Inactive);
        }
        Ok(ActivePractitioner {
            id,
            time_zone: details.time_zone,
        })
    }

    /// Checks that this practitioner can be booked for a period.
    ///
    /// # Errors
    /// They are not there to act, are away, or see no patients then.
    pub fn available(&self, id: Uuid, period: Period) -> Result<AvailablePractitioner, PractitionerRefusal> {
        let practitioner = self.active(id)?;
        if self.time_off.iter().any(|away| away.overlaps(&period)) {
            return Err(PractitionerRefusal::Away);
        }
        if !self.sees_patients_throughout(&period, practitioner.time_zone) {
            return Err(PractitionerRefusal::OutsideAvailability);
        }
        Ok(AvailablePractitioner {
            practitioner,
            period,
            overbooking: None,
        })
    }

    /// Lets this practitioner be booked for a period whatever their schedule says.
    ///
    /// # Errors
    /// They are not there to act.
    pub fn overbooked(
        &self,
        id: Uuid,
        period: Period,
        overbooking: Overbooking,
    ) -> Result<AvailablePractitioner, PractitionerRefusal> {
        Ok(AvailablePractitioner {
            practitioner: self.active(id)?,
            period,
            overbooking: Some(overbooking),
        })
    }

    fn sees_patients_throughout(&self, period: &Period, time_zone: TimeZone) -> bool {
        period.minutes().map(|minute| time_zone.local(minute)).all(|local| {
            self.availability_on(local.date())
                .is_none_or(|availability| availability.is_open(local))
        })
    }
}
