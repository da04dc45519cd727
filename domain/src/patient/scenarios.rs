//! The rules of the patient, one scenario each.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

use super::*;
use crate::values::{Change, DateOfBirth, Email, Gender, Identifiers, Name, Personal, Phone};

fn john() -> Demographics {
    Demographics {
        name: Name::parse("John Doe").expect("a name").into(),
        date_of_birth: DateOfBirth::parse(
            "1990-01-01".parse().expect("a date"),
            "2026-03-01T09:00:00Z".parse().expect("an instant"),
        )
        .expect("a date of birth")
        .into(),
        email: Some(Email::parse("john@example.com").expect("an address")),
        phone: None,
        address: None,
        gender: Some(Gender::Male),
        identifiers: Identifiers::default(),
    }
}

fn registered() -> PatientEvent {
    PatientEvent::Registered(john())
}

fn deactivated() -> PatientEvent {
    PatientEvent::Deactivated(Bare {})
}

fn reactivated() -> PatientEvent {
    PatientEvent::Reactivated(Bare {})
}

fn erased() -> PatientEvent {
    PatientEvent::Erased(Bare {})
}

fn given(events: Vec<PatientEvent>) -> AggregateTestExecutor<Patient> {
    TestFramework::with(()).given(events)
}

#[test]
fn registering_a_person() {
    given(vec![])
        .when(PatientCommand::Register(john()))
        .then_expect_events(vec![registered()]);
}

#[test]
fn a_patient_is_registered_once() {
    given(vec![registered()])
        .when(PatientCommand::Register(john()))
        .then_expect_error(PatientRefusal::AlreadyRegistered);
}

#[test]
fn a_change_replaces_what_it_names_clears_what_it_nulls_and_leaves_the_rest() {
    let phone = Phone::parse("+1-555-0102").expect("a number");
    let change = DemographicsChange {
        phone: Change::Set(phone.clone()),
        email: Change::Clear,
        ..DemographicsChange::default()
    };
    given(vec![registered()])
        .when(PatientCommand::ChangeDemographics(change))
        .then_expect_events(vec![PatientEvent::DemographicsChanged(Demographics {
            phone: Some(phone),
            email: None,
            ..john()
        })]);
}

#[test]
fn a_change_that_changes_nothing_emits_no_event() {
    let change = DemographicsChange {
        name: john().name.known().cloned(),
        gender: Change::Set(Gender::Male),
        phone: Change::Clear,
        ..DemographicsChange::default()
    };
    given(vec![registered()])
        .when(PatientCommand::ChangeDemographics(change))
        .then_expect_events(vec![]);
}

#[test]
fn nobody_changes_before_being_registered() {
    given(vec![])
        .when(PatientCommand::ChangeDemographics(DemographicsChange::default()))
        .then_expect_error(PatientRefusal::Unknown);
}

#[test]
fn a_patient_can_be_deactivated_and_activated_again() {
    given(vec![registered()])
        .when(PatientCommand::Deactivate)
        .then_expect_events(vec![deactivated()]);
    given(vec![registered(), deactivated()])
        .when(PatientCommand::Reactivate)
        .then_expect_events(vec![reactivated()]);
    given(vec![registered(), deactivated()])
        .when(PatientCommand::Deactivate)
        .then_expect_events(vec![]);
    given(vec![registered()])
        .when(PatientCommand::Reactivate)
        .then_expect_events(vec![]);
    given(vec![])
        .when(PatientCommand::Deactivate)
        .then_expect_error(PatientRefusal::Unknown);
}

#[test]
fn what_is_known_of_a_deactivated_patient_can_be_put_right() {
    let change = DemographicsChange {
        email: Change::Clear,
        ..DemographicsChange::default()
    };
    given(vec![registered(), deactivated()])
        .when(PatientCommand::ChangeDemographics(change))
        .then_expect_events(vec![PatientEvent::DemographicsChanged(Demographics {
            email: None,
            ..john()
        })]);
}

#[test]
fn a_patient_can_be_erased_active_or_not() {
    given(vec![registered()])
        .when(PatientCommand::Erase)
        .then_expect_events(vec![erased()]);
    given(vec![registered(), deactivated()])
        .when(PatientCommand::Erase)
        .then_expect_events(vec![erased()]);
}

#[test]
fn an_erased_patient_accepts_no_command() {
    let commands = [
        PatientCommand::Register(john()),
        PatientCommand::ChangeDemographics(DemographicsChange::default()),
        PatientCommand::Deactivate,
        PatientCommand::Reactivate,
        PatientCommand::Erase,
    ];
    for command in commands {
        given(vec![registered(), erased()])
            .when(command)
            .then_expect_error(PatientRefusal::Erased);
    }
}

#[test]
fn events_of_an_erased_patient_fold_though_nobody_can_read_them_any_more() {
    let unreadable = Demographics {
        name: Personal::Erased,
        date_of_birth: Personal::Erased,
        email: None,
        gender: None,
        ..john()
    };
    given(vec![
        PatientEvent::Registered(unreadable.clone()),
        PatientEvent::DemographicsChanged(unreadable),
        erased(),
    ])
    .when(PatientCommand::Deactivate)
    .then_expect_error(PatientRefusal::Erased);
}

#[test]
fn something_new_is_begun_for_an_active_patient_only() {
    let id = Uuid::nil();
    let mut patient = Patient::default();
    assert_eq!(patient.active(id), Err(PatientRefusal::Unknown));
    patient.evolve(&registered());
    assert_eq!(patient.active(id).map(|active| active.id()), Ok(id));
    patient.evolve(&deactivated());
    assert_eq!(patient.active(id), Err(PatientRefusal::Inactive));
    patient.evolve(&reactivated());
    assert!(patient.active(id).is_ok());
    patient.evolve(&erased());
    assert_eq!(patient.active(id), Err(PatientRefusal::Erased));
    assert_eq!(patient.demographics(), None);
}
