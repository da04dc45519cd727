//! What is published of events beyond this code: for each version ever written its JSON Schema, its golden sample and
//! what the sample reads as. Here it is looked up, compared with what was published before, and brought up to date;
//! files are read and written elsewhere.

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

/// The JSON Schema of a version of an event: of the present version as the code describes it, of an older one as it was
/// published.
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

/// Every version of every event, by the catalogue.
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

/// A schema as text in which only its content matters: keys in order, no blanks.
#[must_use]
pub fn canonical(schema: &Value) -> String {
    sorted(schema).to_string()
}

/// A short name of a schema's content: the first 12 digits of the SHA-256 of its canonical text.
#[must_use]
pub fn fingerprint(schema: &Value) -> String {
    let mut digits = sha256(&canonical(schema));
    digits.truncate(12);
    digits
}

/// A schema as text in the form in which it stands in its file.
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
