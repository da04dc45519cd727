//! The current JSON Schema of each event, described type by type. The compiler checks the descriptions against the
//! domain's types: an event or body field without a description does not compile. A schema allows everything ever
//! accepted under its version, which may be more than the domain accepts today.

mod account;
mod appointment;
mod codes;
mod invoice;
mod money;
mod patient;
mod personal;
mod practitioner;
mod prescription;
mod primitives;
mod values;

use domain::NamedEvent;
pub use personal::{NoSuchField, PERSONAL, mark_personal};
use serde_json::{Map, Value, json};

use crate::personal_fields;

/// The dialect of the schemas.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A type with a published JSON form.
pub(crate) trait Described {
    /// Whether a field of this type is required. A missing optional field reads as empty.
    const REQUIRED: bool = true;

    /// The JSON Schema of the type's values, with an example.
    fn schema() -> Value;
}

/// A type whose JSON form is an object.
pub(crate) trait DescribedObject {
    /// The fields of the object.
    fn properties() -> Vec<Property>;
}

/// A described event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DescribedEvent {
    pub(crate) event_type: &'static str,
    about: &'static str,
    body: fn() -> Value,
}

/// The described events of an aggregate.
pub(crate) trait DescribedEvents: NamedEvent {
    /// The description of each event.
    const DESCRIBED: &'static [DescribedEvent];
}

impl DescribedEvent {
    /// The complete published schema, which describes the decrypted body. Its id is the `ce-dataschema` of the event.
    ///
    /// # Errors
    /// A listed personal field is not a field of the body.
    pub(crate) fn document(&self, schema_version: u32) -> Result<Value, NoSuchField> {
        let mut document = (self.body)();
        mark_personal(&mut document, personal_fields(self.event_type).unwrap_or_default())?;
        document["$schema"] = json!(DIALECT);
        document["$id"] = json!(format!("urn:anamnesis:schema:{}:{schema_version}", self.event_type));
        document["title"] = json!(self.event_type);
        document["description"] = json!(self.about);
        Ok(document)
    }
}

/// Describes a variant of an event enum by the type of its body.
const fn variant<E, B: Described>(
    event_type: &'static str,
    about: &'static str,
    _variant: fn(B) -> E,
) -> DescribedEvent {
    DescribedEvent {
        event_type,
        about,
        body: B::schema,
    }
}

/// A field of an object.
pub(crate) struct Property {
    name: &'static str,
    required: bool,
    schema: Value,
}

/// Describes a field by its type.
fn field<F: Described>(name: &'static str, text: &str) -> Property {
    Property {
        name,
        required: F::REQUIRED,
        schema: about(text, F::schema()),
    }
}

/// Describes a required field with limits of its own.
fn limited(name: &'static str, text: &str, schema: Value) -> Property {
    Property {
        name,
        required: true,
        schema: about(text, schema),
    }
}

/// Describes a field of a struct, and takes its type from the struct.
fn property<S, F: Described>(name: &'static str, text: &str, _field: fn(&S) -> &F) -> Property {
    field::<F>(name, text)
}

/// The fields of a flattened field.
fn flattened<S, F: DescribedObject>(_field: fn(&S) -> &F) -> Vec<Property> {
    F::properties()
}

/// Adds a description to a schema.
fn about(text: &str, mut schema: Value) -> Value {
    schema["description"] = json!(text);
    schema
}

/// The schema of an object. It allows further fields, which readers ignore.
fn object_of(properties: Vec<Property>) -> Value {
    let required: Vec<&str> = properties
        .iter()
        .filter(|property| property.required)
        .map(|property| property.name)
        .collect();
    let mut schema = json!({ "type": "object", "required": required });
    schema["properties"] = properties
        .into_iter()
        .map(|property| (property.name.to_owned(), property.schema))
        .collect::<Map<_, _>>()
        .into();
    schema
}

/// Describes the events of an aggregate. A missing variant does not compile.
macro_rules! describe_events {
    ($events:ident { $($event_type:literal => $variant:ident, $about:literal;)+ }) => {
        impl $crate::json_schema::DescribedEvents for $events {
            const DESCRIBED: &'static [$crate::json_schema::DescribedEvent] =
                &[$($crate::json_schema::variant($event_type, $about, Self::$variant),)+];
        }

        // An unlisted event does not compile here.
        const _: fn(&$events) = |event| match event {
            $($events::$variant(_) => (),)+
        };
    };
}

/// Describes a struct as an object, field by field. `..` precedes flattened fields. A missing field does not compile.
macro_rules! describe_object {
    ($object:ident { $(..$flattened:ident;)* $($name:literal => $field:ident, $about:literal;)* }) => {
        impl $crate::json_schema::DescribedObject for $object {
            fn properties() -> Vec<$crate::json_schema::Property> {
                // An unlisted field does not compile here.
                const _: fn($object) = |$object { $($flattened: _,)* $($field: _,)* }| ();
                let parts: Vec<Vec<$crate::json_schema::Property>> = vec![
                    $($crate::json_schema::flattened(|object: &Self| &object.$flattened),)*
                    $(vec![$crate::json_schema::property($name, $about, |object: &Self| &object.$field)],)*
                ];
                parts.into_iter().flatten().collect()
            }
        }

        impl $crate::json_schema::Described for $object {
            fn schema() -> serde_json::Value {
                let properties = <Self as $crate::json_schema::DescribedObject>::properties();
                $crate::json_schema::object_of(properties)
            }
        }
    };
}

use {describe_events, describe_object};
