//! Commands of a patient and its refusals.

use super::{Deceased, Demographics, RecordedDemographics};
use crate::values::{
    Address, Change, DateOfBirth, Email, EmailHash, Gender, Identifier, IdentifierHash, IdentifierHashes, Identifiers,
    Name, Personal, Phone,
};

/// A command on a patient.
#[derive(Clone, Debug)]
pub enum PatientCommand {
    /// Register a person as a patient.
    Register(RecordedDemographics),
    /// Change the demographics.
    ChangeDemographics(HashedChange),
    /// Stop new bookings and prescriptions.
    Deactivate,
    /// Allow new bookings and prescriptions again.
    Reactivate,
    /// Record the death. Without a time, a known time stays.
    RecordDeath(Deceased),
    /// Revoke a death that was recorded in error.
    RevokeDeath,
    /// Erase the personal data. This cannot be undone.
    Erase,
}

/// A partial change of the demographics. Name and date of birth are required: they can be replaced, but not cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemographicsChange {
    /// The new name, if it changes.
    pub name: Option<Name>,
    /// The new date of birth, if it changes.
    pub date_of_birth: Option<DateOfBirth>,
    /// The change to the e-mail address.
    pub email: Change<Email>,
    /// The change to the telephone number.
    pub phone: Change<Phone>,
    /// The change to the postal address.
    pub address: Change<Address>,
    /// The change to the gender.
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

/// A change, together with the hashes of the e-mail address and the identifiers it sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HashedChange {
    change: DemographicsChange,
    email_hash: Change<EmailHash>,
    identifier_hashes: IdentifierHashes,
}

impl HashedChange {
    /// Adds the e-mail hash to a change. `hash` runs only if the change sets an address.
    #[must_use]
    pub fn new(change: DemographicsChange, hash: impl FnOnce(&Email) -> EmailHash) -> Self {
        let email_hash = match &change.email {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(email) => Change::Set(hash(email)),
        };
        Self {
            change,
            email_hash,
            identifier_hashes: IdentifierHashes::default(),
        }
    }

    /// Adds the hashes of the identifiers, which `hash` makes, if the change sets any.
    #[must_use]
    pub fn with_identifiers_hashed(self, hash: impl FnMut(&Identifier) -> IdentifierHash) -> Self {
        let identifiers = self.change.identifiers.iter().flat_map(Identifiers::as_slice);
        Self {
            identifier_hashes: identifiers.map(hash).collect(),
            ..self
        }
    }

    /// The change to the hash of the e-mail address.
    #[must_use]
    pub const fn email_hash(&self) -> &Change<EmailHash> {
        &self.email_hash
    }

    pub(super) fn apply_to(&self, present: &RecordedDemographics) -> RecordedDemographics {
        RecordedDemographics {
            demographics: self.change.apply_to(&present.demographics),
            email_hash: self.email_hash.apply_to(&present.email_hash),
            identifier_hashes: match self.change.identifiers {
                Some(_) => self.identifier_hashes.clone(),
                None => present.identifier_hashes.clone(),
            },
        }
    }
}

/// The reason a patient refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatientRefusal {
    /// The id is already in use.
    #[error("the patient is already registered")]
    AlreadyRegistered,
    /// No patient with this id exists.
    #[error("no patient has this id")]
    Unknown,
    /// The patient is deceased and accepts nothing new.
    #[error("the patient is deceased")]
    Deceased,
    /// The time of death is before the date of birth.
    #[error("must not be before the date of birth")]
    DiedBeforeBirth,
    /// The date of birth is after the time of death.
    #[error("must not be after the time of death")]
    BornAfterDeath,
    /// The patient is deactivated and accepts nothing new.
    #[error("the patient is not active")]
    Inactive,
    /// The patient is erased and accepts no command.
    #[error("the patient has been erased")]
    Erased,
}
