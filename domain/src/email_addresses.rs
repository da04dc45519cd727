//! No two patients hold the same e-mail address. The rule is decided over who holds which hash of an address, which is
//! folded from the events of patients.

use uuid::Uuid;

use crate::{patient::PatientEvent, values::EmailHash};

/// Why an e-mail address cannot be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailRefusal {
    /// Another patient holds the address.
    #[error("another patient holds this e-mail address")]
    Taken,
}

/// Checks that a patient can hold an address that is held by `holder`, if by anybody.
///
/// # Errors
/// Another patient holds it.
pub fn check_free(holder: Option<Uuid>, patient_id: Uuid) -> Result<(), EmailRefusal> {
    match holder {
        Some(holder) if holder != patient_id => Err(EmailRefusal::Taken),
        _ => Ok(()),
    }
}

/// What an event of a patient does to the address that the patient holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailChange {
    /// They hold this address from now on, and no other.
    Holds(EmailHash),
    /// They hold none from now on.
    HoldsNone,
    /// They hold what they held.
    Nothing,
}

impl From<&PatientEvent> for EmailChange {
    fn from(event: &PatientEvent) -> Self {
        match event {
            PatientEvent::Registered(recorded) | PatientEvent::DemographicsChanged(recorded) => {
                recorded.email_hash.map_or(Self::HoldsNone, Self::Holds)
            }
            // A deactivated patient can be activated again, with the address they had.
            PatientEvent::Deactivated(_) | PatientEvent::Reactivated(_) => Self::Nothing,
            PatientEvent::Erased(_) => Self::HoldsNone,
        }
    }
}

impl EmailChange {
    /// What a patient holds after the change.
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
    fn a_free_address_can_be_held() {
        assert_eq!(check_free(None, JOHN), Ok(()));
    }

    #[test]
    fn a_held_address_cannot_be_held_by_another() {
        assert_eq!(check_free(Some(JOHN), JANE), Err(EmailRefusal::Taken));
        assert_eq!(
            EmailRefusal::Taken.to_string(),
            "another patient holds this e-mail address"
        );
    }

    #[test]
    fn a_patient_can_hold_what_they_hold() {
        assert_eq!(check_free(Some(JOHN), JOHN), Ok(()));
    }
}
