//! Seals and opens the fields of one body.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use bytes::Bytes;
use serde_json::Value;
use uuid::Uuid;

use super::{Key, data_key::DataKey};
use crate::Sealed;

/// Seals those of the fields that the body has. Returns `None` if it has none of them.
pub(crate) fn seal(
    key: &DataKey,
    event_id: Uuid,
    data_subject: &str,
    fields: &[&str],
    body: &[u8],
) -> Result<Option<(Bytes, Sealed)>, String> {
    let mut body: Value = serde_json::from_slice(body).map_err(|_| "a personal body must be JSON".to_owned())?;
    let mut sealed_fields = Vec::new();
    for field in fields {
        let Some(value) = body.pointer_mut(field).filter(|value| !value.is_null()) else {
            continue;
        };
        let sealed = key
            .encrypt(&Sealed::binding(event_id, field), value.to_string().as_bytes())
            .map_err(|_| format!("field {field} cannot be encrypted"))?;
        *value = Value::String(STANDARD_NO_PAD.encode(sealed));
        sealed_fields.push((*field).to_owned());
    }
    if sealed_fields.is_empty() {
        return Ok(None);
    }
    let sealed = Sealed {
        data_subject: data_subject.to_owned(),
        fields: sealed_fields,
    };
    Ok(Some((Bytes::from(body.to_string()), sealed)))
}

/// Opens the sealed fields of a body. With a destroyed key they become null.
pub(crate) fn open(key: &Key, event_id: Uuid, sealed: &Sealed, body: &[u8]) -> Result<Bytes, String> {
    let mut body: Value = serde_json::from_slice(body).map_err(|_| "the sealed body is not JSON".to_owned())?;
    for field in &sealed.fields {
        let value = body
            .pointer_mut(field)
            .ok_or_else(|| format!("the sealed field {field} is missing"))?;
        *value = match key {
            Key::Destroyed => Value::Null,
            Key::Known(key) => open_field(key, event_id, field, value)
                .ok_or_else(|| format!("the sealed field {field} cannot be opened: it is not what was written"))?,
        };
    }
    Ok(Bytes::from(body.to_string()))
}

fn open_field(key: &DataKey, event_id: Uuid, field: &str, value: &Value) -> Option<Value> {
    let encrypted = STANDARD_NO_PAD.decode(value.as_str()?).ok()?;
    let opened = key.decrypt(&Sealed::binding(event_id, field), &encrypted).ok()?;
    serde_json::from_slice(&opened).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::sealing::data_key::generate;

    const EVENT: Uuid = Uuid::from_u128(1);
    const FIELDS: &[&str] = &["/name", "/address/city", "/phone", "/email"];

    fn key() -> Arc<DataKey> {
        Arc::new(DataKey::new(&generate().expect("random")).expect("a key"))
    }

    fn body() -> Value {
        json!({ "name": "Ada", "address": { "city": "Rome", "country": "IT" }, "phone": null, "level": 3 })
    }

    fn sealed_by(key: &DataKey) -> (Bytes, Sealed) {
        seal(key, EVENT, "ada", FIELDS, body().to_string().as_bytes())
            .expect("sealed")
            .expect("something to seal")
    }

    fn value(body: &[u8]) -> Value {
        serde_json::from_slice(body).expect("JSON")
    }

    #[test]
    fn only_the_fields_that_are_there_are_sealed_and_all_open_again() {
        let key = key();
        let (bytes, sealed) = sealed_by(&key);
        assert_eq!(sealed.fields, ["/name", "/address/city"]);
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        assert!(!text.contains("Ada") && !text.contains("Rome"), "{text}");
        assert!(text.contains("IT"), "{text}");
        let opened = open(&Key::Known(key), EVENT, &sealed, &bytes).expect("opened");
        assert_eq!(value(&opened), body());
    }

    #[test]
    fn without_their_key_the_fields_are_null() {
        let (bytes, sealed) = sealed_by(&key());
        let opened = open(&Key::Destroyed, EVENT, &sealed, &bytes).expect("opened");
        let erased = json!({ "name": null, "address": { "city": null, "country": "IT" }, "phone": null, "level": 3 });
        assert_eq!(value(&opened), erased);
    }

    #[test]
    fn a_body_without_personal_fields_is_left_alone() {
        let sealed = seal(&key(), EVENT, "ada", FIELDS, br#"{"level":3,"name":null}"#);
        assert_eq!(sealed, Ok(None));
    }

    #[test]
    fn a_field_that_was_moved_changed_or_removed_is_an_error() {
        let key = key();
        let (bytes, sealed) = sealed_by(&key);
        let fault = |change: &dyn Fn(&mut Value), event: Uuid| {
            let mut body = value(&bytes);
            change(&mut body);
            open(
                &Key::Known(Arc::clone(&key)),
                event,
                &sealed,
                body.to_string().as_bytes(),
            )
            .expect_err("a fault")
        };
        let moved = |body: &mut Value| body["name"] = body["address"]["city"].clone();
        let removed = |body: &mut Value| drop(body.as_object_mut().map(|body| body.remove("name")));
        assert!(fault(&moved, EVENT).contains("/name"));
        assert!(fault(&|body| body["name"] = json!("Eve"), EVENT).contains("/name"));
        assert!(fault(&removed, EVENT).contains("missing"));
        assert!(fault(&|_| {}, Uuid::from_u128(2)).contains("/name"), "of another event");
    }
}
