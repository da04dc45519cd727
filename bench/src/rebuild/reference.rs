//! The expected rows of the clinic. The generator of the events maintains them, independently of the measured code:
//! they were never stored, read or decoded.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{
    appointment::{Arrived, Booked, Cancelled, Fulfilled, Rescheduled},
    patient::Demographics,
};
use read_models::{appointment::AppointmentRow, cached_patient::CachedPatientRow};
use uuid::Uuid;

/// The rows by key.
#[derive(Debug, Default)]
pub(super) struct Reference {
    pub(super) appointments: HashMap<Uuid, AppointmentRow>,
    pub(super) patients: HashMap<Uuid, CachedPatientRow>,
}

impl Reference {
    /// Merges the rows of another reference.
    pub(super) fn take(&mut self, other: Self) {
        self.appointments.extend(other.appointments);
        self.patients.extend(other.patients);
    }

    /// Sets the current demographics of a patient.
    pub(super) fn knows(&mut self, id: Uuid, known: &Demographics) {
        let version = self.patients.get(&id).map_or(0, |row| row.version) + 1;
        let row = CachedPatientRow {
            id,
            name: known.name.known().map(|name| name.as_str().to_owned()),
            email: known.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: known.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            address: known.address.as_ref().map(|address| address.as_str().to_owned()),
            erased: false,
            version,
        };
        self.patients.insert(id, row);
    }

    /// Records a change of a patient that only raises the version.
    pub(super) fn counts(&mut self, id: Uuid) {
        if let Some(row) = self.patients.get_mut(&id) {
            row.version += 1;
        }
    }

    pub(super) fn books(&mut self, id: Uuid, booked: &Booked, now: DateTime<Utc>) {
        let row = AppointmentRow {
            id,
            patient_id: booked.patient_id,
            practitioner_id: booked.practitioner_id,
            start_time: booked.period.start(),
            end_time: booked.period.end(),
            time_zone: booked.time_zone.name().to_owned(),
            status: "booked".to_owned(),
            reason: booked.reason.as_ref().map(|reason| reason.as_str().to_owned()),
            notes: booked.notes.as_ref().map(|notes| notes.as_str().to_owned()),
            arrived_at: None,
            fulfilled_at: None,
            cancellation_reason_code: None,
            cancellation_reason_text: None,
            overbooked: false,
            overbooking_reason: None,
            booked_at: now,
            updated_at: now,
            version: 1,
        };
        self.appointments.insert(id, row);
    }

    /// Whether the last change of an appointment was before this time.
    pub(super) fn booked_before(&self, id: Uuid, moment: DateTime<Utc>) -> bool {
        self.appointments.get(&id).is_some_and(|row| row.updated_at < moment)
    }

    pub(super) fn moves(&mut self, id: Uuid, moved: &Rescheduled, now: DateTime<Utc>) {
        self.change(id, now, |row| {
            row.start_time = moved.period.start();
            row.end_time = moved.period.end();
            row.time_zone = moved.time_zone.name().to_owned();
        });
    }

    pub(super) fn receives(&mut self, id: Uuid, arrived: &Arrived, now: DateTime<Utc>) {
        self.change(id, now, |row| {
            "arrived".clone_into(&mut row.status);
            row.arrived_at = Some(arrived.arrived_at);
        });
    }

    pub(super) fn sees(&mut self, id: Uuid, fulfilled: &Fulfilled, now: DateTime<Utc>) {
        self.change(id, now, |row| {
            "fulfilled".clone_into(&mut row.status);
            row.fulfilled_at = Some(fulfilled.fulfilled_at);
        });
    }

    pub(super) fn cancels(&mut self, id: Uuid, cancelled: &Cancelled, now: DateTime<Utc>) {
        self.change(id, now, |row| {
            "cancelled".clone_into(&mut row.status);
            row.cancellation_reason_code = Some(cancelled.reason_code.code().to_owned());
            row.cancellation_reason_text = cancelled.reason_text.as_ref().map(|text| text.as_str().to_owned());
        });
    }

    fn change(&mut self, id: Uuid, now: DateTime<Utc>, change: impl FnOnce(&mut AppointmentRow)) {
        if let Some(row) = self.appointments.get_mut(&id) {
            change(row);
            row.updated_at = now;
            row.version += 1;
        }
    }
}
