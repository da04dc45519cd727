//! Marks the personal fields of a schema. Which fields those are is not known here.

use serde_json::{Value, json};

/// The keyword that says of a field that it is personal data.
pub const PERSONAL: &str = "x-personal";

/// A pointer leads to no field of the schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no field of this event is at {pointer}")]
pub struct NoSuchField {
    /// The pointer.
    pub pointer: String,
}

/// Marks fields of an event's body as personal.
///
/// A pointer is a JSON pointer (RFC 6901) into the body, such as `/name`; `*` stands for every item of a list, as in
/// `/identifiers/*/value`.
///
/// # Errors
/// A pointer leads nowhere.
pub fn mark_personal(schema: &mut Value, pointers: &[&str]) -> Result<(), NoSuchField> {
    for pointer in pointers {
        let field = field_at(schema, pointer).ok_or_else(|| NoSuchField {
            pointer: (*pointer).to_owned(),
        })?;
        field[PERSONAL] = json!(true);
    }
    Ok(())
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
    use crate::publication::{SchemaId, schema};

    #[test]
    fn a_field_is_marked_where_the_pointer_leads() {
        let registered = SchemaId::new("patient.registered", 1);
        let mut marked = schema(&registered).expect("a known event");
        mark_personal(&mut marked, &["/name", "/identifiers/*/value"]).expect("fields of the event");
        assert_eq!(marked["properties"]["name"][PERSONAL], true);
        assert_eq!(
            marked["properties"]["identifiers"]["items"]["properties"]["value"][PERSONAL],
            true
        );
        assert_eq!(marked["properties"]["gender"].get(PERSONAL), None);
    }

    #[test]
    fn a_pointer_that_leads_nowhere_is_named() {
        let registered = SchemaId::new("patient.registered", 1);
        let mut marked = schema(&registered).expect("a known event");
        for pointer in ["/nickname", "name", "/name/first", "/name/*", ""] {
            let error = mark_personal(&mut marked, &[pointer]).expect_err("no such field");
            assert_eq!(error.pointer, pointer);
        }
    }
}
