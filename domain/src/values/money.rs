//! Money in integer minor units of an ISO 4217 currency. No operation rounds implicitly.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Invalid;

/// An ISO 4217 currency, such as `USD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Reads a currency code.
    ///
    /// # Errors
    /// ISO 4217 has no such currency, or the code is not in circulation: a metal, a test code or a replaced currency.
    pub fn parse(code: &str) -> Result<Self, Invalid> {
        iso_currency::Currency::from_code(code)
            .filter(|currency| currency.exponent().is_some())
            .filter(|currency| !currency.is_special() && !currency.is_fund() && currency.is_superseded().is_none())
            .map(Self)
            .ok_or(Invalid("must be an ISO 4217 currency such as USD"))
    }

    /// The code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The number of decimal digits of the minor unit: 2 for `USD`, 0 for `JPY`, 3 for `KWD`.
    #[must_use]
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

/// An amount of money in minor units, such as cents. It may be negative. Operations refuse to mix currencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// The reason an operation on money failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The currencies differ.
    #[error("the amounts are in different currencies")]
    DifferentCurrencies,
    /// The result does not fit into 64 bits.
    #[error("the amount is too large")]
    TooLarge,
    /// The weights are all zero, but the amount is not.
    #[error("an amount cannot be split by weights that are all zero")]
    NoWeights,
}

impl Money {
    /// Creates an amount from minor units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Zero in a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum.
    ///
    /// # Errors
    /// The currencies differ, or the sum is too large.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::DifferentCurrencies);
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// The difference.
    ///
    /// # Errors
    /// The currencies differ, or the difference is too large.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.plus(other.negated()?)
    }

    /// The amount with the opposite sign.
    ///
    /// # Errors
    /// The result is too large: the smallest `i64` has no positive counterpart.
    pub fn negated(self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_neg().ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// Splits the amount in proportion to weights. The parts add up to the whole, and each differs from its exact share
    /// by less than one minor unit. The remainder of rounding down goes, one unit each, to the parts with the largest
    /// fractions. Of equal fractions, the first part wins.
    ///
    /// # Errors
    /// The weights are all zero, but the amount is not.
    pub fn split(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        if sum == 0 {
            let nothing = vec![Self::zero(self.currency); weights.len()];
            return if self.is_zero() {
                Ok(nothing)
            } else {
                Err(MoneyError::NoWeights)
            };
        }
        // The product of two 64-bit numbers fits into 128 bits.
        let whole = u128::from(self.minor.unsigned_abs());
        let exact = |weight: &u64| whole * u128::from(*weight);
        let mut parts: Vec<u128> = weights.iter().map(|weight| exact(weight) / sum).collect();
        let mut by_fraction: Vec<usize> = (0..weights.len()).collect();
        by_fraction.sort_by_key(|index| std::cmp::Reverse(weights.get(*index).map(exact).unwrap_or_default() % sum));
        let mut left_over = whole - parts.iter().sum::<u128>();
        for index in by_fraction {
            if let Some(part) = parts.get_mut(index).filter(|_| left_over > 0) {
                *part += 1;
                left_over -= 1;
            }
        }
        let sign = i128::from(self.minor.signum());
        let signed = parts.into_iter().map(|part| {
            let minor = i128::try_from(part)
                .ok()
                .and_then(|part| i64::try_from(part * sign).ok());
            minor.map(|minor| Self { minor, ..self }).ok_or(MoneyError::TooLarge)
        });
        signed.collect()
    }
}

/// Major units with the currency's own number of decimals, such as `125.00 USD`, `125 JPY` or `0.125 KWD`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.exponent();
        let sign = if self.minor < 0 { "-" } else { "" };
        let (units, code) = (10_u64.pow(decimals), self.currency.code());
        let (major, minor) = (self.minor.unsigned_abs() / units, self.minor.unsigned_abs() % units);
        match decimals {
            0 => write!(f, "{sign}{major} {code}"),
            decimals => write!(f, "{sign}{major}.{minor:0width$} {code}", width = decimals as usize),
        }
    }
}

/// A positive amount that someone owes, pays or gets back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(Money);

impl Amount {
    /// The largest amount, in minor units. It keeps every sum of a clinic within 64 bits.
    pub const MOST_MINOR: i64 = 1_000_000_000_000;

    /// Checks an amount.
    ///
    /// # Errors
    /// The amount is not positive, or exceeds [`Self::MOST_MINOR`].
    pub fn parse(money: Money) -> Result<Self, Invalid> {
        if money.minor <= 0 {
            return Err(Invalid("must be more than zero"));
        }
        if money.minor > Self::MOST_MINOR {
            return Err(Invalid("must be at most 1000000000000 minor units"));
        }
        Ok(Self(money))
    }

    /// The money.
    #[must_use]
    pub const fn money(self) -> Money {
        self.0
    }
}

/// A unit price: zero or an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Price(Money);

impl From<Amount> for Price {
    fn from(amount: Amount) -> Self {
        Self(amount.0)
    }
}

impl Price {
    /// Checks a price.
    ///
    /// # Errors
    /// The price is negative, or exceeds [`Amount::MOST_MINOR`].
    pub fn parse(money: Money) -> Result<Self, Invalid> {
        if !(0..=Amount::MOST_MINOR).contains(&money.minor) {
            return Err(Invalid("must be from 0 to 1000000000000 minor units"));
        }
        Ok(Self(money))
    }

    /// The money.
    #[must_use]
    pub const fn money(self) -> Money {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, code: &str) -> Money {
        Money::new(minor, Currency::parse(code).expect("a currency"))
    }

    fn minors(parts: &[Money]) -> Vec<i64> {
        parts.iter().map(|part| part.minor()).collect()
    }

    #[test]
    fn a_currency_is_in_circulation_and_knows_its_decimals() {
        for (code, exponent) in [("USD", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3)] {
            assert_eq!(
                Currency::parse(code).expect("a currency").exponent(),
                exponent,
                "{code}"
            );
        }
        for code in ["usd", "US", "XXX", "XTS", "XAU", "HRK", "CLF", ""] {
            assert!(Currency::parse(code).is_err(), "{code}");
        }
        assert_eq!(money(12_500, "USD").to_string(), "125.00 USD");
        assert_eq!(money(-5, "USD").to_string(), "-0.05 USD");
        assert_eq!(money(125, "JPY").to_string(), "125 JPY");
        assert_eq!(money(125, "KWD").to_string(), "0.125 KWD");
    }

    #[test]
    fn refuses_mixed_currencies_and_overflow() {
        assert_eq!(money(1, "USD").plus(money(2, "USD")), Ok(money(3, "USD")));
        assert_eq!(money(1, "USD").minus(money(2, "USD")), Ok(money(-1, "USD")));
        assert_eq!(
            money(1, "USD").plus(money(1, "EUR")),
            Err(MoneyError::DifferentCurrencies)
        );
        assert_eq!(money(i64::MAX, "USD").plus(money(1, "USD")), Err(MoneyError::TooLarge));
        assert_eq!(money(i64::MIN, "USD").negated(), Err(MoneyError::TooLarge));
    }

    #[test]
    fn the_remainder_goes_to_the_largest_fractions() {
        let split = |minor, weights: &[u64]| minors(&money(minor, "USD").split(weights).expect("parts"));
        assert_eq!(split(100, &[1, 1, 1]), [34, 33, 33], "the first of equal fractions");
        assert_eq!(split(100, &[1, 2]), [33, 67], "67 is nearer to 66.7 than 34 to 33.3");
        assert_eq!(split(-100, &[1, 1, 1]), [-34, -33, -33]);
        assert_eq!(split(5, &[0, 1, 0]), [0, 5, 0]);
        assert_eq!(split(0, &[0, 0]), [0, 0]);
        assert_eq!(split(i64::MIN, &[1]), [i64::MIN]);
        assert_eq!(money(1, "USD").split(&[0, 0]), Err(MoneyError::NoWeights));
        assert_eq!(money(1, "USD").split(&[]), Err(MoneyError::NoWeights));
    }

    #[test]
    fn an_amount_is_positive_and_bounded() {
        assert!(Amount::parse(money(1, "USD")).is_ok());
        assert!(Amount::parse(money(Amount::MOST_MINOR, "USD")).is_ok());
        assert_eq!(Amount::parse(money(0, "USD")), Err(Invalid("must be more than zero")));
        assert_eq!(Amount::parse(money(-1, "USD")), Err(Invalid("must be more than zero")));
        assert!(Amount::parse(money(Amount::MOST_MINOR + 1, "USD")).is_err());
    }

    #[test]
    fn a_price_may_be_zero() {
        assert!(Price::parse(money(0, "USD")).is_ok());
        assert!(Price::parse(money(-1, "USD")).is_err());
        assert!(Price::parse(money(Amount::MOST_MINOR + 1, "USD")).is_err());
    }
}
