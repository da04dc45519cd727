//! Folds patients into `patient`.

use domain::patient::{Demographics, PatientEvent, PatientStatus};
use journal::{Context, JournalEvent};
use read_models::patient::{IdentifierValue, PatientRow};
use schemas::Event;
use uuid::Uuid;

use crate::projector::{Aggregates, FoldError, Projector, aggregate_id, version};

/// Folds patients into `patient`.
#[derive(Debug)]
pub struct PatientProjector;

impl Projector for PatientProjector {
    const NAME: &'static str = "patient";
    const CONTEXT: Context = Context::Patients;
    const AGGREGATES: Aggregates = Aggregates::OfType("patient");
    const VERSION: u32 = 1;
    type Row = PatientRow;

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

    fn fold(row: Option<PatientRow>, event: &JournalEvent) -> Result<PatientRow, FoldError> {
        let Event::Patient(patient) = &event.event else {
            return Err(FoldError::Foreign);
        };
        match patient {
            PatientEvent::Registered(demographics) => row_of(demographics, event, None),
            PatientEvent::DemographicsChanged(demographics) => {
                let before = row.ok_or(FoldError::MissingRow)?;
                row_of(demographics, event, Some(before))
            }
            PatientEvent::Deactivated(_) => standing(PatientStatus::Inactive, row, event),
            PatientEvent::Reactivated(_) => standing(PatientStatus::Active, row, event),
            PatientEvent::Erased(_) => {
                let before = row.ok_or(FoldError::MissingRow)?;
                Ok(PatientRow {
                    id: before.id,
                    name: None,
                    date_of_birth: None,
                    email: None,
                    phone: None,
                    address: None,
                    gender: None,
                    identifiers: Vec::new(),
                    status: PatientStatus::Erased.code().to_owned(),
                    registered_at: before.registered_at,
                    updated_at: event.recorded.metadata.time,
                    version: version(event),
                })
            }
        }
    }
}

fn standing(status: PatientStatus, row: Option<PatientRow>, event: &JournalEvent) -> Result<PatientRow, FoldError> {
    Ok(PatientRow {
        status: status.code().to_owned(),
        updated_at: event.recorded.metadata.time,
        version: version(event),
        ..row.ok_or(FoldError::MissingRow)?
    })
}

fn row_of(known: &Demographics, event: &JournalEvent, before: Option<PatientRow>) -> Result<PatientRow, FoldError> {
    let identifiers = known.identifiers.as_slice().iter().map(|identifier| IdentifierValue {
        system: identifier.system().to_owned(),
        value: identifier.value().to_owned(),
    });
    let time = event.recorded.metadata.time;
    Ok(PatientRow {
        id: aggregate_id(event)?,
        name: known.name.known().map(|name| name.as_str().to_owned()),
        date_of_birth: known.date_of_birth.known().map(|born| born.date()),
        email: known.email.as_ref().map(|email| email.as_str().to_owned()),
        phone: known.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        address: known.address.as_ref().map(|address| address.as_str().to_owned()),
        gender: known.gender.map(|gender| gender.code().to_owned()),
        identifiers: identifiers.collect(),
        registered_at: before.as_ref().map_or(time, |before| before.registered_at),
        status: before.map_or_else(|| PatientStatus::Active.code().to_owned(), |before| before.status),
        updated_at: time,
        version: version(event),
    })
}
