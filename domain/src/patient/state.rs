//! The patient's state, and the proof it gives to other aggregates.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Deceased, Demographics, PatientRefusal, RecordedDemographics};
use crate::values::{EmailHash, codes::codes};

codes! {
    /// A patient's status.
    PatientStatus {
        /// The patient can be booked.
        Active = "active";
        /// The patient accepts nothing new.
        Inactive = "inactive";
        /// The personal data is erased.
        Erased = "erased";
    }
}

/// A patient's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Patient {
    pub(super) recorded: Option<RecordedDemographics>,
    pub(super) status: Option<PatientStatus>,
    #[serde(default)]
    pub(super) deceased: Option<Deceased>,
}

/// Proof that a patient is active. Only [`Patient::active`] creates it.
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

/// Proof that a patient is registered and not erased, but perhaps inactive or deceased: enough for history. Only
/// [`Patient::registered`] creates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisteredPatient {
    id: Uuid,
}

impl RegisteredPatient {
    /// The patient's id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }
}

impl Patient {
    /// The demographics: `None` before registration and after erasure.
    #[must_use]
    pub const fn demographics(&self) -> Option<&Demographics> {
        match &self.recorded {
            Some(recorded) => Some(&recorded.demographics),
            None => None,
        }
    }

    /// The hash of the e-mail address, if there is one.
    #[must_use]
    pub const fn email_hash(&self) -> Option<&EmailHash> {
        match &self.recorded {
            Some(recorded) => recorded.email_hash.as_ref(),
            None => None,
        }
    }

    /// The status: `None` before registration.
    #[must_use]
    pub const fn status(&self) -> Option<PatientStatus> {
        self.status
    }

    /// The recorded death, if any.
    #[must_use]
    pub const fn deceased(&self) -> Option<Deceased> {
        self.deceased
    }

    /// Checks that the patient is active and not deceased. The caller passes the id, which the state does not hold.
    ///
    /// # Errors
    /// The patient is not registered, is deceased, is deactivated, or is erased.
    pub const fn active(&self, id: Uuid) -> Result<ActivePatient, PatientRefusal> {
        match self.status {
            None => Err(PatientRefusal::Unknown),
            Some(PatientStatus::Active | PatientStatus::Inactive) if self.deceased.is_some() => {
                Err(PatientRefusal::Deceased)
            }
            Some(PatientStatus::Active) => Ok(ActivePatient { id }),
            Some(PatientStatus::Inactive) => Err(PatientRefusal::Inactive),
            Some(PatientStatus::Erased) => Err(PatientRefusal::Erased),
        }
    }

    /// Checks that history can be recorded about the patient. The caller passes the id, which the state does not hold.
    ///
    /// # Errors
    /// The patient is not registered or is erased.
    pub const fn registered(&self, id: Uuid) -> Result<RegisteredPatient, PatientRefusal> {
        match self.status {
            None => Err(PatientRefusal::Unknown),
            Some(PatientStatus::Active | PatientStatus::Inactive) => Ok(RegisteredPatient { id }),
            Some(PatientStatus::Erased) => Err(PatientRefusal::Erased),
        }
    }
}
