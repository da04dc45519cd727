//! An amount and its tax.

use serde::{Deserialize, Serialize};

use super::{Amount, Invalid, Money};

/// A net amount and its tax. Neither is negative, and their sum is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TaxedAmount {
    net: Money,
    tax: Money,
}

impl TaxedAmount {
    /// Checks a net amount and its tax.
    ///
    /// # Errors
    /// The currencies differ, one of the two is negative, or their sum is not an [`Amount`].
    pub fn parse(net: Money, tax: Money) -> Result<Self, Invalid> {
        if net.minor() < 0 || tax.minor() < 0 {
            return Err(Invalid("must not be less than zero"));
        }
        let total = net
            .plus(tax)
            .map_err(|_| Invalid("must be in one currency and at most 1000000000000 minor units"))?;
        Amount::parse(total).map(|_| Self { net, tax })
    }

    /// Checks the amounts of an invoice line. Both may be zero.
    pub(crate) fn of_line(net: Money, tax: Money) -> Result<Self, Invalid> {
        if net.is_zero() && tax.is_zero() && net.currency() == tax.currency() {
            return Ok(Self { net, tax });
        }
        Self::parse(net, tax)
    }

    /// Checks a charge. Its tax must not exceed the net amount.
    ///
    /// # Errors
    /// The two are not a valid taxed amount, or the tax exceeds the net amount.
    pub fn charge(net: Money, tax: Money) -> Result<Self, Invalid> {
        if tax.minor() > net.minor() {
            return Err(Invalid("must not be more than the net amount"));
        }
        Self::parse(net, tax)
    }

    /// An amount without tax.
    #[must_use]
    pub const fn untaxed(amount: Amount) -> Self {
        let net = amount.money();
        Self {
            net,
            tax: Money::zero(net.currency()),
        }
    }

    /// The net amount.
    #[must_use]
    pub const fn net(&self) -> Money {
        self.net
    }

    /// The tax.
    #[must_use]
    pub const fn tax(&self) -> Money {
        self.tax
    }

    /// The gross amount, which is due.
    #[must_use]
    pub const fn total(&self) -> Money {
        Money::new(self.net.minor().saturating_add(self.tax.minor()), self.net.currency())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Currency;

    #[test]
    fn neither_is_negative_and_the_sum_is_positive() {
        let usd = |minor| Money::new(minor, Currency::parse("USD").expect("a currency"));
        let both = TaxedAmount::parse(usd(100), usd(9)).expect("an amount");
        assert_eq!(both.total(), usd(109));
        assert!(TaxedAmount::parse(usd(0), usd(1)).is_ok());
        assert!(TaxedAmount::parse(usd(0), usd(0)).is_err());
        assert!(TaxedAmount::parse(usd(2), usd(-1)).is_err());
        assert!(TaxedAmount::parse(usd(Amount::MOST_MINOR), usd(1)).is_err());
        let yen = Money::new(1, Currency::parse("JPY").expect("a currency"));
        assert!(TaxedAmount::parse(usd(1), yen).is_err());
    }
}
