//! The practitioner: who sees patients, and in which time zone they do.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Decider,
    aggregate::{aggregate, events},
    values::{Email, Name, Personal, Specialty, TimeZone},
};

/// What is known of a practitioner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PractitionerDetails {
    /// Their name.
    pub name: Personal<Name>,
    /// Their field of work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specialty: Option<Specialty>,
    /// The time zone they see patients in.
    pub time_zone: TimeZone,
    /// Their e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
}

/// What can be asked of a practitioner.
#[derive(Clone, Debug)]
pub enum PractitionerCommand {
    /// Register a person as a practitioner.
    Register(PractitionerDetails),
}

events! {
    /// What can have happened to a practitioner.
    PractitionerEvent {
        /// A person became a practitioner.
        Registered(PractitionerDetails) = "practitioner.registered", version 1;
    }
}

/// Why a practitioner turned a command down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PractitionerRefusal {
    /// The id is taken.
    #[error("the practitioner is already registered")]
    AlreadyRegistered,
    /// There is no such practitioner.
    #[error("no practitioner has this id")]
    Unknown,
}

/// A practitioner's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Practitioner {
    details: Option<PractitionerDetails>,
}

/// Proof that a practitioner can be booked: only [`Practitioner::bookable`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookablePractitioner {
    id: Uuid,
    time_zone: TimeZone,
}

impl BookablePractitioner {
    /// The practitioner's id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The time zone they see patients in.
    #[must_use]
    pub const fn time_zone(&self) -> TimeZone {
        self.time_zone
    }
}

impl Practitioner {
    /// What is known of them; nothing before they are registered.
    #[must_use]
    pub const fn details(&self) -> Option<&PractitionerDetails> {
        self.details.as_ref()
    }

    /// Checks that this practitioner, whose id the caller knows, can be booked.
    ///
    /// # Errors
    /// They are not registered.
    pub fn bookable(&self, id: Uuid) -> Result<BookablePractitioner, PractitionerRefusal> {
        let details = self.details.as_ref().ok_or(PractitionerRefusal::Unknown)?;
        Ok(BookablePractitioner {
            id,
            time_zone: details.time_zone,
        })
    }
}

aggregate!(Practitioner = "practitioner", PractitionerCommand => PractitionerEvent, PractitionerRefusal);

impl Decider for Practitioner {
    fn decide(&self, command: PractitionerCommand) -> Result<Vec<PractitionerEvent>, PractitionerRefusal> {
        match (command, &self.details) {
            (PractitionerCommand::Register(_), Some(_)) => Err(PractitionerRefusal::AlreadyRegistered),
            (PractitionerCommand::Register(details), None) => Ok(vec![PractitionerEvent::Registered(details)]),
        }
    }

    fn evolve(&mut self, event: &PractitionerEvent) {
        match event {
            PractitionerEvent::Registered(details) => self.details = Some(details.clone()),
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

    fn ada() -> PractitionerDetails {
        PractitionerDetails {
            name: Name::parse("Dr Ada Ruiz").expect("a name").into(),
            specialty: Some(Specialty::parse("Cardiology").expect("a specialty")),
            time_zone: TimeZone::parse("America/New_York").expect("a zone"),
            email: None,
        }
    }

    fn practitioner() -> TestFramework<Practitioner> {
        TestFramework::with(())
    }

    #[test]
    fn registering_a_practitioner() {
        practitioner()
            .given_no_previous_events()
            .when(PractitionerCommand::Register(ada()))
            .then_expect_events(vec![PractitionerEvent::Registered(ada())]);
    }

    #[test]
    fn a_practitioner_is_registered_once() {
        practitioner()
            .given(vec![PractitionerEvent::Registered(ada())])
            .when(PractitionerCommand::Register(ada()))
            .then_expect_error(PractitionerRefusal::AlreadyRegistered);
    }

    #[test]
    fn a_booking_takes_the_practitioners_time_zone() {
        let mut practitioner = Practitioner::default();
        assert_eq!(practitioner.bookable(Uuid::nil()), Err(PractitionerRefusal::Unknown));
        practitioner.evolve(&PractitionerEvent::Registered(ada()));
        let bookable = practitioner.bookable(Uuid::nil()).expect("registered");
        assert_eq!(bookable.time_zone().name(), "America/New_York");
    }
}
