//! Names and contact points of patients and practitioners.

use chrono::{DateTime, Utc};
use domain::values::{Invalid, Name};
use serde::Deserialize;

use super::{
    choice::{Choosable, has_ended, ranked},
    elements::Period,
    note::Notes,
    resource::{NotImported, refused},
};

/// Uses of names, best first.
const NAME_USES: &[Option<&str>] = &[
    Some("official"),
    Some("usual"),
    None,
    Some("temp"),
    Some("nickname"),
    Some("anonymous"),
    Some("old"),
    Some("maiden"),
];
const CONTACT_USES: &[Option<&str>] = &[
    Some("home"),
    Some("mobile"),
    None,
    Some("work"),
    Some("temp"),
    Some("old"),
];

#[derive(Debug, Default, Deserialize)]
pub(super) struct HumanName {
    r#use: Option<String>,
    text: Option<String>,
    family: Option<String>,
    #[serde(default)]
    given: Vec<Option<String>>,
    #[serde(default)]
    prefix: Vec<Option<String>>,
    #[serde(default)]
    suffix: Vec<Option<String>>,
    period: Option<Period>,
}

impl Choosable for HumanName {
    fn used_for(&self) -> Option<&str> {
        self.r#use.as_deref()
    }

    fn period(&self) -> Option<&Period> {
        self.period.as_ref()
    }
}

impl HumanName {
    fn display(&self) -> String {
        let text = self.text.clone().filter(|text| !text.trim().is_empty());
        text.unwrap_or_else(|| {
            let parts = self
                .prefix
                .iter()
                .flatten()
                .chain(self.given.iter().flatten())
                .chain(&self.family);
            let parts = parts.chain(self.suffix.iter().flatten()).map(|part| part.trim());
            parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        })
    }
}

/// The current name.
pub(super) fn name(names: &[HumanName], now: DateTime<Utc>, notes: &mut Notes) -> Result<Name, NotImported> {
    let ranked = ranked(names, NAME_USES, now);
    let chosen = ranked.best_first.first().ok_or_else(|| refused("name", "is missing"))?;
    if ranked.is_tie {
        notes.changed("name", "chosen by position, because nothing else distinguishes it");
    }
    if has_ended(*chosen, now) {
        notes.changed("name", "ended; there is no current one");
    }
    if names.len() > 1 {
        notes.left_out("name", format_args!("{} less preferred", names.len() - 1));
    }
    Name::parse(&chosen.display()).map_err(|why| refused("name", why))
}

#[derive(Debug, Deserialize)]
pub(super) struct ContactPoint {
    system: Option<String>,
    value: Option<String>,
    r#use: Option<String>,
    rank: Option<u32>,
    period: Option<Period>,
}

impl Choosable for ContactPoint {
    fn used_for(&self) -> Option<&str> {
        self.r#use.as_deref()
    }

    fn period(&self) -> Option<&Period> {
        self.period.as_ref()
    }

    fn rank(&self) -> Option<u32> {
        self.rank
    }
}

/// The best valid contact point of a system.
pub(super) fn contact<T>(
    points: &[ContactPoint],
    (system, element): (&str, &'static str),
    parse: impl Fn(&str) -> Result<T, Invalid>,
    now: DateTime<Utc>,
    notes: &mut Notes,
) -> Option<T> {
    let of_system = points.iter().filter(|point| point.system.as_deref() == Some(system));
    let ranked = ranked(of_system, CONTACT_USES, now);
    let mut chosen = None;
    let (mut fewer, mut is_first) = (0, true);
    for point in ranked.best_first {
        let Some(value) = point.value.as_deref().filter(|value| !value.trim().is_empty()) else {
            continue;
        };
        if has_ended(point, now) {
            notes.left_out(element, "not current");
        } else if chosen.is_some() {
            fewer += 1;
        } else {
            chosen = notes.optional(element, Some(parse(value)));
            if chosen.is_some() && is_first && ranked.is_tie {
                notes.changed(element, "chosen by position, because nothing else distinguishes it");
            }
        }
        is_first = false;
    }
    if fewer > 0 {
        notes.left_out(element, format_args!("{fewer} less preferred"));
    }
    chosen
}

/// Notes the contact points of other systems.
pub(super) fn note_other_contacts(points: &[ContactPoint], kept: &[&str], notes: &mut Notes) {
    let is_kept = |point: &&ContactPoint| point.system.as_deref().is_some_and(|system| kept.contains(&system));
    let others = points.iter().filter(|point| !is_kept(point)).count();
    if others > 0 {
        notes.left_out("telecom", format_args!("{others} of unsupported systems"));
    }
}
