//! Money, as the API shows and takes it.

use domain::values::Money;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount of money: whole minor units of a currency, such as cents. Nothing is ever rounded on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyResource {
    /// How many minor units: 12500 of `USD` is 125.00, of `JPY` 12500, of `KWD` 12.500.
    #[schema(example = 12500)]
    pub minor: i64,
    /// The ISO 4217 currency.
    #[schema(example = "USD")]
    pub currency: String,
}

impl MoneyResource {
    /// So many minor units of a currency.
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
