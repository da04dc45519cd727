//! Carries out encounters.

use commands::{AppointmentKind, BookAppointment, History, Refusal};
use domain::{
    appointment::{Appointment, AppointmentRefusal, AppointmentStatus},
    patient::PatientRefusal,
    practitioner::PractitionerRefusal,
    values::Reason,
};

use super::{Carried, Record, differing, is_another, note_departed};
use crate::import::{
    error::ImportError,
    executor::{Executor, Given},
    fate::Fate,
    fhir::{Notes, What},
};

/// The recorded reason of an overlap.
const OVERLAP: &str = "recorded elsewhere beside another appointment";

impl Record for BookAppointment {
    async fn carry_out(
        mut self,
        executor: &Executor,
        notes: &mut Notes,
        _may_wait: bool,
    ) -> Result<Carried<Self>, ImportError> {
        let mut history = History::default();
        loop {
            self.kind = AppointmentKind::History(history.clone());
            let given = executor.give(&self).await?;
            return Ok(match (&given, given.reason()) {
                (_, None) => Carried::Done(Fate::Imported),
                (Given::Refused(Refusal::PractitionerTime(_) | Refusal::PatientTime(_)), Some(reason)) => {
                    let Ok(overlap) = Reason::parse(OVERLAP) else {
                        return Ok(Carried::refused(reason));
                    };
                    notes.add(
                        "period",
                        What::Changed,
                        "kept, although it overlaps another appointment",
                    );
                    history.overlap = Some(overlap);
                    continue;
                }
                (
                    Given::Refused(
                        refusal @ (Refusal::Appointment(AppointmentRefusal::AlreadyBooked)
                        | Refusal::Patient(PatientRefusal::Inactive | PatientRefusal::Deceased)
                        | Refusal::Practitioner(PractitionerRefusal::Inactive)),
                    ),
                    Some(reason),
                ) => match compare(&self, executor).await? {
                    Some(fate) => Carried::Done(fate),
                    None if history.may_have_departed || matches!(refusal, Refusal::Appointment(_)) => {
                        Carried::refused(reason)
                    }
                    None => {
                        note_departed("participant", refusal, notes);
                        history.may_have_departed = true;
                        continue;
                    }
                },
                (_, Some(reason)) => Carried::refused(reason),
            });
        }
    }
}

/// Compares with the stored appointment, if there is one. No command changes a past appointment.
async fn compare(told: &BookAppointment, executor: &Executor) -> Result<Option<Fate>, ImportError> {
    let there = executor.look::<Appointment>(told.id).await?;
    let Some(present) = there.state().booked() else {
        return Ok(None);
    };
    let differs = differing([
        ("status", there.state().status() != Some(AppointmentStatus::Fulfilled)),
        ("subject", told.patient_id != present.patient_id),
        ("participant", told.practitioner_id != present.practitioner_id),
        ("period", told.period != present.period),
        ("reasonCode", is_another(told.reason.as_ref(), present.reason.as_ref())),
    ]);
    Ok(Some(match differs.is_empty() {
        true => Fate::AlreadyThere,
        false => Fate::Differs(differs),
    }))
}
