//! A line of an invoice.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::values::{Invalid, LineDescription, Money, Personal, Price, TaxRate};

/// A line of an invoice: a quantity at a unit price.
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
    /// The quantity is not from 1 to 10 000, or the net amount is not a valid [`Price`].
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

    /// The id of the line, unique within the invoice.
    #[must_use]
    pub const fn line_id(&self) -> Uuid {
        self.line_id
    }

    /// The description.
    #[must_use]
    pub const fn description(&self) -> &Personal<LineDescription> {
        &self.description
    }

    /// The quantity.
    #[must_use]
    pub const fn quantity(&self) -> u32 {
        self.quantity
    }

    /// The unit price before tax.
    #[must_use]
    pub const fn unit_price(&self) -> Price {
        self.unit_price
    }

    /// The tax rate.
    #[must_use]
    pub const fn tax_rate(&self) -> TaxRate {
        self.tax_rate_ppm
    }

    /// The net amount: quantity times unit price.
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
    fn a_line_has_a_positive_quantity_and_a_bounded_amount() {
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
