//! The rule for unique e-mail addresses: no two patients have the same one. The rule reads the holder of each address
//! hash, which is folded from the patients' events.

use uuid::Uuid;

use crate::{patient::PatientEvent, values::EmailHash};

/// The reason an e-mail address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailRefusal {
    /// Another patient has the address.
    #[error("another patient holds this e-mail address")]
    Taken,
}

/// Checks that a patient can have an address. `holder` is its present holder, if there is one.
///
/// # Errors
/// Another patient has the address.
pub fn check_free(holder: Option<Uuid>, patient_id: Uuid) -> Result<(), EmailRefusal> {
    match holder {
        Some(holder) if holder != patient_id => Err(EmailRefusal::Taken),
        _ => Ok(()),
    }
}

/// The effect of a patient's event on the patient's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailChange {
    /// The patient now has this address instead of any other.
    Holds(EmailHash),
    /// The patient no longer has an address.
    HoldsNone,
    /// The address stays as it is.
    Nothing,
}

impl From<&PatientEvent> for EmailChange {
    fn from(event: &PatientEvent) -> Self {
        match event {
            PatientEvent::Registered(recorded) | PatientEvent::DemographicsChanged(recorded) => {
                recorded.email_hash.map_or(Self::HoldsNone, Self::Holds)
            }
            // The address is kept: a patient can be reactivated, and a death can be recorded in error.
            PatientEvent::Deactivated(_)
            | PatientEvent::Reactivated(_)
            | PatientEvent::Deceased(_)
            | PatientEvent::DeathEnteredInError(_) => Self::Nothing,
            PatientEvent::Erased(_) => Self::HoldsNone,
        }
    }
}

impl EmailChange {
    /// The patient's address after the change.
    #[must_use]
    pub const fn after(self, before: Option<EmailHash>) -> Option<EmailHash> {
        match self {
            Self::Holds(hash) => Some(hash),
            Self::HoldsNone => None,
            Self::Nothing => before,
        }
    }
}

#[cfg(test)]
mod scenarios {
    use super::*;

    const JOHN: Uuid = Uuid::from_u128(1);
    const JANE: Uuid = Uuid::from_u128(2);

    #[test]
    fn accepts_a_free_address() {
        assert_eq!(check_free(None, JOHN), Ok(()));
    }

    #[test]
    fn refuses_the_address_of_another_patient() {
        assert_eq!(check_free(Some(JOHN), JANE), Err(EmailRefusal::Taken));
        assert_eq!(
            EmailRefusal::Taken.to_string(),
            "another patient holds this e-mail address"
        );
    }

    #[test]
    fn accepts_the_patients_own_address() {
        assert_eq!(check_free(Some(JOHN), JOHN), Ok(()));
    }
}
