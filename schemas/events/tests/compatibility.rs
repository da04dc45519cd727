//! Checks which changes to a published schema are compatible.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use events::publication::{
    Consequence::{self, Both, Lost, Readers, Unknown, WrittenEvents},
    Incompatibility, PublishedFiles, RETIRED, SchemaId, canonical, fingerprint, incompatibilities, retired, schemas,
    versions,
};
use serde_json::{Value, json};

/// A schema with an example of each feature.
fn published() -> Value {
    json!({
        "$id": "urn:shop:schema:order.placed:1",
        "title": "order.placed",
        "description": "An order was placed.",
        "type": "object",
        "required": ["total", "buyer"],
        "properties": {
            "total": { "type": "integer", "minimum": 0, "maximum": 1000 },
            "buyer": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[a-z]*$", "x-personal": true },
                    "born": { "type": "string", "format": "date" },
                },
            },
            "lines": {
                "type": "array",
                "maxItems": 20,
                "uniqueItems": true,
                "items": { "type": "string", "enum": ["book", "pen"] },
            },
            "a/b": { "type": "string" },
        },
    })
}

/// The incompatibilities that `change` causes.
fn compare(change: impl Fn(&mut Value)) -> Vec<Incompatibility> {
    let id = SchemaId::new("order.placed", 1);
    let mut changed = published();
    change(&mut changed);
    assert_ne!(changed, published(), "the change had no effect");
    incompatibilities(
        &BTreeMap::from([(id.clone(), published())]),
        &BTreeMap::from([(id, changed)]),
    )
}

/// Sets or removes the value at a pointer.
fn set(schema: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = schema
        .pointer_mut(parent)
        .and_then(Value::as_object_mut)
        .expect("an object");
    match value {
        Some(value) => parent.insert(name.replace("~1", "/"), value),
        None => parent.remove(&name.replace("~1", "/")),
    };
}

#[test]
fn documentation_and_new_optional_fields_are_allowed() {
    for (pointer, value) in [
        ("/description", Some(json!("Somebody placed an order."))),
        ("/title", None),
        ("/properties/total/description", Some(json!("In cents."))),
        ("/properties/total/examples", Some(json!([1]))),
        ("/properties/total/deprecated", Some(json!(true))),
        ("/properties/total/x-personal", Some(json!(true))),
        ("/properties/coupon", Some(json!({ "type": "string" }))),
        ("/properties/buyer/properties/email", Some(json!({ "type": "string" }))),
        ("/properties/lines/items/description", Some(json!("An article."))),
        ("/required", Some(json!(["buyer", "total"]))),
        ("/properties/total/type", Some(json!(["integer"]))),
        ("/properties/lines/items/enum", Some(json!(["pen", "book"]))),
    ] {
        let found = compare(|schema| set(schema, pointer, value.clone()));
        assert_eq!(found, [], "{pointer}");
    }
}

#[test]
fn every_other_change_is_reported_with_its_place_and_both_values() {
    let name = "/properties/buyer/properties/name";
    let at = |keyword: &str| format!("{name}/{keyword}");
    let lines = |keyword: &str| format!("/properties/lines/{keyword}");
    let total = |keyword: &str| format!("/properties/total/{keyword}");
    let table: Vec<(String, Option<Value>, &str, &str, Consequence)> = vec![
        (
            "/type".to_owned(),
            Some(json!("array")),
            "\"object\"",
            "\"array\"",
            Both,
        ),
        (
            "/$id".to_owned(),
            Some(json!("urn:x")),
            "\"urn:shop:schema:order.placed:1\"",
            "\"urn:x\"",
            Unknown,
        ),
        (
            "/additionalProperties".to_owned(),
            Some(json!(false)),
            "nothing",
            "false",
            Unknown,
        ),
        (total("type"), Some(json!("string")), "\"integer\"", "\"string\"", Both),
        (
            total("type"),
            Some(json!("number")),
            "\"integer\"",
            "\"number\"",
            Readers,
        ),
        (
            total("type"),
            Some(json!(["integer", "null"])),
            "\"integer\"",
            "[\"integer\",\"null\"]",
            Readers,
        ),
        (total("type"), None, "\"integer\"", "nothing", Readers),
        (total("maximum"), Some(json!(999)), "1000", "999", WrittenEvents),
        (total("maximum"), Some(json!(1001)), "1000", "1001", Readers),
        (total("maximum"), None, "1000", "nothing", Readers),
        (total("minimum"), Some(json!(1)), "0", "1", WrittenEvents),
        (total("minimum"), Some(json!(-1)), "0", "-1", Readers),
        (total("minimum"), None, "0", "nothing", Readers),
        (total("multipleOf"), Some(json!(5)), "nothing", "5", Unknown),
        (at("minLength"), Some(json!(2)), "1", "2", WrittenEvents),
        (at("minLength"), None, "1", "nothing", Readers),
        (at("maxLength"), Some(json!(100)), "200", "100", WrittenEvents),
        (at("maxLength"), Some(json!(300)), "200", "300", Readers),
        (at("pattern"), Some(json!("^.*$")), "\"^[a-z]*$\"", "\"^.*$\"", Both),
        (at("pattern"), None, "\"^[a-z]*$\"", "nothing", Readers),
        (at("format"), Some(json!("uuid")), "nothing", "\"uuid\"", WrittenEvents),
        (at("enum"), Some(json!(["x"])), "nothing", "[\"x\"]", WrittenEvents),
        (at("const"), Some(json!("x")), "nothing", "\"x\"", Unknown),
        (at("x-personal"), None, "true", "nothing", Both),
        (lines("maxItems"), Some(json!(10)), "20", "10", WrittenEvents),
        (lines("minItems"), Some(json!(1)), "nothing", "1", WrittenEvents),
        (lines("uniqueItems"), None, "true", "nothing", Readers),
        (
            lines("items/enum"),
            Some(json!(["book"])),
            "[\"book\",\"pen\"]",
            "[\"book\"]",
            WrittenEvents,
        ),
        (
            lines("items/enum"),
            Some(json!(["book", "cup", "pen"])),
            "[\"book\",\"pen\"]",
            "[\"book\",\"cup\",\"pen\"]",
            Readers,
        ),
        (
            lines("items/enum"),
            Some(json!(["cup"])),
            "[\"book\",\"pen\"]",
            "[\"cup\"]",
            Both,
        ),
        (lines("items/enum"), None, "[\"book\",\"pen\"]", "nothing", Readers),
    ];
    for (pointer, value, before, now, consequence) in table {
        let found = compare(|schema| set(schema, &pointer, value.clone()));
        let expected = Incompatibility {
            id: SchemaId::new("order.placed", 1),
            pointer: pointer.clone(),
            before: before.to_owned(),
            now: now.to_owned(),
            consequence,
        };
        assert_eq!(found, [expected], "{pointer} to {value:?}");
    }
}

/// The message of the only incompatibility.
#[track_caller]
fn told(change: impl Fn(&mut Value)) -> String {
    let found = compare(change);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].to_string()
}

#[test]
fn the_message_names_a_removed_added_or_required_field() {
    assert_eq!(
        told(|schema| set(schema, "/properties/a~1b", None)),
        "order.placed@1 at /properties/a~1b: present → removed: what events that are in the log say there is no \
         longer read"
    );
    assert_eq!(
        told(|schema| {
            set(schema, "/properties/buyer/properties/born", None);
            set(
                schema,
                "/properties/buyer/properties/birthday",
                Some(json!({ "type": "string", "format": "date" })),
            );
        }),
        "order.placed@1 at /properties/buyer/properties/born: present → removed, or renamed to birthday: what events \
         that are in the log say there is no longer read"
    );
    assert_eq!(
        told(|schema| set(schema, "/required", Some(json!(["total", "buyer", "lines"])))),
        "order.placed@1 at /properties/lines: optional → required: events that are in the log may no longer fit"
    );
    assert_eq!(
        told(|schema| {
            set(schema, "/properties/coupon", Some(json!({ "type": "string" })));
            set(schema, "/required", Some(json!(["total", "buyer", "coupon"])));
        }),
        "order.placed@1 at /properties/coupon: absent → required: events that are in the log may no longer fit"
    );
    assert_eq!(
        told(|schema| set(schema, "/required", Some(json!(["buyer"])))),
        "order.placed@1 at /properties/total: required → optional: readers of the published schema do not expect it"
    );
}

#[test]
fn a_removed_required_field_is_reported_once() {
    let found = compare(|schema| {
        set(schema, "/properties/total", None);
        set(schema, "/required", Some(json!(["buyer"])));
    });
    let found: Vec<(&str, Consequence)> = found
        .iter()
        .map(|one| (one.pointer.as_str(), one.consequence))
        .collect();
    assert_eq!(found, [("/properties/total", Lost)]);
}

#[test]
fn every_change_is_reported() {
    let found = compare(|schema| {
        set(schema, "/properties/total/type", Some(json!("string")));
        set(schema, "/properties/buyer/properties/name/maxLength", Some(json!(100)));
    });
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_version_may_be_added_but_not_removed() {
    let of = |versions: &[u32]| -> BTreeMap<SchemaId, Value> {
        let ids = versions.iter().map(|version| SchemaId::new("order.placed", *version));
        ids.map(|id| (id, published())).collect()
    };
    assert_eq!(incompatibilities(&of(&[1]), &of(&[1, 2])), []);
    let found = incompatibilities(&of(&[1, 2]), &of(&[2]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[0].to_string(),
        "order.placed@1: published → not known: events that are in the log may no longer fit"
    );
}

#[test]
fn an_event_can_be_removed_only_if_retired_with_all_versions() {
    let of = |ids: &[(&str, u32)]| -> BTreeMap<SchemaId, Value> {
        ids.iter()
            .map(|(event_type, version)| (SchemaId::new(*event_type, *version), published()))
            .collect()
    };
    let before = of(&[("day.reserved", 1), ("day.reserved", 2), ("order.placed", 1)]);
    assert_eq!(incompatibilities(&before, &of(&[("order.placed", 1)])), []);
    let told = |now: &[(&str, u32)]| -> Vec<String> {
        let found = incompatibilities(&before, &of(now));
        found.iter().map(|found| found.id.to_string()).collect()
    };
    assert_eq!(told(&[]), ["order.placed@1"]);
    assert_eq!(told(&[("order.placed", 1), ("day.reserved", 2)]), ["day.reserved@1"]);
    let mut changed = of(&[("day.reserved", 1)]);
    for schema in changed.values_mut() {
        schema["type"] = json!("array");
    }
    assert_eq!(incompatibilities(&of(&[("day.reserved", 1)]), &changed).len(), 1);
}

/// Repeats the list, so that nobody retires an event unnoticed.
#[test]
fn retired_events_have_a_reason_and_keep_their_names() {
    let names: Vec<&str> = RETIRED.iter().map(|retired| retired.event_type).collect();
    assert_eq!(
        names,
        [
            "appointment-prescription.claimed",
            "appointment-prescription.released",
            "day.overbooked",
            "day.released",
            "day.reserved",
            "email-claim.claimed",
            "email-claim.released",
            "idempotency-key.used",
        ]
    );
    for gone in RETIRED {
        assert!(gone.reason.starts_with("never released; "), "{}", gone.event_type);
        assert_eq!(retired(gone.event_type), Some(gone));
        assert!(
            !versions().any(|id| id.event_type == gone.event_type),
            "{}",
            gone.event_type
        );
    }
    assert_eq!(retired("patient.registered"), None);
}

#[test]
fn what_is_published_of_this_code_is_compatible_with_it() {
    let published = PublishedFiles::compiled_in().schemas().expect("schemas");
    assert_eq!(incompatibilities(&published, &schemas()), []);
    assert_eq!(
        published.keys().collect::<Vec<_>>(),
        schemas().keys().collect::<Vec<_>>()
    );
}

#[test]
fn a_fingerprint_depends_on_content_not_on_form() {
    let one: Value = serde_json::from_str(r#"{ "b": [1, 2], "a": { "d": 1, "c": 2 } }"#).expect("JSON");
    let other: Value = serde_json::from_str(r#"{"a":{"c":2,"d":1},"b":[1,2]}"#).expect("JSON");
    assert_eq!(canonical(&one), r#"{"a":{"c":2,"d":1},"b":[1,2]}"#);
    assert_eq!(fingerprint(&one), fingerprint(&other));
    assert_eq!(fingerprint(&one).len(), 12);
    assert_ne!(
        fingerprint(&one),
        fingerprint(&json!({ "a": { "c": 2, "d": 1 }, "b": [2, 1] }))
    );
}
