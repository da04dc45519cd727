//! Translates FHIR R4 resources into commands, without I/O. The types contain only the elements that an import reads.
//!
//! Error messages never repeat the content of a resource, so that the file of refused resources can be shared.

mod encounter;
mod medication_request;
mod patient;
mod practitioner;

use serde::Deserialize;
use uuid::Uuid;

pub(super) use encounter::Encounter;
pub(super) use medication_request::{Group, MedicationRequest, Part};
pub(super) use patient::Patient;
pub(super) use practitioner::Practitioner;

/// The reason why a resource is not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotImported {
    /// It is not a kind that is imported.
    Skipped(String),
    /// It is such a kind, but invalid.
    Refused(String),
}

/// Refuses a resource. The reason names the element and the rule.
fn refused(element: &str, why: impl std::fmt::Display) -> NotImported {
    NotImported::Refused(format!("{element} {why}"))
}

/// The local id of a FHIR resource. It is deterministic, so that an import can be repeated.
fn local_id(resource_type: &str, id: &str) -> Uuid {
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

#[derive(Debug, Default, Deserialize)]
struct HumanName {
    r#use: Option<String>,
    text: Option<String>,
    family: Option<String>,
    #[serde(default)]
    given: Vec<String>,
    #[serde(default)]
    prefix: Vec<String>,
}

impl HumanName {
    fn display(&self) -> String {
        self.text.clone().unwrap_or_else(|| {
            let parts = self.prefix.iter().chain(&self.given).chain(&self.family);
            parts.map(String::as_str).collect::<Vec<_>>().join(" ")
        })
    }
}

/// The official name, or else the first one.
fn display_name(names: &[HumanName]) -> Option<String> {
    let official = names.iter().find(|name| name.r#use.as_deref() == Some("official"));
    official.or_else(|| names.first()).map(HumanName::display)
}

#[derive(Debug, Deserialize)]
struct ContactPoint {
    system: Option<String>,
    value: Option<String>,
}

fn contact(points: &[ContactPoint], system: &str) -> Option<String> {
    points
        .iter()
        .find(|point| point.system.as_deref() == Some(system))
        .and_then(|point| point.value.clone())
}

#[derive(Debug, Default, Deserialize)]
struct CodeableConcept {
    text: Option<String>,
    #[serde(default)]
    coding: Vec<Coding>,
}

#[derive(Debug, Deserialize)]
struct Coding {
    system: Option<String>,
    code: Option<String>,
    display: Option<String>,
}

impl CodeableConcept {
    fn display(&self) -> Option<String> {
        self.text
            .clone()
            .or_else(|| self.coding.iter().find_map(|coding| coding.display.clone()))
    }
}

#[derive(Debug, Deserialize)]
struct Reference {
    reference: Option<String>,
}

/// The local id of the target of a literal reference such as `Patient/pt-1`.
fn referenced(reference: &Reference, resource_type: &str) -> Option<Uuid> {
    let (kind, id) = reference.reference.as_deref()?.rsplit_once('/')?;
    let kind = kind.rsplit('/').next()?;
    (kind == resource_type).then(|| local_id(resource_type, id))
}
