//! Carries out medication requests.

use commands::{
    AmendPrescription, CancelPrescription, CompletePrescription, HoldPrescription, IssuePrescription, Prescribe,
    PrescriptionKind, Refusal, ResumePrescription, StopPrescription, Target,
};
use domain::{
    patient::PatientRefusal,
    practitioner::PractitionerRefusal,
    prescription::{Prescription, PrescriptionChange, PrescriptionRefusal, PrescriptionStatus},
    values::{Change, Personal},
};

use super::{Carried, Record, differing, is_another, note_departed};
use crate::import::{
    error::ImportError,
    executor::{Executor, Given},
    fate::Fate,
    fhir::{Notes, What},
};

impl Record for Prescribe {
    /// Prescribes. Leaves out the appointment or the prior prescription if it cannot be named.
    async fn carry_out(
        mut self,
        executor: &Executor,
        notes: &mut Notes,
        may_wait: bool,
    ) -> Result<Carried<Self>, ImportError> {
        loop {
            let given = executor.give(&self).await?;
            let Some(reason) = given.reason() else {
                return Ok(Carried::Done(Fate::Imported));
            };
            let Given::Refused(refusal) = given else {
                return Ok(Carried::refused(reason));
            };
            match refusal {
                Refusal::PriorPrescription(PrescriptionRefusal::Unknown) if may_wait && self.renews.is_some() => {
                    return Ok(Carried::Later(self));
                }
                Refusal::PriorPrescription(_)
                | Refusal::Prescription(PrescriptionRefusal::AnotherPatientsPrescription)
                    if self.renews.is_some() =>
                {
                    notes.add("priorPrescription", What::LeftOut, reason);
                    self.renews = None;
                }
                Refusal::LivePrescription(_) => {
                    notes.add("medication", What::Changed, format!("kept, although {reason}"));
                    self.may_repeat = true;
                }
                Refusal::Appointment(_) | Refusal::Prescription(PrescriptionRefusal::AnotherPatientsAppointment)
                    if self.appointment_id.is_some() =>
                {
                    notes.add("encounter", What::LeftOut, reason);
                    self.appointment_id = None;
                }
                Refusal::Prescription(PrescriptionRefusal::AlreadyPrescribed)
                | Refusal::Patient(PatientRefusal::Inactive | PatientRefusal::Deceased)
                | Refusal::Practitioner(PractitionerRefusal::Inactive) => {
                    let is_cared_for = !matches!(refusal, Refusal::Patient(_));
                    if let Some(fate) = compare(&self, is_cared_for, executor).await? {
                        return Ok(Carried::Done(fate));
                    }
                    if self.may_have_departed || matches!(refusal, Refusal::Prescription(_)) {
                        return Ok(Carried::refused(reason));
                    }
                    note_departed("requester", &refusal, notes);
                    self.may_have_departed = true;
                }
                _ => return Ok(Carried::refused(reason)),
            }
        }
    }
}

/// Compares with the stored prescription, if there is one. The status is not compared for a patient who is inactive or
/// deceased, because the end of their care stops prescriptions.
async fn compare(told: &Prescribe, is_cared_for: bool, executor: &Executor) -> Result<Option<Fate>, ImportError> {
    let there = executor.look::<Prescription>(told.id).await?;
    let (Some(present), Some(status)) = (there.state().prescribed(), there.state().status()) else {
        return Ok(None);
    };
    let directions = &present.directions;
    // After a refill request, the remaining refills can be fewer.
    let is_unused = there.state().refill_requests().is_empty();
    let has_other_directions = differing([
        (
            "medication or dosageInstruction",
            directions.medicines != Personal::Known(told.medicines.clone()),
        ),
        (
            "dispenseRequest",
            is_unused && told.refills != directions.refills_remaining,
        ),
        ("note", is_another(told.notes.as_ref(), directions.notes.as_ref())),
    ]);
    let others = differing([
        ("status", is_cared_for && status_of(&told.kind) != status),
        ("subject", told.patient_id != present.patient_id),
        ("requester", told.practitioner_id != present.practitioner_id),
        (
            "priorPrescription",
            is_another(told.renews.as_ref(), present.prior_prescription_id.as_ref()),
        ),
    ]);
    let differs = [has_other_directions.as_slice(), others.as_slice()].concat();
    if differs.is_empty() {
        return Ok(Some(Fate::AlreadyThere));
    }
    let can_be_changed = others.iter().all(|element| *element == "status");
    if !executor.updates() || !can_be_changed {
        return Ok(Some(Fate::Differs(differs)));
    }
    if !has_other_directions.is_empty() {
        let amend = AmendPrescription {
            target: target(told),
            change: PrescriptionChange {
                medicines: Some(told.medicines.clone()),
                refills: Some(told.refills).filter(|_| is_unused),
                notes: told.notes.clone().map_or(Change::Keep, Change::Set),
            },
            may_repeat: true,
        };
        if let Some(reason) = executor.give(&amend).await?.reason() {
            return Ok(Some(Fate::Refused(reason)));
        }
    }
    if !others.is_empty()
        && let Some(reason) = move_on(told, status, executor).await?.reason()
    {
        return Ok(Some(Fate::Refused(reason)));
    }
    Ok(Some(Fate::Updated(differs)))
}

/// Changes the status of a stored prescription to that in the source.
async fn move_on(told: &Prescribe, from: PrescriptionStatus, executor: &Executor) -> Result<Given, ImportError> {
    let target = target(told);
    match &told.kind {
        PrescriptionKind::Draft => Ok(Given::Impossible("an issued prescription cannot become a draft")),
        PrescriptionKind::Active if from == PrescriptionStatus::Draft => {
            executor.give(&IssuePrescription { target }).await
        }
        PrescriptionKind::Active => executor.give(&ResumePrescription { target }).await,
        PrescriptionKind::Completed => executor.give(&CompletePrescription { target }).await,
        PrescriptionKind::OnHold(reason) => {
            let reason = reason.clone();
            executor.give(&HoldPrescription { target, reason }).await
        }
        PrescriptionKind::Stopped(reason) => {
            let reason = reason.clone();
            executor.give(&StopPrescription { target, reason }).await
        }
        PrescriptionKind::Cancelled(reason) => {
            let reason = reason.clone();
            executor.give(&CancelPrescription { target, reason }).await
        }
    }
}

const fn status_of(kind: &PrescriptionKind) -> PrescriptionStatus {
    match kind {
        PrescriptionKind::Draft => PrescriptionStatus::Draft,
        PrescriptionKind::Active => PrescriptionStatus::Active,
        PrescriptionKind::OnHold(_) => PrescriptionStatus::OnHold,
        PrescriptionKind::Completed => PrescriptionStatus::Completed,
        PrescriptionKind::Stopped(_) => PrescriptionStatus::Stopped,
        PrescriptionKind::Cancelled(_) => PrescriptionStatus::Cancelled,
    }
}

const fn target(told: &Prescribe) -> Target {
    Target {
        id: told.id,
        expected_version: None,
    }
}
