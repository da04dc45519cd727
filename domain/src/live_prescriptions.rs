//! The rule that an appointment has at most one live prescription. The rule reads the live prescription of each
//! appointment, which is folded from the prescriptions' events.

use uuid::Uuid;

use crate::prescription::PrescriptionEvent;

/// The reason a prescription is refused for an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LivePrescriptionRefusal {
    /// The appointment already has a live prescription.
    #[error("the appointment has a live prescription, {by}")]
    Taken {
        /// The live prescription.
        by: Uuid,
    },
}

/// Checks that a prescription can be the live one of an appointment. `live` is the present one, if there is one.
///
/// # Errors
/// The appointment has another live prescription.
pub fn check_none_other(live: Option<Uuid>, prescription_id: Uuid) -> Result<(), LivePrescriptionRefusal> {
    match live {
        Some(by) if by != prescription_id => Err(LivePrescriptionRefusal::Taken { by }),
        _ => Ok(()),
    }
}

/// The effect of a prescription's event on its claim on an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimChange {
    /// The prescription is live and has an appointment.
    Claims {
        /// The appointment.
        appointment_id: Uuid,
    },
    /// The prescription is no longer live.
    Releases,
    /// The claim stays as it is.
    Nothing,
}

impl From<&PrescriptionEvent> for ClaimChange {
    fn from(event: &PrescriptionEvent) -> Self {
        match event {
            PrescriptionEvent::Drafted(prescribed) | PrescriptionEvent::Issued(prescribed) => prescribed
                .appointment_id
                .map_or(Self::Nothing, |appointment_id| Self::Claims { appointment_id }),
            PrescriptionEvent::Completed(_) | PrescriptionEvent::Stopped(_) | PrescriptionEvent::Cancelled(_) => {
                Self::Releases
            }
            PrescriptionEvent::Amended(_)
            | PrescriptionEvent::Held(_)
            | PrescriptionEvent::Resumed(_)
            | PrescriptionEvent::RefillRequested(_)
            | PrescriptionEvent::RefillApproved(_)
            | PrescriptionEvent::RefillDenied(_) => Self::Nothing,
        }
    }
}

impl ClaimChange {
    /// The claimed appointment after the change.
    #[must_use]
    pub const fn after(self, before: Option<Uuid>) -> Option<Uuid> {
        match self {
            Self::Claims { appointment_id } => Some(appointment_id),
            Self::Releases => None,
            Self::Nothing => before,
        }
    }
}

#[cfg(test)]
mod scenarios {
    use super::*;

    const FIRST: Uuid = Uuid::from_u128(1);
    const SECOND: Uuid = Uuid::from_u128(2);

    #[test]
    fn an_appointment_has_at_most_one_live_prescription() {
        assert_eq!(check_none_other(None, FIRST), Ok(()));
        assert_eq!(
            check_none_other(Some(FIRST), SECOND),
            Err(LivePrescriptionRefusal::Taken { by: FIRST })
        );
        assert_eq!(check_none_other(Some(FIRST), FIRST), Ok(()));
    }

    #[test]
    fn the_refusal_names_the_prescription() {
        let refused = LivePrescriptionRefusal::Taken { by: FIRST };
        assert_eq!(
            refused.to_string(),
            "the appointment has a live prescription, 00000000-0000-0000-0000-000000000001"
        );
    }
}
