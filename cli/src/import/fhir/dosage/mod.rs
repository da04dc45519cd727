//! Renders FHIR `Dosage` in words: completely or not at all, because an omission can turn a weekly dose into a daily one.

mod quantity;
mod timing;

#[cfg(test)]
mod shapes;

use serde::Deserialize;

use self::{
    quantity::{Quantity, Range, Ratio},
    timing::Timing,
};
use super::elements::CodeableConcept;

pub(super) use quantity::Quantity as Amount;

/// The reason why a dosage cannot be rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// An element has no words, such as a code without a display. The text of the dosage can replace it.
    NoWords(&'static str),
    /// An element is invalid, or contradicts another one.
    Wrong(&'static str, &'static str),
}

type Words = Result<String, Fault>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dosage {
    sequence: Option<i64>,
    text: Option<String>,
    #[serde(default)]
    additional_instruction: Vec<CodeableConcept>,
    patient_instruction: Option<String>,
    timing: Option<Timing>,
    as_needed_boolean: Option<bool>,
    as_needed_codeable_concept: Option<CodeableConcept>,
    site: Option<CodeableConcept>,
    route: Option<CodeableConcept>,
    method: Option<CodeableConcept>,
    #[serde(default)]
    dose_and_rate: Vec<DoseAndRate>,
    max_dose_per_period: Option<Ratio>,
    max_dose_per_administration: Option<Quantity>,
    max_dose_per_lifetime: Option<Quantity>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DoseAndRate {
    r#type: Option<CodeableConcept>,
    dose_range: Option<Range>,
    dose_quantity: Option<Quantity>,
    rate_ratio: Option<Ratio>,
    rate_range: Option<Range>,
    rate_quantity: Option<Quantity>,
}

/// The directions of a medicine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directions {
    /// All steps in words, if there are any.
    pub(super) dosage: Option<String>,
    /// The text of the steps, if there is any.
    pub(super) text: Option<String>,
    /// Whether the text replaced an element without words.
    pub(super) is_told_by_text: bool,
    /// Whether one of several doses was chosen.
    pub(super) is_chosen: bool,
}

/// Renders all steps.
///
/// # Errors
/// A step cannot be rendered, or the order of the steps is unknown.
pub(super) fn directions(steps: &[Dosage]) -> Result<Directions, Fault> {
    let mut steps: Vec<&Dosage> = steps.iter().collect();
    let numbered = steps.iter().filter(|step| step.sequence.is_some()).count();
    if numbered > 0 && numbered < steps.len() {
        return Err(Fault::Wrong("sequence", "must be there on all steps or on none"));
    }
    steps.sort_by_key(|step| step.sequence);
    let is_chosen = steps.iter().any(|step| step.dose_and_rate.len() > 1);
    let (mut dosage, mut text) = (Joined::default(), Joined::default());
    let mut is_told_by_text = false;
    for step in steps {
        let own_text = filled(step.text.as_deref());
        let words = match (step.words(), own_text) {
            (Err(Fault::NoWords(_)), Some(own_text)) => {
                is_told_by_text = true;
                own_text.to_owned()
            }
            (Ok(words), Some(own_text)) if words.is_empty() => own_text.to_owned(),
            (words, _) => words?,
        };
        dosage.push(step.sequence, &words);
        text.push(step.sequence, own_text.unwrap_or_default());
    }
    Ok(Directions {
        dosage: dosage.filled(),
        text: text.filled(),
        is_told_by_text,
        is_chosen,
    })
}

/// Rendered steps. Steps with equal or no sequence numbers are concurrent.
#[derive(Debug, Default)]
struct Joined {
    words: String,
    last_sequence: Option<i64>,
}

impl Joined {
    fn push(&mut self, sequence: Option<i64>, words: &str) {
        if words.is_empty() {
            return;
        }
        if !self.words.is_empty() {
            let is_same = self.last_sequence == sequence;
            self.words.push_str(if is_same { "; and " } else { "; then " });
        }
        self.last_sequence = sequence;
        self.words.push_str(words);
    }

    fn filled(self) -> Option<String> {
        Some(self.words).filter(|words| !words.is_empty())
    }
}

impl Dosage {
    /// The structured elements in words.
    fn words(&self) -> Words {
        let mut dose = self.dose()?;
        let timing = self.timing.as_ref().map(Timing::words).transpose()?.unwrap_or_default();
        let mut parts = Vec::new();
        match (dose.text.is_empty(), timing.is_empty()) {
            (false, false) => {
                // Without a unit, the dose would run into the frequency: "1 2 times a day".
                dose.text.push_str(if dose.has_unit { " " } else { ", " });
                parts.push(dose.text + &timing);
            }
            _ => parts.push(dose.text + &timing),
        }
        parts.extend(self.as_needed()?);
        for (element, concept) in [("route", &self.route), ("method", &self.method), ("site", &self.site)] {
            parts.extend(concept.as_ref().map(|concept| named(element, concept)).transpose()?);
        }
        for instruction in &self.additional_instruction {
            parts.push(named("additionalInstruction", instruction)?);
        }
        parts.extend(self.maximum()?);
        parts.extend(filled(self.patient_instruction.as_deref()).map(str::to_owned));
        parts.retain(|part| !part.is_empty());
        Ok(parts.join(", "))
    }

    fn as_needed(&self) -> Result<Option<String>, Fault> {
        match (self.as_needed_boolean, &self.as_needed_codeable_concept) {
            (Some(_), Some(_)) => Err(Fault::Wrong("asNeeded", "must be either a boolean or a concept")),
            (_, Some(concept)) => Ok(Some(format!(
                "as needed for {}",
                named("asNeededCodeableConcept", concept)?
            ))),
            (needed, None) => Ok(needed.unwrap_or_default().then(|| "as needed".to_owned())),
        }
    }

    fn maximum(&self) -> Result<Vec<String>, Fault> {
        let mut parts = Vec::new();
        if let Some(ratio) = &self.max_dose_per_period {
            parts.push(format!("at most {}", ratio.words("maxDosePerPeriod", " in ")?));
        }
        if let Some(quantity) = &self.max_dose_per_administration {
            parts.push(format!(
                "at most {} at a time",
                quantity.words("maxDosePerAdministration")?
            ));
        }
        if let Some(quantity) = &self.max_dose_per_lifetime {
            parts.push(format!(
                "at most {} in a lifetime",
                quantity.words("maxDosePerLifetime")?
            ));
        }
        Ok(parts)
    }

    /// The only dose, or the one of type `ordered`.
    fn dose(&self) -> Result<Dose, Fault> {
        let of_type = |code| {
            let mut of_type = self.dose_and_rate.iter();
            let has_type = move |dose: &&DoseAndRate| dose.r#type.as_ref().is_some_and(|kind| kind.has_code(&[code]));
            let first = of_type.by_ref().find(has_type);
            first.filter(|_| !of_type.any(|dose| has_type(&dose)))
        };
        let dose = match self.dose_and_rate.as_slice() {
            [] => return Ok(Dose::default()),
            [only] => only,
            _ => of_type("ordered").ok_or(Fault::Wrong("doseAndRate", "must mark one dose as ordered"))?,
        };
        dose.words()
    }
}

#[derive(Debug, Default)]
struct Dose {
    text: String,
    has_unit: bool,
}

impl DoseAndRate {
    fn words(&self) -> Result<Dose, Fault> {
        let (dose, dose_has_unit) = match (&self.dose_quantity, &self.dose_range) {
            (Some(_), Some(_)) => return Err(Fault::Wrong("dose", "must be either a quantity or a range")),
            (Some(quantity), None) => (Some(quantity.words("doseQuantity")?), quantity.has_unit()),
            (None, Some(range)) => (Some(range.words("doseRange")?), range.has_unit()),
            (None, None) => (None, true),
        };
        let rates = [
            self.rate_ratio.as_ref().map(|rate| rate.words("rateRatio", " per ")),
            self.rate_range.as_ref().map(|rate| rate.words("rateRange")),
            self.rate_quantity.as_ref().map(|rate| rate.words("rateQuantity")),
        ];
        let mut rates = rates.into_iter().flatten();
        let rate = rates.next().transpose()?.map(|rate| format!("at {rate}"));
        if rates.next().is_some() {
            return Err(Fault::Wrong("rate", "must be either a ratio, a range or a quantity"));
        }
        Ok(Dose {
            has_unit: dose_has_unit || rate.is_some(),
            text: dose.into_iter().chain(rate).collect::<Vec<_>>().join(" "),
        })
    }
}

fn named(element: &'static str, concept: &CodeableConcept) -> Words {
    let name = concept.display().ok_or(Fault::NoWords(element))?;
    Ok(name.trim().to_owned())
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
