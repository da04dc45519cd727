//! Properties of bookings: nobody has two appointments at once, except by a deliberate overbooking.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use domain::{
    Decider as _,
    appointment::{Appointment, AppointmentCommand, Booking, Cancelled, PastVisit},
    bookings::{BookedTime, TimeChange, TimeTaken, check_free},
    values::{CancellationReason, Period},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::fixtures::{
    ids, minute_of_day, patient_with_id, periods, practitioner, privilege, registered_patient, slot,
};

/// A request on an appointment.
#[derive(Clone, Debug)]
struct Asked {
    appointment_id: Uuid,
    what: What,
    overbooked: bool,
}

#[derive(Clone, Debug)]
enum What {
    Book {
        patient_id: Uuid,
        practitioner_id: Uuid,
        period: Period,
    },
    Record {
        patient_id: Uuid,
        practitioner_id: Uuid,
        period: Period,
    },
    Reschedule(Period),
    Arrive,
    Fulfil,
    Cancel,
    Miss,
    Reopen,
    MarkEnteredInError,
}

/// The id of one of a few people, so that one person can be both patient and practitioner.
fn people() -> impl Strategy<Value = Uuid> {
    (1_u128..4).prop_map(Uuid::from_u128)
}

fn asked() -> impl Strategy<Value = Vec<Asked>> {
    let meeting = || (people(), people(), periods());
    let what = prop_oneof![
        8 => meeting().prop_map(|(patient_id, practitioner_id, period)| What::Book { patient_id, practitioner_id, period }),
        2 => meeting().prop_map(|(patient_id, practitioner_id, period)| What::Record { patient_id, practitioner_id, period }),
        6 => periods().prop_map(What::Reschedule),
        3 => Just(What::Arrive),
        2 => Just(What::Fulfil),
        2 => Just(What::Cancel),
        4 => Just(What::Miss),
        5 => Just(What::Reopen),
        1 => Just(What::MarkEnteredInError),
    ];
    let asked = (0_u128..8, what, prop::bool::weighted(0.15)).prop_map(|(number, what, overbooked)| Asked {
        appointment_id: Uuid::from_u128(100 + number),
        what,
        overbooked,
    });
    prop::collection::vec(asked, 0..60)
}

/// The command for the appointment in its present state.
fn command(asked: &Asked, appointment: &Appointment) -> AppointmentCommand {
    let now = minute_of_day(0);
    let much_later = minute_of_day(0) + TimeDelta::days(2);
    match asked.what {
        What::Book {
            patient_id,
            practitioner_id,
            period,
        } => AppointmentCommand::Book {
            booking: Booking {
                patient: patient_with_id(patient_id),
                slot: slot(practitioner_id, period, asked.overbooked),
                reason: None,
                notes: None,
            },
            now,
            horizon: TimeDelta::MAX,
        },
        What::Record {
            patient_id,
            practitioner_id,
            period,
        } => AppointmentCommand::RecordFulfilled {
            visit: PastVisit {
                patient: registered_patient(patient_id),
                practitioner: practitioner().registered(practitioner_id).expect("registered"),
                period,
                reason: None,
                notes: None,
                overlap: None,
            },
            now: much_later,
        },
        What::Reschedule(period) => {
            let practitioner_id = appointment
                .booked()
                .map_or_else(Uuid::nil, |booked| booked.practitioner_id);
            let slot = slot(practitioner_id, period, asked.overbooked);
            let horizon = TimeDelta::MAX;
            AppointmentCommand::Reschedule { slot, now, horizon }
        }
        What::Arrive => AppointmentCommand::Arrive {
            now: much_later,
            early: TimeDelta::zero(),
        },
        What::Fulfil => AppointmentCommand::Fulfil {
            now: much_later,
            early: TimeDelta::zero(),
        },
        What::Cancel => AppointmentCommand::Cancel(Cancelled {
            reason_code: CancellationReason::Other,
            reason_text: None,
        }),
        What::Miss => AppointmentCommand::Miss {
            now: much_later,
            grace: TimeDelta::zero(),
        },
        What::Reopen => AppointmentCommand::Reopen { privilege: privilege() },
        What::MarkEnteredInError => AppointmentCommand::MarkEnteredInError { reason: None },
    }
}

/// Appointments, their times as folded from events, and the ids of the overbooked ones.
#[derive(Default)]
struct Clinic {
    appointments: BTreeMap<Uuid, Appointment>,
    times: BTreeMap<Uuid, BookedTime>,
    overbooked: BTreeSet<Uuid>,
}

impl Clinic {
    /// The times that a party's live appointments occupy.
    fn taken(&self, party: Uuid) -> Vec<TimeTaken> {
        let held = self
            .times
            .iter()
            .filter(|(_, time)| time.held && time.parties().contains(&party));
        held.map(|(id, time)| TimeTaken {
            appointment_id: *id,
            period: time.period,
        })
        .collect()
    }

    fn ask(&mut self, asked: &Asked) {
        let id = asked.appointment_id;
        let mut appointment = self.appointments.get(&id).cloned().unwrap_or_default();
        let Ok(events) = appointment.decide(command(asked, &appointment)) else {
            return;
        };
        let before = self.times.get(&id).copied();
        let mut after = before;
        for event in &events {
            appointment.evolve(event);
            after = BookedTime::after(after, TimeChange::from(event));
        }
        let Some(time) = after else { return };
        if time.held && !asked.overbooked {
            let wanted = TimeTaken {
                appointment_id: id,
                period: time.period,
            };
            let mut parties = time.parties().into_iter();
            if parties.any(|party| check_free(&self.taken(party), &wanted).is_err()) {
                return;
            }
        }
        let held = |time: Option<BookedTime>| time.filter(|time| time.held);
        if held(before) != held(after) {
            self.overbooked.remove(&id);
            if asked.overbooked {
                self.overbooked.insert(id);
            }
        }
        self.appointments.insert(id, appointment);
        self.times.insert(id, time);
    }

    fn check(&self) {
        for (id, appointment) in &self.appointments {
            assert_eq!(self.times.get(id).copied(), BookedTime::of(appointment));
        }
        for party in (1..4).map(Uuid::from_u128) {
            let taken = self.taken(party);
            for (index, one) in taken.iter().enumerate() {
                for other in &taken[index + 1..] {
                    let deliberate = [one, other]
                        .iter()
                        .any(|taken| self.overbooked.contains(&taken.appointment_id));
                    assert!(
                        deliberate || !one.period.overlaps(&other.period),
                        "{party}: {one:?} overlaps {other:?}"
                    );
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn appointments_of_a_party_overlap_only_if_one_was_overbooked(asked in asked()) {
        let mut clinic = Clinic::default();
        for asked in &asked {
            clinic.ask(asked);
            clinic.check();
        }
    }

    #[test]
    fn time_is_refused_exactly_if_another_appointment_holds_some_of_it(
        taken in prop::collection::vec((ids(), periods()), 1..6),
        wanted in (ids(), periods()),
        keeps in any::<bool>(),
    ) {
        let time = |(appointment_id, period)| TimeTaken { appointment_id, period };
        let taken: Vec<TimeTaken> = taken.into_iter().map(time).collect();
        let wanted = if keeps { taken[0] } else { time(wanted) };
        let in_the_way = |held: &TimeTaken| {
            held.appointment_id != wanted.appointment_id
                && held.period.start() < wanted.period.end()
                && wanted.period.start() < held.period.end()
        };
        let refused = taken.iter().any(in_the_way) && !taken.contains(&wanted);
        prop_assert_eq!(check_free(&taken, &wanted).is_err(), refused);
    }
}
