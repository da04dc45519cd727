//! The fee schedule: the price of an appointment by the practitioner's specialty and the length of the appointment.

use chrono::TimeDelta;

use crate::values::{Amount, Currency, Invalid, LineDescription, Money, Specialty, TaxRate};

/// The prices of appointments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeSchedule {
    currency: Currency,
    tax_rate: TaxRate,
    description: LineDescription,
    otherwise: Option<Amount>,
    rules: Vec<FeeRule>,
}

/// The price of the appointments that match a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeRule {
    /// The practitioner's specialty, compared case-insensitively. `None` matches every specialty.
    pub specialty: Option<Specialty>,
    /// The minimum length of the appointment.
    pub from: TimeDelta,
    /// The fee before tax: `None` if the appointment is free.
    pub fee: Option<Amount>,
}

impl FeeSchedule {
    /// Creates a schedule. The first matching rule applies.
    ///
    /// # Errors
    /// A rule never applies, because an earlier one always matches first: its index, from 0.
    pub fn new(
        currency: Currency,
        tax_rate: TaxRate,
        description: LineDescription,
        otherwise: Option<Amount>,
        rules: Vec<FeeRule>,
    ) -> Result<Self, usize> {
        let covered = |(index, rule): (usize, &FeeRule)| rules[..index].iter().any(|before| before.covers(rule));
        match rules.iter().enumerate().position(covered) {
            Some(index) => Err(index),
            None => Ok(Self {
                currency,
                tax_rate,
                description,
                otherwise,
                rules,
            }),
        }
    }

    /// A fee from minor units: `None` for 0.
    ///
    /// # Errors
    /// The fee is negative, or exceeds [`Amount::MOST_MINOR`].
    pub fn fee_of(minor: i64, currency: Currency) -> Result<Option<Amount>, Invalid> {
        match minor {
            0 => Ok(None),
            minor if minor < 0 => Err(Invalid("must not be below 0")),
            minor => Amount::parse(Money::new(minor, currency)).map(Some),
        }
    }

    /// The currency of all fees.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The tax rate of all fees.
    #[must_use]
    pub const fn tax_rate(&self) -> TaxRate {
        self.tax_rate
    }

    /// The description of the invoice line.
    #[must_use]
    pub const fn description(&self) -> &LineDescription {
        &self.description
    }

    /// The fee before tax of an appointment: `None` if it is free.
    #[must_use]
    pub fn fee(&self, specialty: Option<&Specialty>, length: TimeDelta) -> Option<Amount> {
        let fitting = self.rules.iter().find(|rule| rule.fits(specialty, length));
        fitting.map_or(self.otherwise, |rule| rule.fee)
    }
}

impl FeeRule {
    fn fits(&self, specialty: Option<&Specialty>, length: TimeDelta) -> bool {
        let is_wanted = |wanted: &Specialty| specialty.is_some_and(|specialty| same(wanted, specialty));
        length >= self.from && self.specialty.as_ref().is_none_or(is_wanted)
    }

    /// Whether this rule matches wherever `other` does.
    fn covers(&self, other: &Self) -> bool {
        let is_wanted = |wanted: &Specialty| other.specialty.as_ref().is_some_and(|theirs| same(wanted, theirs));
        self.from <= other.from && self.specialty.as_ref().is_none_or(is_wanted)
    }
}

fn same(one: &Specialty, other: &Specialty) -> bool {
    one.as_str().to_lowercase() == other.as_str().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd() -> Currency {
        Currency::parse("USD").expect("a currency")
    }

    fn specialty(name: &str) -> Option<Specialty> {
        Some(Specialty::parse(name).expect("a specialty"))
    }

    fn rule(specialty: Option<Specialty>, minutes: i64, minor: i64) -> FeeRule {
        FeeRule {
            specialty,
            from: TimeDelta::minutes(minutes),
            fee: FeeSchedule::fee_of(minor, usd()).expect("a fee"),
        }
    }

    fn schedule(rules: Vec<FeeRule>) -> Result<FeeSchedule, usize> {
        let otherwise = FeeSchedule::fee_of(15_000, usd()).expect("a fee");
        let description = LineDescription::parse("Consultation").expect("a description");
        FeeSchedule::new(usd(), TaxRate::ZERO, description, otherwise, rules)
    }

    #[test]
    fn the_first_matching_rule_applies_or_else_the_default_fee() {
        let schedule = schedule(vec![
            rule(specialty("Cardiology"), 30, 25_000),
            rule(specialty("Cardiology"), 0, 20_000),
            rule(specialty("Vaccination"), 0, 0),
            rule(None, 60, 30_000),
        ]);
        let schedule = schedule.expect("a schedule");
        for (name, minutes, expected) in [
            ("Cardiology", 30, Some(25_000)),
            ("cardiology", 29, Some(20_000)),
            ("Dermatology", 59, Some(15_000)),
            ("Dermatology", 60, Some(30_000)),
            ("Vaccination", 60, None),
        ] {
            let fee = schedule.fee(specialty(name).as_ref(), TimeDelta::minutes(minutes));
            assert_eq!(
                fee.map(|fee| fee.money().minor()),
                expected,
                "{name}, {minutes} minutes"
            );
        }
        let unknown = schedule.fee(None, TimeDelta::minutes(15));
        assert_eq!(unknown.map(|fee| fee.money().minor()), Some(15_000));
    }

    #[test]
    fn refuses_a_rule_that_never_applies() {
        for (before, after) in [
            (rule(None, 0, 1), rule(specialty("Cardiology"), 30, 2)),
            (
                rule(specialty("CARDIOLOGY"), 10, 1),
                rule(specialty("Cardiology"), 10, 2),
            ),
        ] {
            assert_eq!(schedule(vec![before, after]), Err(1));
        }
        assert!(schedule(vec![rule(None, 60, 1), rule(None, 30, 2)]).is_ok());
        assert!(schedule(vec![rule(specialty("Cardiology"), 30, 1), rule(None, 0, 2)]).is_ok());
    }

    #[test]
    fn a_fee_is_zero_or_an_amount() {
        assert_eq!(FeeSchedule::fee_of(0, usd()), Ok(None));
        assert!(FeeSchedule::fee_of(-1, usd()).is_err());
        assert!(FeeSchedule::fee_of(Amount::MOST_MINOR + 1, usd()).is_err());
    }
}
