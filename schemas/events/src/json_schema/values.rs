//! The JSON forms of the domain's value types with their published limits. When the domain tightens a limit, the limit
//! here stays, because the log holds values accepted before.

use chrono::{DateTime, Utc};
use domain::{
    Bare,
    values::{
        Address, DateOfBirth, Dosage, Email, EmailHash, Identifier, IdentifierHash, IdentifierHashes, Identifiers,
        Instructions, LineDescription, MedicineName, Name, Notes, PartialDate, PartialDateTime, PaymentReference,
        Period, Personal, Phone, Reason, Refills, RxNormCode, Specialty, TimeOfDeath, TimeZone, TreatmentDuration,
        WallTime,
    },
};
use serde_json::{Value, json};

use super::{Described, describe_object, field, limited, object_of};

/// No control characters (Unicode `Cc`).
const ONE_LINE: &str = r"^[^\u0000-\u001F\u007F-\u009F]*$";
/// No control characters except line breaks and tabs.
const MANY_LINES: &str = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$";
/// 5 to 20 digits with separators.
const PHONE: &str = r"^([-+.()/ x#]*[0-9]){5,20}[-+.()/ x#]*$";
/// Text before an `@` and text with a dot after it, without spaces and control characters.
const EMAIL: &str =
    r"^[^@\u0000-\u0020\u007F-\u009F]{1,64}@[^@\u0000-\u0020\u007F-\u009F]+\.[^@\u0000-\u0020\u007F-\u009F]+$";
/// A year of four digits, optionally with a month and a day.
const PARTIAL_DATE: &str = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$";
/// The same, or an instant in UTC.
const PARTIAL_DATE_TIME: &str = concat!(
    r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])",
    r"(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z)?)?)?$"
);
/// Text before and after a colon, without spaces and control characters.
const URI: &str = r"^[^\u0000-\u0020\u007F-\u009F]*:[^\u0000-\u0020\u007F-\u009F]*$";

/// A text of 1 to `most` characters.
fn text(most: u32, pattern: &str, example: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": most, "pattern": pattern, "examples": [example] })
}

macro_rules! describe_texts {
    ($($text:ident: $most:literal characters, $lines:ident, $example:literal;)+) => {
        $(impl Described for $text {
            fn schema() -> Value {
                text($most, $lines, $example)
            }
        })+
    };
}

describe_texts! {
    Name: 200 characters, ONE_LINE, "John Doe";
    Specialty: 200 characters, ONE_LINE, "Cardiology";
    Reason: 500 characters, ONE_LINE, "Annual check-up";
    Address: 500 characters, MANY_LINES, "123 Main St";
    Notes: 4000 characters, MANY_LINES, "First visit";
    MedicineName: 200 characters, ONE_LINE, "Paracetamol";
    Dosage: 200 characters, ONE_LINE, "500 mg";
    TreatmentDuration: 200 characters, ONE_LINE, "3 days";
    Instructions: 1000 characters, MANY_LINES, "after meals";
    LineDescription: 200 characters, ONE_LINE, "Consultation, 30 minutes";
    PaymentReference: 255 characters, ONE_LINE, "pay-2027-0001";
}

describe_object! {
    Bare {}
}

impl<T: Described> Described for Personal<T> {
    /// This does not cover erasure, which is marked on all personal fields together.
    fn schema() -> Value {
        T::schema()
    }
}

impl Described for PartialDate {
    /// The pattern allows days that do not exist, such as 30 February. Decoding refuses them.
    fn schema() -> Value {
        json!({ "type": "string", "pattern": PARTIAL_DATE, "examples": ["1990-01-01", "1990-01", "1990"] })
    }
}

impl Described for PartialDateTime {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": PARTIAL_DATE_TIME, "examples": ["2020-01-01T10:00:00Z", "2020-01-01", "2020"] })
    }
}

impl Described for TimeOfDeath {
    fn schema() -> Value {
        PartialDateTime::schema()
    }
}

impl Described for DateOfBirth {
    fn schema() -> Value {
        PartialDate::schema()
    }
}

impl Described for Email {
    /// A pattern instead of the format `idn-email`, because validators disagree on that format and would refuse
    /// addresses in the log.
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": 254, "pattern": EMAIL, "examples": ["john@example.com"] })
    }
}

impl Described for EmailHash {
    fn schema() -> Value {
        let example = "5f0c8e7d1b2a39480716e5d4c3b2a19008f7e6d5c4b3a2918070605f4e3d2c1b";
        json!({ "type": "string", "pattern": "^[0-9a-f]{64}$", "examples": [example] })
    }
}

impl Described for IdentifierHash {
    fn schema() -> Value {
        let example = "5f0c8e7d1b2a39480716e5d4c3b2a190";
        json!({ "type": "string", "pattern": "^[0-9a-f]{32}$", "examples": [example] })
    }
}

impl Described for Phone {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": 40, "pattern": PHONE, "examples": ["+1-555-0102"] })
    }
}

impl Described for TimeZone {
    /// The zones are not listed, because the database grows.
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z0-9_+/-]+$", "examples": ["America/New_York"] })
    }
}

impl Described for WallTime {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", "examples": ["09:00"] })
    }
}

impl Described for Refills {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": 99, "examples": [2] })
    }
}

impl Described for RxNormCode {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[1-9][0-9]{0,7}$", "examples": ["161"] })
    }
}

impl Described for Identifier {
    fn schema() -> Value {
        object_of(vec![
            limited(
                "system",
                "URI of the system that assigns the value.",
                text(200, URI, "urn:mrn"),
            ),
            limited("value", "Value.", text(100, ONE_LINE, "A-17")),
        ])
    }
}

impl Described for Identifiers {
    /// An empty list is omitted.
    const REQUIRED: bool = false;

    fn schema() -> Value {
        json!({ "type": "array", "items": Identifier::schema(), "maxItems": 20, "uniqueItems": true })
    }
}

impl Described for IdentifierHashes {
    /// An empty list is left out.
    const REQUIRED: bool = false;

    fn schema() -> Value {
        json!({ "type": "array", "items": IdentifierHash::schema(), "maxItems": 20 })
    }
}

impl Described for Period {
    fn schema() -> Value {
        object_of(vec![
            field::<DateTime<Utc>>("start", "Start."),
            field::<DateTime<Utc>>("end", "End (exclusive)."),
        ])
    }
}
