//! Folds patients into `cached_patient`, which every appointment's answer is enriched from.

use domain::patient::PatientEvent;
use journal::{Context, JournalEvent};
use read_models::cached_patient::CachedPatientRow;
use schemas::Event;
use uuid::Uuid;

use crate::projector::{Aggregates, FoldError, Projector, aggregate_id, version};

/// Folds patients into `cached_patient`.
#[derive(Debug)]
pub struct CachedPatientProjector;

impl Projector for CachedPatientProjector {
    const NAME: &'static str = "cached_patient";
    const CONTEXT: Context = Context::Patients;
    const AGGREGATES: Aggregates = Aggregates::OfType("patient");
    const VERSION: u32 = 1;
    type Row = CachedPatientRow;

    fn key(event: &JournalEvent) -> Result<Option<Uuid>, FoldError> {
        match &event.event {
            Event::Patient(_) => aggregate_id(event).map(Some),
            Event::EmailClaim(_)
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

    fn fold(row: Option<CachedPatientRow>, event: &JournalEvent) -> Result<CachedPatientRow, FoldError> {
        let Event::Patient(patient) = &event.event else {
            return Err(FoldError::Foreign);
        };
        match patient {
            PatientEvent::Registered(known) | PatientEvent::DemographicsChanged(known) => Ok(CachedPatientRow {
                id: aggregate_id(event)?,
                name: known.name.known().map(|name| name.as_str().to_owned()),
                email: known.email.as_ref().map(|email| email.as_str().to_owned()),
                phone: known.phone.as_ref().map(|phone| phone.as_str().to_owned()),
                address: known.address.as_ref().map(|address| address.as_str().to_owned()),
                erased: false,
                version: version(event),
            }),
            PatientEvent::Deactivated(_) | PatientEvent::Reactivated(_) => Ok(CachedPatientRow {
                version: version(event),
                ..row.ok_or(FoldError::MissingRow)?
            }),
            PatientEvent::Erased(_) => Ok(CachedPatientRow {
                id: aggregate_id(event)?,
                name: None,
                email: None,
                phone: None,
                address: None,
                erased: true,
                version: version(event),
            }),
        }
    }
}
