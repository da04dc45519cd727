//! The patient: who they are, and how they can be reached.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Decider,
    aggregate::{aggregate, events},
    values::{Address, Change, DateOfBirth, Email, Gender, Identifiers, Name, Personal, Phone},
};

/// What is known of a patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Demographics {
    /// Their name.
    pub name: Personal<Name>,
    /// The day they were born.
    pub date_of_birth: Personal<DateOfBirth>,
    /// Their e-mail address. No two patients hold the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Their telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// Their postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Their administrative gender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// Their business identifiers, such as a medical record number.
    #[serde(default, skip_serializing_if = "Identifiers::is_empty")]
    pub identifiers: Identifiers,
}

/// What a change says of each field. A patient always has a name and a date of birth: those can only be replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemographicsChange {
    /// The new name, if it changes.
    pub name: Option<Name>,
    /// The new date of birth, if it changes.
    pub date_of_birth: Option<DateOfBirth>,
    /// What becomes of the e-mail address.
    pub email: Change<Email>,
    /// What becomes of the telephone number.
    pub phone: Change<Phone>,
    /// What becomes of the postal address.
    pub address: Change<Address>,
    /// What becomes of the gender.
    pub gender: Change<Gender>,
    /// The new identifiers, if they change. An empty list clears them.
    pub identifiers: Option<Identifiers>,
}

impl DemographicsChange {
    fn apply_to(&self, present: &Demographics) -> Demographics {
        Demographics {
            name: self.name.clone().map_or_else(|| present.name.clone(), Personal::Known),
            date_of_birth: self.date_of_birth.map_or(present.date_of_birth, Personal::Known),
            email: self.email.apply_to(&present.email),
            phone: self.phone.apply_to(&present.phone),
            address: self.address.apply_to(&present.address),
            gender: self.gender.apply_to(&present.gender),
            identifiers: self.identifiers.clone().unwrap_or_else(|| present.identifiers.clone()),
        }
    }
}

/// What can be asked of a patient.
#[derive(Clone, Debug)]
pub enum PatientCommand {
    /// Register a person as a patient.
    Register(Demographics),
    /// Change what is known of them.
    ChangeDemographics(DemographicsChange),
}

events! {
    /// What can have happened to a patient.
    PatientEvent {
        /// A person became a patient.
        Registered(Demographics) = "patient.registered", version 1;
        /// What is known of them changed: the whole as it stands now.
        DemographicsChanged(Demographics) = "patient.demographics-changed", version 1;
    }
}

/// Why a patient turned a command down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatientRefusal {
    /// The id is taken.
    #[error("the patient is already registered")]
    AlreadyRegistered,
    /// There is no such patient.
    #[error("no patient has this id")]
    Unknown,
}

/// A patient's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Patient {
    demographics: Option<Demographics>,
}

/// Proof that a patient can be booked for: only [`Patient::bookable`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookablePatient {
    id: Uuid,
}

impl BookablePatient {
    /// The patient's id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }
}

impl Patient {
    /// What is known of them; nothing before they are registered.
    #[must_use]
    pub const fn demographics(&self) -> Option<&Demographics> {
        self.demographics.as_ref()
    }

    /// Checks that appointments can be booked for this patient, whose id the caller knows.
    ///
    /// # Errors
    /// They are not registered.
    pub fn bookable(&self, id: Uuid) -> Result<BookablePatient, PatientRefusal> {
        self.demographics
            .as_ref()
            .map(|_| BookablePatient { id })
            .ok_or(PatientRefusal::Unknown)
    }
}

aggregate!(Patient = "patient", PatientCommand => PatientEvent, PatientRefusal);

impl Decider for Patient {
    fn decide(&self, command: PatientCommand) -> Result<Vec<PatientEvent>, PatientRefusal> {
        match (command, &self.demographics) {
            (PatientCommand::Register(_), Some(_)) => Err(PatientRefusal::AlreadyRegistered),
            (PatientCommand::Register(demographics), None) => Ok(vec![PatientEvent::Registered(demographics)]),
            (PatientCommand::ChangeDemographics(_), None) => Err(PatientRefusal::Unknown),
            (PatientCommand::ChangeDemographics(change), Some(present)) => {
                let next = change.apply_to(present);
                let changed = next != *present;
                Ok(changed
                    .then_some(PatientEvent::DemographicsChanged(next))
                    .into_iter()
                    .collect())
            }
        }
    }

    fn evolve(&mut self, event: &PatientEvent) {
        match event {
            PatientEvent::Registered(demographics) | PatientEvent::DemographicsChanged(demographics) => {
                self.demographics = Some(demographics.clone());
            }
        }
    }

    fn data_subject(&self, own_id: &str) -> Option<String> {
        Some(own_id.to_owned())
    }
}

#[cfg(test)]
mod scenarios {
    use cqrs_es::test::TestFramework;

    use super::*;

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

    fn patient() -> TestFramework<Patient> {
        TestFramework::with(())
    }

    #[test]
    fn registering_a_person() {
        patient()
            .given_no_previous_events()
            .when(PatientCommand::Register(john()))
            .then_expect_events(vec![PatientEvent::Registered(john())]);
    }

    #[test]
    fn a_patient_is_registered_once() {
        patient()
            .given(vec![PatientEvent::Registered(john())])
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
        patient()
            .given(vec![PatientEvent::Registered(john())])
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
        patient()
            .given(vec![PatientEvent::Registered(john())])
            .when(PatientCommand::ChangeDemographics(change))
            .then_expect_events(vec![]);
    }

    #[test]
    fn nobody_changes_before_being_registered() {
        patient()
            .given_no_previous_events()
            .when(PatientCommand::ChangeDemographics(DemographicsChange::default()))
            .then_expect_error(PatientRefusal::Unknown);
    }

    #[test]
    fn only_a_registered_patient_can_be_booked_for() {
        let id = Uuid::nil();
        let mut patient = Patient::default();
        assert_eq!(patient.bookable(id), Err(PatientRefusal::Unknown));
        patient.evolve(&PatientEvent::Registered(john()));
        assert_eq!(patient.bookable(id).map(|bookable| bookable.id()), Ok(id));
    }
}
