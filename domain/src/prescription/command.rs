//! Commands of a prescription and its refusals.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Directions, Prescribed, PrescriptionStatus, RenewablePrescription};
use crate::{
    appointment::PrescribableAppointment,
    patient::{ActivePatient, RegisteredPatient},
    practitioner::{ActivePractitioner, RegisteredPractitioner},
    values::{Change, MedicationReason, Medicines, Notes, Personal, Reason, Refills},
};

/// A command on a prescription. A command that asks for the present state changes nothing.
#[derive(Clone, Debug)]
pub enum PrescriptionCommand {
    /// Create a draft.
    Draft(Prescribing),
    /// Create and issue a prescription.
    Issue(Prescribing),
    /// Issue a draft.
    IssueDraft {
        /// Proof that the patient is active.
        patient: ActivePatient,
        /// Proof that the draft's appointment is live, if the draft has one.
        appointment: Option<PrescribableAppointment>,
    },
    /// Change the medicines, refills or notes.
    Amend(PrescriptionChange),
    /// Suspend the medication.
    Hold(StatusReason),
    /// Resume the medication.
    Resume,
    /// Request a refill.
    RequestRefill {
        /// The id of the request, unique within the prescription.
        request_id: Uuid,
    },
    /// Approve a refill request.
    ApproveRefill {
        /// The id of the request.
        request_id: Uuid,
    },
    /// Deny a refill request.
    DenyRefill {
        /// The id of the request.
        request_id: Uuid,
        /// The reason.
        reason: Option<Reason>,
    },
    /// Complete the prescription: the patient has taken everything.
    Complete,
    /// Stop the medication for good.
    Stop(StatusReason),
    /// Withdraw the prescription before the patient takes anything.
    Cancel(StatusReason),
}

/// A new prescription. Proofs stand for the people, the appointment and the prior prescription.
#[derive(Clone, Debug)]
pub struct Prescribing {
    /// The patient and the practitioner.
    pub parties: Parties,
    /// The appointment it is prescribed at.
    pub appointment: Option<PrescribableAppointment>,
    /// The prescription it renews.
    pub renews: Option<RenewablePrescription>,
    /// The medicines.
    pub medicines: Medicines,
    /// The number of refills.
    pub refills: Refills,
    /// The notes.
    pub notes: Option<Notes>,
}

/// The patient and the practitioner of a new prescription.
#[derive(Clone, Copy, Debug)]
pub enum Parties {
    /// It is prescribed now.
    Present(ActivePatient, ActivePractitioner),
    /// It was prescribed elsewhere, and is recorded as history.
    History(RegisteredPatient, RegisteredPractitioner),
}

impl Parties {
    const fn patient_id(self) -> Uuid {
        match self {
            Self::Present(patient, _) => patient.id(),
            Self::History(patient, _) => patient.id(),
        }
    }

    const fn practitioner_id(self) -> Uuid {
        match self {
            Self::Present(_, practitioner) => practitioner.id(),
            Self::History(_, practitioner) => practitioner.id(),
        }
    }
}

impl Prescribing {
    /// Checks that the appointment and the prior prescription belong to the same patient.
    pub(super) fn checked(self) -> Result<Prescribed, PrescriptionRefusal> {
        let patient_id = self.parties.patient_id();
        if self
            .appointment
            .is_some_and(|appointment| appointment.patient_id() != patient_id)
        {
            return Err(PrescriptionRefusal::AnotherPatientsAppointment);
        }
        if self.renews.is_some_and(|prior| prior.patient_id() != patient_id) {
            return Err(PrescriptionRefusal::AnotherPatientsPrescription);
        }
        Ok(Prescribed {
            patient_id,
            practitioner_id: self.parties.practitioner_id(),
            appointment_id: self.appointment.map(|appointment| appointment.id()),
            prior_prescription_id: self.renews.map(|prior| prior.id()),
            directions: Directions {
                medicines: self.medicines.into(),
                refills_remaining: self.refills,
                notes: self.notes,
            },
        })
    }
}

/// A partial change of a prescription.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrescriptionChange {
    /// The new medicines, if they change.
    pub medicines: Option<Medicines>,
    /// The new number of remaining refills, if it changes.
    pub refills: Option<Refills>,
    /// The change to the notes.
    pub notes: Change<Notes>,
}

impl PrescriptionChange {
    pub(super) fn apply_to(&self, present: &Directions) -> Directions {
        Directions {
            medicines: self
                .medicines
                .clone()
                .map_or_else(|| present.medicines.clone(), Personal::Known),
            refills_remaining: self.refills.unwrap_or(present.refills_remaining),
            notes: self.notes.apply_to(&present.notes),
        }
    }
}

/// The reason why a prescription was held, stopped or cancelled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusReason {
    /// The reason, as a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<MedicationReason>,
    /// The reason, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_text: Option<Reason>,
}

/// The reason a prescription refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrescriptionRefusal {
    /// The prescription has reached [`Prescription::MOST_REFILL_REQUESTS`](super::Prescription::MOST_REFILL_REQUESTS).
    #[error("a prescription takes at most 200 refill requests; renew it with a new prescription")]
    TooManyRefillRequests,
    /// No prescription with this id exists.
    #[error("no prescription has this id")]
    Unknown,
    /// The id is already in use.
    #[error("the prescription already exists")]
    AlreadyPrescribed,
    /// The status does not allow the command.
    #[error("the prescription is {}", .0.code())]
    InStatus(PrescriptionStatus),
    /// The prescription already has the status, for another reason. The new reason would be lost.
    #[error("the prescription is already {}, for another reason", .0.code())]
    AnotherReason(PrescriptionStatus),
    /// The appointment belongs to another patient.
    #[error("the appointment is another patient's")]
    AnotherPatientsAppointment,
    /// This prescription, or the one it renews, belongs to another patient.
    #[error("the prescription is another patient's")]
    AnotherPatientsPrescription,
    /// No refills remain. The prescription can be renewed.
    #[error("no refills remain")]
    NoRefillsRemaining,
    /// No refill request with this id exists.
    #[error("no refill request has this id")]
    UnknownRefillRequest,
    /// The request already has the opposite decision.
    #[error("the refill request has been decided")]
    RefillDecided,
}
