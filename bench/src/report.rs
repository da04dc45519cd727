//! The report of a benchmark: figures with goals, as JSON and as text.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{Machine, Table};

/// The goal of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// At least this value.
    AtLeast(f64),
    /// More than this value.
    MoreThan(f64),
    /// At most this value.
    AtMost(f64),
}

impl Goal {
    /// Whether a value meets the goal.
    #[must_use]
    pub fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::MoreThan(bound) => value > bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, ">= {bound}"),
            Self::MoreThan(bound) => write!(f, "> {bound}"),
            Self::AtMost(bound) => write!(f, "<= {bound}"),
        }
    }
}

impl Serialize for Goal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A measured value with a goal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The name, for example `append.c1000.of_limit`.
    pub name: &'static str,
    /// The value, rounded to three decimals.
    pub value: f64,
    /// The unit.
    pub unit: &'static str,
    /// The goal.
    pub goal: Goal,
    /// Whether the value meets the goal.
    pub ok: bool,
}

impl Figure {
    /// Creates a figure. The rounded value is compared with the goal.
    #[must_use]
    pub fn new(name: &'static str, value: f64, unit: &'static str, goal: Goal) -> Self {
        let value = (value * 1_000.0).round() / 1_000.0;
        Self {
            name,
            value,
            unit,
            goal,
            ok: goal.is_met_by(value),
        }
    }
}

/// The report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The machine.
    pub machine: Machine,
    /// The measured figures.
    pub figures: Vec<Figure>,
    /// All measurements.
    pub rounds: Value,
    /// The measurements as tables.
    #[serde(skip)]
    pub tables: Vec<Table>,
    /// Notes for the reader.
    #[serde(skip)]
    pub notes: Vec<String>,
}

impl Report {
    /// Creates a report. It adds a note if no write can have been durable.
    ///
    /// # Errors
    /// The measurements cannot be converted to JSON.
    pub(crate) fn new(
        machine: Machine,
        figures: Vec<Figure>,
        rounds: &impl Serialize,
        tables: Vec<Table>,
        mut notes: Vec<String>,
    ) -> serde_json::Result<Self> {
        if !machine.syncs_plausibly() {
            notes.push(format!(
                "A sync took {} ms: the data folder is not on a disk, so nothing was durable.",
                machine.sync_ms
            ));
        }
        Ok(Self {
            machine,
            figures,
            rounds: serde_json::to_value(rounds)?,
            tables,
            notes,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.machine)?;
        for table in &self.tables {
            writeln!(f, "\n{table}")?;
        }
        let mut figures = Table::new("Figures", ["figure", "value", "unit", "goal", ""]);
        for figure in &self.figures {
            figures.row([
                figure.name.to_owned(),
                figure.value.to_string(),
                figure.unit.to_owned(),
                figure.goal.to_string(),
                if figure.ok { "ok" } else { "MISSED" }.to_owned(),
            ]);
        }
        write!(f, "\n{figures}")?;
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_held_against_the_value_as_it_is_shown() {
        let figure = |value, goal| Figure::new("a.b", value, "ratio", goal).ok;
        assert!(figure(0.7, Goal::AtLeast(0.7)) && figure(0.699_6, Goal::AtLeast(0.7)));
        assert!(!figure(0.699_4, Goal::AtLeast(0.7)));
        assert!(figure(1.001, Goal::MoreThan(1.0)) && !figure(1.0, Goal::MoreThan(1.0)));
        assert!(figure(3.0, Goal::AtMost(3.0)) && !figure(3.001, Goal::AtMost(3.0)));
        assert!(
            !figure(f64::NAN, Goal::AtMost(3.0)),
            "what is not a number reaches nothing"
        );
    }

    #[test]
    fn programs_get_the_machine_the_figures_and_what_they_were_made_of() {
        let report = Report {
            machine: Machine::default(),
            figures: vec![Figure::new("load.p50_ms", 1.234_56, "ms", Goal::AtMost(3.0))],
            rounds: serde_json::json!({"cells": []}),
            tables: vec![Table::new("Cells", ["a", "b"])],
            notes: vec!["for people".to_owned()],
        };
        let json = serde_json::to_value(&report).expect("JSON");
        let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["figures", "machine", "rounds"]);
        assert_eq!(
            json["figures"],
            serde_json::json!([{"name": "load.p50_ms", "value": 1.235, "unit": "ms", "goal": "<= 3", "ok": true}])
        );
        let text = report.to_string();
        assert!(text.contains("load.p50_ms") && text.contains("for people"), "{text}");
    }
}
