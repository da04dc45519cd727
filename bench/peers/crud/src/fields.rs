//! Collects what is wrong with a body's fields, so that one answer names every fault.

use domain::values::{Amount, Currency, Invalid, Money};
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The faults found so far, each with the JSON pointer of its field.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, Invalid)>);

impl Fields {
    /// Takes a value, or notes what is wrong with the field.
    pub(crate) fn check<T>(&mut self, pointer: &str, parsed: Result<T, Invalid>) -> Option<T> {
        parsed
            .map_err(|invalid| self.0.push((pointer.to_owned(), invalid)))
            .ok()
    }

    /// Takes an optional text.
    pub(crate) fn optional<T>(
        &mut self,
        pointer: &str,
        given: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        given.and_then(|given| self.check(pointer, parse(&given)))
    }

    /// Takes an amount of money that is more than nothing.
    pub(crate) fn amount(&mut self, pointer: &str, given: &MoneyBody) -> Option<Amount> {
        let currency = self.check(&format!("{pointer}/currency"), Currency::parse(&given.currency))?;
        let amount = Amount::parse(Money::new(given.minor, currency));
        self.check(&format!("{pointer}/minor"), amount)
    }

    /// The whole, if nothing was wrong. It is `None` only when a fault was noted.
    pub(crate) fn finish<T>(self, whole: Option<T>) -> Result<T, Refusal> {
        match whole {
            Some(whole) if self.0.is_empty() => Ok(whole),
            _ => Err(Refusal::Fields(self.0)),
        }
    }
}

/// Money in a body: whole minor units of a currency, such as cents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoneyBody {
    pub(crate) minor: i64,
    pub(crate) currency: String,
}

impl MoneyBody {
    pub(crate) fn new(minor: i64, currency: &str) -> Self {
        Self {
            minor,
            currency: currency.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_named() {
        let mut fields = Fields::default();
        fields.amount("/amount", &MoneyBody::new(0, "USD"));
        fields.amount("/price", &MoneyBody::new(1, "usd"));
        assert!(fields.amount("/fine", &MoneyBody::new(1, "USD")).is_some());
        let Err(Refusal::Fields(faults)) = fields.finish(Some(())) else {
            panic!("two fields are wrong");
        };
        let pointers: Vec<&str> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/amount/minor", "/price/currency"]);
    }
}
