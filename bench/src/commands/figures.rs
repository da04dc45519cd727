//! The figures that the command benchmark is judged by, made of what was measured. What was not measured is left out.

use bench_driver::Worked;

use super::{
    outcome::{Outcome, Scenarios},
    plan::Plan,
};
use crate::{
    report::{Figure, Goal},
    statistics::{median, median_ratio},
};

/// The number of clients whose rate is held against what JetStream can take at all.
const CROWD: usize = 256;
/// What people call at once.
const PROMPT_MS: f64 = 50.0;

pub(super) fn of(outcome: &Outcome, plan: &Plan) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |name, value: Option<f64>, unit, goal| {
        figures.extend(value.map(|value| Figure::new(name, value, unit, goal)));
    };
    add("commands.c256.of_limit", of_limit(outcome), "ratio", Goal::AtLeast(0.5));
    let half_peak = outcome.half_peak.iter();
    add(
        "commands.half_peak.p99_ms",
        median(half_peak.map(|row| row.worked.all.latency.p99_ms)),
        "ms",
        Goal::AtMost(PROMPT_MS),
    );
    if !plan.runs_whole_scenarios() {
        return figures;
    }
    let errors = |of: fn(&Scenarios) -> u64| {
        let rounds = outcome.scenarios.iter().map(of);
        rounds.max().map(|errors| errors as f64)
    };
    let p95_ms = |of: fn(&Scenarios) -> &Worked| {
        let rounds = outcome.scenarios.iter();
        median(rounds.map(|scenarios| of(scenarios).all.latency.p95_ms))
    };
    for (name, errors) in [
        ("load.scenario1.errors", errors(|it| it.creates_alone.all.failures)),
        ("load.scenario2.errors", errors(|it| it.lists_alone.all.failures)),
        (
            "load.scenario3.errors",
            errors(|it| it.creates_beside.all.failures + it.lists_beside.all.failures),
        ),
    ] {
        add(name, errors, "requests", Goal::AtMost(0.0));
    }
    for (name, p95_ms) in [
        ("load.scenario1.create_p95_ms", p95_ms(|it| &it.creates_alone)),
        ("load.scenario2.list_p95_ms", p95_ms(|it| &it.lists_alone)),
        ("load.scenario3.create_p95_ms", p95_ms(|it| &it.creates_beside)),
        ("load.scenario3.list_p95_ms", p95_ms(|it| &it.lists_beside)),
    ] {
        add(name, p95_ms, "ms", Goal::AtMost(PROMPT_MS));
    }
    figures
}

/// The events that a crowd's commands store, as a part of what JetStream takes in the same round.
fn of_limit(outcome: &Outcome) -> Option<f64> {
    let crowd = outcome.rows.iter().filter(|row| row.clients == Some(CROWD));
    let ours: Vec<(usize, f64)> = crowd.map(|row| (row.round, row.events_per_second)).collect();
    let limits = outcome.limits.iter();
    let theirs: Vec<(usize, f64)> = limits.map(|limit| (limit.round, limit.events_per_second)).collect();
    median_ratio(&ours, &theirs)
}

#[cfg(test)]
mod tests {
    use bench_driver::{Measured, OfKind, Percentiles};

    use super::*;
    use crate::commands::outcome::{Limit, Row};

    fn worked(p99_ms: f64, failures: u64) -> Worked {
        let latency = Percentiles {
            p95_ms: p99_ms / 2.0,
            p99_ms,
            ..Percentiles::default()
        };
        Worked {
            seconds: 2.0,
            all: OfKind {
                done: 100,
                failures,
                latency,
                ..OfKind::default()
            },
            done_in_all: 200,
            ..Worked::default()
        }
    }

    fn plan(load_percent: u32) -> Plan {
        Plan {
            clients: vec![CROWD],
            seconds: 2.0,
            rounds: 2,
            patients: 1,
            load_percent,
        }
    }

    fn outcome() -> Outcome {
        let limit = |round, events_per_second| Limit {
            round,
            events_per_second,
            measured: Measured::default(),
        };
        Outcome {
            // 50 commands a second; 600 events of 200 commands: 150 events a second.
            rows: vec![
                Row::new(1, Some(CROWD), worked(80.0, 0), 600),
                Row::new(2, Some(CROWD), worked(80.0, 0), 600),
                Row::new(2, Some(1), worked(80.0, 0), 6_000),
            ],
            half_peak: vec![
                Row::new(1, None, worked(30.0, 0), 0),
                Row::new(2, None, worked(60.0, 0), 0),
            ],
            limits: vec![limit(1, 300.0), limit(2, 500.0)],
            scenarios: vec![
                Scenarios {
                    creates_beside: worked(20.0, 2),
                    lists_beside: worked(200.0, 1),
                    ..Scenarios::default()
                },
                Scenarios::default(),
            ],
        }
    }

    #[test]
    fn events_are_held_against_events_and_errors_are_not_averaged_away() {
        let figures = of(&outcome(), &plan(100));
        let value = |name: &str| {
            let figure = figures.iter().find(|figure| figure.name == name);
            figure.map(|figure| (figure.value, figure.ok))
        };
        assert_eq!(value("commands.c256.of_limit"), Some((0.4, false)));
        assert_eq!(value("commands.half_peak.p99_ms"), Some((45.0, true)));
        assert_eq!(value("load.scenario3.errors"), Some((3.0, false)));
        assert_eq!(value("load.scenario3.create_p95_ms"), Some((5.0, true)));
        assert_eq!(value("load.scenario3.list_p95_ms"), Some((50.0, true)));
        assert_eq!(figures.len(), 9);
    }

    #[test]
    fn what_was_not_measured_is_left_out() {
        assert_eq!(of(&Outcome::default(), &plan(100)), []);
        let names: Vec<&str> = of(&outcome(), &plan(10)).iter().map(|figure| figure.name).collect();
        assert_eq!(names, ["commands.c256.of_limit", "commands.half_peak.p99_ms"]);
    }
}
