//! The JSON forms of the types that serde, chrono and uuid serialise.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Described;

impl<T: Described> Described for Option<T> {
    /// Events omit fields without a value instead of writing `null`.
    const REQUIRED: bool = false;

    fn schema() -> Value {
        T::schema()
    }
}

impl<T: Described> Described for Vec<T> {
    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema() })
    }
}

impl Described for String {
    fn schema() -> Value {
        json!({ "type": "string", "examples": ["text"] })
    }
}

impl Described for u16 {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": Self::MAX, "examples": [201] })
    }
}

impl Described for u64 {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0, "examples": [1] })
    }
}

impl Described for Uuid {
    fn schema() -> Value {
        json!({ "type": "string", "format": "uuid", "examples": ["01980f2e-0000-7000-8000-000000000001"] })
    }
}

impl Described for NaiveDate {
    fn schema() -> Value {
        json!({ "type": "string", "format": "date", "examples": ["1990-01-01"] })
    }
}

impl Described for DateTime<Utc> {
    fn schema() -> Value {
        json!({ "type": "string", "format": "date-time", "examples": ["2027-01-11T15:00:00Z"] })
    }
}

impl Described for NaiveDateTime {
    /// A local time. JSON Schema has no format for a time without an offset.
    fn schema() -> Value {
        json!({
            "type": "string",
            "pattern": r"^\+?[0-9]{4,5}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?$",
            "examples": ["2027-01-11T10:00:00"],
        })
    }
}
