//! What can be asked of a prescription, and why it turns a command down.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Directions, Prescribed, PrescriptionStatus, RenewablePrescription};
use crate::{
    appointment::PrescribableAppointment,
    patient::ActivePatient,
    practitioner::ActivePractitioner,
    values::{Change, MedicationReason, Medicines, Notes, Personal, Reason, Refills},
};

/// What can be asked of a prescription. Asking for what is already so changes nothing.
#[derive(Clone, Debug)]
pub enum PrescriptionCommand {
    /// Write it down without giving it out.
    Draft(Prescribing),
    /// Write it down and give it out.
    Issue(Prescribing),
    /// Give out what was drafted.
    IssueDraft {
        /// Proof that something new can be begun for the patient.
        patient: ActivePatient,
        /// Proof that the appointment that it was prescribed at still takes place, if it was at one.
        appointment: Option<PrescribableAppointment>,
    },
    /// Change what is taken.
    Amend(PrescriptionChange),
    /// Let the patient not take it for a while.
    Hold(StatusReason),
    /// Let the patient take it again.
    Resume,
    /// Ask for another filling.
    RequestRefill {
        /// What tells the request from every other one of the prescription.
        request_id: Uuid,
    },
    /// Grant another filling.
    ApproveRefill {
        /// Which request.
        request_id: Uuid,
    },
    /// Do not grant another filling.
    DenyRefill {
        /// Which request.
        request_id: Uuid,
        /// Why.
        reason: Option<Reason>,
    },
    /// Everything has been taken.
    Complete,
    /// Let the patient not take it any more.
    Stop(StatusReason),
    /// Take it back before anything has been taken.
    Cancel(StatusReason),
}

/// Who prescribes what for whom. Everybody, and whatever else it refers to, comes as a proof.
#[derive(Clone, Debug)]
pub struct Prescribing {
    /// The patient.
    pub patient: ActivePatient,
    /// The practitioner.
    pub practitioner: ActivePractitioner,
    /// The appointment that it is prescribed at.
    pub appointment: Option<PrescribableAppointment>,
    /// The prescription that it renews.
    pub renews: Option<RenewablePrescription>,
    /// What is taken.
    pub medicines: Medicines,
    /// How often it can be filled again.
    pub refills: Refills,
    /// Free text.
    pub notes: Option<Notes>,
}

impl Prescribing {
    /// Checks that everything is about the same patient.
    pub(super) fn checked(self) -> Result<Prescribed, PrescriptionRefusal> {
        let patient_id = self.patient.id();
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
            practitioner_id: self.practitioner.id(),
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

/// What a change says of each field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrescriptionChange {
    /// The new medicines, if they change.
    pub medicines: Option<Medicines>,
    /// How often it can be filled again from now on, if that changes.
    pub refills: Option<Refills>,
    /// What becomes of the free text.
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

/// Why a prescription was held, stopped or cancelled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusReason {
    /// As a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<MedicationReason>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_text: Option<Reason>,
}

/// Why a prescription turned a command down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrescriptionRefusal {
    /// It has been asked for too often.
    #[error("at most 200 refills can be asked for; a renewal is a new prescription")]
    TooManyRefillRequests,
    /// There is no such prescription.
    #[error("no prescription has this id")]
    Unknown,
    /// The id is taken.
    #[error("the prescription has already been written")]
    AlreadyPrescribed,
    /// Where it stands does not allow it.
    #[error("the prescription is {}", .0.code())]
    InStatus(PrescriptionStatus),
    /// It is prescribed at another patient's appointment.
    #[error("the appointment is another patient's")]
    AnotherPatientsAppointment,
    /// It renews, or is, another patient's prescription.
    #[error("the prescription is another patient's")]
    AnotherPatientsPrescription,
    /// It cannot be filled again; it can be renewed.
    #[error("no refills remain")]
    NoRefillsRemaining,
    /// There is no such request.
    #[error("no refill request has this id")]
    UnknownRefillRequest,
    /// The request has been decided, and otherwise.
    #[error("the refill request has been decided")]
    RefillDecided,
}
