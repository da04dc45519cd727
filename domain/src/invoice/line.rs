//! A line of an invoice.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::values::{Invalid, LineDescription, Money, Personal, Price, TaxRate};

/// A line of an invoice: so many of something, at a price each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceLine {
    line_id: Uuid,
    description: Personal<LineDescription>,
    quantity: u32,
    unit_price: Price,
    tax_rate_ppm: TaxRate,
}

impl InvoiceLine {
    /// Checks a line.
    ///
    /// # Errors
    /// There is none of it, more than 10 000, or it comes to more than an [`Amount`](crate::values::Amount) can be.
    pub fn parse(
        line_id: Uuid,
        description: LineDescription,
        quantity: u32,
        unit_price: impl Into<Price>,
        tax_rate: TaxRate,
    ) -> Result<Self, Invalid> {
        if !(1..=10_000).contains(&quantity) {
            return Err(Invalid("must be from 1 to 10000"));
        }
        let line = Self {
            line_id,
            description: description.into(),
            quantity,
            unit_price: unit_price.into(),
            tax_rate_ppm: tax_rate,
        };
        Price::parse(line.net()).map(|_| line)
    }

    /// What tells it from every other line of the invoice.
    #[must_use]
    pub const fn line_id(&self) -> Uuid {
        self.line_id
    }

    /// What it is for.
    #[must_use]
    pub const fn description(&self) -> &Personal<LineDescription> {
        &self.description
    }

    /// How many.
    #[must_use]
    pub const fn quantity(&self) -> u32 {
        self.quantity
    }

    /// What one of it costs, before tax.
    #[must_use]
    pub const fn unit_price(&self) -> Price {
        self.unit_price
    }

    /// The rate of the tax on it.
    #[must_use]
    pub const fn tax_rate(&self) -> TaxRate {
        self.tax_rate_ppm
    }

    /// What all of it costs, before tax.
    #[must_use]
    pub const fn net(&self) -> Money {
        let each = self.unit_price.money();
        Money::new(each.minor().saturating_mul(self.quantity as i64), each.currency())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{Amount, Currency};

    #[test]
    fn a_line_is_for_something_and_comes_to_a_bounded_amount() {
        let usd = Currency::parse("USD").expect("a currency");
        let line = |quantity, minor| {
            let description = LineDescription::parse("Consultation").expect("a description");
            let price = Amount::parse(Money::new(minor, usd)).expect("an amount");
            InvoiceLine::parse(Uuid::nil(), description, quantity, price, TaxRate::ZERO)
        };
        assert_eq!(line(3, 1_000).expect("a line").net().minor(), 3_000);
        assert!(line(0, 1_000).is_err() && line(10_001, 1).is_err());
        assert!(line(2, Amount::MOST_MINOR).is_err());
    }
}
