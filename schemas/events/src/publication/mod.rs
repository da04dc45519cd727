//! The published files of each event version: its JSON Schema, its golden sample and the expected reading of the
//! sample. This module looks them up, compares them with earlier ones, and updates them. Other code reads and writes
//! the files.

mod compatibility;
mod files;
mod id;
mod renewal;
mod retired;

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
pub use compatibility::{Consequence, Incompatibility, incompatibilities};
pub use files::{Malformed, PublishedFiles};
pub use id::SchemaId;
pub use renewal::{Refusal, renew};
pub use retired::{RETIRED, Retired, retired};
use serde_json::Value;

use crate::CATALOGUE;
pub use crate::json_schema::{NoSuchField, PERSONAL, mark_personal};

/// The JSON Schema of an event version. The current version comes from the code, and an older one from its published
/// file.
#[must_use]
pub fn schema(id: &SchemaId) -> Option<Value> {
    let (present, described) = CATALOGUE.iter().find_map(|aggregate| {
        let name = aggregate.events.iter().find(|name| name.event_type == id.event_type)?;
        let described = aggregate
            .described
            .iter()
            .find(|described| described.event_type == id.event_type)?;
        Some((name.schema_version, described))
    })?;
    if id.schema_version == present {
        described.document(present).ok()
    } else if (1..present).contains(&id.schema_version) {
        serde_json::from_str(PublishedFiles::text(&id.schema_path())?).ok()
    } else {
        None
    }
}

/// The golden sample of a version of an event.
#[must_use]
pub fn sample(id: &SchemaId) -> Option<&'static str> {
    PublishedFiles::text(&id.sample_path())
}

/// All versions of all events in the catalogue.
pub fn versions() -> impl Iterator<Item = SchemaId> {
    CATALOGUE
        .iter()
        .flat_map(|aggregate| aggregate.events)
        .flat_map(|name| (1..=name.schema_version).map(|version| SchemaId::new(name.event_type, version)))
}

/// The schemas of all [`versions`].
#[must_use]
pub fn schemas() -> BTreeMap<SchemaId, Value> {
    versions()
        .filter_map(|id| schema(&id).map(|schema| (id, schema)))
        .collect()
}

/// The canonical text of a schema: keys in order, without whitespace.
#[must_use]
pub fn canonical(schema: &Value) -> String {
    sorted(schema).to_string()
}

/// The fingerprint of a schema: the first 12 digits of the SHA-256 of its canonical text.
#[must_use]
pub fn fingerprint(schema: &Value) -> String {
    let mut digits = sha256(&canonical(schema));
    digits.truncate(12);
    digits
}

/// The text of a schema as stored in its file.
#[must_use]
pub fn pretty(value: &Value) -> String {
    format!("{:#}\n", sorted(value))
}

fn sorted(value: &Value) -> Value {
    let mut value = value.clone();
    value.sort_all_objects();
    value
}

fn sha256(text: &str) -> String {
    hex::encode(digest(&SHA256, text.as_bytes()))
}
