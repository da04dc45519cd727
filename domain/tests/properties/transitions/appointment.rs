//! The transitions of an appointment, from 10:00 to 10:30.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    appointment::{Appointment, AppointmentCommand, AppointmentStatus, Booking, Cancelled, PastVisit},
    values::{CancellationReason, Change, Notes, Period},
};

use super::after;
use crate::fixtures::{
    PATIENT, PRACTITIONER, active_patient, minute_of_day, practitioner, privilege, registered_patient, slot,
};

/// How early a patient can come, and how long one is waited for.
const EARLY: TimeDelta = TimeDelta::hours(2);
const GRACE: TimeDelta = TimeDelta::minutes(15);
/// How far ahead an appointment can start.
const HORIZON: TimeDelta = TimeDelta::days(30);

fn start() -> DateTime<Utc> {
    minute_of_day(600)
}

fn end() -> DateTime<Utc> {
    minute_of_day(630)
}

fn just_before(time: DateTime<Utc>) -> DateTime<Utc> {
    time - TimeDelta::seconds(1)
}

fn period() -> Period {
    Period::parse(start(), end()).expect("a period")
}

fn book(now: DateTime<Utc>) -> AppointmentCommand {
    let booking = Booking {
        patient: active_patient(),
        slot: slot(PRACTITIONER, period(), false),
        reason: None,
        notes: None,
    };
    let horizon = HORIZON;
    AppointmentCommand::Book { booking, now, horizon }
}

fn record(now: DateTime<Utc>) -> AppointmentCommand {
    let visit = PastVisit {
        patient: registered_patient(PATIENT),
        practitioner: practitioner().registered(PRACTITIONER).expect("registered"),
        period: period(),
        reason: None,
        notes: None,
        overlap: None,
    };
    AppointmentCommand::RecordFulfilled { visit, now }
}

fn reschedule(now: DateTime<Utc>) -> AppointmentCommand {
    let later = Period::parse(end(), end() + TimeDelta::minutes(30)).expect("a period");
    let slot = slot(PRACTITIONER, later, false);
    let horizon = HORIZON;
    AppointmentCommand::Reschedule { slot, now, horizon }
}

const fn arrive(now: DateTime<Utc>) -> AppointmentCommand {
    AppointmentCommand::Arrive { now, early: EARLY }
}

const fn fulfil(now: DateTime<Utc>) -> AppointmentCommand {
    let early = TimeDelta::zero();
    AppointmentCommand::Fulfil { now, early }
}

const fn miss(now: DateTime<Utc>) -> AppointmentCommand {
    AppointmentCommand::Miss { now, grace: GRACE }
}

const fn cancel() -> AppointmentCommand {
    AppointmentCommand::Cancel(Cancelled {
        reason_code: CancellationReason::Other,
        reason_text: None,
    })
}

const fn mark_in_error() -> AppointmentCommand {
    AppointmentCommand::MarkEnteredInError { reason: None }
}

const fn name(command: &AppointmentCommand) -> &'static str {
    match command {
        AppointmentCommand::Book { .. } => "book",
        AppointmentCommand::RecordFulfilled { .. } => "record as history",
        AppointmentCommand::Reschedule { .. } => "reschedule",
        AppointmentCommand::Arrive { .. } => "record the arrival",
        AppointmentCommand::Fulfil { .. } => "fulfil",
        AppointmentCommand::Cancel(_) => "cancel",
        AppointmentCommand::Miss { .. } => "record as a no-show",
        AppointmentCommand::Reopen { .. } => "reopen",
        AppointmentCommand::ChangeNotes(_) => "change the notes",
        AppointmentCommand::MarkEnteredInError { .. } => "mark as entered in error",
    }
}

pub(super) fn table() -> String {
    let attended = [book(start()), arrive(start()), fulfil(start())];
    let ended = |deed| after([book(start()), deed]);
    let states = [
        ("none", Appointment::default()),
        ("booked", after(attended[..1].to_vec())),
        ("arrived", after(attended[..2].to_vec())),
        ("fulfilled", after(attended.to_vec())),
        ("cancelled", ended(cancel())),
        ("noshow", ended(miss(start() + GRACE))),
        ("entered-in-error", ended(mark_in_error())),
    ];
    let notes = Notes::parse("Fasting").expect("notes");
    let rows = [
        (", at its start or before", book(start())),
        (", after its start", book(start() + TimeDelta::seconds(1))),
        (
            ", more than `commands.booking_horizon_days` ahead",
            book(just_before(start() - HORIZON)),
        ),
        (", at its end or later", record(end())),
        (", before its end", record(just_before(end()))),
        (" to a time that has not begun", reschedule(end())),
        (" to a time that has begun", reschedule(end() + TimeDelta::seconds(1))),
        (
            " to a time more than `commands.booking_horizon_days` ahead",
            reschedule(just_before(end() - HORIZON)),
        ),
        (
            ", at most `commands.early_arrival_minutes` before its start",
            arrive(start() - EARLY),
        ),
        (", earlier", arrive(just_before(start() - EARLY))),
        (", at its start or later", fulfil(start())),
        (
            ", more than `commands.early_fulfilment_minutes` before its start",
            fulfil(just_before(start())),
        ),
        ("", cancel()),
        (
            ", `commands.no_show_grace_minutes` after its start or later",
            miss(start() + GRACE),
        ),
        (", earlier", miss(just_before(start() + GRACE))),
        (" (a privilege)", AppointmentCommand::Reopen { privilege: privilege() }),
        ("", AppointmentCommand::ChangeNotes(Change::Set(notes))),
        ("", mark_in_error()),
    ];
    let rows = rows.map(|(when, command)| (format!("{}{when}", name(&command)), command));
    super::table("appointment", &states, rows.into(), |appointment| {
        appointment.status().map_or("none", AppointmentStatus::code)
    })
}
