//! The timeline of a resource as shown by the API.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// An event in the timeline of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// The version of the resource after the event.
    pub version: i64,
    /// The published name of the event.
    #[schema(example = "patient.demographics-changed")]
    pub r#type: String,
    /// The time of the decision.
    pub time: DateTime<Utc>,
    /// The opaque id of the actor.
    #[schema(example = "anonymous")]
    pub actor: String,
    /// The event's id.
    pub event_id: Uuid,
    /// The id shared by all events that follow from the same request.
    pub correlation_id: Uuid,
    /// The id of the event that caused this one, if no request did.
    pub causation_id: Option<Uuid>,
    /// The changed fields of the resource. Erased values read as `null`, both before and after.
    pub changes: Vec<FieldChange>,
}

/// A changed field of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// A JSON pointer to the field.
    #[schema(example = "/phone")]
    pub field: String,
    /// The value before; `null` if there was none.
    pub from: Value,
    /// The value after; `null` if there is none.
    pub to: Value,
}

/// The fields that differ between two versions of a resource. Lists are compared as a whole. The resource's id and
/// version are omitted, because the timeline already shows them.
#[must_use]
pub fn changes(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", before, after, &mut changes);
    changes.retain(|change| !["/id", "/version"].contains(&change.field.as_str()));
    changes
}

fn compare(pointer: &str, before: &Value, after: &Value, changes: &mut Vec<FieldChange>) {
    let (one, other) = (before.as_object(), after.as_object());
    // An added or removed object is compared field by field.
    let is_object = |value: &Value| value.is_object() || value.is_null();
    if (one.is_some() || other.is_some()) && is_object(before) && is_object(after) {
        let mut names: Vec<&String> = one.into_iter().chain(other).flat_map(|object| object.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let below = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            let value = |object: &Value| object.get(name).cloned().unwrap_or_default();
            compare(&below, &value(before), &value(after), changes);
        }
    } else if before != after {
        changes.push(FieldChange {
            field: pointer.to_owned(),
            from: before.clone(),
            to: after.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, after: &Value) -> Vec<(String, Value, Value)> {
        let changes = changes(before, after).into_iter();
        changes.map(|change| (change.field, change.from, change.to)).collect()
    }

    #[test]
    fn only_differences_are_listed_with_both_values() {
        let before = json!({"name": "Ada", "phone": null, "tags": [1], "version": 1});
        let after = json!({"name": "Ada", "phone": "1", "tags": [1, 2], "version": 2});
        assert_eq!(
            told(&before, &after),
            [
                ("/phone".to_owned(), json!(null), json!("1")),
                ("/tags".to_owned(), json!([1]), json!([1, 2])),
            ]
        );
        assert!(changes(&after, &after).is_empty());
    }

    #[test]
    fn an_added_or_removed_object_is_listed_field_by_field() {
        let cancelled = json!({"cancellation": {"reasonCode": "pat", "a/b": null}});
        assert_eq!(
            told(&json!({}), &cancelled),
            [("/cancellation/reasonCode".to_owned(), json!(null), json!("pat"))]
        );
        assert_eq!(
            told(&cancelled, &json!({"cancellation": "no"})),
            [(
                "/cancellation".to_owned(),
                cancelled["cancellation"].clone(),
                json!("no")
            )]
        );
    }
}
