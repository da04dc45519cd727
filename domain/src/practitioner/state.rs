//! The practitioner's state, and the proofs it gives to other aggregates.

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
    /// Ordered by the first day of each.
    pub(super) availability: Vec<WeeklyAvailability>,
    pub(super) time_off: Vec<TimeOff>,
}

/// Proof that a practitioner is active. Only [`Practitioner::active`] creates it.
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

    /// The time zone in which the practitioner sees patients.
    #[must_use]
    pub const fn time_zone(&self) -> TimeZone {
        self.time_zone
    }
}

/// Proof that a practitioner is registered, but perhaps deactivated: enough for history. Only
/// [`Practitioner::registered`] creates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisteredPractitioner {
    id: Uuid,
    time_zone: TimeZone,
}

impl RegisteredPractitioner {
    /// The practitioner's id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The time zone in which the practitioner sees or saw patients.
    #[must_use]
    pub const fn time_zone(&self) -> TimeZone {
        self.time_zone
    }
}

/// Proof that a practitioner can be booked for a period: within the schedule, or overbooked deliberately. Only
/// [`Practitioner::available`] and [`Practitioner::overbooked`] create it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvailablePractitioner {
    practitioner: ActivePractitioner,
    period: Period,
    overbooking: Option<Overbooking>,
}

impl AvailablePractitioner {
    /// The practitioner.
    #[must_use]
    pub const fn practitioner(&self) -> ActivePractitioner {
        self.practitioner
    }

    /// The period.
    #[must_use]
    pub const fn period(&self) -> Period {
        self.period
    }

    /// The deliberate departure from the schedule, if there is one.
    #[must_use]
    pub const fn overbooking(&self) -> Option<&Overbooking> {
        self.overbooking.as_ref()
    }
}

impl Practitioner {
    /// The limit of times off.
    pub const MOST_TIMES_OFF: usize = 500;
    /// The limit of availabilities.
    pub const MOST_AVAILABILITIES: usize = 100;

    /// The details: `None` before registration.
    #[must_use]
    pub const fn details(&self) -> Option<&PractitionerDetails> {
        self.details.as_ref()
    }

    /// Whether the practitioner is deactivated.
    #[must_use]
    pub const fn is_deactivated(&self) -> bool {
        self.deactivated
    }

    /// The weekly availability on a day in the practitioner's time zone. With `None`, the practitioner can be booked at
    /// any time of that day.
    #[must_use]
    pub fn availability_on(&self, date: NaiveDate) -> Option<&WeeklyAvailability> {
        let mut latest_first = self.availability.iter().rev();
        latest_first.find(|availability| availability.effective_from() <= date)
    }

    /// The availabilities, ordered by the first day of each.
    #[must_use]
    pub fn availability(&self) -> &[WeeklyAvailability] {
        &self.availability
    }

    /// The times off.
    #[must_use]
    pub fn time_off(&self) -> &[TimeOff] {
        &self.time_off
    }

    /// Checks that the practitioner is active. The caller passes the id, which the state does not hold.
    ///
    /// # Errors
    /// The practitioner is not registered or is deactivated.
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

    /// Checks that history can be recorded about the practitioner. The caller passes the id, which the state does not
    /// hold.
    ///
    /// # Errors
    /// The practitioner is not registered.
    pub fn registered(&self, id: Uuid) -> Result<RegisteredPractitioner, PractitionerRefusal> {
        let details = self.details.as_ref().ok_or(PractitionerRefusal::Unknown)?;
        Ok(RegisteredPractitioner {
            id,
            time_zone: details.time_zone,
        })
    }

    /// Checks that the practitioner can be booked for a period.
    ///
    /// # Errors
    /// The practitioner is not active, has time off, has no hours then, or the period starts between two slots.
    pub fn available(&self, id: Uuid, period: Period) -> Result<AvailablePractitioner, PractitionerRefusal> {
        let practitioner = self.active(id)?;
        if self.time_off.iter().any(|away| away.overlaps(&period)) {
            return Err(PractitionerRefusal::Away);
        }
        if !self.sees_patients_throughout(&period, practitioner.time_zone) {
            return Err(PractitionerRefusal::OutsideAvailability);
        }
        let start = practitioner.time_zone.local(period.start());
        if let Some(availability) = self.availability_on(start.date())
            && !availability.is_start(start)
        {
            let slot_minutes = availability.slot_minutes();
            return Err(PractitionerRefusal::BetweenSlots { slot_minutes });
        }
        Ok(AvailablePractitioner {
            practitioner,
            period,
            overbooking: None,
        })
    }

    /// Allows a booking of the practitioner regardless of the schedule.
    ///
    /// # Errors
    /// The practitioner is not active.
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
