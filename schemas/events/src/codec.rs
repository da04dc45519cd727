//! Encoding and decoding of events as published JSON. Name and version are stored beside the body. A body of an older
//! version is upcast before it is read.

use cqrs_es::Aggregate;
use domain::{
    EventName, NamedEvent,
    account::{Account, AccountEvent},
    appointment::{Appointment, AppointmentEvent},
    invoice::{Invoice, InvoiceEvent},
    patient::{Patient, PatientEvent},
    practitioner::{Practitioner, PractitionerEvent},
    prescription::{Prescription, PrescriptionEvent},
};
use serde_json::{Value, error::Category};

use crate::{upcasters::UPCASTERS, upcasting::Upcasters};

/// An event of any aggregate.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An event of a patient.
    Patient(PatientEvent),
    /// An event of a practitioner.
    Practitioner(PractitionerEvent),
    /// An event of an appointment.
    Appointment(AppointmentEvent),
    /// An event of a prescription.
    Prescription(PrescriptionEvent),
    /// An event of an account.
    Account(AccountEvent),
    /// An event of an invoice.
    Invoice(InvoiceEvent),
}

/// The events of one aggregate type.
pub trait OfAggregate: Sized {
    /// The event, if it belongs to this aggregate type.
    fn among(event: &Event) -> Option<&Self>;
}

macro_rules! of_aggregates {
    ($($variant:ident($event:ident)),* $(,)?) => {$(
        impl OfAggregate for $event {
            fn among(event: &Event) -> Option<&Self> {
                match event {
                    Event::$variant(event) => Some(event),
                    _ => None,
                }
            }
        }
    )*};
}

of_aggregates!(
    Patient(PatientEvent),
    Practitioner(PractitionerEvent),
    Appointment(AppointmentEvent),
    Prescription(PrescriptionEvent),
    Account(AccountEvent),
    Invoice(InvoiceEvent),
);

/// An event's body with its published name and version.
#[derive(Clone, Debug, PartialEq)]
pub struct EventBody {
    /// The name and version.
    pub name: EventName,
    /// The body.
    pub data: Value,
}

/// The reason an event cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The aggregate type is unknown.
    #[error("no aggregate is of type {aggregate_type}")]
    UnknownAggregate {
        /// The aggregate type.
        aggregate_type: String,
    },
    /// The aggregate has no event of this type.
    #[error("event type {event_type} is not known")]
    UnknownType {
        /// The event type.
        event_type: String,
    },
    /// The event type is known, but not this version. Newer code wrote it, or it is damaged.
    #[error("version {schema_version} of event type {event_type} is not known; the newest known is {newest}")]
    UnknownVersion {
        /// The event type.
        event_type: String,
        /// The schema version.
        schema_version: u32,
        /// The newest known version.
        newest: u32,
    },
    /// The body has an older version, and an upcaster failed on it.
    #[error(
        "event type {event_type}, version {schema_version}, cannot be read as version {wanted}: the step from version \
         {from} to {} fails: {reason}", .from + 1
    )]
    Upcast {
        /// The event type.
        event_type: String,
        /// The version of the body.
        schema_version: u32,
        /// The current version.
        wanted: u32,
        /// The version that the failing upcaster reads.
        from: u32,
        /// The reason, which never contains content of the body.
        reason: &'static str,
    },
    /// The body does not match its schema.
    #[error("the body of event type {event_type}, version {schema_version}, cannot be read: {reason}")]
    Body {
        /// The event type.
        event_type: String,
        /// The schema version.
        schema_version: u32,
        /// The reason: a place and a kind of error, never content of the body.
        reason: String,
    },
}

/// Encodes an event.
///
/// # Errors
/// JSON serialisation fails. No event of the domain causes this.
pub fn encode<E: NamedEvent>(event: &E) -> Result<EventBody, serde_json::Error> {
    let mut tagged = event.serialize(serde_json::value::Serializer)?;
    let data = tagged.get_mut("data").map(Value::take).unwrap_or_default();
    Ok(EventBody {
        name: event.name(),
        data,
    })
}

/// Decodes an event of a known aggregate, in any version from 1 to the current one.
///
/// # Errors
/// The event type or version is unknown, an upcaster fails, or the body does not match the schema.
pub fn decode<E: NamedEvent>(event_type: &str, schema_version: u32, data: &[u8]) -> Result<E, DecodeError> {
    decode_through(UPCASTERS, event_type, schema_version, data)
}

fn decode_through<E: NamedEvent>(
    upcasters: Upcasters,
    event_type: &str,
    schema_version: u32,
    data: &[u8],
) -> Result<E, DecodeError> {
    let present = E::NAMES
        .iter()
        .find(|name| name.event_type == event_type)
        .ok_or_else(|| DecodeError::UnknownType {
            event_type: event_type.to_owned(),
        })?
        .schema_version;
    if !(1..=present).contains(&schema_version) {
        return Err(DecodeError::UnknownVersion {
            event_type: event_type.to_owned(),
            schema_version,
            newest: present,
        });
    }
    let fault = |error: &serde_json::Error| DecodeError::Body {
        event_type: event_type.to_owned(),
        schema_version,
        reason: match error.classify() {
            Category::Data if schema_version < present => format!("raised to version {present}, it does not fit"),
            Category::Data => "it does not fit its schema".to_owned(),
            _ => format!("it is not JSON, at line {}, column {}", error.line(), error.column()),
        },
    };
    let data: Value = serde_json::from_slice(data).map_err(|error| fault(&error))?;
    let data = upcasters.raise(event_type, schema_version, present, data)?;
    E::deserialize(serde_json::json!({ "type": event_type, "data": data })).map_err(|error| fault(&error))
}

impl Event {
    /// Decodes an event of any aggregate.
    ///
    /// # Errors
    /// The aggregate type, event type or version is unknown, or the body does not match the schema.
    pub fn decode(
        aggregate_type: &str,
        event_type: &str,
        schema_version: u32,
        data: &[u8],
    ) -> Result<Self, DecodeError> {
        match aggregate_type {
            Patient::TYPE => decode(event_type, schema_version, data).map(Self::Patient),
            Practitioner::TYPE => decode(event_type, schema_version, data).map(Self::Practitioner),
            Appointment::TYPE => decode(event_type, schema_version, data).map(Self::Appointment),
            Prescription::TYPE => decode(event_type, schema_version, data).map(Self::Prescription),
            Account::TYPE => decode(event_type, schema_version, data).map(Self::Account),
            Invoice::TYPE => decode(event_type, schema_version, data).map(Self::Invoice),
            _ => Err(DecodeError::UnknownAggregate {
                aggregate_type: aggregate_type.to_owned(),
            }),
        }
    }

    /// Encodes the event.
    ///
    /// # Errors
    /// See [`encode`].
    pub fn encode(&self) -> Result<EventBody, serde_json::Error> {
        match self {
            Self::Patient(event) => encode(event),
            Self::Practitioner(event) => encode(event),
            Self::Appointment(event) => encode(event),
            Self::Prescription(event) => encode(event),
            Self::Account(event) => encode(event),
            Self::Invoice(event) => encode(event),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;
    use crate::upcasting::Upcaster;

    /// An event with older versions. Version 1 spelt the field `color`, and version 2 had no shade. Version 3 is
    /// current.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "type", content = "data")]
    enum WallEvent {
        #[serde(rename = "wall.painted")]
        Painted { colour: String, shade: u8 },
    }

    impl NamedEvent for WallEvent {
        const NAMES: &'static [EventName] = &[EventName {
            event_type: "wall.painted",
            schema_version: 3,
        }];

        fn name(&self) -> EventName {
            Self::NAMES[0]
        }
    }

    impl cqrs_es::DomainEvent for WallEvent {
        fn event_type(&self) -> String {
            self.name().event_type.to_owned()
        }

        fn event_version(&self) -> String {
            self.name().schema_version.to_string()
        }
    }

    fn renamed(mut body: Value) -> Result<Value, &'static str> {
        let body = body.as_object_mut().ok_or("it is no object")?;
        let colour = body.remove("color").ok_or("it names no colour")?;
        Ok(json!({ "colour": colour }))
    }

    fn shaded(mut body: Value) -> Result<Value, &'static str> {
        body.as_object_mut()
            .ok_or("it is no object")?
            .insert("shade".to_owned(), json!(5));
        Ok(body)
    }

    static STEPS: Upcasters = Upcasters(&[
        Upcaster {
            event_type: "wall.painted",
            from: 1,
            upcast: renamed,
        },
        Upcaster {
            event_type: "wall.painted",
            from: 2,
            upcast: shaded,
        },
    ]);

    fn decode(schema_version: u32, body: &str) -> Result<WallEvent, DecodeError> {
        decode_through(STEPS, "wall.painted", schema_version, body.as_bytes())
    }

    #[test]
    fn every_version_ever_written_reads_as_the_present_one() {
        let painted = WallEvent::Painted {
            colour: "red".to_owned(),
            shade: 5,
        };
        for (version, body) in [
            (1, r#"{"color":"red"}"#),
            (2, r#"{"colour":"red"}"#),
            (3, r#"{"colour":"red","shade":5}"#),
        ] {
            assert_eq!(decode(version, body), Ok(painted.clone()), "version {version}");
        }
    }

    #[test]
    fn a_version_that_never_was_is_told_from_one_that_was() {
        for version in [0, 4, u32::MAX] {
            assert_eq!(
                decode(version, "{}"),
                Err(DecodeError::UnknownVersion {
                    event_type: "wall.painted".to_owned(),
                    schema_version: version,
                    newest: 3,
                })
            );
        }
    }

    #[test]
    fn errors_never_contain_the_body() {
        let told = |version, body| decode(version, body).expect_err("not readable").to_string();
        assert_eq!(
            told(1, r#"{"colour":"Xanthippe"}"#),
            "event type wall.painted, version 1, cannot be read as version 3: the step from version 1 to 2 fails: it \
             names no colour"
        );
        assert_eq!(
            told(2, r#""Xanthippe""#),
            "event type wall.painted, version 2, cannot be read as version 3: the step from version 2 to 3 fails: it is \
             no object"
        );
        assert_eq!(
            told(1, r#"{"color":["Xanthippe"]}"#),
            "the body of event type wall.painted, version 1, cannot be read: raised to version 3, it does not fit"
        );
        assert_eq!(
            told(1, r#"{"color":"Xanth"#),
            "the body of event type wall.painted, version 1, cannot be read: it is not JSON, at line 1, column 15"
        );
    }

    #[test]
    fn versions_after_a_missing_upcaster_still_read() {
        static HOLE: Upcasters = Upcasters(&[]);
        let written = |version, body: &str| {
            decode_through::<WallEvent>(HOLE, "wall.painted", version, body.as_bytes())
                .map_err(|error| error.to_string())
        };
        assert!(written(3, r#"{"colour":"red","shade":5}"#).is_ok());
        let hole = written(2, r#"{"colour":"red"}"#).expect_err("no step");
        assert!(hole.contains("no upcaster is declared"), "{hole}");
    }
}
