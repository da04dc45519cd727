//! An amount, and the tax on it.

use serde::{Deserialize, Serialize};

use super::{Amount, Invalid, Money};

/// An amount before tax, and the tax on it. Neither is below zero, and together they are more than nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TaxedAmount {
    net: Money,
    tax: Money,
}

impl TaxedAmount {
    /// Checks the two.
    ///
    /// # Errors
    /// They are of different currencies, one is below zero, or their sum is no [`Amount`].
    pub fn parse(net: Money, tax: Money) -> Result<Self, Invalid> {
        if net.minor() < 0 || tax.minor() < 0 {
            return Err(Invalid("must not be less than zero"));
        }
        let total = net
            .plus(tax)
            .map_err(|_| Invalid("must be of one currency, and no larger than can be held"))?;
        Amount::parse(total).map(|_| Self { net, tax })
    }

    /// Checks what a line comes to: it may be nothing.
    pub(crate) fn of_line(net: Money, tax: Money) -> Result<Self, Invalid> {
        if net.is_zero() && tax.is_zero() && net.currency() == tax.currency() {
            return Ok(Self { net, tax });
        }
        Self::parse(net, tax)
    }

    /// Checks a charge: the tax on it is no more than it is itself.
    ///
    /// # Errors
    /// It is no amount and the tax on it, or the tax is more than the whole.
    pub fn charge(net: Money, tax: Money) -> Result<Self, Invalid> {
        if tax.minor() > net.minor() {
            return Err(Invalid("must not be more than what it is the tax on"));
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

    /// The amount before tax.
    #[must_use]
    pub const fn net(&self) -> Money {
        self.net
    }

    /// The tax on it.
    #[must_use]
    pub const fn tax(&self) -> Money {
        self.tax
    }

    /// Both together: what is paid.
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
    fn neither_is_below_zero_and_together_they_are_something() {
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
