//! Properties of the appointment: it makes only allowed changes of status.

use chrono::TimeDelta;
use domain::{
    appointment::{Appointment, AppointmentCommand, AppointmentStatus, Booking, Cancelled, PastVisit},
    bookings::{BookedTime, TimeChange},
    values::{CancellationReason, Change, Notes},
};
use proptest::prelude::*;

use crate::{
    assert_way,
    fixtures::{
        PATIENT, PRACTITIONER, active_patient, instants, minute_of_day, periods, practitioner, privilege,
        registered_patient, slot,
    },
    fold_in_any_order, run,
};

const WAYS: &[(AppointmentStatus, AppointmentStatus)] = &[
    (AppointmentStatus::Booked, AppointmentStatus::Arrived),
    (AppointmentStatus::Booked, AppointmentStatus::Cancelled),
    (AppointmentStatus::Booked, AppointmentStatus::NoShow),
    (AppointmentStatus::Arrived, AppointmentStatus::Fulfilled),
    (AppointmentStatus::Arrived, AppointmentStatus::Cancelled),
    (AppointmentStatus::Fulfilled, AppointmentStatus::Arrived),
    (AppointmentStatus::NoShow, AppointmentStatus::Booked),
    (AppointmentStatus::Booked, AppointmentStatus::EnteredInError),
    (AppointmentStatus::Arrived, AppointmentStatus::EnteredInError),
    (AppointmentStatus::Fulfilled, AppointmentStatus::EnteredInError),
    (AppointmentStatus::Cancelled, AppointmentStatus::EnteredInError),
    (AppointmentStatus::NoShow, AppointmentStatus::EnteredInError),
];

/// How long before the start a patient can come.
const EARLY: TimeDelta = TimeDelta::hours(1);

fn beginnings() -> impl Strategy<Value = AppointmentCommand> {
    (periods(), any::<bool>(), any::<bool>()).prop_map(|(period, overbooked, history)| {
        if history {
            let visit = PastVisit {
                patient: registered_patient(PATIENT),
                practitioner: practitioner().registered(PRACTITIONER).expect("registered"),
                period,
                reason: None,
                notes: None,
                overlap: None,
            };
            let now = period.end();
            AppointmentCommand::RecordFulfilled { visit, now }
        } else {
            let booking = Booking {
                patient: active_patient(),
                slot: slot(PRACTITIONER, period, overbooked),
                reason: None,
                notes: None,
            };
            let now = minute_of_day(0);
            let horizon = TimeDelta::MAX;
            AppointmentCommand::Book { booking, now, horizon }
        }
    })
}

fn commands() -> impl Strategy<Value = Vec<AppointmentCommand>> {
    let reschedulings = (periods(), any::<bool>(), instants());
    let cancelled = Cancelled {
        reason_code: CancellationReason::Other,
        reason_text: None,
    };
    let notes = Notes::parse("Fasting").expect("notes");
    let notes = prop_oneof![Just(Change::Set(notes)), Just(Change::Clear), Just(Change::Keep)];
    let command = prop_oneof![
        4 => beginnings(),
        4 => reschedulings.prop_map(|(period, overbooked, now)| AppointmentCommand::Reschedule {
            slot: slot(PRACTITIONER, period, overbooked),
            now,
            horizon: TimeDelta::MAX,
        }),
        4 => instants().prop_map(|now| AppointmentCommand::Arrive { now, early: EARLY }),
        4 => instants().prop_map(|now| AppointmentCommand::Fulfil { now, early: TimeDelta::zero() }),
        2 => Just(AppointmentCommand::Cancel(cancelled)),
        4 => instants().prop_map(|now| AppointmentCommand::Miss { now, grace: TimeDelta::minutes(15) }),
        4 => Just(AppointmentCommand::Reopen { privilege: privilege() }),
        4 => notes.prop_map(AppointmentCommand::ChangeNotes),
        1 => Just(AppointmentCommand::MarkEnteredInError { reason: None }),
    ];
    (beginnings(), prop::collection::vec(command, 0..30)).prop_map(|(beginning, mut commands)| {
        commands.insert(0, beginning);
        commands
    })
}

proptest! {
    #[test]
    fn an_appointment_makes_only_allowed_changes_of_status(
        commands in commands(),
        order in prop::collection::vec(any::<usize>(), 0..50),
    ) {
        let mut time = None;
        let happened = run::<Appointment>(commands, |before, appointment, events| {
            assert_way(WAYS, before.status(), appointment.status());
            let live = appointment.status().is_some_and(AppointmentStatus::is_live);
            assert_eq!(appointment.held().is_some(), live);
            for event in events {
                time = BookedTime::after(time, TimeChange::from(event));
            }
            assert_eq!(time, BookedTime::of(appointment));
            assert_eq!(time.filter(|time| time.held).map(|time| time.period), appointment.held());
            if let Some(booked) = appointment.booked() {
                let start = booked.period.start();
                assert!(appointment.arrived_at().is_none_or(|arrived| arrived >= start - EARLY));
                assert!(appointment.fulfilled_at().is_none_or(|fulfilled| fulfilled >= start));
            }
            if let (Some(before), Some(after)) = (before.booked(), appointment.booked()) {
                assert_eq!(
                    (before.patient_id, before.practitioner_id),
                    (after.patient_id, after.practitioner_id)
                );
                assert_eq!(after.local_start, after.time_zone.local(after.period.start()));
            }
        });
        fold_in_any_order::<Appointment>(&happened, &order);
    }
}
