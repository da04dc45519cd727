//! Marks the personal fields of a schema and allows `null` for them. The caller knows these fields.

use serde_json::{Value, json};

/// The keyword that marks a field as personal data.
pub const PERSONAL: &str = "x-personal";

/// A pointer does not lead to a field of the schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no field of this event is at {pointer}")]
pub struct NoSuchField {
    /// The pointer.
    pub pointer: String,
}

/// Marks fields of an event's body as personal and allows `null`, which they hold after an erasure.
///
/// Each pointer is a JSON pointer (RFC 6901) into the body, such as `/name`. A `*` stands for every item of a list, as
/// in `/identifiers/*/value`.
///
/// # Errors
/// A pointer does not lead to a field.
pub fn mark_personal(schema: &mut Value, pointers: &[&str]) -> Result<(), NoSuchField> {
    for pointer in pointers {
        let field = field_at(schema, pointer).ok_or_else(|| NoSuchField {
            pointer: (*pointer).to_owned(),
        })?;
        field[PERSONAL] = json!(true);
        allow_null(field);
    }
    Ok(())
}

fn allow_null(field: &mut Value) {
    let types = match field["type"].take() {
        Value::Array(types) => types,
        one => vec![one],
    };
    field["type"] = with(types, json!("null"));
    if let Some(Value::Array(codes)) = field.get("enum") {
        field["enum"] = with(codes.clone(), Value::Null);
    }
}

/// Adds a value to a list, unless it contains the value.
fn with(mut list: Vec<Value>, value: Value) -> Value {
    if !list.contains(&value) {
        list.push(value);
    }
    list.into()
}

fn field_at<'a>(schema: &'a mut Value, pointer: &str) -> Option<&'a mut Value> {
    pointer.strip_prefix('/')?.split('/').try_fold(schema, |schema, token| {
        if token == "*" {
            schema.get_mut("items")
        } else {
            let name = token.replace("~1", "/").replace("~0", "~");
            schema.get_mut("properties")?.get_mut(name)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        CATALOGUE,
        publication::{SchemaId, schema},
    };

    #[test]
    fn a_marked_field_is_personal_and_may_be_null() {
        let mut marked = json!({
            "type": "object",
            "properties": {
                "name": { "type": "string" },
                "gender": { "type": "string", "enum": ["male", "female"] },
                "identifiers": { "type": "array", "items": { "type": "object", "properties": { "value": { "type": "string" } } } },
            },
        });
        for _twice in 0..2 {
            mark_personal(&mut marked, &["/gender", "/identifiers/*/value"]).expect("fields of the event");
            assert_eq!(
                marked["properties"]["gender"],
                json!({ "type": ["string", "null"], "enum": ["male", "female", null], "x-personal": true })
            );
            assert_eq!(
                marked["properties"]["identifiers"]["items"]["properties"]["value"],
                json!({ "type": ["string", "null"], "x-personal": true })
            );
            assert_eq!(marked["properties"]["name"], json!({ "type": "string" }));
        }
    }

    #[test]
    fn the_error_names_a_pointer_without_a_field() {
        let registered = SchemaId::new("patient.registered", 1);
        let mut marked = schema(&registered).expect("a known event");
        for pointer in ["/nickname", "name", "/name/first", "/name/*", ""] {
            let error = mark_personal(&mut marked, &[pointer]).expect_err("no such field");
            assert_eq!(error.pointer, pointer);
        }
    }

    #[test]
    fn every_listed_personal_field_exists_in_its_event() {
        for described in CATALOGUE.iter().flat_map(|aggregate| aggregate.described) {
            let document = described.document(1);
            assert!(document.is_ok(), "{}: {document:?}", described.event_type);
        }
    }
}
