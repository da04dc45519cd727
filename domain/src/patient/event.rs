//! Events of a patient.

use serde::{Deserialize, Serialize};

use crate::{
    Bare,
    aggregate::events,
    values::{
        Address, DateOfBirth, Email, EmailHash, Gender, Identifier, IdentifierHash, IdentifierHashes, Identifiers,
        Name, Personal, Phone, TimeOfDeath,
    },
};

events! {
    /// An event of a patient.
    PatientEvent {
        /// The patient was registered.
        Registered(RecordedDemographics) = "patient.registered", version 2;
        /// The demographics changed. The body holds all of them, as they are after the change.
        DemographicsChanged(RecordedDemographics) = "patient.demographics-changed", version 2;
        /// The patient was deactivated.
        Deactivated(Bare) = "patient.deactivated", version 1;
        /// The patient was reactivated.
        Reactivated(Bare) = "patient.reactivated", version 1;
        /// The patient died, or the time of death changed.
        Deceased(Deceased) = "patient.deceased", version 1;
        /// The death was recorded in error.
        DeathEnteredInError(Bare) = "patient.death-entered-in-error", version 1;
        /// The patient was erased.
        Erased(Bare) = "patient.erased", version 1;
    }
}

/// The body of `patient.registered` and `patient.demographics-changed`: the demographics, and the hashes that keep e-mail
/// addresses and the identifiers of unique systems unique.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedDemographics {
    /// The demographics.
    #[serde(flatten)]
    pub demographics: Demographics,
    /// The hash of the e-mail address, if there is one. It stays readable after the address is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_hash: Option<EmailHash>,
    /// The hashes of their identifiers, in the same order. They stay readable when the identifiers do not.
    #[serde(default, skip_serializing_if = "IdentifierHashes::is_empty")]
    pub identifier_hashes: IdentifierHashes,
}

impl RecordedDemographics {
    /// Adds the e-mail hash to the demographics. `hash` runs only if there is an address.
    #[must_use]
    pub fn new(demographics: Demographics, hash: impl FnOnce(&Email) -> EmailHash) -> Self {
        let email_hash = demographics.email.as_ref().map(hash);
        Self {
            demographics,
            email_hash,
            identifier_hashes: IdentifierHashes::default(),
        }
    }

    /// Adds the hashes of their identifiers, which `hash` makes.
    #[must_use]
    pub fn with_identifiers_hashed(self, hash: impl FnMut(&Identifier) -> IdentifierHash) -> Self {
        let identifiers = self.demographics.identifiers.as_slice();
        Self {
            identifier_hashes: identifiers.iter().map(hash).collect(),
            ..self
        }
    }
}

/// A patient's demographics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Demographics {
    /// The name.
    pub name: Personal<Name>,
    /// The date of birth, possibly only its month or year.
    pub date_of_birth: Personal<DateOfBirth>,
    /// The e-mail address. It is unique among patients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// The postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The administrative gender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// Business identifiers, such as a medical record number.
    #[serde(default, skip_serializing_if = "Identifiers::is_empty")]
    pub identifiers: Identifiers,
}

/// The content of `patient.deceased`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deceased {
    /// The time of death, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deceased_at: Option<TimeOfDeath>,
}

impl Deceased {
    /// Whether the death is certainly before the birth.
    pub(super) fn is_before_birth(&self, known: &Demographics) -> bool {
        let both = self.deceased_at.zip(known.date_of_birth.known().copied());
        both.is_some_and(|(death, birth)| death.is_before(birth))
    }
}
