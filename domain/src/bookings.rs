//! Nobody is in two places at once: the time of a patient or a practitioner that one appointment takes up, no other one
//! takes as well. The rule is decided over what appointments hold, which is folded from their events.

use uuid::Uuid;

use crate::{
    appointment::{Appointment, AppointmentEvent},
    values::Period,
};

/// Time that an appointment takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeTaken {
    /// The appointment.
    pub appointment_id: Uuid,
    /// When.
    pub period: Period,
}

/// Why a party's time cannot be taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeRefusal {
    /// A live appointment already holds some of it.
    #[error("the time is taken by appointment {by}")]
    Taken {
        /// The appointment that holds it.
        by: Uuid,
    },
}

/// Checks that a party's time can be taken up by an appointment. `taken` is what live appointments hold of it, at least
/// where that overlaps the wanted time. A deliberate overbooking is not checked.
///
/// An appointment does not stand in its own way when it moves, and keeps what it holds, whoever was let in beside it.
///
/// # Errors
/// Another appointment holds some of the time.
pub fn check_free(taken: &[TimeTaken], wanted: &TimeTaken) -> Result<(), TimeRefusal> {
    if taken.contains(wanted) {
        return Ok(());
    }
    let mut others = taken.iter().filter(|held| held.appointment_id != wanted.appointment_id);
    match others.find(|held| held.period.overlaps(&wanted.period)) {
        Some(held) => Err(TimeRefusal::Taken {
            by: held.appointment_id,
        }),
        None => Ok(()),
    }
}

/// What an event of an appointment does to the time that the appointment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeChange {
    /// It takes up time of both parties.
    Takes {
        /// The patient.
        patient_id: Uuid,
        /// The practitioner.
        practitioner_id: Uuid,
        /// When.
        period: Period,
    },
    /// It is at another time.
    Moves {
        /// When.
        period: Period,
    },
    /// It gives its time back.
    Frees,
    /// It takes up the time that it had before.
    TakesAgain,
    /// It leaves the time as it is.
    Nothing,
}

impl From<&AppointmentEvent> for TimeChange {
    fn from(event: &AppointmentEvent) -> Self {
        match event {
            AppointmentEvent::Booked(booked) => Self::Takes {
                patient_id: booked.patient_id,
                practitioner_id: booked.practitioner_id,
                period: booked.period,
            },
            AppointmentEvent::Rescheduled(rescheduled) => Self::Moves {
                period: rescheduled.period,
            },
            AppointmentEvent::Cancelled(_) | AppointmentEvent::Missed(_) | AppointmentEvent::EnteredInError(_) => {
                Self::Frees
            }
            AppointmentEvent::Reopened(reopened) if reopened.status.is_live() => Self::TakesAgain,
            AppointmentEvent::Reopened(_) => Self::Frees,
            AppointmentEvent::Arrived(_) | AppointmentEvent::Fulfilled(_) | AppointmentEvent::NotesChanged(_) => {
                Self::Nothing
            }
        }
    }
}

/// The time of an appointment, whether it takes it up or has given it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookedTime {
    /// The patient.
    pub patient_id: Uuid,
    /// The practitioner.
    pub practitioner_id: Uuid,
    /// When.
    pub period: Period,
    /// Whether the appointment takes it up.
    pub held: bool,
}

impl BookedTime {
    /// The time of an appointment after a change. Nothing, where nothing was booked before.
    #[must_use]
    pub fn after(before: Option<Self>, change: TimeChange) -> Option<Self> {
        match change {
            TimeChange::Takes {
                patient_id,
                practitioner_id,
                period,
            } => Some(Self {
                patient_id,
                practitioner_id,
                period,
                held: true,
            }),
            TimeChange::Moves { period } => before.map(|time| Self { period, ..time }),
            TimeChange::Frees => before.map(|time| Self { held: false, ..time }),
            TimeChange::TakesAgain => before.map(|time| Self { held: true, ..time }),
            TimeChange::Nothing => before,
        }
    }

    /// The time of an appointment by its state.
    #[must_use]
    pub fn of(appointment: &Appointment) -> Option<Self> {
        appointment.booked().map(|booked| Self {
            patient_id: booked.patient_id,
            practitioner_id: booked.practitioner_id,
            period: booked.period,
            held: appointment.held().is_some(),
        })
    }

    /// Whose time it is: the practitioner's and the patient's. A person who is both under one id is still in one place at
    /// a time.
    #[must_use]
    pub const fn parties(&self) -> [Uuid; 2] {
        [self.practitioner_id, self.patient_id]
    }
}

#[cfg(test)]
mod scenarios {
    use super::*;

    const FIRST: Uuid = Uuid::from_u128(1);
    const SECOND: Uuid = Uuid::from_u128(2);
    const THIRD: Uuid = Uuid::from_u128(3);

    fn time(appointment_id: Uuid, from: &str, to: &str) -> TimeTaken {
        let instant = |time: &str| format!("2027-01-11T{time}:00Z").parse().expect("an instant");
        TimeTaken {
            appointment_id,
            period: Period::parse(instant(from), instant(to)).expect("a period"),
        }
    }

    #[test]
    fn free_time_can_be_taken() {
        let taken = [time(FIRST, "09:00", "09:30"), time(THIRD, "10:00", "10:30")];
        assert_eq!(check_free(&taken, &time(SECOND, "09:30", "10:00")), Ok(()));
        assert_eq!(check_free(&[], &time(SECOND, "09:30", "10:00")), Ok(()));
    }

    #[test]
    fn time_is_not_taken_twice() {
        let taken = [time(FIRST, "09:00", "09:30")];
        for (from, to) in [
            ("09:00", "09:30"),
            ("08:45", "09:05"),
            ("09:25", "09:50"),
            ("08:00", "12:00"),
            ("09:10", "09:20"),
        ] {
            assert_eq!(
                check_free(&taken, &time(SECOND, from, to)),
                Err(TimeRefusal::Taken { by: FIRST }),
                "{from} to {to}"
            );
        }
    }

    #[test]
    fn an_appointment_moves_without_standing_in_its_own_way() {
        let (held, wanted) = (time(FIRST, "09:00", "09:30"), time(FIRST, "09:15", "09:45"));
        assert_eq!(check_free(&[held], &wanted), Ok(()));
        assert_eq!(check_free(&[held], &held), Ok(()));
        assert_eq!(
            check_free(&[held, time(SECOND, "09:30", "10:00")], &wanted),
            Err(TimeRefusal::Taken { by: SECOND })
        );
    }

    #[test]
    fn a_deliberate_overbooking_is_itself_in_the_way_of_others() {
        let taken = [time(FIRST, "09:00", "09:30"), time(SECOND, "09:15", "09:45")];
        assert_eq!(
            check_free(&taken, &time(THIRD, "09:30", "10:00")),
            Err(TimeRefusal::Taken { by: SECOND })
        );
    }

    #[test]
    fn an_appointment_keeps_what_it_holds_whoever_was_let_in_beside_it() {
        let (held, overbooked) = (time(FIRST, "09:00", "09:30"), time(SECOND, "09:15", "09:45"));
        for taken in [[held, overbooked], [overbooked, held]] {
            assert_eq!(check_free(&taken, &held), Ok(()));
            assert_eq!(check_free(&taken, &overbooked), Ok(()));
            assert_eq!(
                check_free(&taken, &time(FIRST, "09:00", "09:45")),
                Err(TimeRefusal::Taken { by: SECOND }),
                "it holds another period"
            );
        }
    }

    #[test]
    fn the_refusal_names_the_appointment() {
        let refused = TimeRefusal::Taken { by: FIRST };
        assert_eq!(
            refused.to_string(),
            "the time is taken by appointment 00000000-0000-0000-0000-000000000001"
        );
    }
}
