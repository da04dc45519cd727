//! Renders FHIR `Timing` in words.

use serde::Deserialize;

use super::{
    Fault, Words,
    quantity::{Quantity, Range, number, time_unit},
};
use crate::import::fhir::{elements::CodeableConcept, time::Moment};

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Timing {
    #[serde(default)]
    event: Vec<String>,
    repeat: Option<Repeat>,
    code: Option<CodeableConcept>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repeat {
    bounds_duration: Option<Bound<Quantity>>,
    bounds_range: Option<Bound<Range>>,
    bounds_period: Option<BoundsPeriod>,
    count: Option<u32>,
    count_max: Option<u32>,
    duration: Option<f64>,
    duration_max: Option<f64>,
    duration_unit: Option<String>,
    frequency: Option<u32>,
    frequency_max: Option<u32>,
    period: Option<f64>,
    period_max: Option<f64>,
    period_unit: Option<String>,
    #[serde(default)]
    day_of_week: Vec<String>,
    #[serde(default)]
    time_of_day: Vec<String>,
    #[serde(default)]
    when: Vec<String>,
    offset: Option<u32>,
}

/// A value without equality. `Repeat` is only compared with an empty one.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
struct Bound<T>(T);

impl<T> PartialEq for Bound<T> {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct BoundsPeriod {
    start: Option<String>,
    end: Option<String>,
}

/// Codes of `GTSAbbreviation`: words, and times per day.
const ABBREVIATIONS: &[(&str, &str, f64)] = &[
    ("QD", "once a day", 1.0),
    ("BID", "twice a day", 2.0),
    ("TID", "3 times a day", 3.0),
    ("QID", "4 times a day", 4.0),
    ("QOD", "every 2 days", 0.5),
    ("AM", "every morning", 1.0),
    ("PM", "every afternoon", 1.0),
    ("BED", "at bedtime", 1.0),
    ("Q1H", "every hour", 24.0),
    ("Q2H", "every 2 hours", 12.0),
    ("Q3H", "every 3 hours", 8.0),
    ("Q4H", "every 4 hours", 6.0),
    ("Q6H", "every 6 hours", 4.0),
    ("Q8H", "every 8 hours", 3.0),
    ("WK", "once a week", 1.0 / 7.0),
];

const DAYS: &[(&str, &str)] = &[
    ("mon", "Mondays"),
    ("tue", "Tuesdays"),
    ("wed", "Wednesdays"),
    ("thu", "Thursdays"),
    ("fri", "Fridays"),
    ("sat", "Saturdays"),
    ("sun", "Sundays"),
];

/// Codes of `EventTiming` and `TimingEvent`: words, and words after an offset, if they can have one.
const EVENTS: &[(&str, &str, Option<&str>)] = &[
    ("MORN", "in the morning", None),
    ("MORN.early", "early in the morning", None),
    ("MORN.late", "late in the morning", None),
    ("NOON", "at noon", None),
    ("AFT", "in the afternoon", None),
    ("AFT.early", "early in the afternoon", None),
    ("AFT.late", "late in the afternoon", None),
    ("EVE", "in the evening", None),
    ("EVE.early", "early in the evening", None),
    ("EVE.late", "late in the evening", None),
    ("NIGHT", "at night", None),
    ("PHS", "once asleep", Some("after falling asleep")),
    ("HS", "at bedtime", Some("before bedtime")),
    ("WAKE", "on waking", Some("after waking")),
    ("C", "with meals", None),
    ("CM", "with breakfast", None),
    ("CD", "with lunch", None),
    ("CV", "with dinner", None),
    ("AC", "before meals", Some("before meals")),
    ("ACM", "before breakfast", Some("before breakfast")),
    ("ACD", "before lunch", Some("before lunch")),
    ("ACV", "before dinner", Some("before dinner")),
    ("PC", "after meals", Some("after meals")),
    ("PCM", "after breakfast", Some("after breakfast")),
    ("PCD", "after lunch", Some("after lunch")),
    ("PCV", "after dinner", Some("after dinner")),
];

impl Timing {
    pub(super) fn words(&self) -> Words {
        let repeat = self.repeat.as_ref().filter(|repeat| **repeat != Repeat::default());
        let mut parts = Vec::new();
        match (repeat, &self.code) {
            (Some(repeat), code) => {
                repeat.check_agrees(code.as_ref())?;
                parts.push(repeat.words()?);
            }
            (None, Some(code)) => parts.push(in_words(code)?),
            (None, None) => {}
        }
        if !self.event.is_empty() {
            let events = self.event.iter().map(|event| moment("timing.event", event));
            parts.push(format!("at {}", and(&events.collect::<Result<Vec<_>, _>>()?)));
        }
        Ok(parts.join(", "))
    }
}

fn in_words(code: &CodeableConcept) -> Words {
    match abbreviation(code) {
        Some((_, words, _)) => Ok((*words).to_owned()),
        None => super::named("timing.code", code),
    }
}

fn abbreviation(code: &CodeableConcept) -> Option<&'static (&'static str, &'static str, f64)> {
    ABBREVIATIONS.iter().find(|(known, ..)| code.has_code(&[known]))
}

impl Repeat {
    /// A code states the whole timing again, so it must agree.
    fn check_agrees(&self, code: Option<&CodeableConcept>) -> Result<(), Fault> {
        let (Some((_, _, coded)), Some(told)) = (code.and_then(abbreviation), self.times_a_day()) else {
            return Ok(());
        };
        match (coded - told).abs() < 0.01 {
            true => Ok(()),
            false => Err(Fault::Wrong("timing.code", "must not contradict timing.repeat")),
        }
    }

    /// The times per day, if that is a single number.
    fn times_a_day(&self) -> Option<f64> {
        if self.frequency_max.is_some() || self.period_max.is_some() {
            return None;
        }
        let days = match self.period_unit.as_deref()? {
            "s" => 1.0 / 86_400.0,
            "min" => 1.0 / 1_440.0,
            "h" => 1.0 / 24.0,
            "d" => 1.0,
            "wk" => 7.0,
            _ => return None,
        };
        Some(f64::from(self.frequency.unwrap_or(1)) / (self.period? * days))
    }

    fn words(&self) -> Words {
        let mut parts = vec![
            self.rate()?,
            self.duration()?,
            self.days()?,
            self.times()?,
            self.events()?,
        ];
        parts.extend([self.bounds()?, self.count()?]);
        parts.retain(|part| !part.is_empty());
        Ok(parts.join(", "))
    }

    /// For example `once a week` or `1 to 2 times every 4 to 6 hours`.
    fn rate(&self) -> Words {
        let Some(period) = self.period else {
            return self.without_period();
        };
        let zero = Fault::Wrong("timing.repeat.period", "must be more than nothing");
        let unknown = Fault::Wrong("timing.repeat.periodUnit", "must be one of s, min, h, d, wk, mo, a");
        let unit = self.period_unit.as_deref().ok_or(unknown)?;
        let longest = self.period_max.unwrap_or(period);
        if !(period > 0.0 && period.is_finite()) {
            return Err(zero);
        }
        if longest < period {
            return Err(Fault::Wrong(
                "timing.repeat.periodMax",
                "must not be less than the period",
            ));
        }
        let words = time_unit(unit, longest).ok_or(unknown)?;
        let times = self.times_in_words()?;
        let is_once = times == "once";
        Ok(if longest > period {
            let every = format!("every {} to {} {words}", number(period), number(longest));
            if is_once { every } else { format!("{times} {every}") }
        } else if period == 1.0 {
            let article = if unit == "h" { "an" } else { "a" };
            format!("{times} {article} {words}")
        } else {
            let every = format!("every {} {words}", number(period));
            if is_once { every } else { format!("{times} {every}") }
        })
    }

    /// Without a period, the frequency can only be once at each stated day, time or event.
    fn without_period(&self) -> Words {
        if self.period_max.is_some() || self.period_unit.is_some() {
            return Err(Fault::Wrong("timing.repeat.period", "is missing"));
        }
        let is_told = !(self.day_of_week.is_empty() && self.time_of_day.is_empty() && self.when.is_empty());
        let is_once = self.frequency.is_none_or(|frequency| frequency == 1);
        match self.frequency_max.is_none() && is_once && (self.frequency.is_none() || is_told) {
            true => Ok(String::new()),
            false => Err(Fault::Wrong("timing.repeat.frequency", "needs a period")),
        }
    }

    fn times_in_words(&self) -> Words {
        let times = |frequency: u32| match frequency {
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            more => format!("{more} times"),
        };
        match (self.frequency, self.frequency_max) {
            (Some(0), _) | (_, Some(0)) => Err(Fault::Wrong("timing.repeat.frequency", "must be at least 1")),
            (Some(least), Some(most)) if most < least => Err(Fault::Wrong(
                "timing.repeat.frequencyMax",
                "must not be less than the frequency",
            )),
            (Some(least), Some(most)) if most > least => Ok(format!("{least} to {most} times")),
            (None, Some(most)) => Ok(format!("at most {}", times(most))),
            (frequency, _) => Ok(times(frequency.unwrap_or(1))),
        }
    }

    /// The duration of each administration.
    fn duration(&self) -> Words {
        let Some(shortest) = self.duration else {
            let none = self.duration_max.is_none() && self.duration_unit.is_none();
            return match none {
                true => Ok(String::new()),
                false => Err(Fault::Wrong("timing.repeat.duration", "is missing")),
            };
        };
        let longest = self.duration_max.unwrap_or(shortest);
        if !(shortest >= 0.0 && longest >= shortest) {
            return Err(Fault::Wrong("timing.repeat.duration", "must be a span of time"));
        }
        let unknown = Fault::Wrong("timing.repeat.durationUnit", "must be one of s, min, h, d, wk, mo, a");
        let unit = self
            .duration_unit
            .as_deref()
            .and_then(|unit| time_unit(unit, longest))
            .ok_or(unknown)?;
        Ok(match longest > shortest {
            true => format!("over {} to {} {unit}", number(shortest), number(longest)),
            false => format!("over {} {unit}", number(shortest)),
        })
    }

    fn days(&self) -> Words {
        let unknown = Fault::Wrong(
            "timing.repeat.dayOfWeek",
            "must be one of mon, tue, wed, thu, fri, sat, sun",
        );
        let days = self.day_of_week.iter().map(|code| {
            let known = DAYS.iter().find(|(known, _)| known == code);
            known.map(|(_, words)| (*words).to_owned()).ok_or(unknown)
        });
        prefixed("on ", &days.collect::<Result<Vec<_>, _>>()?)
    }

    fn times(&self) -> Words {
        let no_time = Fault::Wrong("timing.repeat.timeOfDay", "must be a time such as 08:00:00");
        let times = self.time_of_day.iter().map(|text| {
            let time: chrono::NaiveTime = text.parse().map_err(|_| no_time)?;
            let form = if text.ends_with(":00") || text.len() == 5 {
                "%H:%M"
            } else {
                "%H:%M:%S"
            };
            Ok(time.format(form).to_string())
        });
        prefixed("at ", &times.collect::<Result<Vec<_>, Fault>>()?)
    }

    fn events(&self) -> Words {
        if !self.when.is_empty() && !self.time_of_day.is_empty() {
            return Err(Fault::Wrong("timing.repeat.when", "must not stand beside timeOfDay"));
        }
        if self.when.is_empty() && self.offset.is_some() {
            return Err(Fault::Wrong("timing.repeat.offset", "needs an event to count from"));
        }
        let events = self.when.iter().map(|code| {
            let (_, words, from) = EVENTS
                .iter()
                .find(|(known, ..)| known == code)
                .ok_or(Fault::Wrong("timing.repeat.when", "must be a known event"))?;
            match (self.offset, from) {
                (None | Some(0), _) => Ok((*words).to_owned()),
                (Some(_), None) => Err(Fault::Wrong("timing.repeat.offset", "cannot count from such an event")),
                (Some(minutes), Some(from)) => {
                    let unit = time_unit("min", f64::from(minutes)).unwrap_or_default();
                    Ok(format!("{minutes} {unit} {from}"))
                }
            }
        });
        prefixed("", &events.collect::<Result<Vec<_>, _>>()?)
    }

    fn bounds(&self) -> Words {
        let given = [
            self.bounds_duration.is_some(),
            self.bounds_range.is_some(),
            self.bounds_period.is_some(),
        ];
        if given.into_iter().filter(|given| *given).count() > 1 {
            return Err(Fault::Wrong(
                "timing.repeat.bounds",
                "must be either a duration, a range or a period",
            ));
        }
        if let Some(Bound(duration)) = &self.bounds_duration {
            return Ok(format!("for {}", duration.words("timing.repeat.boundsDuration")?));
        }
        if let Some(Bound(range)) = &self.bounds_range {
            return Ok(format!("for {}", range.words("timing.repeat.boundsRange")?));
        }
        let Some(BoundsPeriod { start, end }) = &self.bounds_period else {
            return Ok(String::new());
        };
        let told = |text: &Option<String>| {
            let told = text.as_ref().map(|text| moment("timing.repeat.boundsPeriod", text));
            told.transpose()
        };
        Ok(match (told(start)?, told(end)?) {
            (Some(start), Some(end)) => format!("from {start} to {end}"),
            (Some(start), None) => format!("from {start}"),
            (None, Some(end)) => format!("until {end}"),
            (None, None) => String::new(),
        })
    }

    /// The total number of times.
    fn count(&self) -> Words {
        let times = |count: u32| {
            if count == 1 {
                "once".to_owned()
            } else {
                format!("{count} times")
            }
        };
        match (self.count, self.count_max) {
            (Some(0), _) | (_, Some(0)) => Err(Fault::Wrong("timing.repeat.count", "must be at least 1")),
            (None, None) => Ok(String::new()),
            (Some(least), Some(most)) if most < least => Err(Fault::Wrong(
                "timing.repeat.countMax",
                "must not be less than the count",
            )),
            (Some(least), Some(most)) if most > least => Ok(format!("{least} to {most} times in all")),
            (None, Some(most)) => Ok(format!("at most {} in all", times(most))),
            (Some(count), _) => Ok(format!("{} in all", times(count))),
        }
    }
}

/// A date or an instant, as it was written.
fn moment(element: &'static str, text: &str) -> Words {
    match Moment::parse(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(Fault::Wrong(element, "must be a date or an instant")),
    }
}

fn prefixed(prefix: &str, words: &[String]) -> Words {
    Ok(match words {
        [] => String::new(),
        words => format!("{prefix}{}", and(words)),
    })
}

/// For example `a, b and c`.
fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}
