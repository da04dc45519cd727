//! No two patients hold the same identifier of a system whose values the clinic has declared unique, such as that of its
//! medical record numbers. The rule is decided over who holds which hash of an identifier, which is folded from the events of
//! patients.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{
    patient::PatientEvent,
    values::{Identifier, IdentifierHashes, Invalid},
};

/// The systems whose values are unique among patients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UniqueSystems(BTreeSet<String>);

impl UniqueSystems {
    /// Takes the URIs of systems.
    ///
    /// # Errors
    /// One is no URI that an identifier can name.
    pub fn parse(systems: &[String]) -> Result<Self, Invalid> {
        let systems = systems.iter().map(|system| Identifier::parse_system(system));
        systems.collect::<Result<_, _>>().map(Self)
    }

    /// Whether a system's values are unique.
    #[must_use]
    pub fn contains(&self, system: &str) -> bool {
        self.0.contains(system)
    }
}

/// Why an identifier cannot be held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierRefusal {
    /// Another patient holds it.
    #[error("another patient holds this identifier of the system {system}")]
    Taken {
        /// The identifier's place among those of the patient.
        place: usize,
        /// Its system, which the clinic has declared unique.
        system: String,
    },
}

/// Checks that a patient can hold an identifier, at a place among theirs, that `holders` hold.
///
/// # Errors
/// Others hold it, and the patient does not. Several can hold one since before its system was declared unique; they keep it.
pub fn check_free(
    place: usize,
    identifier: &Identifier,
    holders: &[Uuid],
    patient_id: Uuid,
) -> Result<(), IdentifierRefusal> {
    if holders.is_empty() || holders.contains(&patient_id) {
        return Ok(());
    }
    Err(IdentifierRefusal::Taken {
        place,
        system: identifier.system().to_owned(),
    })
}

/// What an event of a patient does to the identifiers that the patient holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentifiersChange {
    /// They hold these from now on, and no others.
    Holds(IdentifierHashes),
    /// They hold what they held.
    Nothing,
}

impl From<&PatientEvent> for IdentifiersChange {
    fn from(event: &PatientEvent) -> Self {
        match event {
            PatientEvent::Registered(recorded) | PatientEvent::DemographicsChanged(recorded) => {
                Self::Holds(recorded.identifier_hashes.clone())
            }
            // A deactivated patient can be activated again, with the identifiers they had.
            PatientEvent::Deactivated(_)
            | PatientEvent::Reactivated(_)
            | PatientEvent::Deceased(_)
            | PatientEvent::DeathEnteredInError(_) => Self::Nothing,
            PatientEvent::Erased(_) => Self::Holds(IdentifierHashes::default()),
        }
    }
}

#[cfg(test)]
mod scenarios {
    use super::*;

    const JOHN: Uuid = Uuid::from_u128(1);
    const JANE: Uuid = Uuid::from_u128(2);

    fn check(holders: &[Uuid], patient_id: Uuid) -> Result<(), IdentifierRefusal> {
        let identifier = Identifier::parse("urn:mrn", "A-17").expect("an identifier");
        check_free(3, &identifier, holders, patient_id)
    }

    #[test]
    fn a_free_identifier_can_be_held() {
        assert_eq!(check(&[], JOHN), Ok(()));
    }

    #[test]
    fn a_held_identifier_cannot_be_held_by_another_who_is_told_the_system_and_never_the_value() {
        let refused = check(&[JOHN], JANE).expect_err("taken");
        let system = "urn:mrn".to_owned();
        assert_eq!(refused, IdentifierRefusal::Taken { place: 3, system });
        assert_eq!(
            refused.to_string(),
            "another patient holds this identifier of the system urn:mrn"
        );
    }

    #[test]
    fn patients_can_hold_what_they_hold_even_if_others_do() {
        assert_eq!(check(&[JOHN], JOHN), Ok(()));
        assert_eq!(check(&[JANE, JOHN], JOHN), Ok(()));
    }

    #[test]
    fn a_system_is_a_uri() {
        let systems = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            UniqueSystems::parse(&names)
        };
        let unique = systems(&["urn:mrn", "https://clinic.example/insurance"]).expect("systems");
        assert!(unique.contains("urn:mrn") && !unique.contains("urn:MRN"));
        assert!(systems(&["mrn"]).is_err());
        assert!(!systems(&[]).expect("no systems").contains("urn:mrn"));
    }
}
