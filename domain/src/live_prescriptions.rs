//! The rule that no medicine is in two live prescriptions of one appointment. The second one would be a form sent twice, or
//! one treatment prescribed twice. The rule reads the live prescriptions of an appointment, which are folded from the
//! prescriptions' events.

use uuid::Uuid;

use crate::{
    prescription::PrescriptionEvent,
    values::{Medicine, Medicines},
};

/// The most other live prescriptions of an appointment at which a medicine can be prescribed.
pub const MOST_OTHERS: usize = 19;

/// The reason a medicine is refused for an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LivePrescriptionRefusal {
    /// Another live prescription of the appointment holds the medicine.
    #[error("another live prescription of the appointment has this medicine, {by}")]
    SameMedicine {
        /// The other prescription.
        by: Uuid,
        /// The index of the medicine.
        index: usize,
    },
    /// The appointment has too many live prescriptions.
    #[error("an appointment has at most 20 live prescriptions")]
    TooMany,
}

/// Checks that one more prescription can be live at an appointment.
///
/// # Errors
/// There are too many others.
pub const fn check_number(others: usize) -> Result<(), LivePrescriptionRefusal> {
    match others > MOST_OTHERS {
        true => Err(LivePrescriptionRefusal::TooMany),
        false => Ok(()),
    }
}

/// The medicines that a prescription gains, with their indexes. A medicine that it holds already stays, even if history has
/// it in another prescription too.
#[must_use]
pub fn added<'a>(medicines: &'a Medicines, present: Option<&Medicines>) -> Vec<(usize, &'a Medicine)> {
    let medicines = medicines.as_slice().iter().enumerate();
    medicines
        .filter(|(_, medicine)| !present.is_some_and(|present| present.hold(medicine)))
        .collect()
}

/// Checks that medicines can be added beside those of another live prescription of the appointment.
///
/// # Errors
/// The other one holds one of them.
pub fn check_no_repetition(
    added: &[(usize, &Medicine)],
    (by, held): (Uuid, &Medicines),
) -> Result<(), LivePrescriptionRefusal> {
    match added.iter().find(|(_, medicine)| held.hold(medicine)) {
        Some((index, _)) => Err(LivePrescriptionRefusal::SameMedicine { by, index: *index }),
        None => Ok(()),
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
    use crate::values::{Dosage, Instructions, MedicineName, TreatmentDuration};

    const OTHER: Uuid = Uuid::from_u128(1);

    fn medicines(names: &[&str]) -> Medicines {
        let medicine = |name: &&str| Medicine {
            name: MedicineName::parse(name).expect("a name"),
            dosage: Dosage::parse("500 mg").expect("a dosage"),
            duration: TreatmentDuration::parse("3 days").expect("a duration"),
            instructions: Instructions::parse("after meals").expect("instructions"),
            rx_norm_code: None,
        };
        Medicines::parse(names.iter().map(medicine).collect()).expect("medicines")
    }

    #[test]
    fn no_medicine_is_in_two_live_prescriptions_of_an_appointment() {
        let other = medicines(&["Amlodipine", "Paracetamol"]);
        let check = |names: &[&str]| check_no_repetition(&added(&medicines(names), None), (OTHER, &other));
        assert_eq!(check(&["Ibuprofen"]), Ok(()));
        assert_eq!(
            check(&["Ibuprofen", "PARACETAMOL"]),
            Err(LivePrescriptionRefusal::SameMedicine { by: OTHER, index: 1 })
        );
    }

    #[test]
    fn what_a_prescription_holds_already_is_no_repetition() {
        let (present, other) = (medicines(&["Paracetamol"]), medicines(&["Paracetamol", "Ibuprofen"]));
        let check = |names: &[&str]| check_no_repetition(&added(&medicines(names), Some(&present)), (OTHER, &other));
        assert_eq!(check(&["Paracetamol"]), Ok(()));
        assert_eq!(
            check(&["Paracetamol", "Ibuprofen"]),
            Err(LivePrescriptionRefusal::SameMedicine { by: OTHER, index: 1 })
        );
    }

    #[test]
    fn an_appointment_has_at_most_twenty_live_prescriptions() {
        assert_eq!(check_number(19), Ok(()));
        assert_eq!(check_number(20), Err(LivePrescriptionRefusal::TooMany));
    }

    #[test]
    fn the_refusal_names_the_prescription() {
        let refused = LivePrescriptionRefusal::SameMedicine { by: OTHER, index: 0 };
        assert_eq!(
            refused.to_string(),
            "another live prescription of the appointment has this medicine, 00000000-0000-0000-0000-000000000001"
        );
    }
}
