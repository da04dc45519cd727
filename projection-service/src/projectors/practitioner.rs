//! Folds practitioners into `practitioner`.

use domain::practitioner::{PractitionerDetails, PractitionerEvent};
use journal::{Context, JournalEvent};
use read_models::practitioner::PractitionerRow;
use schemas::Event;
use uuid::Uuid;

use crate::projector::{FoldError, Projector, aggregate_id, version};

/// Folds practitioners into `practitioner`.
#[derive(Debug)]
pub struct PractitionerProjector;

impl Projector for PractitionerProjector {
    const NAME: &'static str = "practitioner";
    const CONTEXT: Context = Context::Scheduling;
    type Row = PractitionerRow;

    fn key(event: &JournalEvent) -> Result<Option<Uuid>, FoldError> {
        match &event.event {
            Event::Practitioner(_) => aggregate_id(event).map(Some),
            Event::Patient(_)
            | Event::EmailClaim(_)
            | Event::Appointment(_)
            | Event::Day(_)
            | Event::Prescription(_)
            | Event::AppointmentPrescription(_)
            | Event::Account(_)
            | Event::Invoice(_)
            | Event::IdempotencyKey(_) => Ok(None),
        }
    }

    fn fold(row: Option<PractitionerRow>, event: &JournalEvent) -> Result<PractitionerRow, FoldError> {
        let Event::Practitioner(practitioner) = &event.event else {
            return Err(FoldError::Foreign);
        };
        match practitioner {
            PractitionerEvent::Registered(details) => row_of(details, event, None),
            PractitionerEvent::DetailsChanged(details) => {
                let before = row.ok_or(FoldError::MissingRow)?;
                row_of(details, event, Some(before))
            }
            PractitionerEvent::AvailabilitySet(_)
            | PractitionerEvent::TimeOffAdded(_)
            | PractitionerEvent::TimeOffRemoved(_)
            | PractitionerEvent::Deactivated(_) => Ok(PractitionerRow {
                updated_at: event.recorded.metadata.time,
                version: version(event),
                ..row.ok_or(FoldError::MissingRow)?
            }),
        }
    }
}

fn row_of(
    details: &PractitionerDetails,
    event: &JournalEvent,
    before: Option<PractitionerRow>,
) -> Result<PractitionerRow, FoldError> {
    let time = event.recorded.metadata.time;
    Ok(PractitionerRow {
        id: aggregate_id(event)?,
        name: details.name.known().map(|name| name.as_str().to_owned()),
        specialty: details
            .specialty
            .as_ref()
            .map(|specialty| specialty.as_str().to_owned()),
        time_zone: details.time_zone.name().to_owned(),
        email: details.email.as_ref().map(|email| email.as_str().to_owned()),
        registered_at: before.map_or(time, |before| before.registered_at),
        updated_at: time,
        version: version(event),
    })
}
