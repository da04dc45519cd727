//! Folds patients into `cached_patient`, the source of the patient data in appointment responses.

use domain::patient::{Patient, PatientEvent};
use log_reader::RecordedEvent;
use read_models::cached_patient::CachedPatientRow;

use crate::projector::{FoldError, Projector, aggregate_id, version};

/// Folds patients into `cached_patient`.
#[derive(Debug)]
pub(crate) struct CachedPatientProjector;

impl Projector for CachedPatientProjector {
    const NAME: &'static str = "cached_patient";
    const VERSION: u32 = 1;
    type Aggregate = Patient;
    type Row = CachedPatientRow;

    fn fold(
        row: Option<CachedPatientRow>,
        recorded: &RecordedEvent,
        patient: &PatientEvent,
    ) -> Result<CachedPatientRow, FoldError> {
        match patient {
            PatientEvent::Registered(known) | PatientEvent::DemographicsChanged(known) => Ok(CachedPatientRow {
                id: aggregate_id(recorded)?,
                name: known.demographics.name.known().map(|name| name.as_str().to_owned()),
                email: known.demographics.email.as_ref().map(|email| email.as_str().to_owned()),
                phone: known.demographics.phone.as_ref().map(|phone| phone.as_str().to_owned()),
                address: known
                    .demographics
                    .address
                    .as_ref()
                    .map(|address| address.as_str().to_owned()),
                erased: false,
                version: version(recorded),
            }),
            PatientEvent::Deactivated(_)
            | PatientEvent::Reactivated(_)
            | PatientEvent::Deceased(_)
            | PatientEvent::DeathEnteredInError(_) => Ok(CachedPatientRow {
                version: version(recorded),
                ..row.ok_or(FoldError::MissingRow)?
            }),
            PatientEvent::Erased(_) => Ok(CachedPatientRow {
                id: aggregate_id(recorded)?,
                name: None,
                email: None,
                phone: None,
                address: None,
                erased: true,
                version: version(recorded),
            }),
        }
    }
}
