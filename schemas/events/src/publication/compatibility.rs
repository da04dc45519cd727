//! The permitted changes to a published schema version: its documentation, and new optional fields. Any other change
//! would break events in the log or existing readers. Unknown keywords may not change at all.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::{Map, Value};

use super::{SchemaId, retired};
use crate::json_schema::PERSONAL;

/// The consequence of an incompatible change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// The schema is narrower. Events in the log may not match it.
    WrittenEvents,
    /// The schema is wider or lacks fields. Readers may not expect that.
    Readers,
    /// Both events and readers are affected.
    Both,
    /// A field was removed, so its content is no longer read.
    Lost,
    /// The consequence is unknown.
    Unknown,
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrittenEvents => "events that are in the log may no longer fit",
            Self::Readers => "readers of the published schema do not expect it",
            Self::Both => {
                "events that are in the log may no longer fit, and readers of the published schema do not expect it"
            }
            Self::Lost => "what events that are in the log say there is no longer read",
            Self::Unknown => "whether events and readers still fit cannot be told",
        })
    }
}

/// An incompatible change to a published version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id}{}{pointer}: {before} → {now}: {consequence}", if .pointer.is_empty() { "" } else { " at " })]
pub struct Incompatibility {
    /// The event version.
    pub id: SchemaId,
    /// The place in the schema, as a JSON pointer. It is empty for the whole schema.
    pub pointer: String,
    /// The published value.
    pub before: String,
    /// The current value.
    pub now: String,
    /// The consequence.
    pub consequence: Consequence,
}

impl Incompatibility {
    /// The remedy for an incompatible change.
    pub const REMEDY: &'static str = "A published version stays as it is: raise the event's version, and add an upcaster \
                                      and a sample (docs/how-to/add-an-event.md, \"Change an event\"). If the version has \
                                      never left this checkout, delete its schema and generate it again.";
}

/// Compares all published schemas with the current ones. New schemas are accepted as they are. A missing schema is
/// refused, unless its event was [`retired`] with all versions.
#[must_use]
pub fn incompatibilities(
    published: &BTreeMap<SchemaId, Value>,
    present: &BTreeMap<SchemaId, Value>,
) -> Vec<Incompatibility> {
    let mut found = Vec::new();
    for (id, before) in published {
        let mut comparison = Comparison { id, found: &mut found };
        match present.get(id) {
            Some(now) => comparison.schema("", before, now),
            None if is_retired(&id.event_type, present) => {}
            None => comparison.refuse("", "published", "not known", Consequence::WrittenEvents),
        }
    }
    found
}

fn is_retired(event_type: &str, present: &BTreeMap<SchemaId, Value>) -> bool {
    retired(event_type).is_some() && !present.keys().any(|id| id.event_type == event_type)
}

/// The comparison of one version.
struct Comparison<'a> {
    id: &'a SchemaId,
    found: &'a mut Vec<Incompatibility>,
}

impl Comparison<'_> {
    fn refuse(&mut self, at: &str, before: impl Into<String>, now: impl Into<String>, consequence: Consequence) {
        self.found.push(Incompatibility {
            id: self.id.clone(),
            pointer: at.to_owned(),
            before: before.into(),
            now: now.into(),
            consequence,
        });
    }

    fn schema(&mut self, at: &str, before: &Value, now: &Value) {
        let (Some(old), Some(new)) = (before.as_object(), now.as_object()) else {
            if before != now {
                self.refuse(at, before.to_string(), now.to_string(), Consequence::Unknown);
            }
            return;
        };
        let keywords: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for keyword in keywords
            .into_iter()
            .filter(|keyword| old.get(*keyword) != new.get(*keyword))
        {
            self.keyword(at, keyword, old, new);
        }
    }

    /// Checks a keyword whose value has changed.
    fn keyword(&mut self, at: &str, keyword: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let here = pointer(at, keyword);
        let (before, now) = (old.get(keyword), new.get(keyword));
        let consequence = match keyword {
            "title" | "description" | "examples" | "default" | "deprecated" | "$comment" => None,
            // Adding the mark is allowed: it affects storage, not content.
            PERSONAL if now == Some(&Value::Bool(true)) => None,
            PERSONAL => Some(Consequence::Both),
            "properties" => return self.properties(at, old, new),
            "required" => return self.required(at, old, new),
            "items" => match (before, now) {
                (Some(before), Some(now)) => return self.schema(&here, before, now),
                _ => added_or_removed(before.is_some(), now.is_some()),
            },
            "type" => sets(types(before), types(now)),
            "enum" => sets(members(before), members(now)),
            "maxLength" | "maxItems" | "maximum" | "exclusiveMaximum" => {
                limit(number(before, f64::INFINITY), number(now, f64::INFINITY))
            }
            // A smaller lower limit allows more.
            "minLength" | "minItems" => limit(-number(before, 0.0), -number(now, 0.0)),
            "minimum" | "exclusiveMinimum" => {
                limit(-number(before, f64::NEG_INFINITY), -number(now, f64::NEG_INFINITY))
            }
            "uniqueItems" => {
                let unique = Some(&Value::Bool(true));
                added_or_removed(before == unique, now == unique)
            }
            "format" | "pattern" => added_or_removed(before.is_some(), now.is_some()),
            _ => Some(Consequence::Unknown),
        };
        if let Some(consequence) = consequence {
            self.refuse(&here, shown(before), shown(now), consequence);
        }
    }

    fn properties(&mut self, at: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let here = pointer(at, "properties");
        let none = Map::new();
        let (before, now) = (fields(old).unwrap_or(&none), fields(new).unwrap_or(&none));
        for (name, schema) in before {
            let field = pointer(&here, name);
            match now.get(name) {
                Some(present) => self.schema(&field, schema, present),
                None => {
                    let renamed = now
                        .iter()
                        .find(|(new, present)| !before.contains_key(*new) && alike(schema, present));
                    let gone = renamed.map_or_else(
                        || "removed".to_owned(),
                        |(new, _)| format!("removed, or renamed to {new}"),
                    );
                    self.refuse(&field, "present", gone, Consequence::Lost);
                }
            }
        }
    }

    fn required(&mut self, at: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let (before, now) = (names(old), names(new));
        let here = pointer(at, "properties");
        let has =
            |schema: &Map<String, Value>, name: &str| fields(schema).is_some_and(|fields| fields.contains_key(name));
        for name in now.difference(&before) {
            let was = if has(old, name) { "optional" } else { "absent" };
            self.refuse(&pointer(&here, name), was, "required", Consequence::WrittenEvents);
        }
        // A removed field is already reported.
        for name in before.difference(&now).filter(|name| has(new, name)) {
            self.refuse(&pointer(&here, name), "required", "optional", Consequence::Readers);
        }
    }
}

/// Appends a token to a JSON pointer.
fn pointer(at: &str, token: &str) -> String {
    format!("{at}/{}", token.replace('~', "~0").replace('/', "~1"))
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

fn fields(schema: &Map<String, Value>) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

fn names(schema: &Map<String, Value>) -> BTreeSet<&str> {
    let listed = schema.get("required").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether two fields are the same apart from their documentation.
fn alike(one: &Value, other: &Value) -> bool {
    let bare = |schema: &Value| {
        let mut schema = schema.clone();
        schema.as_object_mut().map(|schema| schema.remove("description"));
        schema
    };
    bare(one) == bare(other)
}

/// The values that an `enum` allows: `None` without an `enum`.
fn members(value: Option<&Value>) -> Option<BTreeSet<String>> {
    Some(value?.as_array()?.iter().map(Value::to_string).collect())
}

/// The types that a `type` allows. `number` includes `integer`.
fn types(value: Option<&Value>) -> Option<BTreeSet<String>> {
    let listed = match value? {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let mut types: BTreeSet<String> = listed.iter().map(Value::to_string).collect();
    if types.contains("\"number\"") {
        types.insert("\"integer\"".to_owned());
    }
    Some(types)
}

fn number(value: Option<&Value>, none: f64) -> f64 {
    value.and_then(Value::as_f64).unwrap_or(none)
}

fn sets(before: Option<BTreeSet<String>>, now: Option<BTreeSet<String>>) -> Option<Consequence> {
    match (before, now) {
        (Some(before), Some(now)) => match (now.is_subset(&before), before.is_subset(&now)) {
            (true, true) => None,
            (true, false) => Some(Consequence::WrittenEvents),
            (false, true) => Some(Consequence::Readers),
            (false, false) => Some(Consequence::Both),
        },
        (before, now) => added_or_removed(before.is_some(), now.is_some()),
    }
}

/// Checks a limit. A larger value allows more.
fn limit(before: f64, now: f64) -> Option<Consequence> {
    if now < before {
        Some(Consequence::WrittenEvents)
    } else if now > before {
        Some(Consequence::Readers)
    } else {
        None
    }
}

/// Checks a constraint that was added or removed.
const fn added_or_removed(before: bool, now: bool) -> Option<Consequence> {
    match (before, now) {
        (false, true) => Some(Consequence::WrittenEvents),
        (true, false) => Some(Consequence::Readers),
        (true, true) => Some(Consequence::Both),
        (false, false) => None,
    }
}
