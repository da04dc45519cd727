//! A FHIR resource that becomes a record.

use chrono::{DateTime, Utc};
use domain::values::TimeZone;

use super::{index::Index, note::Notes};

/// The imported resource types, ordered so that references can be resolved.
pub(crate) const RESOURCE_TYPES: [&str; 4] = ["Patient", "Practitioner", "Encounter", "MedicationRequest"];

/// The reason why a resource is not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) enum NotImported {
    /// It is not a kind that is imported.
    Skipped(String),
    /// It is such a kind, but invalid.
    Refused(String),
}

/// The context in which resources are translated.
#[derive(Debug)]
pub(in crate::import) struct Reading<'a> {
    pub(in crate::import) now: DateTime<Utc>,
    /// The time zone of the practitioners, and of dates without a time.
    pub(in crate::import) time_zone: TimeZone,
    pub(in crate::import) index: &'a Index,
}

/// A resource type that is imported.
pub(in crate::import) trait Resource: serde::de::DeserializeOwned + Send + 'static {
    /// The `resourceType`.
    const KIND: &'static str;
    /// Optional elements, without which the others keep their meaning. They are left out if they cannot be read.
    const EXPENDABLE: &'static [&'static str];
    type Record: Send;

    /// Translates the resource with this id.
    ///
    /// # Errors
    /// It is not a kind that is imported, or an element is missing or invalid.
    fn record(self, id: &str, reading: &Reading<'_>, notes: &mut Notes) -> Result<Self::Record, NotImported>;
}

/// Refuses a resource. The reason names the element and the rule.
pub(super) fn refused(element: &str, why: impl std::fmt::Display) -> NotImported {
    NotImported::Refused(format!("{element} {why}"))
}
