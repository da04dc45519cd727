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
    practitioner::AvailablePractitioner,
    privilege::Overbooking,
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
#[derive(Clone, Debug)]
pub enum DayCommand {
    /// Reserve an interval for an appointment. One that it holds already is moved there.
    Reserve(Reservation),
    /// Reserve an interval even if it is taken: the two overlap from then on, and whoever comes next has to avoid both.
    Overbook {
        /// What is reserved.
        reservation: Reservation,
        /// Proof that this may be done.
        overbooking: Overbooking,
    },
    /// Give up what an appointment holds.
    Release {
        /// The appointment.
        appointment_id: Uuid,
    },
}

impl DayCommand {
    /// Reserves the time that a practitioner was found available for, or was overbooked for.
    #[must_use]
    pub fn for_slot(appointment_id: Uuid, slot: &AvailablePractitioner) -> Self {
        let reservation = Reservation {
            appointment_id,
            period: slot.period(),
        };
        match slot.overbooking().cloned() {
            Some(overbooking) => Self::Overbook {
                reservation,
                overbooking,
            },
            None => Self::Reserve(reservation),
        }
    }
}

events! {
    /// What can have happened to a day.
    DayEvent {
        /// An interval was reserved.
        Reserved(Reservation) = "day.reserved", version 1;
        /// An interval was reserved although some of it was taken.
        Overbooked(Reservation) = "day.overbooked", version 1;
        /// An interval was given up.
        Released(Reservation) = "day.released", version 1;
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

impl Day {
    /// The live reservations, in the order they were made.
    #[must_use]
    pub fn reservations(&self) -> &[Reservation] {
        &self.reservations
    }

    fn held_by(&self, appointment_id: Uuid) -> Option<&Reservation> {
        self.reservations
            .iter()
            .find(|held| held.appointment_id == appointment_id)
    }

    /// Another appointment that holds some of an interval.
    fn taken_by(&self, wanted: &Reservation) -> Option<Uuid> {
        let mut others = self
            .reservations
            .iter()
            .filter(|held| held.appointment_id != wanted.appointment_id);
        others
            .find(|held| held.period.overlaps(&wanted.period))
            .map(|held| held.appointment_id)
    }

    /// Reserves an interval in the place of what the appointment holds.
    fn moved_to(&self, wanted: Reservation, reserved: fn(Reservation) -> DayEvent) -> Vec<DayEvent> {
        let held = self.held_by(wanted.appointment_id).copied();
        held.map(DayEvent::Released)
            .into_iter()
            .chain([reserved(wanted)])
            .collect()
    }
}

aggregate!(Day = "day", DayCommand => DayEvent, DayRefusal);

impl Decider for Day {
    fn decide(&self, command: DayCommand) -> Result<Vec<DayEvent>, DayRefusal> {
        match command {
            // What an appointment holds it keeps, whoever was let in beside it.
            DayCommand::Reserve(wanted)
            | DayCommand::Overbook {
                reservation: wanted, ..
            } if self.held_by(wanted.appointment_id) == Some(&wanted) => Ok(vec![]),
            DayCommand::Reserve(wanted) => match self.taken_by(&wanted) {
                Some(by) => Err(DayRefusal::Taken { by }),
                None => Ok(self.moved_to(wanted, DayEvent::Reserved)),
            },
            DayCommand::Overbook { reservation, .. } => Ok(match self.taken_by(&reservation) {
                Some(_) => self.moved_to(reservation, DayEvent::Overbooked),
                None => self.moved_to(reservation, DayEvent::Reserved),
            }),
            DayCommand::Release { appointment_id } => {
                let released = self.held_by(appointment_id).copied().map(DayEvent::Released);
                Ok(released.into_iter().collect())
            }
        }
    }

    fn evolve(&mut self, event: &DayEvent) {
        match event {
            DayEvent::Reserved(reservation) | DayEvent::Overbooked(reservation) => self.reservations.push(*reservation),
            DayEvent::Released(released) => {
                self.reservations
                    .retain(|held| held.appointment_id != released.appointment_id);
            }
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
    use crate::{
        privilege::{Role, SchedulingPrivilege},
        values::Reason,
    };

    const FIRST: Uuid = Uuid::from_u128(1);
    const SECOND: Uuid = Uuid::from_u128(2);
    const THIRD: Uuid = Uuid::from_u128(3);

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

    fn overbook(reservation: Reservation) -> DayCommand {
        let privilege = SchedulingPrivilege::of(&[Role::Admin]).expect("privileged");
        DayCommand::Overbook {
            reservation,
            overbooking: privilege.overbook(Reason::parse("An emergency").expect("a reason")),
        }
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
    fn a_released_interval_is_free_again() {
        let held = reservation(FIRST, "09:00", "09:30");
        day_with(vec![held])
            .when(DayCommand::Release { appointment_id: FIRST })
            .then_expect_events(vec![DayEvent::Released(held)]);
        day_with(vec![held])
            .when(DayCommand::Release { appointment_id: SECOND })
            .then_expect_events(vec![]);
        let wanted = reservation(SECOND, "09:00", "09:30");
        TestFramework::<Day>::with(())
            .given(vec![DayEvent::Reserved(held), DayEvent::Released(held)])
            .when(DayCommand::Reserve(wanted))
            .then_expect_events(vec![DayEvent::Reserved(wanted)]);
    }

    #[test]
    fn an_appointment_moves_without_standing_in_its_own_way() {
        let (held, wanted) = (
            reservation(FIRST, "09:00", "09:30"),
            reservation(FIRST, "09:15", "09:45"),
        );
        day_with(vec![held])
            .when(DayCommand::Reserve(wanted))
            .then_expect_events(vec![DayEvent::Released(held), DayEvent::Reserved(wanted)]);
        day_with(vec![held])
            .when(DayCommand::Reserve(held))
            .then_expect_events(vec![]);
        day_with(vec![held, reservation(SECOND, "09:30", "10:00")])
            .when(DayCommand::Reserve(wanted))
            .then_expect_error(DayRefusal::Taken { by: SECOND });
    }

    #[test]
    fn a_deliberate_overbooking_is_recorded_and_itself_in_the_way_of_others() {
        let (held, wanted) = (
            reservation(FIRST, "09:00", "09:30"),
            reservation(SECOND, "09:15", "09:45"),
        );
        day_with(vec![held])
            .when(overbook(wanted))
            .then_expect_events(vec![DayEvent::Overbooked(wanted)]);
        TestFramework::<Day>::with(())
            .given(vec![DayEvent::Reserved(held), DayEvent::Overbooked(wanted)])
            .when(DayCommand::Reserve(reservation(THIRD, "09:30", "10:00")))
            .then_expect_error(DayRefusal::Taken { by: SECOND });
    }

    #[test]
    fn an_overbooking_of_a_free_interval_is_an_ordinary_reservation() {
        let wanted = reservation(SECOND, "09:30", "10:00");
        day_with(vec![reservation(FIRST, "09:00", "09:30")])
            .when(overbook(wanted))
            .then_expect_events(vec![DayEvent::Reserved(wanted)]);
    }

    #[test]
    fn an_overbooked_appointment_keeps_and_gives_up_its_interval_like_any_other() {
        let (held, overbooked) = (
            reservation(FIRST, "09:00", "09:30"),
            reservation(SECOND, "09:15", "09:45"),
        );
        let day =
            || TestFramework::<Day>::with(()).given(vec![DayEvent::Reserved(held), DayEvent::Overbooked(overbooked)]);
        day().when(overbook(overbooked)).then_expect_events(vec![]);
        day().when(DayCommand::Reserve(held)).then_expect_events(vec![]);
        day()
            .when(DayCommand::Release { appointment_id: SECOND })
            .then_expect_events(vec![DayEvent::Released(overbooked)]);
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
