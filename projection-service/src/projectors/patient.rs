//! Folds patients into `patient`.

use domain::{
    patient::{Deceased, Demographics, Patient, PatientEvent, PatientStatus},
    values::PartialDate,
};
use log_reader::RecordedEvent;
use read_models::patient::{IdentifierValue, PatientRow};

use crate::projector::{FoldError, Projector, aggregate_id, version};

/// Folds patients into `patient`.
#[derive(Debug)]
pub(crate) struct PatientProjector;

impl Projector for PatientProjector {
    const NAME: &'static str = "patient";
    const VERSION: u32 = 2;
    type Aggregate = Patient;
    type Row = PatientRow;

    fn fold(
        row: Option<PatientRow>,
        recorded: &RecordedEvent,
        patient: &PatientEvent,
    ) -> Result<PatientRow, FoldError> {
        match patient {
            PatientEvent::Registered(known) => row_of(&known.demographics, recorded, None),
            PatientEvent::DemographicsChanged(known) => {
                let before = row.ok_or(FoldError::MissingRow)?;
                row_of(&known.demographics, recorded, Some(before))
            }
            PatientEvent::Deactivated(_) => standing(PatientStatus::Inactive, row, recorded),
            PatientEvent::Reactivated(_) => standing(PatientStatus::Active, row, recorded),
            PatientEvent::Deceased(known) => death(Some(known), row, recorded),
            PatientEvent::DeathEnteredInError(_) => death(None, row, recorded),
            PatientEvent::Erased(_) => {
                let before = row.ok_or(FoldError::MissingRow)?;
                Ok(PatientRow {
                    id: before.id,
                    name: None,
                    date_of_birth: None,
                    date_of_birth_latest: None,
                    email: None,
                    phone: None,
                    address: None,
                    gender: None,
                    identifiers: Vec::new(),
                    status: PatientStatus::Erased.code().to_owned(),
                    deceased: false,
                    deceased_at: None,
                    registered_at: before.registered_at,
                    updated_at: recorded.metadata.time,
                    version: version(recorded),
                })
            }
        }
    }
}

fn standing(status: PatientStatus, row: Option<PatientRow>, recorded: &RecordedEvent) -> Result<PatientRow, FoldError> {
    Ok(PatientRow {
        status: status.code().to_owned(),
        updated_at: recorded.metadata.time,
        version: version(recorded),
        ..row.ok_or(FoldError::MissingRow)?
    })
}

fn death(known: Option<&Deceased>, row: Option<PatientRow>, recorded: &RecordedEvent) -> Result<PatientRow, FoldError> {
    let deceased_at = known.and_then(|known| known.deceased_at);
    Ok(PatientRow {
        deceased: known.is_some(),
        deceased_at: deceased_at.map(|at| at.time().to_string()),
        updated_at: recorded.metadata.time,
        version: version(recorded),
        ..row.ok_or(FoldError::MissingRow)?
    })
}

fn row_of(known: &Demographics, recorded: &RecordedEvent, before: Option<PatientRow>) -> Result<PatientRow, FoldError> {
    let identifiers = known.identifiers.as_slice().iter().map(|identifier| IdentifierValue {
        system: identifier.system().to_owned(),
        value: identifier.value().to_owned(),
    });
    let born = known.date_of_birth.known().map(|born| born.date());
    let time = recorded.metadata.time;
    Ok(PatientRow {
        id: aggregate_id(recorded)?,
        name: known.name.known().map(|name| name.as_str().to_owned()),
        date_of_birth: born.map(PartialDate::earliest),
        date_of_birth_latest: born.map(PartialDate::latest),
        email: known.email.as_ref().map(|email| email.as_str().to_owned()),
        phone: known.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        address: known.address.as_ref().map(|address| address.as_str().to_owned()),
        gender: known.gender.map(|gender| gender.code().to_owned()),
        identifiers: identifiers.collect(),
        registered_at: before.as_ref().map_or(time, |before| before.registered_at),
        deceased: before.as_ref().is_some_and(|before| before.deceased),
        deceased_at: before.as_ref().and_then(|before| before.deceased_at.clone()),
        status: before.map_or_else(|| PatientStatus::Active.code().to_owned(), |before| before.status),
        updated_at: time,
        version: version(recorded),
    })
}
