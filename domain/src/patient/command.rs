//! What can be asked of a patient, and why they turn a command down.

use super::{Demographics, RecordedDemographics};
use crate::values::{Address, Change, DateOfBirth, Email, EmailHash, Gender, Identifiers, Name, Personal, Phone};

/// What can be asked of a patient.
#[derive(Clone, Debug)]
pub enum PatientCommand {
    /// Register a person as a patient.
    Register(RecordedDemographics),
    /// Change what is known of them.
    ChangeDemographics(HashedChange),
    /// Let them book nothing new.
    Deactivate,
    /// Let them book again.
    Reactivate,
    /// Forget who they are, for good.
    Erase,
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

/// A change with the hash of the e-mail address that it sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HashedChange {
    change: DemographicsChange,
    email_hash: Change<EmailHash>,
}

impl HashedChange {
    /// Takes a change. `hash` makes the hash of the e-mail address, if it sets one.
    #[must_use]
    pub fn new(change: DemographicsChange, hash: impl FnOnce(&Email) -> EmailHash) -> Self {
        let email_hash = match &change.email {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(email) => Change::Set(hash(email)),
        };
        Self { change, email_hash }
    }

    /// What becomes of the hash of the e-mail address.
    #[must_use]
    pub const fn email_hash(&self) -> &Change<EmailHash> {
        &self.email_hash
    }

    pub(super) fn apply_to(&self, present: &RecordedDemographics) -> RecordedDemographics {
        RecordedDemographics {
            demographics: self.change.apply_to(&present.demographics),
            email_hash: self.email_hash.apply_to(&present.email_hash),
        }
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
    /// They have been deactivated: nothing new is begun for them.
    #[error("the patient is not active")]
    Inactive,
    /// They have been erased: nothing is done for them, ever.
    #[error("the patient has been erased")]
    Erased,
}
