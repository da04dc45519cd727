//! The figures of the command benchmark. Figures without measurements are left out.

use bench_driver::Worked;

use super::{
    outcome::{Outcome, Row, Scenarios, Service},
    plan::Plan,
};
use crate::{
    report::{Figure, Goal},
    statistics::{median, median_ratio},
};

/// The latency that people perceive as immediate.
const PROMPT_MS: f64 = 50.0;

/// The comparison with the plain service at a number of clients.
struct Compared {
    clients: usize,
    /// The figure of commands per second, and the minimum ratio.
    rate: (&'static str, f64),
    /// The figure of the median latency, and the maximum ratio.
    p50: (&'static str, f64),
}

const COMPARED: [Compared; 4] = [
    Compared {
        clients: 1,
        rate: ("commands.c1.of_crud", 1.2),
        p50: ("commands.c1.p50_of_crud", 0.9),
    },
    Compared {
        clients: 8,
        rate: ("commands.c8.of_crud", 1.5),
        p50: ("commands.c8.p50_of_crud", 0.7),
    },
    Compared {
        clients: 64,
        rate: ("commands.c64.of_crud", 3.0),
        p50: ("commands.c64.p50_of_crud", 0.35),
    },
    Compared {
        clients: 256,
        rate: ("commands.c256.of_crud", 4.0),
        p50: ("commands.c256.p50_of_crud", 0.3),
    },
];

pub(super) fn of(outcome: &Outcome, plan: &Plan) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |name, value: Option<f64>, unit, goal| {
        figures.extend(value.map(|value| Figure::new(name, value, unit, goal)));
    };
    for Compared { clients, rate, p50 } in COMPARED {
        let rows: Vec<&Row> = outcome.rows.iter().filter(|row| row.clients == Some(clients)).collect();
        add(rate.0, of_crud(&rows, Row::rate), "ratio", Goal::AtLeast(rate.1));
        add(p50.0, of_crud(&rows, Row::p50_ms), "ratio", Goal::AtMost(p50.1));
    }
    let rows: Vec<&Row> = outcome.crud_half_peak.iter().collect();
    for (name, of, most) in [
        (
            "commands.crud_half_peak.p50_of_crud",
            Row::p50_ms as fn(&Row) -> f64,
            0.8,
        ),
        ("commands.crud_half_peak.p99_of_crud", Row::p99_ms, 1.0),
    ] {
        add(name, of_crud(&rows, of), "ratio", Goal::AtMost(most));
    }
    let p99_ms = median(outcome.half_peak.iter().map(Row::p99_ms));
    add("commands.half_peak.p99_ms", p99_ms, "ms", Goal::AtMost(25.0));
    let by = |processes| values(&outcome.processes, |row| row.processes == processes, Row::rate);
    let of_one = median_ratio(&by(2), &by(1));
    add("commands.two_processes.of_one", of_one, "ratio", Goal::AtLeast(0.7));
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

/// Our measurement as a multiple of the plain service's in the same round.
fn of_crud(rows: &[&Row], of: fn(&Row) -> f64) -> Option<f64> {
    let by = |service| values(rows.iter().copied(), |row| row.service == service, of);
    median_ratio(&by(Service::Anamnesis), &by(Service::Crud))
}

/// A value of each selected row, with its round.
fn values<'a>(
    rows: impl IntoIterator<Item = &'a Row>,
    belongs: impl Fn(&Row) -> bool,
    of: fn(&Row) -> f64,
) -> Vec<(usize, f64)> {
    let rows = rows.into_iter().filter(|row| belongs(row));
    rows.map(|row| (row.round, of(row))).collect()
}

#[cfg(test)]
mod tests {
    use bench_driver::{OfKind, Percentiles};

    use super::*;

    fn worked(done: u64, p50_ms: f64, failures: u64) -> Worked {
        let latency = Percentiles {
            p50_ms,
            p95_ms: p50_ms * 2.0,
            p99_ms: p50_ms * 4.0,
            ..Percentiles::default()
        };
        Worked {
            seconds: 2.0,
            all: OfKind {
                done,
                failures,
                latency,
                ..OfKind::default()
            },
            done_in_all: done,
            ..Worked::default()
        }
    }

    fn ours(round: usize, clients: Option<usize>, done: u64, p50_ms: f64) -> Row {
        Row::new(round, Service::Anamnesis, clients, worked(done, p50_ms, 0), Some(done))
    }

    fn theirs(round: usize, clients: Option<usize>, done: u64, p50_ms: f64) -> Row {
        Row::new(round, Service::Crud, clients, worked(done, p50_ms, 0), None)
    }

    fn plan(load_percent: u32) -> Plan {
        Plan {
            clients: vec![1, 256],
            seconds: 2.0,
            rounds: 2,
            patients: 1,
            load_percent,
            nats: None,
        }
    }

    fn outcome() -> Outcome {
        let two = |row| Row { processes: 2, ..row };
        Outcome {
            rows: vec![
                ours(1, Some(256), 900, 20.0),
                theirs(1, Some(256), 200, 80.0),
                theirs(2, Some(256), 100, 160.0),
                ours(2, Some(256), 350, 40.0),
                ours(2, Some(1), 50, 1.0),
            ],
            crud_half_peak: vec![ours(1, None, 50, 3.0), theirs(1, None, 50, 4.0)],
            half_peak: vec![ours(1, None, 450, 5.0), ours(2, None, 175, 7.0)],
            processes: vec![
                ours(1, Some(64), 100, 8.0),
                two(ours(1, Some(64), 60, 9.0)),
                two(ours(2, Some(64), 80, 9.0)),
                ours(2, Some(64), 100, 8.0),
            ],
            scenarios: vec![
                Scenarios {
                    creates_beside: worked(10, 5.0, 2),
                    lists_beside: worked(10, 50.0, 1),
                    ..Scenarios::default()
                },
                Scenarios::default(),
            ],
        }
    }

    #[test]
    fn ratios_are_made_within_a_round_and_errors_are_not_averaged_away() {
        let figures = of(&outcome(), &plan(100));
        let value = |name: &str| {
            let figure = figures.iter().find(|figure| figure.name == name);
            figure.map(|figure| (figure.value, figure.ok))
        };
        assert_eq!(value("commands.c256.of_crud"), Some((4.0, true)));
        assert_eq!(value("commands.c256.p50_of_crud"), Some((0.25, true)));
        assert_eq!(value("commands.crud_half_peak.p50_of_crud"), Some((0.75, true)));
        assert_eq!(value("commands.crud_half_peak.p99_of_crud"), Some((0.75, true)));
        assert_eq!(value("commands.half_peak.p99_ms"), Some((24.0, true)));
        assert_eq!(value("commands.two_processes.of_one"), Some((0.7, true)));
        assert_eq!(value("load.scenario3.errors"), Some((3.0, false)));
        assert_eq!(value("load.scenario3.create_p95_ms"), Some((5.0, true)));
        assert_eq!(value("load.scenario3.list_p95_ms"), Some((50.0, true)));
        assert_eq!(figures.len(), 13, "of one client there is nothing to compare with");
    }

    #[test]
    fn what_was_not_measured_is_left_out() {
        assert_eq!(of(&Outcome::default(), &plan(100)), []);
        let alone = Outcome {
            crud_half_peak: Vec::new(),
            processes: Vec::new(),
            rows: vec![ours(1, Some(256), 900, 20.0)],
            ..outcome()
        };
        let names: Vec<&str> = of(&alone, &plan(10)).iter().map(|figure| figure.name).collect();
        assert_eq!(names, ["commands.half_peak.p99_ms"]);
    }
}
