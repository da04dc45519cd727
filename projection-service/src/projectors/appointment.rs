//! Folds appointments into `appointment`.

use domain::appointment::{Appointment, AppointmentEvent, AppointmentStatus, Booked, Overbooked};
use log_reader::RecordedEvent;
use read_models::appointment::AppointmentRow;

use crate::projector::{FoldError, Projector, aggregate_id, version};

/// Folds appointments into `appointment`.
#[derive(Debug)]
pub(crate) struct AppointmentProjector;

impl Projector for AppointmentProjector {
    const NAME: &'static str = "appointment";
    const VERSION: u32 = 1;
    type Aggregate = Appointment;
    type Row = AppointmentRow;

    fn fold(
        row: Option<AppointmentRow>,
        recorded: &RecordedEvent,
        appointment: &AppointmentEvent,
    ) -> Result<AppointmentRow, FoldError> {
        let AppointmentEvent::Booked(booked) = appointment else {
            let mut row = row.ok_or(FoldError::MissingRow)?;
            change(&mut row, appointment);
            row.updated_at = recorded.metadata.time;
            row.version = version(recorded);
            return Ok(row);
        };
        row_of(booked, recorded)
    }
}

/// Applies an event to an existing row, except for the version.
fn change(row: &mut AppointmentRow, event: &AppointmentEvent) {
    let status = match event {
        AppointmentEvent::Booked(_) => AppointmentStatus::Booked,
        AppointmentEvent::Arrived(arrived) => {
            row.arrived_at = Some(arrived.arrived_at);
            AppointmentStatus::Arrived
        }
        AppointmentEvent::Fulfilled(fulfilled) => {
            row.fulfilled_at = Some(fulfilled.fulfilled_at);
            AppointmentStatus::Fulfilled
        }
        AppointmentEvent::Cancelled(cancelled) => {
            row.cancellation_reason_code = Some(cancelled.reason_code.code().to_owned());
            row.cancellation_reason_text = cancelled.reason_text.as_ref().map(|text| text.as_str().to_owned());
            AppointmentStatus::Cancelled
        }
        AppointmentEvent::Missed(_) => AppointmentStatus::NoShow,
        AppointmentEvent::Reopened(reopened) => {
            row.fulfilled_at = None;
            reopened.status
        }
        AppointmentEvent::EnteredInError(_) => AppointmentStatus::EnteredInError,
        AppointmentEvent::Rescheduled(rescheduled) => {
            row.start_time = rescheduled.period.start();
            row.end_time = rescheduled.period.end();
            row.time_zone = rescheduled.time_zone.name().to_owned();
            row.overbooked = rescheduled.overbooking.is_some();
            row.overbooking_reason = reason_to_overbook(rescheduled.overbooking.as_ref());
            return;
        }
        AppointmentEvent::NotesChanged(changed) => {
            row.notes = changed.notes.as_ref().map(|notes| notes.as_str().to_owned());
            return;
        }
    };
    row.status = status.code().to_owned();
}

fn reason_to_overbook(overbooked: Option<&Overbooked>) -> Option<String> {
    let reason = overbooked?.reason.known()?;
    Some(reason.as_str().to_owned())
}

fn row_of(booked: &Booked, recorded: &RecordedEvent) -> Result<AppointmentRow, FoldError> {
    Ok(AppointmentRow {
        id: aggregate_id(recorded)?,
        patient_id: booked.patient_id,
        practitioner_id: booked.practitioner_id,
        start_time: booked.period.start(),
        end_time: booked.period.end(),
        time_zone: booked.time_zone.name().to_owned(),
        status: AppointmentStatus::Booked.code().to_owned(),
        reason: booked.reason.as_ref().map(|reason| reason.as_str().to_owned()),
        notes: booked.notes.as_ref().map(|notes| notes.as_str().to_owned()),
        arrived_at: None,
        fulfilled_at: None,
        cancellation_reason_code: None,
        cancellation_reason_text: None,
        overbooked: booked.overbooking.is_some(),
        overbooking_reason: reason_to_overbook(booked.overbooking.as_ref()),
        booked_at: recorded.metadata.time,
        updated_at: recorded.metadata.time,
        version: version(recorded),
    })
}
