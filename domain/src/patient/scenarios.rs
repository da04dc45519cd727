//! Scenarios of the patient's rules.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

use super::*;
use crate::values::{
    Change, DateOfBirth, Email, EmailHash, Gender, Identifier, IdentifierHash, Identifiers, Name, PartialDate,
    PartialDateTime, Personal, Phone, TimeOfDeath,
};

fn born(date: &str) -> DateOfBirth {
    let (date, now) = (PartialDate::parse(date), "2026-03-01T09:00:00Z".parse());
    DateOfBirth::parse(date.expect("a date"), now.expect("an instant")).expect("a date of birth")
}

fn john() -> Demographics {
    Demographics {
        name: Name::parse("John Doe").expect("a name").into(),
        date_of_birth: born("1990-01-01").into(),
        email: Some(Email::parse("john@example.com").expect("an address")),
        phone: None,
        address: None,
        gender: Some(Gender::Male),
        identifiers: Identifiers::default(),
    }
}

/// Stands in for the keyed hash, which the caller computes.
fn hash(email: &Email) -> EmailHash {
    let mut bytes = [0; 32];
    for (byte, letter) in bytes.iter_mut().zip(email.normalised().bytes()) {
        *byte = letter;
    }
    EmailHash::new(bytes)
}

fn recorded(demographics: Demographics) -> RecordedDemographics {
    RecordedDemographics::new(demographics, hash)
}

fn registered() -> PatientEvent {
    PatientEvent::Registered(recorded(john()))
}

fn change(change: DemographicsChange) -> PatientCommand {
    PatientCommand::ChangeDemographics(HashedChange::new(change, hash))
}

fn changed(demographics: Demographics) -> PatientEvent {
    PatientEvent::DemographicsChanged(recorded(demographics))
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

fn identified(value: &str) -> Demographics {
    let identifier = Identifier::parse("urn:mrn", value).expect("an identifier");
    Demographics {
        identifiers: Identifiers::parse(vec![identifier]).expect("identifiers"),
        ..john()
    }
}

/// Stands in for the keyed hash, which is made outside.
fn identifier_hash(identifier: &Identifier) -> IdentifierHash {
    let mut bytes = [0; 16];
    for (byte, letter) in bytes.iter_mut().zip(identifier.value().bytes()) {
        *byte = letter;
    }
    IdentifierHash::new(bytes)
}

#[test]
fn the_hashes_of_identifiers_follow_the_identifiers() {
    let recorded = |known| recorded(known).with_identifiers_hashed(identifier_hash);
    let change = |change| {
        let hashed = HashedChange::new(change, hash).with_identifiers_hashed(identifier_hash);
        PatientCommand::ChangeDemographics(hashed)
    };
    let before = || vec![PatientEvent::Registered(recorded(identified("A-17")))];
    let phone = Phone::parse("+1-555-0199").expect("a number");
    given(before())
        .when(change(DemographicsChange {
            phone: Change::Set(phone.clone()),
            ..DemographicsChange::default()
        }))
        .then_expect_events(vec![PatientEvent::DemographicsChanged(recorded(Demographics {
            phone: Some(phone),
            ..identified("A-17")
        }))]);
    given(before())
        .when(change(DemographicsChange {
            identifiers: Some(identified("A-18").identifiers),
            ..DemographicsChange::default()
        }))
        .then_expect_events(vec![PatientEvent::DemographicsChanged(recorded(identified("A-18")))]);
    given(before())
        .when(change(DemographicsChange {
            identifiers: Some(Identifiers::default()),
            ..DemographicsChange::default()
        }))
        .then_expect_events(vec![changed(john())]);
}

#[test]
fn registers_a_person() {
    given(vec![])
        .when(PatientCommand::Register(recorded(john())))
        .then_expect_events(vec![registered()]);
}

#[test]
fn refuses_to_register_a_patient_twice() {
    given(vec![registered()])
        .when(PatientCommand::Register(recorded(john())))
        .then_expect_error(PatientRefusal::AlreadyRegistered);
}

#[test]
fn a_change_replaces_named_fields_clears_null_fields_and_keeps_the_rest() {
    let phone = Phone::parse("+1-555-0102").expect("a number");
    let named = DemographicsChange {
        phone: Change::Set(phone.clone()),
        email: Change::Clear,
        ..DemographicsChange::default()
    };
    given(vec![registered()])
        .when(change(named))
        .then_expect_events(vec![changed(Demographics {
            phone: Some(phone),
            email: None,
            ..john()
        })]);
}

#[test]
fn an_unchanged_value_emits_no_event() {
    let named = DemographicsChange {
        name: john().name.known().cloned(),
        gender: Change::Set(Gender::Male),
        phone: Change::Clear,
        ..DemographicsChange::default()
    };
    given(vec![registered()]).when(change(named)).then_expect_events(vec![]);
}

#[test]
fn a_date_of_birth_can_be_corrected_and_keeps_its_precision() {
    let john_born = |date: &str| Demographics {
        date_of_birth: born(date).into(),
        ..john()
    };
    let tell = |date: &str| {
        change(DemographicsChange {
            date_of_birth: Some(born(date)),
            ..DemographicsChange::default()
        })
    };
    for (known, told) in [
        ("1990-01-01", "1990"),
        ("1990", "1990-01"),
        ("1990-01", "1990-01-01"),
        ("1990-05", "1991-06"),
    ] {
        let registered = || PatientEvent::Registered(recorded(john_born(known)));
        given(vec![registered()])
            .when(tell(told))
            .then_expect_events(vec![changed(john_born(told))]);
        given(vec![registered()]).when(tell(known)).then_expect_events(vec![]);
    }
}

#[test]
fn the_hash_changes_with_the_address() {
    let john_at = |address: &str| {
        let email = Some(Email::parse(address).expect("an address"));
        Demographics { email, ..john() }
    };
    let move_to = |address: &str| {
        let email = Change::Set(Email::parse(address).expect("an address"));
        change(DemographicsChange {
            email,
            ..DemographicsChange::default()
        })
    };
    let rename = change(DemographicsChange {
        gender: Change::Clear,
        ..DemographicsChange::default()
    });
    assert_eq!(recorded(john()).email_hash, john().email.as_ref().map(hash));
    given(vec![registered()])
        .when(move_to("doe@example.com"))
        .then_expect_events(vec![changed(john_at("doe@example.com"))]);
    given(vec![registered(), changed(john_at("doe@example.com"))])
        .when(rename)
        .then_expect_events(vec![changed(Demographics {
            gender: None,
            ..john_at("doe@example.com")
        })]);
    let cleared = changed(Demographics { email: None, ..john() });
    assert!(
        matches!(&cleared, PatientEvent::DemographicsChanged(recorded) if recorded.email_hash.is_none()),
        "no address, no hash"
    );
    given(vec![registered(), cleared])
        .when(move_to("JOHN@example.com"))
        .then_expect_events(vec![changed(john_at("JOHN@example.com"))]);
}

#[test]
fn setting_the_same_address_records_a_different_hash() {
    let other = |_: &Email| EmailHash::new([7; 32]);
    let same = DemographicsChange {
        email: Change::Set(Email::parse("john@example.com").expect("an address")),
        ..DemographicsChange::default()
    };
    given(vec![registered()])
        .when(change(same.clone()))
        .then_expect_events(vec![]);
    given(vec![registered()])
        .when(PatientCommand::ChangeDemographics(HashedChange::new(same, other)))
        .then_expect_events(vec![PatientEvent::DemographicsChanged(RecordedDemographics::new(
            john(),
            other,
        ))]);
}

#[test]
fn refuses_a_change_before_registration() {
    given(vec![])
        .when(change(DemographicsChange::default()))
        .then_expect_error(PatientRefusal::Unknown);
}

#[test]
fn a_patient_can_be_deactivated_and_reactivated() {
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
fn the_demographics_of_a_deactivated_patient_can_be_corrected() {
    let named = DemographicsChange {
        email: Change::Clear,
        ..DemographicsChange::default()
    };
    given(vec![registered(), deactivated()])
        .when(change(named))
        .then_expect_events(vec![changed(Demographics { email: None, ..john() })]);
}

fn died(at: Option<&str>) -> Deceased {
    let now = "2026-03-01T09:00:00Z".parse().expect("an instant");
    let time = |at: &str| TimeOfDeath::parse(PartialDateTime::parse(at).expect("a time"), now);
    Deceased {
        deceased_at: at.map(|at| time(at).expect("a time of death")),
    }
}

fn deceased(at: Option<&str>) -> PatientEvent {
    PatientEvent::Deceased(died(at))
}

fn in_error() -> PatientEvent {
    PatientEvent::DeathEnteredInError(Bare {})
}

#[test]
fn a_death_is_recorded_with_or_without_a_time() {
    for at in [None, Some("2020"), Some("2020-01-01"), Some("2020-01-01T10:00:00Z")] {
        for before in [vec![registered()], vec![registered(), deactivated()]] {
            given(before)
                .when(PatientCommand::RecordDeath(died(at)))
                .then_expect_events(vec![deceased(at)]);
        }
    }
    given(vec![])
        .when(PatientCommand::RecordDeath(died(None)))
        .then_expect_error(PatientRefusal::Unknown);
}

#[test]
fn a_time_of_death_can_be_added_and_corrected_and_stays_if_omitted() {
    for (known, told, recorded) in [
        (None, None, None),
        (None, Some("2020"), Some("2020")),
        (Some("2020"), Some("2020-01"), Some("2020-01")),
        (Some("2020-01"), Some("2020-01"), None),
        (Some("2020-01"), None, None),
    ] {
        given(vec![registered(), deceased(known)])
            .when(PatientCommand::RecordDeath(died(told)))
            .then_expect_events(recorded.map(|at| deceased(Some(at))).into_iter().collect());
    }
}

#[test]
fn a_death_recorded_in_error_can_be_revoked() {
    given(vec![registered(), deceased(Some("2020"))])
        .when(PatientCommand::RevokeDeath)
        .then_expect_events(vec![in_error()]);
    given(vec![registered()])
        .when(PatientCommand::RevokeDeath)
        .then_expect_events(vec![]);
    given(vec![registered(), deceased(None), in_error()])
        .when(PatientCommand::RevokeDeath)
        .then_expect_events(vec![]);
    given(vec![registered(), deceased(None), in_error()])
        .when(PatientCommand::RecordDeath(died(None)))
        .then_expect_events(vec![deceased(None)]);
    given(vec![])
        .when(PatientCommand::RevokeDeath)
        .then_expect_error(PatientRefusal::Unknown);
}

#[test]
fn a_death_is_not_before_the_birth() {
    let born_in = |date: &str| {
        change(DemographicsChange {
            date_of_birth: Some(born(date)),
            ..DemographicsChange::default()
        })
    };
    given(vec![registered()])
        .when(PatientCommand::RecordDeath(died(Some("1989"))))
        .then_expect_error(PatientRefusal::DiedBeforeBirth);
    given(vec![registered()])
        .when(PatientCommand::RecordDeath(died(Some("1990"))))
        .then_expect_events(vec![deceased(Some("1990"))]);
    given(vec![registered(), deceased(Some("2020"))])
        .when(born_in("2021"))
        .then_expect_error(PatientRefusal::BornAfterDeath);
    given(vec![registered(), deceased(Some("2020"))])
        .when(born_in("2020"))
        .then_expect_events(vec![changed(Demographics {
            date_of_birth: born("2020").into(),
            ..john()
        })]);
}

#[test]
fn a_deceased_patient_can_be_deactivated_reactivated_and_erased() {
    given(vec![registered(), deceased(None)])
        .when(PatientCommand::Deactivate)
        .then_expect_events(vec![deactivated()]);
    given(vec![registered(), deceased(None), deactivated()])
        .when(PatientCommand::Reactivate)
        .then_expect_events(vec![reactivated()]);
    given(vec![registered(), deceased(None)])
        .when(PatientCommand::Erase)
        .then_expect_events(vec![erased()]);
}

#[test]
fn an_active_or_deactivated_patient_can_be_erased() {
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
        PatientCommand::Register(recorded(john())),
        change(DemographicsChange::default()),
        PatientCommand::Deactivate,
        PatientCommand::Reactivate,
        PatientCommand::RecordDeath(Deceased::default()),
        PatientCommand::RevokeDeath,
        PatientCommand::Erase,
    ];
    for command in commands {
        given(vec![registered(), erased()])
            .when(command)
            .then_expect_error(PatientRefusal::Erased);
    }
}

#[test]
fn unreadable_events_of_an_erased_patient_still_fold() {
    let unreadable = RecordedDemographics {
        demographics: Demographics {
            name: Personal::Erased,
            date_of_birth: Personal::Erased,
            email: None,
            gender: None,
            ..john()
        },
        ..recorded(john())
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
fn only_an_active_patient_gives_proof() {
    let id = Uuid::nil();
    let mut patient = Patient::default();
    assert_eq!(patient.active(id), Err(PatientRefusal::Unknown));
    assert_eq!(patient.registered(id), Err(PatientRefusal::Unknown));
    patient.evolve(&registered());
    assert_eq!(patient.active(id).map(|active| active.id()), Ok(id));
    patient.evolve(&deactivated());
    assert_eq!(patient.active(id), Err(PatientRefusal::Inactive));
    patient.evolve(&reactivated());
    assert!(patient.active(id).is_ok());
    patient.evolve(&deceased(Some("2020")));
    assert_eq!(patient.active(id), Err(PatientRefusal::Deceased));
    assert_eq!(patient.registered(id).map(|registered| registered.id()), Ok(id));
    assert_eq!(patient.deceased(), Some(died(Some("2020"))));
    patient.evolve(&deactivated());
    assert_eq!(patient.active(id), Err(PatientRefusal::Deceased));
    patient.evolve(&in_error());
    assert_eq!(patient.active(id), Err(PatientRefusal::Inactive));
    assert!(patient.registered(id).is_ok());
    patient.evolve(&deceased(None));
    patient.evolve(&erased());
    assert_eq!(patient.active(id), Err(PatientRefusal::Erased));
    assert_eq!(patient.registered(id), Err(PatientRefusal::Erased));
    assert_eq!(patient.demographics(), None);
    assert_eq!(patient.deceased(), None);
    assert_eq!(patient.email_hash(), None);
}
