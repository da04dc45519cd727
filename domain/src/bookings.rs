//! The rule against double bookings: a patient or practitioner has at most one appointment at a time. The rule reads
//! the times that appointments occupy, which are folded from their events.

use uuid::Uuid;

use crate::{
    appointment::{Appointment, AppointmentEvent},
    values::Period,
};

/// A time that an appointment occupies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeTaken {
    /// The appointment.
    pub appointment_id: Uuid,
    /// The period.
    pub period: Period,
}

/// The reason a time is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeRefusal {
    /// A live appointment already occupies part of the time.
    #[error("the time is taken by appointment {by}")]
    Taken {
        /// The other appointment.
        by: Uuid,
    },
}

/// Checks that an appointment can occupy a party's time. `taken` holds the times of the party's live appointments, at
/// least those that overlap the wanted time. A deliberate overbooking skips this check.
///
/// An appointment never conflicts with itself, and keeps its time when another one overbooks it.
///
/// # Errors
/// Another appointment occupies part of the time.
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

/// The effect of an appointment's event on its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeChange {
    /// The appointment occupies the time of both parties.
    Takes {
        /// The patient.
        patient_id: Uuid,
        /// The practitioner.
        practitioner_id: Uuid,
        /// The period.
        period: Period,
    },
    /// The appointment moves to another time.
    Moves {
        /// The new period.
        period: Period,
    },
    /// The appointment releases its time.
    Frees,
    /// The appointment occupies its previous time again.
    TakesAgain,
    /// The time stays as it is.
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

/// The time of an appointment, occupied or released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookedTime {
    /// The patient.
    pub patient_id: Uuid,
    /// The practitioner.
    pub practitioner_id: Uuid,
    /// The period.
    pub period: Period,
    /// Whether the appointment occupies the time.
    pub held: bool,
}

impl BookedTime {
    /// The time after a change: `None` before the booking.
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

    /// The time of an appointment, from its state.
    #[must_use]
    pub fn of(appointment: &Appointment) -> Option<Self> {
        appointment.booked().map(|booked| Self {
            patient_id: booked.patient_id,
            practitioner_id: booked.practitioner_id,
            period: booked.period,
            held: appointment.held().is_some(),
        })
    }

    /// The practitioner and the patient. If one person is both under the same id, the rule still applies.
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
    fn accepts_a_free_time() {
        let taken = [time(FIRST, "09:00", "09:30"), time(THIRD, "10:00", "10:30")];
        assert_eq!(check_free(&taken, &time(SECOND, "09:30", "10:00")), Ok(()));
        assert_eq!(check_free(&[], &time(SECOND, "09:30", "10:00")), Ok(()));
    }

    #[test]
    fn refuses_an_overlapping_time() {
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
    fn an_appointment_never_conflicts_with_itself() {
        let (held, wanted) = (time(FIRST, "09:00", "09:30"), time(FIRST, "09:15", "09:45"));
        assert_eq!(check_free(&[held], &wanted), Ok(()));
        assert_eq!(check_free(&[held], &held), Ok(()));
        assert_eq!(
            check_free(&[held, time(SECOND, "09:30", "10:00")], &wanted),
            Err(TimeRefusal::Taken { by: SECOND })
        );
    }

    #[test]
    fn an_overbooked_appointment_blocks_others() {
        let taken = [time(FIRST, "09:00", "09:30"), time(SECOND, "09:15", "09:45")];
        assert_eq!(
            check_free(&taken, &time(THIRD, "09:30", "10:00")),
            Err(TimeRefusal::Taken { by: SECOND })
        );
    }

    #[test]
    fn an_appointment_keeps_its_time_when_another_one_overbooks_it() {
        let (held, overbooked) = (time(FIRST, "09:00", "09:30"), time(SECOND, "09:15", "09:45"));
        for taken in [[held, overbooked], [overbooked, held]] {
            assert_eq!(check_free(&taken, &held), Ok(()));
            assert_eq!(check_free(&taken, &overbooked), Ok(()));
            assert_eq!(
                check_free(&taken, &time(FIRST, "09:00", "09:45")),
                Err(TimeRefusal::Taken { by: SECOND }),
                "the appointment occupies another period"
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
