//! Money as an API value.

use domain::values::Money;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount of money in integer minor units of a currency, such as cents. The API never rounds amounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyResource {
    /// The amount in minor units: 12500 is 125.00 in `USD`, 12500 in `JPY` and 12.500 in `KWD`.
    #[schema(example = 12500)]
    pub minor: i64,
    /// The ISO 4217 currency.
    #[schema(example = "USD")]
    pub currency: String,
}

impl MoneyResource {
    /// Creates an amount from minor units.
    #[must_use]
    pub fn new(minor: i64, currency: &str) -> Self {
        Self {
            minor,
            currency: currency.to_owned(),
        }
    }
}

impl From<Money> for MoneyResource {
    fn from(money: Money) -> Self {
        Self::new(money.minor(), money.currency().code())
    }
}
