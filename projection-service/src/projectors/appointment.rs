//! Folds appointments into `appointment`.

use domain::appointment::{AppointmentEvent, AppointmentStatus, Booked};
use journal::{Context, JournalEvent};
use read_models::appointment::AppointmentRow;
use schemas::Event;
use uuid::Uuid;

use crate::projector::{FoldError, Projector, aggregate_id, version};

/// Folds appointments into `appointment`.
#[derive(Debug)]
pub struct AppointmentProjector;

impl Projector for AppointmentProjector {
    const NAME: &'static str = "appointment";
    const CONTEXT: Context = Context::Scheduling;
    type Row = AppointmentRow;

    fn key(event: &JournalEvent) -> Result<Option<Uuid>, FoldError> {
        match &event.event {
            Event::Appointment(_) => aggregate_id(event).map(Some),
            Event::Patient(_)
            | Event::EmailClaim(_)
            | Event::Practitioner(_)
            | Event::Day(_)
            | Event::IdempotencyKey(_) => Ok(None),
        }
    }

    fn fold(row: Option<AppointmentRow>, event: &JournalEvent) -> Result<AppointmentRow, FoldError> {
        let Event::Appointment(appointment) = &event.event else {
            return Err(FoldError::Foreign);
        };
        match appointment {
            AppointmentEvent::Booked(booked) => row_of(booked, event),
            AppointmentEvent::Fulfilled(_) => {
                let before = row.ok_or(FoldError::MissingRow)?;
                Ok(AppointmentRow {
                    status: AppointmentStatus::Fulfilled.code().to_owned(),
                    updated_at: event.recorded.metadata.time,
                    version: version(event),
                    ..before
                })
            }
        }
    }
}

fn row_of(booked: &Booked, event: &JournalEvent) -> Result<AppointmentRow, FoldError> {
    Ok(AppointmentRow {
        id: aggregate_id(event)?,
        patient_id: booked.patient_id,
        practitioner_id: booked.practitioner_id,
        start_time: booked.period.start(),
        end_time: booked.period.end(),
        time_zone: booked.time_zone.name().to_owned(),
        status: AppointmentStatus::Booked.code().to_owned(),
        reason: booked.reason.as_ref().map(|reason| reason.as_str().to_owned()),
        notes: booked.notes.as_ref().map(|notes| notes.as_str().to_owned()),
        booked_at: event.recorded.metadata.time,
        updated_at: event.recorded.metadata.time,
        version: version(event),
    })
}
