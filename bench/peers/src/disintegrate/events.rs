//! The clinic's events as an application on disintegrate would declare them. What is projected is typed; of the others the
//! body is stored as it is.

use anyhow::Context as _;
use bench_driver::EventLine;
use chrono::{DateTime, Utc};
use disintegrate::Event;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

/// What is true of every event. A row shows it, so the event carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Recorded {
    pub(super) time: DateTime<Utc>,
    pub(super) version: i64,
}

/// What is known of a patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Known {
    pub(super) name: Option<String>,
    pub(super) date_of_birth: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) address: Option<String>,
    pub(super) gender: Option<String>,
    pub(super) identifiers: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Period {
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Booking {
    pub(super) patient_id: Uuid,
    pub(super) practitioner_id: Uuid,
    pub(super) period: Period,
    pub(super) time_zone: String,
    pub(super) local_start: String,
    pub(super) reason: Option<String>,
    pub(super) notes: Option<String>,
    pub(super) origin: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Move {
    pub(super) period: Period,
    pub(super) time_zone: String,
    pub(super) local_start: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arrival {
    pub(super) arrived_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fulfilment {
    pub(super) fulfilled_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cancellation {
    pub(super) reason_code: String,
    pub(super) reason_text: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[stream(PatientEvent, [PatientRegistered, DemographicsChanged, PatientDeactivated, PatientReactivated])]
#[stream(AppointmentEvent, [
    AppointmentBooked, AppointmentRescheduled, AppointmentArrived, AppointmentFulfilled, AppointmentCancelled
])]
pub(super) enum ClinicEvent {
    PatientRegistered {
        #[id]
        patient_id: Uuid,
        recorded: Recorded,
        known: Known,
    },
    DemographicsChanged {
        #[id]
        patient_id: Uuid,
        recorded: Recorded,
        known: Known,
    },
    PatientDeactivated {
        #[id]
        patient_id: Uuid,
        recorded: Recorded,
    },
    PatientReactivated {
        #[id]
        patient_id: Uuid,
        recorded: Recorded,
    },
    PractitionerRegistered {
        #[id]
        practitioner_id: Uuid,
        recorded: Recorded,
        body: Value,
    },
    AppointmentBooked {
        #[id]
        appointment_id: Uuid,
        recorded: Recorded,
        booking: Booking,
    },
    AppointmentRescheduled {
        #[id]
        appointment_id: Uuid,
        recorded: Recorded,
        moved: Move,
    },
    AppointmentArrived {
        #[id]
        appointment_id: Uuid,
        recorded: Recorded,
        arrival: Arrival,
    },
    AppointmentFulfilled {
        #[id]
        appointment_id: Uuid,
        recorded: Recorded,
        fulfilment: Fulfilment,
    },
    AppointmentCancelled {
        #[id]
        appointment_id: Uuid,
        recorded: Recorded,
        cancellation: Cancellation,
    },
}

impl ClinicEvent {
    /// An event of the file.
    pub(super) fn of(line: EventLine) -> anyhow::Result<Self> {
        let name = line.event_type.clone();
        read(line).with_context(|| format!("an event of type {name}"))
    }
}

fn read(line: EventLine) -> anyhow::Result<ClinicEvent> {
    let recorded = Recorded {
        time: line.time.parse()?,
        version: line.version.try_into()?,
    };
    let (id, body) = (line.aggregate_id, line.data);
    Ok(match line.event_type.as_str() {
        "patient.registered" => ClinicEvent::PatientRegistered {
            patient_id: id.parse()?,
            recorded,
            known: typed(body)?,
        },
        "patient.demographics-changed" => ClinicEvent::DemographicsChanged {
            patient_id: id.parse()?,
            recorded,
            known: typed(body)?,
        },
        "patient.deactivated" => ClinicEvent::PatientDeactivated {
            patient_id: id.parse()?,
            recorded,
        },
        "patient.reactivated" => ClinicEvent::PatientReactivated {
            patient_id: id.parse()?,
            recorded,
        },
        "practitioner.registered" => ClinicEvent::PractitionerRegistered {
            practitioner_id: id.parse()?,
            recorded,
            body,
        },
        "appointment.booked" => ClinicEvent::AppointmentBooked {
            appointment_id: id.parse()?,
            recorded,
            booking: typed(body)?,
        },
        "appointment.rescheduled" => ClinicEvent::AppointmentRescheduled {
            appointment_id: id.parse()?,
            recorded,
            moved: typed(body)?,
        },
        "appointment.arrived" => ClinicEvent::AppointmentArrived {
            appointment_id: id.parse()?,
            recorded,
            arrival: typed(body)?,
        },
        "appointment.fulfilled" => ClinicEvent::AppointmentFulfilled {
            appointment_id: id.parse()?,
            recorded,
            fulfilment: typed(body)?,
        },
        "appointment.cancelled" => ClinicEvent::AppointmentCancelled {
            appointment_id: id.parse()?,
            recorded,
            cancellation: typed(body)?,
        },
        _ => anyhow::bail!("it is not one that the clinic makes"),
    })
}

fn typed<T: DeserializeOwned>(body: Value) -> anyhow::Result<T> {
    Ok(serde_json::from_value(body)?)
}
