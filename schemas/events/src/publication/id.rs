//! The name of an event version and of its published files.

use std::fmt;

/// A version of an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaId {
    /// The event type.
    pub event_type: String,
    /// The schema version of the body.
    pub schema_version: u32,
}

impl SchemaId {
    /// Creates the id of an event version.
    pub fn new(event_type: impl Into<String>, schema_version: u32) -> Self {
        Self {
            event_type: event_type.into(),
            schema_version,
        }
    }

    /// The name of the schema file, such as `patient.registered.v1.schema.json`.
    #[must_use]
    pub fn schema_file(&self) -> String {
        format!("{}.v{}.schema.json", self.event_type, self.schema_version)
    }

    /// Parses the name of a schema file.
    #[must_use]
    pub fn from_schema_file(name: &str) -> Option<Self> {
        let (event_type, version) = name.strip_suffix(".schema.json")?.rsplit_once(".v")?;
        let id = Self::new(event_type, version.parse().ok()?);
        (id.schema_file() == name).then_some(id)
    }

    pub(super) fn schema_path(&self) -> String {
        format!("json/{}", self.schema_file())
    }

    pub(super) fn sample_path(&self) -> String {
        format!("samples/{}.v{}.json", self.event_type, self.schema_version)
    }

    /// The path of the expected reading of the sample.
    pub(super) fn expected_path(&self) -> String {
        format!("samples/expected/{}.v{}.json", self.event_type, self.schema_version)
    }
}

impl fmt::Display for SchemaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.event_type, self.schema_version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_id_round_trips_through_its_file_name() {
        let id = SchemaId::new("patient.registered", 2);
        assert_eq!(id.to_string(), "patient.registered@2");
        assert_eq!(id.schema_file(), "patient.registered.v2.schema.json");
        assert_eq!(SchemaId::from_schema_file(&id.schema_file()), Some(id));
        for other in [
            "patient.registered.v02.schema.json",
            "patient.registered.schema.json",
            "README.md",
        ] {
            assert_eq!(SchemaId::from_schema_file(other), None, "{other}");
        }
    }
}
