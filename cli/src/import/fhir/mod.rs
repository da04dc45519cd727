//! Translates FHIR R4 resources into commands, without I/O. The types contain only the elements that an import reads.
//!
//! Messages never repeat the content of a resource, so that the report can be shared.

mod choice;
mod dosage;
mod elements;
mod encounter;
mod medication_request;
mod note;
mod patient;
mod person;
mod practitioner;
mod reference;
mod time;

use chrono::{DateTime, Utc};
use domain::values::TimeZone;
use uuid::Uuid;

use self::reference::{Contained, Target};
pub(super) use self::{
    elements::CodeableConcept,
    encounter::Encounter,
    medication_request::MedicationRequest,
    note::{Note, Notes, What},
    patient::{Patient, PatientRecord},
    practitioner::{Practitioner, PractitionerRecord},
    reference::Reference,
};
use super::source::Index;

/// The reason why a resource is not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotImported {
    /// It is not a kind that is imported.
    Skipped(String),
    /// It is such a kind, but invalid.
    Refused(String),
}

/// The context in which resources are translated.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) now: DateTime<Utc>,
    /// The time zone of the practitioners, and of dates without a time.
    pub(super) time_zone: TimeZone,
    pub(super) index: &'a Index,
}

/// A resource type that is imported.
pub(super) trait Resource: serde::de::DeserializeOwned + Send + 'static {
    /// The `resourceType`.
    const KIND: &'static str;
    type Record: Send;

    /// Translates the resource with this id.
    ///
    /// # Errors
    /// It is not a kind that is imported, or an element is missing or invalid.
    fn record(self, id: &str, reading: &Reading<'_>, notes: &mut Notes) -> Result<Self::Record, NotImported>;
}

/// Refuses a resource. The reason names the element and the rule.
fn refused(element: &str, why: impl std::fmt::Display) -> NotImported {
    NotImported::Refused(format!("{element} {why}"))
}

/// The local id of a FHIR resource. It is deterministic, so that an import can be repeated.
pub(super) fn local_id(resource_type: &str, id: &str) -> Uuid {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"urn:anamnesis:fhir");
    Uuid::new_v5(&namespace, format!("{resource_type}/{id}").as_bytes())
}

/// The ids of a patient and a practitioner in the demo clinic.
pub(crate) fn demo_pair() -> (Uuid, Uuid) {
    (
        local_id("Patient", "pt-00ddd5bb1c41"),
        local_id("Practitioner", "DR-GI-001"),
    )
}

/// The local id of the target of a required reference.
fn required(
    reference: Option<&Reference>,
    (element, kind): (&'static str, &'static str),
    contained: &[Contained],
    index: &Index,
) -> Result<Uuid, NotImported> {
    match reference.map(|reference| reference.find(kind, contained, index)) {
        None => Err(refused(element, "is missing")),
        Some(Target::Known(id)) => Ok(id),
        Some(Target::OtherKind) => Err(refused(element, format_args!("must refer to a {kind}"))),
        Some(Target::Nowhere(why)) => Err(refused(element, why)),
    }
}
