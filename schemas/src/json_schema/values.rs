//! The JSON forms of the domain's value types, with the limits that they have been published with. A limit that the
//! domain tightens stays here as it is: what was accepted before is in the log.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    appointment::Origin,
    values::{
        Address, DateOfBirth, Email, Gender, Identifier, Identifiers, Name, Notes, Period, Phone, Reason, Specialty,
        TimeZone,
    },
};
use serde_json::{Value, json};

use super::{Described, about};

/// No control characters (Unicode `Cc`).
const ONE_LINE: &str = r"^[^\u0000-\u001F\u007F-\u009F]*$";
/// No control characters but line breaks and tabs.
const MANY_LINES: &str = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$";
/// 5 to 20 digits, with separators around them.
const PHONE: &str = r"^([-+.()/ x#]*[0-9]){5,20}[-+.()/ x#]*$";
/// Something before an `@` and something with a dot behind it, without spaces and control characters.
const EMAIL: &str =
    r"^[^@\u0000-\u0020\u007F-\u009F]{1,64}@[^@\u0000-\u0020\u007F-\u009F]+\.[^@\u0000-\u0020\u007F-\u009F]+$";
/// Something before a colon and after it, without spaces and control characters.
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
}

impl Described for DateOfBirth {
    fn schema() -> Value {
        NaiveDate::schema()
    }
}

impl Described for Email {
    /// A pattern, and not the format `idn-email`: validators differ in what they take for one, and would turn down
    /// addresses that are in the log.
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": 254, "pattern": EMAIL, "examples": ["john@example.com"] })
    }
}

impl Described for Phone {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": 40, "pattern": PHONE, "examples": ["+1-555-0102"] })
    }
}

/// Describes an enum as its codes. Does not compile when a variant is missing.
macro_rules! describe_codes {
    ($($codes:ident: $($variant:ident => $code:literal),+;)+) => {
        $(impl Described for $codes {
            fn schema() -> Value {
                // A variant without a code above does not compile here.
                const _: fn($codes) = |code| match code {
                    $($codes::$variant => (),)+
                };
                json!({ "type": "string", "enum": [$($code),+] })
            }
        })+
    };
}

describe_codes! {
    Gender: Male => "male", Female => "female", Other => "other", Unknown => "unknown";
    Origin: Booked => "booked", History => "history";
}

impl Described for TimeZone {
    /// The database of zones grows, so its names are not listed.
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z0-9_+/-]+$", "examples": ["America/New_York"] })
    }
}

impl Described for Identifier {
    fn schema() -> Value {
        json!({
            "type": "object",
            "required": ["system", "value"],
            "properties": {
                "system": about("The URI of the system that assigns the value.", text(200, URI, "urn:mrn")),
                "value": about("The value.", text(100, ONE_LINE, "A-17")),
            },
        })
    }
}

impl Described for Identifiers {
    /// An empty list is left out.
    const REQUIRED: bool = false;

    fn schema() -> Value {
        json!({ "type": "array", "items": Identifier::schema(), "maxItems": 20, "uniqueItems": true })
    }
}

impl Described for Period {
    fn schema() -> Value {
        json!({
            "type": "object",
            "required": ["start", "end"],
            "properties": {
                "start": about("The first instant.", DateTime::<Utc>::schema()),
                "end": about("The first instant after it.", DateTime::<Utc>::schema()),
            },
        })
    }
}
