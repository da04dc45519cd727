//! What can have happened to a patient.

use serde::{Deserialize, Serialize};

use crate::{
    Bare,
    aggregate::events,
    values::{Address, DateOfBirth, Email, EmailHash, Gender, Identifiers, Name, Personal, Phone},
};

events! {
    /// What can have happened to a patient.
    PatientEvent {
        /// A person became a patient.
        Registered(RecordedDemographics) = "patient.registered", version 1;
        /// What is known of them changed: the whole as it stands now.
        DemographicsChanged(RecordedDemographics) = "patient.demographics-changed", version 1;
        /// They were deactivated.
        Deactivated(Bare) = "patient.deactivated", version 1;
        /// They were activated again.
        Reactivated(Bare) = "patient.reactivated", version 1;
        /// They were erased.
        Erased(Bare) = "patient.erased", version 1;
    }
}

/// The content of `patient.registered` and `patient.demographics-changed`: what is known of a patient, and the hash by
/// which no two patients hold the same e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedDemographics {
    /// What is known of them.
    #[serde(flatten)]
    pub demographics: Demographics,
    /// The hash of their e-mail address; nothing where they have no address. It stays readable when the address does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_hash: Option<EmailHash>,
}

impl RecordedDemographics {
    /// Records what is known of a patient. `hash` makes the hash of their e-mail address, if they have one.
    #[must_use]
    pub fn new(demographics: Demographics, hash: impl FnOnce(&Email) -> EmailHash) -> Self {
        let email_hash = demographics.email.as_ref().map(hash);
        Self {
            demographics,
            email_hash,
        }
    }
}

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
