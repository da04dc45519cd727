//! Parses the fee schedule from the settings. Errors are reported at startup, not at the first patient.

use chrono::TimeDelta;
use domain::{
    fee_schedule::{FeeRule, FeeSchedule},
    values::{Currency, Invalid, LineDescription, Specialty, TaxRate},
};
use settings::{FeeRuleSettings, FeeSettings, MoneySettings};

/// The length of the longest appointment. A rule for longer ones would never match.
const LONGEST_MINUTES: u32 = 12 * 60;

/// An invalid fee setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`billing.fees.{key}` {must}")]
pub struct FeeError {
    key: String,
    must: String,
}

/// Parses the fee schedule.
///
/// # Errors
/// The first invalid setting and its requirement.
pub fn fee_schedule(settings: &FeeSettings) -> Result<FeeSchedule, FeeError> {
    let currency = Currency::parse(&settings.amount.currency).map_err(|invalid| error("amount.currency", &invalid))?;
    let tax_rate = TaxRate::parse(settings.tax_rate_ppm).map_err(|invalid| error("tax_rate_ppm", &invalid))?;
    let description =
        LineDescription::parse(&settings.description).map_err(|invalid| error("description", &invalid))?;
    let otherwise =
        FeeSchedule::fee_of(settings.amount.minor, currency).map_err(|invalid| error("amount.minor", &invalid))?;
    let rules = settings.rules.iter().enumerate();
    let rules = rules.map(|(index, settings)| rule(index, settings, currency));
    let rules = rules.collect::<Result<_, _>>()?;
    FeeSchedule::new(currency, tax_rate, description, otherwise, rules).map_err(|index| FeeError {
        key: format!("rules[{index}]"),
        must: "must come before the more general rule".to_owned(),
    })
}

fn rule(index: usize, settings: &FeeRuleSettings, currency: Currency) -> Result<FeeRule, FeeError> {
    let at = |key: &str, invalid: &Invalid| error(&format!("rules[{index}].{key}"), invalid);
    let specialty = settings.specialty.as_deref().map(Specialty::parse).transpose();
    if settings.from_minutes > LONGEST_MINUTES {
        return Err(at(
            "from_minutes",
            &Invalid("must be at most 720, the length of the longest appointment"),
        ));
    }
    let MoneySettings { minor, currency: own } = &settings.amount;
    if own.as_str() != currency.code() {
        return Err(at("amount.currency", &Invalid("must be that of `billing.fees.amount`")));
    }
    Ok(FeeRule {
        specialty: specialty.map_err(|invalid| at("specialty", &invalid))?,
        from: TimeDelta::minutes(settings.from_minutes.into()),
        fee: FeeSchedule::fee_of(*minor, currency).map_err(|invalid| at("amount.minor", &invalid))?,
    })
}

fn error(key: &str, invalid: &Invalid) -> FeeError {
    FeeError {
        key: key.to_owned(),
        must: invalid.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use settings::Settings;

    use super::*;

    fn settings() -> FeeSettings {
        Settings::defaults().expect("the defaults").billing.fees
    }

    fn money(minor: i64, currency: &str) -> MoneySettings {
        MoneySettings {
            minor,
            currency: currency.to_owned(),
        }
    }

    fn rule(specialty: Option<&str>, from_minutes: u32, minor: i64) -> FeeRuleSettings {
        FeeRuleSettings {
            specialty: specialty.map(str::to_owned),
            from_minutes,
            amount: money(minor, "USD"),
        }
    }

    #[test]
    fn the_defaults_charge_something() {
        let schedule = fee_schedule(&settings()).expect("a schedule");
        let fee = schedule.fee(None, TimeDelta::minutes(15)).expect("a fee");
        assert_eq!(fee.money().to_string(), "150.00 USD");
    }

    #[test]
    fn an_invalid_setting_is_named() {
        let with_rules = |rules: Vec<FeeRuleSettings>| FeeSettings { rules, ..settings() };
        let cases = [
            (
                FeeSettings {
                    amount: money(15_000, "usd"),
                    ..settings()
                },
                "`billing.fees.amount.currency` must be an ISO 4217 currency such as USD",
            ),
            (
                FeeSettings {
                    tax_rate_ppm: 1_000_001,
                    ..settings()
                },
                "`billing.fees.tax_rate_ppm` must be from 0 to 1000000 parts per million",
            ),
            (
                FeeSettings {
                    description: " ".to_owned(),
                    ..settings()
                },
                "`billing.fees.description` must not be empty",
            ),
            (
                FeeSettings {
                    amount: money(-1, "USD"),
                    ..settings()
                },
                "`billing.fees.amount.minor` must not be below 0",
            ),
            (
                FeeSettings {
                    amount: money(15_000, "EUR"),
                    rules: vec![rule(None, 30, 1)],
                    ..settings()
                },
                "`billing.fees.rules[0].amount.currency` must be that of `billing.fees.amount`",
            ),
            (
                with_rules(vec![rule(None, 30, 1), rule(Some(""), 0, 1)]),
                "`billing.fees.rules[1].specialty` must not be empty",
            ),
            (
                with_rules(vec![rule(None, 721, 1)]),
                "`billing.fees.rules[0].from_minutes` must be at most 720, the length of the longest appointment",
            ),
            (
                with_rules(vec![rule(None, 0, 1), rule(Some("Cardiology"), 0, 2)]),
                "`billing.fees.rules[1]` must come before the more general rule",
            ),
        ];
        for (settings, expected) in cases {
            assert_eq!(fee_schedule(&settings).expect_err("a fault").to_string(), expected);
        }
    }
}
