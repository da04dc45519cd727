//! What a benchmark says in the end: figures with goals, for programs as JSON and for people as text.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{Machine, Table};

/// What a figure must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// This much, or more.
    AtLeast(f64),
    /// More than this.
    MoreThan(f64),
    /// This much, or less.
    AtMost(f64),
}

impl Goal {
    /// Whether a value reaches the goal.
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

/// A measured value that has a goal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Its name, for example `append.c1000.of_limit`.
    pub name: &'static str,
    /// Its value, to three decimals.
    pub value: f64,
    /// What the value counts.
    pub unit: &'static str,
    /// What it must be.
    pub goal: Goal,
    /// Whether it is.
    pub ok: bool,
}

impl Figure {
    /// A figure. The goal is held against the value as it is shown.
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

/// The outcome of a benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where it ran.
    pub machine: Machine,
    /// The figures that were measured. Those that were not are left out.
    pub figures: Vec<Figure>,
    /// What the figures were made of.
    pub rounds: Value,
    /// The same for people.
    #[serde(skip)]
    pub tables: Vec<Table>,
    /// What a reader must know.
    #[serde(skip)]
    pub notes: Vec<String>,
}

impl Report {
    /// Puts a report together. Where nothing can have been durable, it says so.
    ///
    /// # Errors
    /// What the figures were made of is not JSON.
    pub(crate) fn new(
        machine: Machine,
        figures: Vec<Figure>,
        rounds: &impl Serialize,
        tables: Vec<Table>,
        mut notes: Vec<String>,
    ) -> serde_json::Result<Self> {
        if !machine.syncs_plausibly() {
            notes.push(format!(
                "A sync took {} ms: the folder of the data is not on a disk, and nothing here was durable.",
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
