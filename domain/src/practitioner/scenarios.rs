//! Scenarios of the practitioner's rules.

use chrono::{DateTime, Utc};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};

use super::*;
use crate::{
    access::Role,
    privilege::SchedulingPrivilege,
    values::{Change, Email, Name, Period, Reason, Specialty, TimeZone, WallTime, Weekday, WeeklyRule},
};

const ID: Uuid = Uuid::from_u128(2);

fn ada() -> PractitionerDetails {
    PractitionerDetails {
        name: Name::parse("Dr Ada Ruiz").expect("a name").into(),
        specialty: Some(Specialty::parse("Cardiology").expect("a specialty")),
        time_zone: TimeZone::parse("America/New_York").expect("a zone"),
        email: None,
    }
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// A period of half an hour.
fn half_an_hour(start: &str) -> Period {
    let start = instant(start);
    Period::parse(start, start + chrono::TimeDelta::minutes(30)).expect("a period")
}

fn mondays(effective_from: &str, from: &str, to: &str) -> WeeklyAvailability {
    let time = |text| WallTime::parse(text).expect("a time");
    let rule = WeeklyRule::parse(Weekday::Monday, time(from), time(to)).expect("a rule");
    let effective_from = effective_from.parse().expect("a date");
    WeeklyAvailability::parse(30, effective_from, vec![rule]).expect("an availability")
}

fn time_off(id: u128, start: &str, end: &str) -> TimeOff {
    TimeOff::parse(Uuid::from_u128(id), instant(start), instant(end)).expect("time off")
}

fn registered() -> PractitionerEvent {
    PractitionerEvent::Registered(ada())
}

fn set(availability: WeeklyAvailability) -> PractitionerEvent {
    PractitionerEvent::AvailabilitySet(availability)
}

fn deactivated() -> PractitionerEvent {
    PractitionerEvent::Deactivated(Bare {})
}

fn given(events: Vec<PractitionerEvent>) -> AggregateTestExecutor<Practitioner> {
    TestFramework::with(()).given(events)
}

fn practitioner(events: &[PractitionerEvent]) -> Practitioner {
    let mut practitioner = Practitioner::default();
    events.iter().for_each(|event| practitioner.evolve(event));
    practitioner
}

#[test]
fn registers_a_practitioner() {
    given(vec![])
        .when(PractitionerCommand::Register(ada()))
        .then_expect_events(vec![registered()]);
}

#[test]
fn refuses_to_register_a_practitioner_twice() {
    given(vec![registered()])
        .when(PractitionerCommand::Register(ada()))
        .then_expect_error(PractitionerRefusal::AlreadyRegistered);
}

#[test]
fn a_change_replaces_named_fields_clears_null_fields_and_keeps_the_rest() {
    let email = Email::parse("ada@example.org").expect("an address");
    let change = DetailsChange {
        specialty: Change::Clear,
        email: Change::Set(email.clone()),
        ..DetailsChange::default()
    };
    given(vec![registered()])
        .when(PractitionerCommand::ChangeDetails(change))
        .then_expect_events(vec![PractitionerEvent::DetailsChanged(PractitionerDetails {
            specialty: None,
            email: Some(email),
            ..ada()
        })]);
}

#[test]
fn an_unchanged_value_emits_no_event() {
    let change = DetailsChange {
        time_zone: Some(ada().time_zone),
        email: Change::Clear,
        ..DetailsChange::default()
    };
    given(vec![registered()])
        .when(PractitionerCommand::ChangeDetails(change))
        .then_expect_events(vec![]);
    let availability = mondays("2027-01-01", "09:00", "17:00");
    given(vec![registered(), set(availability.clone())])
        .when(PractitionerCommand::SetAvailability(availability))
        .then_expect_events(vec![]);
}

#[test]
fn refuses_a_change_before_registration() {
    given(vec![])
        .when(PractitionerCommand::ChangeDetails(DetailsChange::default()))
        .then_expect_error(PractitionerRefusal::Unknown);
}

#[test]
fn a_practitioner_without_a_declared_availability_can_be_booked_at_any_time() {
    let ada = practitioner(&[registered()]);
    assert!(ada.available(ID, half_an_hour("2027-01-11T15:00:00Z")).is_ok());
    assert!(ada.available(ID, half_an_hour("2027-01-10T03:00:00Z")).is_ok());
}

#[test]
fn a_practitioner_is_booked_within_their_availability() {
    let availability = mondays("2027-01-01", "09:00", "17:00");
    given(vec![registered()])
        .when(PractitionerCommand::SetAvailability(availability.clone()))
        .then_expect_events(vec![set(availability.clone())]);
    let ada = practitioner(&[registered(), set(availability)]);
    let period = half_an_hour("2027-01-11T14:00:00Z");
    let available = ada.available(ID, period).expect("09:00 in New York");
    assert_eq!((available.practitioner().id(), available.period()), (ID, period));
    assert_eq!(available.practitioner().time_zone().name(), "America/New_York");
    for outside in ["2027-01-11T13:59:00Z", "2027-01-11T21:31:00Z", "2027-01-12T14:00:00Z"] {
        assert_eq!(
            ada.available(ID, half_an_hour(outside)),
            Err(PractitionerRefusal::OutsideAvailability)
        );
    }
}

#[test]
fn a_booking_starts_with_a_slot_unless_the_practitioner_allows_others() {
    let availability = mondays("2027-01-01", "09:00", "17:00");
    let between = half_an_hour("2027-01-11T14:07:00Z");
    let ada = practitioner(&[registered(), set(availability.clone())]);
    let refused = PractitionerRefusal::BetweenSlots { slot_minutes: 30 };
    assert_eq!(ada.available(ID, between), Err(refused));
    assert!(ada.available(ID, half_an_hour("2027-01-11T14:30:00Z")).is_ok());
    let ada = practitioner(&[registered(), set(availability.with_off_grid(true))]);
    assert!(ada.available(ID, between).is_ok());
}

#[test]
fn an_availability_applies_from_its_date_and_replaces_later_ones() {
    let (january, march, february) = (
        mondays("2027-01-01", "09:00", "12:00"),
        mondays("2027-03-01", "13:00", "17:00"),
        mondays("2027-02-01", "08:00", "09:00"),
    );
    let on = |events: &[PractitionerEvent], date: &str| {
        let date = date.parse().expect("a date");
        practitioner(events).availability_on(date).cloned()
    };
    let mut events = vec![registered(), set(january.clone()), set(march.clone())];
    assert_eq!(on(&events, "2026-12-31"), None, "before the first availability");
    assert_eq!(on(&events, "2027-02-28"), Some(january.clone()));
    assert_eq!(on(&events, "2027-03-01"), Some(march));
    events.push(set(february.clone()));
    assert_eq!(on(&events, "2027-01-31"), Some(january));
    assert_eq!(on(&events, "2027-03-01"), Some(february));
}

#[test]
fn hours_keep_their_local_time_when_daylight_saving_begins() {
    // New York changes to daylight saving time on Sunday, 14 March 2027. 09:00 is 14:00Z on the Monday before and
    // 13:00Z on the Monday after.
    let ada = practitioner(&[registered(), set(mondays("2027-01-01", "09:00", "10:00"))]);
    assert!(ada.available(ID, half_an_hour("2027-03-08T14:00:00Z")).is_ok());
    assert!(ada.available(ID, half_an_hour("2027-03-15T13:00:00Z")).is_ok());
    assert_eq!(
        ada.available(ID, half_an_hour("2027-03-15T14:00:00Z")),
        Err(PractitionerRefusal::OutsideAvailability)
    );
}

#[test]
fn a_practitioner_is_not_booked_while_away() {
    let away = time_off(7, "2027-01-11T15:00:00Z", "2027-01-18T00:00:00Z");
    given(vec![registered()])
        .when(PractitionerCommand::AddTimeOff(away))
        .then_expect_events(vec![PractitionerEvent::TimeOffAdded(away)]);
    let ada = practitioner(&[registered(), PractitionerEvent::TimeOffAdded(away)]);
    assert!(ada.available(ID, half_an_hour("2027-01-11T14:30:00Z")).is_ok());
    assert_eq!(
        ada.available(ID, half_an_hour("2027-01-11T14:31:00Z")),
        Err(PractitionerRefusal::Away)
    );
    assert!(ada.available(ID, half_an_hour("2027-01-18T00:00:00Z")).is_ok());
}

#[test]
fn time_off_is_added_once_and_can_be_removed() {
    let away = time_off(7, "2027-01-11T00:00:00Z", "2027-01-18T00:00:00Z");
    let added = || vec![registered(), PractitionerEvent::TimeOffAdded(away)];
    given(added())
        .when(PractitionerCommand::AddTimeOff(away))
        .then_expect_events(vec![]);
    given(added())
        .when(PractitionerCommand::AddTimeOff(time_off(
            7,
            "2027-01-11T00:00:00Z",
            "2027-01-19T00:00:00Z",
        )))
        .then_expect_error(PractitionerRefusal::TimeOffIdUsed);
    let time_off_id = away.id();
    let removed = PractitionerEvent::TimeOffRemoved(TimeOffRemoved { time_off_id });
    given(added())
        .when(PractitionerCommand::RemoveTimeOff { time_off_id })
        .then_expect_events(vec![removed.clone()]);
    given(vec![registered()])
        .when(PractitionerCommand::RemoveTimeOff { time_off_id })
        .then_expect_error(PractitionerRefusal::UnknownTimeOff);
    let back = practitioner(&[added(), vec![removed]].concat());
    assert!(back.available(ID, half_an_hour("2027-01-12T15:00:00Z")).is_ok());
}

#[test]
fn a_privilege_overrides_the_schedule_but_not_a_deactivation() {
    let privilege = SchedulingPrivilege::of(&[Role::Admin]).expect("privileged");
    let overbooking = || privilege.overbook(Reason::parse("An emergency").expect("a reason"));
    let away = time_off(7, "2027-01-11T00:00:00Z", "2027-01-18T00:00:00Z");
    let events = [
        registered(),
        set(mondays("2027-01-01", "09:00", "17:00")),
        PractitionerEvent::TimeOffAdded(away),
    ];
    let period = half_an_hour("2027-01-12T03:00:00Z");
    let overbooked = practitioner(&events)
        .overbooked(ID, period, overbooking())
        .expect("a privilege");
    assert_eq!(overbooked.overbooking(), Some(&overbooking()));
    let gone = practitioner(&[registered(), deactivated()]);
    assert_eq!(
        gone.overbooked(ID, period, overbooking()),
        Err(PractitionerRefusal::Inactive)
    );
}

#[test]
fn a_deactivated_practitioner_accepts_no_bookings_or_changes() {
    given(vec![registered()])
        .when(PractitionerCommand::Deactivate)
        .then_expect_events(vec![deactivated()]);
    given(vec![registered(), deactivated()])
        .when(PractitionerCommand::Deactivate)
        .then_expect_events(vec![]);
    given(vec![registered(), deactivated()])
        .when(PractitionerCommand::ChangeDetails(DetailsChange::default()))
        .then_expect_error(PractitionerRefusal::Inactive);
    let gone = practitioner(&[registered(), deactivated()]);
    assert_eq!(gone.active(ID), Err(PractitionerRefusal::Inactive));
    assert_eq!(gone.registered(ID).map(|registered| registered.id()), Ok(ID));
    assert_eq!(
        gone.available(ID, half_an_hour("2027-01-11T15:00:00Z")),
        Err(PractitionerRefusal::Inactive)
    );
    assert_eq!(Practitioner::default().active(ID), Err(PractitionerRefusal::Unknown));
    assert_eq!(
        Practitioner::default().registered(ID),
        Err(PractitionerRefusal::Unknown)
    );
}
