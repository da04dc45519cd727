//! The JSON Schema of every event as it is written today, described type by type and held against the domain's types
//! by the compiler: an event, or a field of its body, that is not described here does not compile. What a description
//! allows is what has ever been accepted under its version, which may be more than the domain accepts today.

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

/// What the schemas are written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A type whose JSON form is published.
pub(crate) trait Described {
    /// Whether a field of this type is always there. An absent one is read as empty.
    const REQUIRED: bool = true;

    /// The JSON Schema of its values, with an example.
    fn schema() -> Value;
}

/// A type whose JSON form is an object.
pub(crate) trait DescribedObject {
    /// Its fields.
    fn properties() -> Vec<Property>;
}

/// An event, described.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DescribedEvent {
    pub(crate) event_type: &'static str,
    about: &'static str,
    body: fn() -> Value,
}

/// An aggregate's events, each described.
pub(crate) trait DescribedEvents: NamedEvent {
    /// One for each event.
    const DESCRIBED: &'static [DescribedEvent];
}

impl DescribedEvent {
    /// The whole schema, as it is published: of the body once it has been opened. Its id is what `ce-dataschema` says of
    /// such an event.
    ///
    /// # Errors
    /// A field that is listed as personal is none of the body's.
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

/// Describes a variant of an event enum; the body's type is the variant's.
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

/// Describes a field of a type.
fn field<F: Described>(name: &'static str, text: &str) -> Property {
    Property {
        name,
        required: F::REQUIRED,
        schema: about(text, F::schema()),
    }
}

/// Describes a field that has limits of its own, and is always there.
fn limited(name: &'static str, text: &str, schema: Value) -> Property {
    Property {
        name,
        required: true,
        schema: about(text, schema),
    }
}

/// Describes a field; its type is what the struct says it is.
fn property<S, F: Described>(name: &'static str, text: &str, _field: fn(&S) -> &F) -> Property {
    field::<F>(name, text)
}

/// The fields of a field that is written as if they were the struct's own.
fn flattened<S, F: DescribedObject>(_field: fn(&S) -> &F) -> Vec<Property> {
    F::properties()
}

/// Says what a field is about.
fn about(text: &str, mut schema: Value) -> Value {
    schema["description"] = json!(text);
    schema
}

/// The schema of an object. Fields that it does not name are allowed: readers ignore them.
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

/// Describes the events of an aggregate. Does not compile when a variant is missing.
macro_rules! describe_events {
    ($events:ident { $($event_type:literal => $variant:ident, $about:literal;)+ }) => {
        impl $crate::json_schema::DescribedEvents for $events {
            const DESCRIBED: &'static [$crate::json_schema::DescribedEvent] =
                &[$($crate::json_schema::variant($event_type, $about, Self::$variant),)+];
        }

        // An event without a line above does not compile here.
        const _: fn(&$events) = |event| match event {
            $($events::$variant(_) => (),)+
        };
    };
}

/// Describes a struct as an object, field by field; `..` stands before fields that are flattened. Does not compile when
/// a field is missing.
macro_rules! describe_object {
    ($object:ident { $(..$flattened:ident;)* $($name:literal => $field:ident, $about:literal;)* }) => {
        impl $crate::json_schema::DescribedObject for $object {
            fn properties() -> Vec<$crate::json_schema::Property> {
                // A field without a line above does not compile here.
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
