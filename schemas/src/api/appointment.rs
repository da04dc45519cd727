//! The appointment, as the API shows it: enriched with the people who meet.

use chrono::{DateTime, Utc};
use domain::{
    appointment::{AppointmentStatus, Booked},
    patient::Demographics,
    practitioner::PractitionerDetails,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An appointment, with the patient and the practitioner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppointmentResource {
    /// The appointment's id.
    pub id: Uuid,
    /// Where it stands: `booked`, `arrived`, `fulfilled`, `cancelled`, `noshow` or `entered-in-error`.
    #[schema(example = "booked")]
    pub status: String,
    /// Its first instant.
    pub start_time: DateTime<Utc>,
    /// The first instant after it.
    pub end_time: DateTime<Utc>,
    /// The practitioner's IANA time zone when it was booked.
    #[schema(example = "America/New_York")]
    pub time_zone: String,
    /// Why it was made.
    pub reason: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// The version of the appointment: how many events have shaped it.
    pub version: i64,
    /// Who is seen.
    pub patient: AppointmentPatient,
    /// Who sees them.
    pub practitioner: AppointmentPractitioner,
}

/// The patient of an appointment, from what is known of them now. Only the id is there while the patient's own events
/// have not been read yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppointmentPatient {
    /// The patient's id.
    pub id: Uuid,
    /// Their name.
    pub name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// Their postal address.
    pub address: Option<String>,
}

/// The practitioner of an appointment, from what is known of them now. Only the id is there while the practitioner's
/// own events have not been read yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppointmentPractitioner {
    /// The practitioner's id.
    pub id: Uuid,
    /// Their name.
    pub name: Option<String>,
    /// Their field of work.
    pub specialty: Option<String>,
}

impl AppointmentResource {
    /// Shows a booking with what the domain knows of both parties.
    #[must_use]
    pub fn new(
        id: Uuid,
        version: u64,
        status: AppointmentStatus,
        booked: &Booked,
        patient: &Demographics,
        practitioner: &PractitionerDetails,
    ) -> Self {
        Self {
            id,
            status: status.code().to_owned(),
            start_time: booked.period.start(),
            end_time: booked.period.end(),
            time_zone: booked.time_zone.name().to_owned(),
            reason: booked.reason.as_ref().map(|reason| reason.as_str().to_owned()),
            notes: booked.notes.as_ref().map(|notes| notes.as_str().to_owned()),
            version: i64::try_from(version).unwrap_or(i64::MAX),
            patient: AppointmentPatient {
                id: booked.patient_id,
                name: patient.name.known().map(|name| name.as_str().to_owned()),
                email: patient.email.as_ref().map(|email| email.as_str().to_owned()),
                phone: patient.phone.as_ref().map(|phone| phone.as_str().to_owned()),
                address: patient.address.as_ref().map(|address| address.as_str().to_owned()),
            },
            practitioner: AppointmentPractitioner {
                id: booked.practitioner_id,
                name: practitioner.name.known().map(|name| name.as_str().to_owned()),
                specialty: practitioner
                    .specialty
                    .as_ref()
                    .map(|specialty| specialty.as_str().to_owned()),
            },
        }
    }
}
