//! FHIR data types that several resources use.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::time::Moment;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::import) struct Coding {
    pub(super) system: Option<String>,
    pub(super) code: Option<String>,
    pub(super) display: Option<String>,
    #[serde(default)]
    user_selected: bool,
    #[serde(rename = "version")]
    _version: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::import) struct CodeableConcept {
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) coding: Vec<Coding>,
}

impl CodeableConcept {
    /// The text, or else the display of the selected coding, or else of the first coding with one. All codings mean the same.
    pub(super) fn display(&self) -> Option<String> {
        let named = |coding: &&Coding| coding.display.as_deref().is_some_and(|name| !name.trim().is_empty());
        let named: Vec<&Coding> = self.coding.iter().filter(named).collect();
        let chosen = named
            .iter()
            .find(|coding| coding.user_selected)
            .or_else(|| named.first());
        let text = self.text.clone().filter(|text| !text.trim().is_empty());
        text.or_else(|| chosen.and_then(|coding| coding.display.clone()))
    }

    /// Whether it has one of the codes, in any system.
    pub(super) fn has_code(&self, codes: &[&str]) -> bool {
        let mut own = self.coding.iter().filter_map(|coding| coding.code.as_deref());
        own.any(|code| codes.contains(&code))
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Identifier {
    pub(super) r#use: Option<String>,
    pub(super) system: Option<String>,
    pub(super) value: Option<String>,
    pub(super) period: Option<Period>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Period {
    pub(super) start: Option<Moment>,
    pub(super) end: Option<Moment>,
}

impl Period {
    /// Whether it contains an instant in any time zone.
    pub(super) fn holds_at(&self, now: DateTime<Utc>) -> bool {
        let began = self.start.as_ref().is_none_or(|start| start.earliest() <= now);
        began && self.end.as_ref().is_none_or(|end| end.latest() > now)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Annotation {
    pub(super) text: Option<String>,
}
