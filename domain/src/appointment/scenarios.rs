//! Scenarios of the appointment's rules.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

use super::*;
use crate::{
    access::Role,
    patient::{ActivePatient, Demographics, Patient, PatientEvent, RecordedDemographics},
    practitioner::{Practitioner, PractitionerDetails, PractitionerEvent},
    privilege::{Overbooking, SchedulingPrivilege},
    values::{CancellationReason, IdentifierHashes, Identifiers, Name, Period, Personal, Reason, TimeZone},
};

const JOHN: Uuid = Uuid::from_u128(1);
const ADA: Uuid = Uuid::from_u128(2);

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn period(start: &str, end: &str) -> Period {
    Period::parse(instant(start), instant(end)).expect("a period")
}

/// 10:00 to 10:30 in New York.
fn ten_o_clock() -> Period {
    period("2027-01-11T15:00:00Z", "2027-01-11T15:30:00Z")
}

/// 14:00 to 14:30 on the same day.
fn two_o_clock() -> Period {
    period("2027-01-11T19:00:00Z", "2027-01-11T19:30:00Z")
}

fn patient() -> ActivePatient {
    registered_patient().active(JOHN).expect("registered")
}

fn registered_patient() -> Patient {
    let mut patient = Patient::default();
    patient.evolve(&PatientEvent::Registered(RecordedDemographics {
        demographics: Demographics {
            name: Name::parse("John Doe").expect("a name").into(),
            date_of_birth: Personal::Erased,
            email: None,
            phone: None,
            address: None,
            gender: None,
            identifiers: Identifiers::default(),
        },
        email_hash: None,
        identifier_hashes: IdentifierHashes::default(),
    }));
    patient
}

fn practitioner() -> Practitioner {
    let mut practitioner = Practitioner::default();
    practitioner.evolve(&PractitionerEvent::Registered(PractitionerDetails {
        name: Name::parse("Dr Ada Ruiz").expect("a name").into(),
        specialty: None,
        time_zone: TimeZone::parse("America/New_York").expect("a zone"),
        email: None,
    }));
    practitioner
}

fn slot(period: Period) -> AvailablePractitioner {
    practitioner().available(ADA, period).expect("always available")
}

fn privilege() -> SchedulingPrivilege {
    SchedulingPrivilege::of(&[Role::Practitioner]).expect("privileged")
}

fn overbooking() -> Overbooking {
    privilege().overbook(Reason::parse("An emergency").expect("a reason"))
}

fn overbooked_slot(period: Period) -> AvailablePractitioner {
    practitioner()
        .overbooked(ADA, period, overbooking())
        .expect("a privilege")
}

const HORIZON: TimeDelta = TimeDelta::days(365);

fn book(slot: AvailablePractitioner, now: &str) -> AppointmentCommand {
    AppointmentCommand::Book {
        booking: Booking {
            patient: patient(),
            slot,
            reason: None,
            notes: None,
        },
        now: instant(now),
        horizon: HORIZON,
    }
}

fn record(now: &str) -> AppointmentCommand {
    AppointmentCommand::RecordFulfilled {
        visit: PastVisit {
            patient: registered_patient().registered(JOHN).expect("registered"),
            practitioner: practitioner().registered(ADA).expect("registered"),
            period: ten_o_clock(),
            reason: None,
            notes: None,
            overlap: None,
        },
        now: instant(now),
    }
}

fn reschedule(slot: AvailablePractitioner, now: &str) -> AppointmentCommand {
    AppointmentCommand::Reschedule {
        slot,
        now: instant(now),
        horizon: HORIZON,
    }
}

fn arrive(now: &str) -> AppointmentCommand {
    AppointmentCommand::Arrive {
        now: instant(now),
        early: TimeDelta::hours(12),
    }
}

fn fulfil(now: &str) -> AppointmentCommand {
    AppointmentCommand::Fulfil {
        now: instant(now),
        early: TimeDelta::zero(),
    }
}

fn miss(now: &str) -> AppointmentCommand {
    AppointmentCommand::Miss {
        now: instant(now),
        grace: TimeDelta::minutes(15),
    }
}

fn cancel() -> AppointmentCommand {
    AppointmentCommand::Cancel(cancellation())
}

fn cancellation() -> Cancelled {
    Cancelled {
        reason_code: CancellationReason::PatientFeelsBetter,
        reason_text: Some(Reason::parse("It went away").expect("a reason")),
    }
}

fn mark_in_error() -> AppointmentCommand {
    AppointmentCommand::MarkEnteredInError { reason: None }
}

fn notes(text: &str) -> Notes {
    Notes::parse(text).expect("notes")
}

fn booking(origin: Origin) -> Booked {
    Booked {
        patient_id: JOHN,
        practitioner_id: ADA,
        period: ten_o_clock(),
        time_zone: TimeZone::parse("America/New_York").expect("a zone"),
        local_start: "2027-01-11T10:00:00".parse().expect("a local time"),
        reason: None,
        notes: None,
        origin,
        overbooking: None,
    }
}

fn booked() -> AppointmentEvent {
    AppointmentEvent::Booked(booking(Origin::Booked))
}

fn rescheduled() -> Rescheduled {
    Rescheduled {
        period: two_o_clock(),
        time_zone: TimeZone::parse("America/New_York").expect("a zone"),
        local_start: "2027-01-11T14:00:00".parse().expect("a local time"),
        overbooking: None,
    }
}

fn arrived() -> AppointmentEvent {
    AppointmentEvent::Arrived(Arrived {
        arrived_at: instant("2027-01-11T14:55:00Z"),
    })
}

fn fulfilled() -> AppointmentEvent {
    AppointmentEvent::Fulfilled(Fulfilled {
        fulfilled_at: instant("2027-01-11T15:30:00Z"),
    })
}

fn cancelled() -> AppointmentEvent {
    AppointmentEvent::Cancelled(cancellation())
}

fn missed() -> AppointmentEvent {
    AppointmentEvent::Missed(Bare {})
}

fn in_error() -> AppointmentEvent {
    AppointmentEvent::EnteredInError(EnteredInError { reason: None })
}

fn given(events: &[AppointmentEvent]) -> AggregateTestExecutor<Appointment> {
    TestFramework::with(()).given(events.to_vec())
}

fn appointment(events: &[AppointmentEvent]) -> Appointment {
    let mut appointment = Appointment::default();
    events.iter().for_each(|event| appointment.evolve(event));
    appointment
}

#[test]
fn a_booking_keeps_the_instants_the_zone_and_the_intended_local_time() {
    given(&[])
        .when(book(slot(ten_o_clock()), "2027-01-11T15:00:00Z"))
        .then_expect_events(vec![booked()]);
}

#[test]
fn refuses_a_booking_in_the_past() {
    given(&[])
        .when(book(slot(ten_o_clock()), "2027-01-11T15:00:01Z"))
        .then_expect_error(AppointmentRefusal::StartsInThePast);
}

#[test]
fn a_deliberate_overbooking_is_recorded_with_its_reason() {
    let overbooked = Booked {
        overbooking: Some(Overbooked::from(&overbooking())),
        ..booking(Origin::Booked)
    };
    given(&[])
        .when(book(overbooked_slot(ten_o_clock()), "2027-01-11T15:00:00Z"))
        .then_expect_events(vec![AppointmentEvent::Booked(overbooked)]);
}

#[test]
fn history_is_recorded_as_booked_and_fulfilled() {
    given(&[])
        .when(record("2027-02-01T00:00:00Z"))
        .then_expect_events(vec![AppointmentEvent::Booked(booking(Origin::History)), fulfilled()]);
}

#[test]
fn history_that_overlaps_is_recorded_with_the_reason() {
    let AppointmentCommand::RecordFulfilled { visit, now } = record("2027-02-01T00:00:00Z") else {
        panic!("another command")
    };
    let overlap = Some(overbooking().reason().clone());
    let overlapping = Booked {
        overbooking: Some(Overbooked::from(&overbooking())),
        ..booking(Origin::History)
    };
    given(&[])
        .when(AppointmentCommand::RecordFulfilled {
            visit: PastVisit { overlap, ..visit },
            now,
        })
        .then_expect_events(vec![AppointmentEvent::Booked(overlapping), fulfilled()]);
}

#[test]
fn refuses_to_record_a_visit_that_has_not_ended() {
    given(&[])
        .when(record("2027-01-11T15:29:59Z"))
        .then_expect_error(AppointmentRefusal::NotYetOver);
}

#[test]
fn refuses_to_book_an_appointment_twice() {
    given(&[booked()])
        .when(book(slot(ten_o_clock()), "2027-01-01T00:00:00Z"))
        .then_expect_error(AppointmentRefusal::AlreadyBooked);
    given(&[booked()])
        .when(record("2027-02-01T00:00:00Z"))
        .then_expect_error(AppointmentRefusal::AlreadyBooked);
    given(&[]).when(cancel()).then_expect_error(AppointmentRefusal::Unknown);
}

#[test]
fn a_booked_appointment_can_be_rescheduled() {
    given(&[booked()])
        .when(reschedule(slot(two_o_clock()), "2027-01-11T15:00:00Z"))
        .then_expect_events(vec![AppointmentEvent::Rescheduled(rescheduled())]);
    given(&[booked()])
        .when(reschedule(overbooked_slot(two_o_clock()), "2027-01-11T15:00:00Z"))
        .then_expect_events(vec![AppointmentEvent::Rescheduled(Rescheduled {
            overbooking: Some(Overbooked::from(&overbooking())),
            ..rescheduled()
        })]);
    let moved = appointment(&[booked(), AppointmentEvent::Rescheduled(rescheduled())]);
    assert_eq!(moved.held(), Some(two_o_clock()));
}

#[test]
fn a_new_reason_for_an_overbooking_is_recorded_at_the_same_time() {
    let marked = AppointmentEvent::Rescheduled(Rescheduled {
        period: ten_o_clock(),
        local_start: "2027-01-11T10:00:00".parse().expect("a local time"),
        overbooking: Some(Overbooked::from(&overbooking())),
        ..rescheduled()
    });
    let overbook = || reschedule(overbooked_slot(ten_o_clock()), "2027-01-11T14:00:00Z");
    given(&[booked()])
        .when(overbook())
        .then_expect_events(vec![marked.clone()]);
    given(&[booked(), marked.clone()])
        .when(overbook())
        .then_expect_events(vec![]);
    given(&[booked(), marked])
        .when(reschedule(slot(ten_o_clock()), "2027-01-11T14:00:00Z"))
        .then_expect_events(vec![]);
}

#[test]
fn rescheduling_to_the_same_time_changes_nothing() {
    given(&[booked()])
        .when(reschedule(slot(ten_o_clock()), "2027-01-11T15:10:00Z"))
        .then_expect_events(vec![]);
}

#[test]
fn refuses_to_reschedule_into_the_past_or_to_another_practitioner() {
    given(&[booked()])
        .when(reschedule(slot(two_o_clock()), "2027-01-11T19:00:01Z"))
        .then_expect_error(AppointmentRefusal::StartsInThePast);
    let another = practitioner()
        .available(Uuid::from_u128(3), two_o_clock())
        .expect("available");
    given(&[booked()])
        .when(reschedule(another, "2027-01-11T15:00:00Z"))
        .then_expect_error(AppointmentRefusal::AnotherPractitioner);
}

#[test]
fn a_rescheduled_appointment_keeps_its_local_time_across_daylight_saving() {
    // New York changes to daylight saving time on Sunday, 14 March 2027. On the Monday after, 10:00 is 14:00Z.
    let in_summer = period("2027-03-15T14:00:00Z", "2027-03-15T14:30:00Z");
    given(&[booked()])
        .when(reschedule(slot(in_summer), "2027-01-11T15:00:00Z"))
        .then_expect_events(vec![AppointmentEvent::Rescheduled(Rescheduled {
            period: in_summer,
            local_start: "2027-03-15T10:00:00".parse().expect("a local time"),
            ..rescheduled()
        })]);
}

#[test]
fn a_patient_arrives_and_is_seen() {
    given(&[booked()])
        .when(arrive("2027-01-11T14:55:00Z"))
        .then_expect_events(vec![arrived()]);
    given(&[booked(), arrived()])
        .when(fulfil("2027-01-11T15:30:00Z"))
        .then_expect_events(vec![fulfilled()]);
}

#[test]
fn refuses_an_arrival_too_long_before_the_start() {
    let early = TimeDelta::hours(12);
    given(&[booked()])
        .when(arrive("2027-01-11T02:59:59Z"))
        .then_expect_error(AppointmentRefusal::TooEarlyToArrive { early });
    let at = |arrived_at| AppointmentEvent::Arrived(Arrived { arrived_at });
    given(&[booked()])
        .when(arrive("2027-01-11T03:00:00Z"))
        .then_expect_events(vec![at(instant("2027-01-11T03:00:00Z"))]);
    given(&[booked()])
        .when(arrive("2027-01-20T00:00:00Z"))
        .then_expect_events(vec![at(instant("2027-01-20T00:00:00Z"))]);
    let text = AppointmentRefusal::TooEarlyToArrive { early }.to_string();
    assert_eq!(
        text,
        "the arrival cannot be recorded more than 720 minutes before the start"
    );
}

#[test]
fn refuses_to_fulfil_before_the_start() {
    given(&[booked(), arrived()])
        .when(fulfil("2027-01-11T14:59:59Z"))
        .then_expect_error(AppointmentRefusal::NotYetBegun);
    let fulfilled_at = instant("2027-01-11T15:00:00Z");
    given(&[booked(), arrived()])
        .when(fulfil("2027-01-11T15:00:00Z"))
        .then_expect_events(vec![AppointmentEvent::Fulfilled(Fulfilled { fulfilled_at })]);
    // A clinic can allow it.
    let now = instant("2027-01-11T14:50:00Z");
    let early = TimeDelta::minutes(10);
    given(&[booked(), arrived()])
        .when(AppointmentCommand::Fulfil { now, early })
        .then_expect_events(vec![AppointmentEvent::Fulfilled(Fulfilled { fulfilled_at: now })]);
}

#[test]
fn the_new_time_counts_after_rescheduling() {
    let moved = [booked(), AppointmentEvent::Rescheduled(rescheduled())];
    given(&moved)
        .when(arrive("2027-01-11T06:59:59Z"))
        .then_expect_error(AppointmentRefusal::TooEarlyToArrive {
            early: TimeDelta::hours(12),
        });
    let moved: Vec<AppointmentEvent> = moved.into_iter().chain([arrived()]).collect();
    given(&moved)
        .when(fulfil("2027-01-11T15:30:00Z"))
        .then_expect_error(AppointmentRefusal::NotYetBegun);
}

#[test]
fn refuses_a_time_beyond_the_horizon() {
    let refused = AppointmentRefusal::TooFarAhead { horizon: HORIZON };
    given(&[])
        .when(book(slot(ten_o_clock()), "2026-01-11T14:59:59Z"))
        .then_expect_error(refused);
    given(&[])
        .when(book(slot(ten_o_clock()), "2026-01-11T15:00:00Z"))
        .then_expect_events(vec![booked()]);
    given(&[booked()])
        .when(reschedule(overbooked_slot(two_o_clock()), "2026-01-11T18:59:59Z"))
        .then_expect_error(refused);
    assert_eq!(refused.to_string(), "an appointment must start within 365 days");
}

#[test]
fn refuses_to_fulfil_before_arrival() {
    given(&[booked()])
        .when(fulfil("2027-01-11T15:30:00Z"))
        .then_expect_error(AppointmentRefusal::InStatus(AppointmentStatus::Booked));
}

#[test]
fn an_appointment_can_be_cancelled_until_it_is_fulfilled() {
    given(&[booked()]).when(cancel()).then_expect_events(vec![cancelled()]);
    given(&[booked(), arrived()])
        .when(cancel())
        .then_expect_events(vec![cancelled()]);
    given(&[booked(), arrived(), fulfilled()])
        .when(cancel())
        .then_expect_error(AppointmentRefusal::InStatus(AppointmentStatus::Fulfilled));
}

#[test]
fn a_no_show_is_recorded_only_after_the_grace_period() {
    given(&[booked()])
        .when(miss("2027-01-11T15:14:59Z"))
        .then_expect_error(AppointmentRefusal::TooEarlyToMiss);
    given(&[booked()])
        .when(miss("2027-01-11T15:15:00Z"))
        .then_expect_events(vec![missed()]);
    given(&[booked(), arrived()])
        .when(miss("2027-01-11T15:15:00Z"))
        .then_expect_error(AppointmentRefusal::InStatus(AppointmentStatus::Arrived));
}

#[test]
fn a_privileged_caller_can_undo_a_fulfilment_or_a_no_show() {
    let reopen = || AppointmentCommand::Reopen { privilege: privilege() };
    given(&[booked(), arrived(), fulfilled()])
        .when(reopen())
        .then_expect_events(reopened(AppointmentStatus::Arrived));
    given(&[booked(), missed()])
        .when(reopen())
        .then_expect_events(reopened(AppointmentStatus::Booked));
    given(&[booked(), cancelled()])
        .when(reopen())
        .then_expect_error(AppointmentRefusal::InStatus(AppointmentStatus::Cancelled));
}

#[test]
fn notes_can_be_changed_and_cleared() {
    let changed = |notes| AppointmentEvent::NotesChanged(NotesChanged { notes });
    let set = |text| AppointmentCommand::ChangeNotes(Change::Set(notes(text)));
    given(&[booked()])
        .when(set("Fasting"))
        .then_expect_events(vec![changed(Some(notes("Fasting")))]);
    given(&[booked(), changed(Some(notes("Fasting")))])
        .when(set("Fasting"))
        .then_expect_events(vec![]);
    given(&[booked(), changed(Some(notes("Fasting")))])
        .when(AppointmentCommand::ChangeNotes(Change::Clear))
        .then_expect_events(vec![changed(None)]);
    given(&[booked(), arrived(), fulfilled()])
        .when(set("Was late"))
        .then_expect_events(vec![changed(Some(notes("Was late")))]);
}

#[test]
fn any_appointment_can_be_marked_as_an_error_and_is_then_final() {
    let histories: [&[AppointmentEvent]; 5] = [
        &[booked()],
        &[booked(), arrived()],
        &[booked(), arrived(), fulfilled()],
        &[booked(), cancelled()],
        &[booked(), missed()],
    ];
    for history in histories {
        given(history)
            .when(mark_in_error())
            .then_expect_events(vec![in_error()]);
    }
    let refused = AppointmentRefusal::InStatus(AppointmentStatus::EnteredInError);
    let set = AppointmentCommand::ChangeNotes(Change::Set(notes("Late")));
    for command in [cancel(), set, reschedule(slot(two_o_clock()), "2027-01-11T15:00:00Z")] {
        given(&[booked(), in_error()]).when(command).then_expect_error(refused);
    }
}

#[test]
fn repeating_a_command_changes_nothing() {
    let repeated = [
        (vec![booked(), arrived()], arrive("2027-01-11T15:00:00Z")),
        (vec![booked(), arrived(), fulfilled()], fulfil("2027-01-11T15:00:00Z")),
        (vec![booked(), cancelled()], cancel()),
        (vec![booked(), missed()], miss("2027-01-11T16:00:00Z")),
        (vec![booked(), in_error()], mark_in_error()),
    ];
    for (history, command) in repeated {
        given(&history).when(command).then_expect_events(vec![]);
    }
}

#[test]
fn a_cancelled_appointment_keeps_its_reason() {
    let because = |code: CancellationReason, text: Option<&str>| Cancelled {
        reason_code: code,
        reason_text: text.map(|text| Reason::parse(text).expect("a reason")),
    };
    let unexplained = because(CancellationReason::Other, None);
    given(&[booked(), cancelled()])
        .when(AppointmentCommand::Cancel(unexplained.clone()))
        .then_expect_events(vec![]);
    let another = AppointmentRefusal::AnotherReason(AppointmentStatus::Cancelled);
    for other in [
        because(CancellationReason::PatientDeceased, None),
        because(CancellationReason::Other, Some("It went away")),
        because(CancellationReason::PatientFeelsBetter, Some("It is gone")),
    ] {
        for first in [cancelled(), AppointmentEvent::Cancelled(unexplained.clone())] {
            given(&[booked(), first])
                .when(AppointmentCommand::Cancel(other.clone()))
                .then_expect_error(another);
        }
    }
    assert_eq!(
        another.to_string(),
        "the appointment is already cancelled, for another reason"
    );
}

#[test]
fn an_appointment_entered_in_error_keeps_its_reason() {
    let because = |text: &str| Some(Reason::parse(text).expect("a reason"));
    let marked = |reason| AppointmentEvent::EnteredInError(EnteredInError { reason });
    for reason in [None, because("Another patient's")] {
        given(&[booked(), marked(because("Another patient's"))])
            .when(AppointmentCommand::MarkEnteredInError { reason })
            .then_expect_events(vec![]);
    }
    for first in [None, because("Another patient's")] {
        given(&[booked(), marked(first)])
            .when(AppointmentCommand::MarkEnteredInError {
                reason: because("Booked twice"),
            })
            .then_expect_error(AppointmentRefusal::AnotherReason(AppointmentStatus::EnteredInError));
    }
}

#[test]
fn an_appointment_occupies_its_time_while_it_is_live() {
    assert_eq!(Appointment::default().held(), None);
    assert_eq!(appointment(&[booked()]).held(), Some(ten_o_clock()));
    assert_eq!(
        appointment(&[booked(), arrived(), fulfilled()]).held(),
        Some(ten_o_clock())
    );
    for end in [cancelled(), missed(), in_error()] {
        assert_eq!(appointment(&[booked(), end]).held(), None);
    }
}

#[test]
fn the_state_keeps_attendance_and_cancellation_until_they_are_undone() {
    let attended = appointment(&[booked(), arrived(), fulfilled()]);
    assert_eq!(attended.arrived_at(), Some(instant("2027-01-11T14:55:00Z")));
    assert_eq!(attended.fulfilled_at(), Some(instant("2027-01-11T15:30:00Z")));
    assert_eq!(attended.cancelled(), None);
    let undone = AppointmentEvent::Reopened(Reopened {
        status: AppointmentStatus::Arrived,
    });
    let reopened = appointment(&[booked(), arrived(), fulfilled(), undone]);
    assert_eq!(reopened.arrived_at(), attended.arrived_at());
    assert_eq!(reopened.fulfilled_at(), None);
    assert_eq!(appointment(&[booked(), cancelled()]).cancelled(), Some(&cancellation()));
}

#[test]
fn only_a_live_appointment_gives_proof() {
    let id = Uuid::from_u128(9);
    let proof = appointment(&[booked()]).prescribable(id).expect("live");
    assert_eq!((proof.id(), proof.patient_id()), (id, JOHN));
    assert_eq!(
        Appointment::default().prescribable(id),
        Err(AppointmentRefusal::Unknown)
    );
    assert_eq!(
        appointment(&[booked(), cancelled()]).prescribable(id),
        Err(AppointmentRefusal::InStatus(AppointmentStatus::Cancelled))
    );
}
