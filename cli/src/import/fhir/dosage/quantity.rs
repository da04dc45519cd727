//! Quantities, ranges and ratios in words.

use serde::Deserialize;

use super::{Fault, Words};

#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::import::fhir) struct Quantity {
    value: Option<f64>,
    comparator: Option<String>,
    unit: Option<String>,
    code: Option<String>,
    #[serde(rename = "system")]
    _system: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Range {
    low: Option<Quantity>,
    high: Option<Quantity>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Ratio {
    numerator: Option<Quantity>,
    denominator: Option<Quantity>,
}

/// A number without trailing zeros.
pub(super) fn number(value: f64) -> String {
    value.to_string()
}

/// A UCUM unit of time in words, singular or plural.
pub(super) fn time_unit(code: &str, value: f64) -> Option<String> {
    let unit = match code {
        "s" => "second",
        "min" => "minute",
        "h" => "hour",
        "d" => "day",
        "wk" => "week",
        "mo" => "month",
        "a" => "year",
        _ => return None,
    };
    Some(if value == 1.0 {
        unit.to_owned()
    } else {
        format!("{unit}s")
    })
}

impl Quantity {
    /// The unit in words, if there is one.
    fn unit(&self) -> Option<String> {
        let value = self.value.unwrap_or_default();
        let given = [&self.unit, &self.code].into_iter().flatten().map(|text| text.trim());
        let unit = given.clone().find(|text| !text.is_empty())?;
        // UCUM writes annotations in braces: {tbl}.
        let unit = unit
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .unwrap_or(unit);
        match unit {
            "1" => None,
            unit => Some(time_unit(unit, value).unwrap_or_else(|| unit.to_owned())),
        }
    }

    pub(super) fn has_unit(&self) -> bool {
        self.unit().is_some()
    }

    fn value(&self, element: &'static str) -> Result<f64, Fault> {
        let value = self.value.ok_or(Fault::Wrong(element, "must have a value"))?;
        match value.is_finite() && value >= 0.0 {
            true => Ok(value),
            false => Err(Fault::Wrong(element, "must not be negative")),
        }
    }

    /// The value and the UCUM unit, if it is a unit of time.
    pub(in crate::import::fhir) fn in_time(&self) -> Option<(f64, &str)> {
        let codes = [&self.code, &self.unit].into_iter().flatten().map(String::as_str);
        let mut of_time = codes.filter(|code| time_unit(code, 1.0).is_some());
        Some((self.value?, of_time.next()?))
    }

    /// For example `15 mg`, `30 days` or `1`.
    pub(in crate::import::fhir) fn words(&self, element: &'static str) -> Words {
        let compared = match self.comparator.as_deref() {
            None => "",
            Some("<") => "less than ",
            Some("<=") => "at most ",
            Some(">=") => "at least ",
            Some(">") => "more than ",
            Some(_) => return Err(Fault::NoWords(element)),
        };
        let value = number(self.value(element)?);
        Ok(match self.unit() {
            Some(unit) => format!("{compared}{value} {unit}"),
            None => format!("{compared}{value}"),
        })
    }
}

impl Range {
    pub(super) fn has_unit(&self) -> bool {
        self.high.as_ref().or(self.low.as_ref()).is_some_and(Quantity::has_unit)
    }

    /// For example `1 to 2 tablets`.
    pub(super) fn words(&self, element: &'static str) -> Words {
        match (&self.low, &self.high) {
            (None, None) => Err(Fault::Wrong(element, "must have a low or a high end")),
            (Some(low), None) => Ok(format!("at least {}", low.words(element)?)),
            (None, Some(high)) => Ok(format!("at most {}", high.words(element)?)),
            (Some(low), Some(high)) => {
                let (least, most) = (low.value(element)?, high.value(element)?);
                // Units are compared for the same value, because their words have a plural.
                let low_in_high = Quantity {
                    value: high.value,
                    ..low.clone()
                };
                let is_of_one_unit = low_in_high.unit() == high.unit() || !low.has_unit();
                if is_of_one_unit && least > most {
                    return Err(Fault::Wrong(element, "must not end before it begins"));
                }
                let low_words = match is_of_one_unit {
                    true => number(least),
                    false => low.words(element)?,
                };
                Ok(format!("{low_words} to {}", high.words(element)?))
            }
        }
    }
}

impl Ratio {
    /// For example `4 g in 24 hours`.
    pub(super) fn words(&self, element: &'static str, between: &str) -> Words {
        let missing = Fault::Wrong(element, "must have a numerator and a denominator");
        let numerator = self.numerator.as_ref().ok_or(missing)?.words(element)?;
        let denominator = self.denominator.as_ref().ok_or(missing)?.words(element)?;
        Ok(format!("{numerator}{between}{denominator}"))
    }
}
