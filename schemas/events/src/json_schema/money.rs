//! The JSON forms of money: integer minor units of a currency.

use domain::values::{Amount, Currency, Money, Price, TaxRate, TaxedAmount};
use serde_json::{Value, json};

use super::{Described, field, limited, object_of};

/// The largest amount, in minor units.
const MOST_MINOR: i64 = 1_000_000_000_000;

/// The schema of money with the given minor units.
fn money(minor: Value) -> Value {
    object_of(vec![
        limited("minor", "Number of minor units, such as cents.", minor),
        field::<Currency>("currency", "Currency (ISO 4217)."),
    ])
}

impl Described for Currency {
    /// The currencies are not listed, because the list of ISO 4217 changes.
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Z]{3}$", "examples": ["USD"] })
    }
}

impl Described for Money {
    /// Money may be negative.
    fn schema() -> Value {
        money(json!({ "type": "integer", "examples": [-10000] }))
    }
}

impl Described for Amount {
    fn schema() -> Value {
        money(json!({ "type": "integer", "minimum": 1, "maximum": MOST_MINOR, "examples": [10888] }))
    }
}

impl Described for Price {
    fn schema() -> Value {
        money(json!({ "type": "integer", "minimum": 0, "maximum": MOST_MINOR, "examples": [10888] }))
    }
}

impl Described for TaxedAmount {
    fn schema() -> Value {
        let part = || money(json!({ "type": "integer", "minimum": 0, "maximum": MOST_MINOR, "examples": [888] }));
        object_of(vec![
            limited("net", "Amount before tax.", part()),
            limited("tax", "Tax, in the same currency.", part()),
        ])
    }
}

impl Described for TaxRate {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": 1_000_000, "examples": [88750] })
    }
}
