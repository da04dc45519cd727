//! Translates FHIR R4 resources into commands, without I/O. The types contain only the elements that an import reads.
//!
//! Messages never repeat the content of a resource, so that the report can be shared.

mod choice;
mod dosage;
mod elements;
mod encounter;
mod index;
mod local_id;
mod medication_request;
mod mentions;
mod note;
mod patient;
mod person;
mod practitioner;
mod reference;
mod resource;
mod time;

use uuid::Uuid;

use self::local_id::local_id;
pub(crate) use self::resource::RESOURCE_TYPES;
pub(super) use self::{
    encounter::Encounter,
    index::{Index, MEDICATION},
    medication_request::MedicationRequest,
    mentions::Mentions,
    note::{Note, Notes, What},
    patient::{Patient, PatientRecord},
    practitioner::{Practitioner, PractitionerRecord},
    resource::{NotImported, Reading, Resource},
};

/// The ids of a patient and a practitioner in the demo clinic.
pub(crate) fn demo_pair() -> (Uuid, Uuid) {
    (
        local_id("Patient", "pt-00ddd5bb1c41"),
        local_id("Practitioner", "DR-GI-001"),
    )
}
