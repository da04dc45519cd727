//! Bodies in and out: an event as the JSON that is published, and back. The name and the version travel beside the
//! body, not in it.

use cqrs_es::Aggregate;
use domain::{
    EventName, NamedEvent,
    account::{Account, AccountEvent},
    appointment::{Appointment, AppointmentEvent},
    appointment_prescription::{AppointmentPrescription, AppointmentPrescriptionEvent},
    day::{Day, DayEvent},
    email_claim::{EmailClaim, EmailClaimEvent},
    idempotency_key::{IdempotencyKey, IdempotencyKeyEvent},
    invoice::{Invoice, InvoiceEvent},
    patient::{Patient, PatientEvent},
    practitioner::{Practitioner, PractitionerEvent},
    prescription::{Prescription, PrescriptionEvent},
};
use serde_json::{Value, error::Category};

/// An event of any aggregate.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Of a patient.
    Patient(PatientEvent),
    /// Of a claim on an e-mail address.
    EmailClaim(EmailClaimEvent),
    /// Of a practitioner.
    Practitioner(PractitionerEvent),
    /// Of an appointment.
    Appointment(AppointmentEvent),
    /// Of a resource's day.
    Day(DayEvent),
    /// Of a prescription.
    Prescription(PrescriptionEvent),
    /// Of what stands against an appointment.
    AppointmentPrescription(AppointmentPrescriptionEvent),
    /// Of an account.
    Account(AccountEvent),
    /// Of an invoice.
    Invoice(InvoiceEvent),
    /// Of an idempotency key.
    IdempotencyKey(IdempotencyKeyEvent),
}

/// An event's body, with the name and version it is published under.
#[derive(Clone, Debug, PartialEq)]
pub struct EventBody {
    /// The name and the version.
    pub name: EventName,
    /// The body.
    pub data: Value,
}

/// An event cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No aggregate has this type.
    #[error("no aggregate is of type {aggregate_type}")]
    UnknownAggregate {
        /// The type.
        aggregate_type: String,
    },
    /// The aggregate has no event of this name.
    #[error("event type {event_type} is not known")]
    UnknownType {
        /// The name.
        event_type: String,
    },
    /// The event is known, but not in this version: it was written by newer code, or is damaged.
    #[error("version {schema_version} of event type {event_type} is not known")]
    UnknownVersion {
        /// The name.
        event_type: String,
        /// The version.
        schema_version: u32,
    },
    /// The body does not fit the schema.
    #[error("the body of event type {event_type}, version {schema_version}, cannot be read: {reason}")]
    Body {
        /// The name.
        event_type: String,
        /// The version.
        schema_version: u32,
        /// What is wrong with it: a place and a kind of fault, never the body's content.
        reason: String,
    },
}

/// Writes an event's body.
///
/// # Errors
/// The event cannot be written as JSON, which no event of the domain brings about.
pub fn encode<E: NamedEvent>(event: &E) -> Result<EventBody, serde_json::Error> {
    let mut tagged = event.serialize(serde_json::value::Serializer)?;
    let data = tagged.get_mut("data").map(Value::take).unwrap_or_default();
    Ok(EventBody {
        name: event.name(),
        data,
    })
}

/// Reads an event of a known aggregate.
///
/// # Errors
/// The name or the version is not known, or the body does not fit.
pub fn decode<E: NamedEvent>(event_type: &str, schema_version: u32, data: &[u8]) -> Result<E, DecodeError> {
    let known = E::NAMES
        .iter()
        .find(|name| name.event_type == event_type)
        .ok_or_else(|| DecodeError::UnknownType {
            event_type: event_type.to_owned(),
        })?;
    if known.schema_version != schema_version {
        return Err(DecodeError::UnknownVersion {
            event_type: event_type.to_owned(),
            schema_version,
        });
    }
    let fault = |error: &serde_json::Error| DecodeError::Body {
        event_type: event_type.to_owned(),
        schema_version,
        reason: match error.classify() {
            Category::Data => "it does not fit its schema".to_owned(),
            _ => format!("it is not JSON, at line {}, column {}", error.line(), error.column()),
        },
    };
    let data: Value = serde_json::from_slice(data).map_err(|error| fault(&error))?;
    E::deserialize(serde_json::json!({ "type": event_type, "data": data })).map_err(|error| fault(&error))
}

impl Event {
    /// Reads an event of any aggregate.
    ///
    /// # Errors
    /// The aggregate's type, the event's name or its version is not known, or the body does not fit.
    pub fn decode(
        aggregate_type: &str,
        event_type: &str,
        schema_version: u32,
        data: &[u8],
    ) -> Result<Self, DecodeError> {
        match aggregate_type {
            Patient::TYPE => decode(event_type, schema_version, data).map(Self::Patient),
            EmailClaim::TYPE => decode(event_type, schema_version, data).map(Self::EmailClaim),
            Practitioner::TYPE => decode(event_type, schema_version, data).map(Self::Practitioner),
            Appointment::TYPE => decode(event_type, schema_version, data).map(Self::Appointment),
            Day::TYPE => decode(event_type, schema_version, data).map(Self::Day),
            Prescription::TYPE => decode(event_type, schema_version, data).map(Self::Prescription),
            AppointmentPrescription::TYPE => {
                decode(event_type, schema_version, data).map(Self::AppointmentPrescription)
            }
            Account::TYPE => decode(event_type, schema_version, data).map(Self::Account),
            Invoice::TYPE => decode(event_type, schema_version, data).map(Self::Invoice),
            IdempotencyKey::TYPE => decode(event_type, schema_version, data).map(Self::IdempotencyKey),
            _ => Err(DecodeError::UnknownAggregate {
                aggregate_type: aggregate_type.to_owned(),
            }),
        }
    }

    /// Writes the event's body.
    ///
    /// # Errors
    /// As [`encode`].
    pub fn encode(&self) -> Result<EventBody, serde_json::Error> {
        match self {
            Self::Patient(event) => encode(event),
            Self::EmailClaim(event) => encode(event),
            Self::Practitioner(event) => encode(event),
            Self::Appointment(event) => encode(event),
            Self::Day(event) => encode(event),
            Self::Prescription(event) => encode(event),
            Self::AppointmentPrescription(event) => encode(event),
            Self::Account(event) => encode(event),
            Self::Invoice(event) => encode(event),
            Self::IdempotencyKey(event) => encode(event),
        }
    }
}
