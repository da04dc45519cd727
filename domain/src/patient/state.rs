//! A patient's state, and what it can prove to others.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Demographics, PatientRefusal, RecordedDemographics};
use crate::values::{EmailHash, codes::codes};

codes! {
    /// Where a patient stands with the clinic.
    PatientStatus {
        /// They can be seen.
        Active = "active";
        /// Nothing new is begun for them.
        Inactive = "inactive";
        /// Nobody knows any more who they were.
        Erased = "erased";
    }
}

/// A patient's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Patient {
    pub(super) recorded: Option<RecordedDemographics>,
    pub(super) status: Option<PatientStatus>,
}

/// Proof that something new can be begun for a patient: only [`Patient::active`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivePatient {
    id: Uuid,
}

impl ActivePatient {
    /// The patient's id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }
}

impl Patient {
    /// What is known of them; nothing before they are registered, and nothing after they have been erased.
    #[must_use]
    pub const fn demographics(&self) -> Option<&Demographics> {
        match &self.recorded {
            Some(recorded) => Some(&recorded.demographics),
            None => None,
        }
    }

    /// The hash of their e-mail address, if they have one.
    #[must_use]
    pub const fn email_hash(&self) -> Option<&EmailHash> {
        match &self.recorded {
            Some(recorded) => recorded.email_hash.as_ref(),
            None => None,
        }
    }

    /// Where they stand; nowhere before they are registered.
    #[must_use]
    pub const fn status(&self) -> Option<PatientStatus> {
        self.status
    }

    /// Checks that something new can be begun for this patient, whose id the caller knows.
    ///
    /// # Errors
    /// They are not registered, have been deactivated, or have been erased.
    pub const fn active(&self, id: Uuid) -> Result<ActivePatient, PatientRefusal> {
        match self.status {
            None => Err(PatientRefusal::Unknown),
            Some(PatientStatus::Active) => Ok(ActivePatient { id }),
            Some(PatientStatus::Inactive) => Err(PatientRefusal::Inactive),
            Some(PatientStatus::Erased) => Err(PatientRefusal::Erased),
        }
    }
}
