//! The local ids of FHIR resources.

use uuid::Uuid;

/// The local id of a FHIR resource. It is deterministic, so that an import can be repeated.
pub(super) fn local_id(resource_type: &str, id: &str) -> Uuid {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"urn:anamnesis:fhir");
    Uuid::new_v5(&namespace, format!("{resource_type}/{id}").as_bytes())
}
