//! Conditions on dates in the format of FHIR searches: an optional prefix, then a day, a month or a year.

use domain::values::PartialDate;
use read_models::{Comparison, DateCondition};
use serde::{Deserialize, Deserializer, de::Error as _};

/// A condition on a date, such as `ge1968-05`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Condition(pub(crate) DateCondition);

const PREFIXES: [(&str, Comparison); 9] = [
    ("eq", Comparison::Within),
    ("ne", Comparison::NotWithin),
    ("gt", Comparison::After),
    ("lt", Comparison::Before),
    ("ge", Comparison::AfterOrWithin),
    ("le", Comparison::BeforeOrWithin),
    ("sa", Comparison::WhollyAfter),
    ("eb", Comparison::WhollyBefore),
    ("ap", Comparison::Overlapping),
];

const FORMS: &str = "must be a date such as 1968-05-12, 1968-05 or 1968, which eq, ne, gt, lt, ge, le, sa, eb or ap can \
                     stand before";

impl Condition {
    fn parse(text: &str) -> Option<Self> {
        let prefixed = PREFIXES.iter().find_map(|(prefix, comparison)| {
            let date = text.strip_prefix(prefix)?;
            Some((*comparison, date))
        });
        let (comparison, date) = prefixed.unwrap_or((Comparison::Within, text));
        let date = PartialDate::parse(date).ok()?;
        Some(Self(DateCondition {
            comparison,
            earliest: date.earliest(),
            latest: date.latest(),
        }))
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer).map_err(|_| D::Error::custom(FORMS))?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(FORMS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_a_date_with_an_optional_prefix() {
        let read = |text: &str| Condition::parse(text).map(|condition| condition.0);
        let condition = |comparison, earliest: &str, latest: &str| {
            Some(DateCondition {
                comparison,
                earliest: earliest.parse().expect("a day"),
                latest: latest.parse().expect("a day"),
            })
        };
        let all_of_it = condition(Comparison::Within, "1968-05-01", "1968-05-31");
        assert_eq!(read("1968-05"), all_of_it);
        assert_eq!(read("eq1968-05"), all_of_it);
        assert_eq!(
            read("sa1968"),
            condition(Comparison::WhollyAfter, "1968-01-01", "1968-12-31")
        );
        for bad in ["", "ge", "xx1968", "ge 1968", "GE1968", "gele1968", "1968-5"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
