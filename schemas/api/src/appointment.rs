//! The appointment as an API resource, with its patient and practitioner.

use chrono::{DateTime, Utc};
use domain::{
    appointment::{Appointment, Cancelled, Overbooked},
    patient::{Patient, PatientStatus},
    practitioner::Practitioner,
    values::Reason,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An appointment with its patient and practitioner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppointmentResource {
    /// The appointment's id.
    pub id: Uuid,
    /// The status: `booked`, `arrived`, `fulfilled`, `cancelled`, `noshow` or `entered-in-error`.
    #[schema(example = "booked")]
    pub status: String,
    /// The start.
    pub start_time: DateTime<Utc>,
    /// The end, exclusive.
    pub end_time: DateTime<Utc>,
    /// The practitioner's IANA time zone at the time of booking.
    #[schema(example = "America/New_York")]
    pub time_zone: String,
    /// The reason.
    pub reason: Option<String>,
    /// The notes.
    pub notes: Option<String>,
    /// The time of arrival, once the patient has arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<DateTime<Utc>>,
    /// The end of the visit, once the appointment is fulfilled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfilled_at: Option<DateTime<Utc>>,
    /// The cancellation, if the appointment is cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<CancellationResource>,
    /// The deliberate departure from the schedule, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overbooking: Option<OverbookingResource>,
    /// The version of the appointment: the number of its events.
    pub version: i64,
    /// The patient.
    pub patient: AppointmentPatient,
    /// The practitioner.
    pub practitioner: AppointmentPractitioner,
}

/// The reason for a cancellation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancellationResource {
    /// The reason as a code of FHIR's `appointment-cancellation-reason`.
    #[schema(example = "pat")]
    pub reason_code: String,
    /// The reason in words.
    pub reason_text: Option<String>,
}

/// A deliberate departure from the schedule: the time was taken or lies outside the practitioner's hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OverbookingResource {
    /// The reason; `null` after an erasure.
    pub reason: Option<String>,
}

/// The patient of an appointment, with present data. Until the patient's events have been processed, only the id is
/// set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppointmentPatient {
    /// The patient's id.
    pub id: Uuid,
    /// The name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// The postal address.
    pub address: Option<String>,
}

/// The practitioner of an appointment, with present data. Until the practitioner's events have been processed, only the
/// id is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppointmentPractitioner {
    /// The practitioner's id.
    pub id: Uuid,
    /// The name.
    pub name: Option<String>,
    /// The specialty.
    pub specialty: Option<String>,
}

impl AppointmentResource {
    /// Creates the resource from the states of appointment and parties: `None` before the booking. It contains no
    /// personal data of an erased patient.
    #[must_use]
    pub fn of(
        id: Uuid,
        version: u64,
        appointment: &Appointment,
        patient: &Patient,
        practitioner: &Practitioner,
    ) -> Option<Self> {
        let (booked, status) = (appointment.booked()?, appointment.status()?);
        let erased = patient.status() == Some(PatientStatus::Erased);
        let text = |text: Option<&str>| text.filter(|_| !erased).map(str::to_owned);
        let overbooking = |overbooked: &Overbooked| OverbookingResource {
            reason: text(overbooked.reason.known().map(Reason::as_str)),
        };
        let cancellation = |cancelled: &Cancelled| CancellationResource {
            reason_code: cancelled.reason_code.code().to_owned(),
            reason_text: text(cancelled.reason_text.as_ref().map(Reason::as_str)),
        };
        Some(Self {
            id,
            status: status.code().to_owned(),
            start_time: booked.period.start(),
            end_time: booked.period.end(),
            time_zone: booked.time_zone.name().to_owned(),
            reason: text(booked.reason.as_ref().map(Reason::as_str)),
            notes: text(booked.notes.as_ref().map(|notes| notes.as_str())),
            arrived_at: appointment.arrived_at(),
            fulfilled_at: appointment.fulfilled_at(),
            cancellation: appointment.cancelled().map(cancellation),
            overbooking: booked.overbooking.as_ref().map(overbooking),
            version: i64::try_from(version).unwrap_or(i64::MAX),
            patient: AppointmentPatient::of(booked.patient_id, patient),
            practitioner: AppointmentPractitioner::of(booked.practitioner_id, practitioner),
        })
    }
}

impl AppointmentPatient {
    fn of(id: Uuid, patient: &Patient) -> Self {
        let known = patient.demographics();
        Self {
            id,
            name: known
                .and_then(|known| known.name.known())
                .map(|name| name.as_str().to_owned()),
            email: known
                .and_then(|known| known.email.as_ref())
                .map(|email| email.as_str().to_owned()),
            phone: known
                .and_then(|known| known.phone.as_ref())
                .map(|phone| phone.as_str().to_owned()),
            address: known
                .and_then(|known| known.address.as_ref())
                .map(|address| address.as_str().to_owned()),
        }
    }
}

impl AppointmentPractitioner {
    fn of(id: Uuid, practitioner: &Practitioner) -> Self {
        let details = practitioner.details();
        Self {
            id,
            name: details
                .and_then(|details| details.name.known())
                .map(|name| name.as_str().to_owned()),
            specialty: details
                .and_then(|details| details.specialty.as_ref())
                .map(|specialty| specialty.as_str().to_owned()),
        }
    }
}

#[cfg(feature = "rows")]
impl From<read_models::appointment::EnrichedAppointment> for AppointmentResource {
    fn from(row: read_models::appointment::EnrichedAppointment) -> Self {
        let appointment = row.appointment;
        Self {
            id: appointment.id,
            status: appointment.status,
            start_time: appointment.start_time,
            end_time: appointment.end_time,
            time_zone: appointment.time_zone,
            reason: appointment.reason,
            notes: appointment.notes,
            arrived_at: appointment.arrived_at,
            fulfilled_at: appointment.fulfilled_at,
            cancellation: appointment
                .cancellation_reason_code
                .map(|reason_code| CancellationResource {
                    reason_code,
                    reason_text: appointment.cancellation_reason_text,
                }),
            overbooking: appointment.overbooked.then_some(OverbookingResource {
                reason: appointment.overbooking_reason,
            }),
            version: appointment.version,
            patient: AppointmentPatient {
                id: appointment.patient_id,
                name: row.patient_name,
                email: row.patient_email,
                phone: row.patient_phone,
                address: row.patient_address,
            },
            practitioner: AppointmentPractitioner {
                id: appointment.practitioner_id,
                name: row.practitioner_name,
                specialty: row.practitioner_specialty,
            },
        }
    }
}
