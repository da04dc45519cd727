//! The figures of the visibility benchmark. Figures without measurements are left out.

use super::outcome::{Beside, Outcome, Rebuilding};
use crate::{
    report::{Figure, Goal},
    statistics::{median, median_ratio},
};

pub(super) fn of(outcome: &Outcome) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |name, value: Option<f64>, unit, goal| {
        figures.extend(value.map(|value| Figure::new(name, value, unit, goal)));
    };
    let seen = || outcome.visible.iter().map(|row| &row.seen.all.latency);
    add(
        "visible.p50_ms",
        median(seen().map(|seen| seen.p50_ms)),
        "ms",
        Goal::AtMost(5.0),
    );
    add(
        "visible.p99_ms",
        median(seen().map(|seen| seen.p99_ms)),
        "ms",
        Goal::AtMost(20.0),
    );
    let errors = outcome.visible.iter();
    let errors = errors.map(|row| row.commands.all.failures + row.seen.all.failures);
    add("visible.errors", worst(errors), "requests", Goal::AtMost(0.0));
    add(
        "rebuild.query_p99_of_quiet",
        of_quiet(&outcome.rebuilds),
        "ratio",
        Goal::AtMost(2.0),
    );
    let failed = |of: fn(&Beside) -> u64| {
        let rounds = outcome.rebuilds.iter();
        worst(rounds.map(|row| of(&row.quiet) + of(&row.rebuilding)))
    };
    for (name, errors) in [
        ("rebuild.query_errors", failed(|row| row.queries.all.failures)),
        ("rebuild.command_errors", failed(|row| row.commands.all.failures)),
    ] {
        add(name, errors, "requests", Goal::AtMost(0.0));
    }
    figures
}

/// The 99th percentile of queries during rebuilds, as a multiple of that without rebuilds.
fn of_quiet(rebuilds: &[Rebuilding]) -> Option<f64> {
    let p99_ms = |of: fn(&Rebuilding) -> &Beside| -> Vec<(usize, f64)> {
        let rows = rebuilds.iter();
        rows.map(|row| (row.round, of(row).queries.all.latency.p99_ms))
            .collect()
    };
    median_ratio(&p99_ms(|row| &row.rebuilding), &p99_ms(|row| &row.quiet))
}

fn worst(rounds: impl Iterator<Item = u64>) -> Option<f64> {
    rounds.max().map(|errors| errors as f64)
}

#[cfg(test)]
mod tests {
    use bench_driver::{OfKind, Percentiles, Worked};

    use super::*;
    use crate::visible::outcome::Visible;

    fn worked(p50_ms: f64, p99_ms: f64, failures: u64) -> Worked {
        Worked {
            all: OfKind {
                failures,
                latency: Percentiles {
                    p50_ms,
                    p99_ms,
                    ..Percentiles::default()
                },
                ..OfKind::default()
            },
            ..Worked::default()
        }
    }

    fn beside(p99_ms: f64, failures: u64) -> Beside {
        Beside {
            commands: worked(1.0, 1.0, 0),
            queries: worked(1.0, p99_ms, failures),
            rebuild_seconds: Vec::new(),
        }
    }

    #[test]
    fn rebuilds_are_held_against_the_quiet_of_their_round_and_errors_are_not_averaged_away() {
        let visible = |round, p50_ms, p99_ms| Visible {
            round,
            peak: None,
            commands: worked(9.0, 90.0, 1),
            seen: worked(p50_ms, p99_ms, 2),
            server: Vec::new(),
        };
        let rebuild = |round, quiet, rebuilding| Rebuilding {
            round,
            events: 1,
            quiet: beside(quiet, 0),
            rebuilding: beside(rebuilding, 7),
        };
        let outcome = Outcome {
            visible: vec![visible(1, 4.0, 20.0), visible(2, 2.0, 40.0)],
            rebuilds: vec![rebuild(1, 2.0, 3.0), rebuild(2, 10.0, 25.0)],
        };
        let figures = of(&outcome);
        let values: Vec<(&str, f64, bool)> = figures.iter().map(|it| (it.name, it.value, it.ok)).collect();
        assert_eq!(
            values,
            [
                ("visible.p50_ms", 3.0, true),
                ("visible.p99_ms", 30.0, false),
                ("visible.errors", 3.0, false),
                ("rebuild.query_p99_of_quiet", 2.0, true),
                ("rebuild.query_errors", 7.0, false),
                ("rebuild.command_errors", 0.0, true),
            ]
        );
    }

    #[test]
    fn what_was_not_measured_is_left_out() {
        assert_eq!(of(&Outcome::default()), []);
    }
}
