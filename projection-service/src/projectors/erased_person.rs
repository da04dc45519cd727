//! Folds erasures into `erased_person`, which blanks what the rows of other streams say of the person.

use domain::patient::PatientEvent;
use journal::{Context, JournalEvent};
use read_models::erased_person::ErasedPersonRow;
use schemas::Event;
use uuid::Uuid;

use crate::projector::{FoldError, Projector, aggregate_id};

/// Folds erasures into `erased_person`.
#[derive(Debug)]
pub struct ErasedPersonProjector;

impl Projector for ErasedPersonProjector {
    const NAME: &'static str = "erased_person";
    const CONTEXT: Context = Context::Patients;
    type Row = ErasedPersonRow;

    fn key(event: &JournalEvent) -> Result<Option<Uuid>, FoldError> {
        match &event.event {
            Event::Patient(PatientEvent::Erased(_)) => aggregate_id(event).map(Some),
            Event::Patient(
                PatientEvent::Registered(_)
                | PatientEvent::DemographicsChanged(_)
                | PatientEvent::Deactivated(_)
                | PatientEvent::Reactivated(_),
            )
            | Event::EmailClaim(_)
            | Event::Practitioner(_)
            | Event::Appointment(_)
            | Event::Day(_)
            | Event::Prescription(_)
            | Event::AppointmentPrescription(_)
            | Event::Account(_)
            | Event::Invoice(_)
            | Event::IdempotencyKey(_) => Ok(None),
        }
    }

    fn fold(_row: Option<ErasedPersonRow>, event: &JournalEvent) -> Result<ErasedPersonRow, FoldError> {
        Ok(ErasedPersonRow {
            id: aggregate_id(event)?,
            erased_at: event.recorded.metadata.time,
        })
    }
}
