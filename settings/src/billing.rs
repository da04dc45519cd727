//! The settings of fees. The reaction service parses them into a fee schedule.

use serde::{Deserialize, Serialize};

/// The fees.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BillingSettings {
    /// The fees of appointments.
    pub fees: FeeSettings,
}

/// The fees of appointments.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FeeSettings {
    /// The tax on every fee, in parts per million.
    pub tax_rate_ppm: u32,
    /// The text of an invoice line.
    pub description: String,
    /// The fee if no rule matches; 0 for none.
    pub amount: MoneySettings,
    /// Other fees. The first matching rule applies.
    pub rules: Vec<FeeRuleSettings>,
}

/// A fee for some appointments.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FeeRuleSettings {
    /// The practitioner's specialty; `None` for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specialty: Option<String>,
    /// The minimum length of the appointment.
    #[serde(default)]
    pub from_minutes: u32,
    /// The fee; 0 for none.
    pub amount: MoneySettings,
}

/// An amount of money, in the form of the API.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MoneySettings {
    /// Whole minor units, such as cents.
    pub minor: i64,
    /// The currency: an ISO 4217 code.
    pub currency: String,
}
