//! One resource's calendar day: a guard that holds the reserved intervals of one practitioner or one patient on one day.
//!
//! An appointment is committed in the same atomic batch as its reservations, so two that overlap cannot both be booked:
//! they meet in at least one day. Days are UTC days (see [`Period::days`]), whatever zone the appointment was agreed in.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Decider,
    aggregate::{aggregate, events},
    values::Period,
};

/// Whose day it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// A practitioner, by id.
    Practitioner(Uuid),
    /// A patient, by id.
    Patient(Uuid),
}

impl Resource {
    /// The id of this resource's guard for a day, for example `patient-0190…-2027-01-11`.
    #[must_use]
    pub fn day_id(&self, date: NaiveDate) -> String {
        match self {
            Self::Practitioner(id) => format!("practitioner-{id}-{date}"),
            Self::Patient(id) => format!("patient-{id}-{date}"),
        }
    }
}

/// What can be asked of a day.
#[derive(Clone, Copy, Debug)]
pub enum DayCommand {
    /// Reserve an interval for an appointment.
    Reserve(Reservation),
}

events! {
    /// What can have happened to a day.
    DayEvent {
        /// An interval was reserved.
        Reserved(Reservation) = "day.reserved", version 1;
    }
}

/// An interval held for an appointment. It may reach beyond the day's own bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// The appointment that holds it.
    pub appointment_id: Uuid,
    /// When.
    pub period: Period,
}

/// Why a day turned a command down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DayRefusal {
    /// A live appointment already holds some of the interval.
    #[error("the time is taken by appointment {by}")]
    Taken {
        /// The appointment that holds it.
        by: Uuid,
    },
}

/// A day's state: the live reservations.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Day {
    reservations: Vec<Reservation>,
}

aggregate!(Day = "day", DayCommand => DayEvent, DayRefusal);

impl Decider for Day {
    fn decide(&self, command: DayCommand) -> Result<Vec<DayEvent>, DayRefusal> {
        let DayCommand::Reserve(wanted) = command;
        match self
            .reservations
            .iter()
            .find(|held| held.period.overlaps(&wanted.period))
        {
            Some(held) => Err(DayRefusal::Taken {
                by: held.appointment_id,
            }),
            None => Ok(vec![DayEvent::Reserved(wanted)]),
        }
    }

    fn evolve(&mut self, event: &DayEvent) {
        match event {
            DayEvent::Reserved(reservation) => self.reservations.push(*reservation),
        }
    }

    fn data_subject(&self, _own_id: &str) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod scenarios {
    use cqrs_es::test::TestFramework;

    use super::*;

    const FIRST: Uuid = Uuid::from_u128(1);
    const SECOND: Uuid = Uuid::from_u128(2);

    fn reservation(appointment_id: Uuid, from: &str, to: &str) -> Reservation {
        let instant = |time: &str| format!("2027-01-11T{time}:00Z").parse().expect("an instant");
        Reservation {
            appointment_id,
            period: Period::parse(instant(from), instant(to)).expect("a period"),
        }
    }

    fn day_with(reservations: Vec<Reservation>) -> cqrs_es::test::AggregateTestExecutor<Day> {
        TestFramework::with(()).given(reservations.into_iter().map(DayEvent::Reserved).collect())
    }

    #[test]
    fn a_free_interval_can_be_reserved() {
        let wanted = reservation(SECOND, "09:30", "10:00");
        day_with(vec![
            reservation(FIRST, "09:00", "09:30"),
            reservation(FIRST, "10:00", "10:30"),
        ])
        .when(DayCommand::Reserve(wanted))
        .then_expect_events(vec![DayEvent::Reserved(wanted)]);
    }

    #[test]
    fn an_interval_is_not_reserved_twice() {
        for (from, to) in [
            ("09:00", "09:30"),
            ("08:45", "09:05"),
            ("09:25", "09:50"),
            ("08:00", "12:00"),
            ("09:10", "09:20"),
        ] {
            day_with(vec![reservation(FIRST, "09:00", "09:30")])
                .when(DayCommand::Reserve(reservation(SECOND, from, to)))
                .then_expect_error(DayRefusal::Taken { by: FIRST });
        }
    }

    #[test]
    fn a_day_is_named_by_its_resource_and_date() {
        let date = "2027-01-11".parse().expect("a date");
        assert_eq!(
            Resource::Patient(FIRST).day_id(date),
            "patient-00000000-0000-0000-0000-000000000001-2027-01-11"
        );
        assert_ne!(
            Resource::Patient(FIRST).day_id(date),
            Resource::Practitioner(FIRST).day_id(date)
        );
    }
}
