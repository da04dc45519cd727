//! What became of something: its timeline, as the API shows it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// The version that it made.
    pub version: i64,
    /// What happened: the event's published name.
    #[schema(example = "patient.demographics-changed")]
    pub r#type: String,
    /// When it was decided.
    pub time: DateTime<Utc>,
    /// Who decided it: an opaque id.
    #[schema(example = "anonymous")]
    pub actor: String,
    /// The event's id.
    pub event_id: Uuid,
    /// What it shares with everything else that the same request set off.
    pub correlation_id: Uuid,
    /// The event that set it off, where it was not a request.
    pub causation_id: Option<Uuid>,
    /// What it changed of the resource. What has been erased reads as `null`, before and after.
    pub changes: Vec<FieldChange>,
}

/// One field of a resource that changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// The field, as a JSON pointer into the resource.
    #[schema(example = "/phone")]
    pub field: String,
    /// What it was; `null` when it was nothing.
    pub from: Value,
    /// What it became.
    pub to: Value,
}

/// The fields that tell two forms of a resource apart. Lists are compared as wholes. The resource's own id and version are
/// left out: they say nothing that the timeline does not.
#[must_use]
pub fn changes(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", before, after, &mut changes);
    changes.retain(|change| !["/id", "/version"].contains(&change.field.as_str()));
    changes
}

fn compare(pointer: &str, before: &Value, after: &Value, changes: &mut Vec<FieldChange>) {
    let (one, other) = (before.as_object(), after.as_object());
    // An object that comes or goes is told field by field.
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
    fn only_what_differs_is_told_with_both_values() {
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
    fn an_object_that_comes_or_goes_is_told_field_by_field() {
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
