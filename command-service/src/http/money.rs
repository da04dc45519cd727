//! Money in request bodies.

use api::MoneyResource;
use domain::values::{Amount, Currency, Invalid, Money, Price, TaxedAmount};

use super::fields::Fields;

/// Replaces an invalid currency during validation, so that an invalid number beside it is reported too.
const STAND_IN: &str = "USD";

/// Parses an amount. Errors name the currency, the number, or both.
pub(crate) fn amount(fields: &mut Fields, pointer: &str, given: &MoneyResource) -> Option<Amount> {
    checked(fields, pointer, given, Amount::parse)
}

/// Parses a price, which may be zero.
pub(crate) fn price(fields: &mut Fields, pointer: &str, given: &MoneyResource) -> Option<Price> {
    checked(fields, pointer, given, Price::parse)
}

/// Parses money that is zero or more.
pub(crate) fn not_negative(fields: &mut Fields, pointer: &str, given: &MoneyResource) -> Option<Money> {
    checked(fields, pointer, given, |money| {
        if money.minor() < 0 {
            return Err(Invalid("must not be less than zero"));
        }
        Ok(money)
    })
}

/// Parses an amount before tax (`/amount`) and the optional tax on it (`/tax`).
pub(crate) fn taxed(fields: &mut Fields, amount: &MoneyResource, tax: Option<&MoneyResource>) -> Option<TaxedAmount> {
    let amount = self::amount(fields, "/amount", amount);
    let tax = tax.map(|tax| not_negative(fields, "/tax", tax));
    match (amount, tax) {
        (Some(amount), None) => Some(TaxedAmount::untaxed(amount)),
        (Some(amount), Some(Some(tax))) => fields.check("/tax", TaxedAmount::charge(amount.money(), tax)),
        _ => None,
    }
}

fn checked<T>(
    fields: &mut Fields,
    pointer: &str,
    given: &MoneyResource,
    parse: impl FnOnce(Money) -> Result<T, Invalid>,
) -> Option<T> {
    let currency = fields.check(&format!("{pointer}/currency"), Currency::parse(&given.currency));
    let stand_in = currency.or_else(|| Currency::parse(STAND_IN).ok())?;
    let parsed = fields.check(&format!("{pointer}/minor"), parse(Money::new(given.minor, stand_in)));
    parsed.filter(|_| currency.is_some())
}
