//! The JSON forms of the domain's code lists. Adding or removing a code changes the published schema, so it needs a new
//! version of the event.

use domain::{
    account::{AdjustmentKind, LedgerAccount, PaymentMethod},
    appointment::{AppointmentStatus, Origin},
    values::{CancellationReason, Gender, MedicationReason, Weekday},
};
use serde_json::{Value, json};

use super::Described;

macro_rules! describe_codes {
    ($($codes:ident)+) => {
        $(impl Described for $codes {
            fn schema() -> Value {
                let codes: Vec<&str> = Self::ALL.iter().map(|code| code.code()).collect();
                json!({ "type": "string", "enum": codes })
            }
        })+
    };
}

describe_codes! {
    AdjustmentKind
    AppointmentStatus
    CancellationReason
    Gender
    LedgerAccount
    MedicationReason
    Origin
    PaymentMethod
    Weekday
}
