//! Appointments, shown with the people who meet.

mod attend;
mod book;
mod list;
mod parties;
mod reschedule;
mod slot;

use chrono::{DateTime, Utc};
use domain::{appointment::AppointmentStatus, values::Period};
use serde::Serialize;
use sqlx::{FromRow, Row as _, postgres::PgRow};
use uuid::Uuid;

pub(crate) use attend::{arrive, fulfil};
pub(crate) use book::book;
pub(crate) use list::list;
use parties::Parties;
pub(crate) use reschedule::reschedule;

use crate::{
    ambient::now,
    refusal::{NOT_BOOKABLE, Refusal},
};

/// The columns of an [`Appointment`]: of the appointment `a`, the patient `p` and the practitioner `d`.
macro_rules! columns {
    () => {
        concat!(
            "a.id, a.status, a.start_time, a.end_time, a.reason, a.notes, a.arrived_at, a.fulfilled_at, a.version, ",
            $crate::appointments::parties::columns!()
        )
    };
}
use columns;

/// An appointment, as shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Appointment {
    id: Uuid,
    status: String,
    start_time: DateTime<Utc>,
    end_time: DateTime<Utc>,
    reason: Option<String>,
    notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrived_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fulfilled_at: Option<DateTime<Utc>>,
    version: i64,
    #[serde(flatten)]
    parties: Parties,
}

impl Appointment {
    fn has_status(&self, status: AppointmentStatus) -> bool {
        self.status == status.code()
    }
}

impl FromRow<'_, PgRow> for Appointment {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            status: row.try_get("status")?,
            start_time: row.try_get("start_time")?,
            end_time: row.try_get("end_time")?,
            reason: row.try_get("reason")?,
            notes: row.try_get("notes")?,
            arrived_at: row.try_get("arrived_at")?,
            fulfilled_at: row.try_get("fulfilled_at")?,
            version: row.try_get("version")?,
            parties: Parties::from_row(row)?,
        })
    }
}

/// A time that is asked for lies ahead.
fn check_ahead(period: &Period) -> Result<(), Refusal> {
    if period.start() < now() {
        return Err(Refusal::rule(NOT_BOOKABLE, "an appointment must not start in the past"));
    }
    Ok(())
}
