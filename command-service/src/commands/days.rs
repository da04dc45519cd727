//! The days of both parties of an appointment: what it takes of them is reserved and released in the appointment's own
//! batch.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::{
    Decider as _,
    day::{Day, DayCommand, Reservation, Resource},
    practitioner::AvailablePractitioner,
    privilege::Overbooking,
    values::Period,
};
use journal::{Freshness, UnitOfWork};
use uuid::Uuid;

use super::{CommandError, Commands, Refusal};

/// Whose days an appointment takes time of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parties {
    pub(super) appointment_id: Uuid,
    pub(super) practitioner_id: Uuid,
    pub(super) patient_id: Uuid,
}

/// The time that an appointment is to take, and how the days are asked for it.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    period: Period,
    command: DayCommand,
}

impl Hold {
    /// Asks for time that has to be free.
    pub(super) const fn free(appointment_id: Uuid, period: Period) -> Self {
        let reservation = Reservation { appointment_id, period };
        Self {
            period,
            command: DayCommand::Reserve(reservation),
        }
    }

    /// Asks for time that may be taken.
    pub(super) const fn taken(appointment_id: Uuid, period: Period, overbooking: Overbooking) -> Self {
        let reservation = Reservation { appointment_id, period };
        Self {
            period,
            command: DayCommand::Overbook {
                reservation,
                overbooking,
            },
        }
    }

    /// Asks for the time that a practitioner was found available for, or was overbooked for.
    pub(super) fn slot(appointment_id: Uuid, slot: &AvailablePractitioner) -> Self {
        Self {
            period: slot.period(),
            command: DayCommand::for_slot(appointment_id, slot),
        }
    }

    fn touches(&self, date: NaiveDate) -> bool {
        self.period.days().any(|day| day == date)
    }
}

impl Commands {
    /// Moves what an appointment takes of its parties' days, from the time it held to the time it is to hold: guard after
    /// guard, in the order of their ids.
    pub(super) async fn move_days(
        &self,
        work: &mut UnitOfWork,
        parties: Parties,
        before: Option<Period>,
        after: Option<&Hold>,
        freshness: Freshness,
    ) -> Result<(), CommandError> {
        for (id, resource, date) in days(parties, before, after) {
            let command = match after.filter(|hold| hold.touches(date)) {
                Some(hold) => hold.command.clone(),
                None => DayCommand::Release {
                    appointment_id: parties.appointment_id,
                },
            };
            let mut day = self.load_to_write::<Day>(&id, freshness).await?;
            let events = day.state().decide(command).map_err(|refusal| match resource {
                Resource::Practitioner(_) => Refusal::PractitionerDay(refusal),
                Resource::Patient(_) => Refusal::PatientDay(refusal),
            })?;
            work.stage(&mut day, &events)?;
        }
        Ok(())
    }
}

/// The days that are touched before or after, of both parties, by id.
fn days(parties: Parties, before: Option<Period>, after: Option<&Hold>) -> Vec<(String, Resource, NaiveDate)> {
    let periods = before.into_iter().chain(after.map(|hold| hold.period));
    let dates: BTreeSet<NaiveDate> = periods.flat_map(|period| period.days()).collect();
    let resources = [
        Resource::Practitioner(parties.practitioner_id),
        Resource::Patient(parties.patient_id),
    ];
    let mut days: Vec<_> = resources
        .into_iter()
        .flat_map(|resource| dates.iter().map(move |date| (resource.day_id(*date), resource, *date)))
        .collect();
    days.sort_unstable_by(|(one, ..), (other, ..)| one.cmp(other));
    days
}
