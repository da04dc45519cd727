//! The figures that the append benchmark is judged by, made of what was measured. What was not measured is left out.

use bench_driver::{Distribution, System};

use super::{
    outcome::Outcome,
    plan::{CROWD, Contender, LIMIT, WINDOWS, window},
};
use crate::{
    report::{Figure, Goal},
    statistics::{median, median_ratio},
};

/// Among how many events a load is judged, and to how many a stream must have grown.
const LOAD_EVENTS: u64 = 1_000_000;
const GROWN_EVENTS: u64 = 5_000_000;

/// The number of clients at which the best peer must be left behind by far.
const PEERS_AT: usize = 256;
const PEERS: [System; 3] = [System::Jetstream, System::Umadb, System::PostgresEs];

pub(super) fn of(outcome: &Outcome, with_peers: bool) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |name, value: Option<f64>, unit, goal| {
        figures.extend(value.map(|value| Figure::new(name, value, unit, goal)));
    };
    let ratio = |clients, theirs| of_rate(outcome, clients, theirs);
    add(
        "append.c1000.of_limit",
        ratio(CROWD, LIMIT),
        "ratio",
        Goal::AtLeast(0.7),
    );
    for (name, clients) in ["append.c64.of_same_window", "append.c256.of_same_window"]
        .into_iter()
        .zip(WINDOWS)
    {
        // The best way to keep so many events in flight is the one that leaves the least.
        let ratios: Option<Vec<f64>> = window(clients).into_iter().map(|way| ratio(clients, way)).collect();
        add(name, ratios.and_then(least), "ratio", Goal::AtLeast(0.8));
    }
    if with_peers {
        add(
            "append.c256.of_best_peer",
            of_best_peer(outcome, PEERS_AT),
            "ratio",
            Goal::AtLeast(2.0),
        );
        let mut clients: Vec<usize> = outcome.rows.iter().map(|row| row.clients).collect();
        clients.dedup();
        let worst = clients
            .into_iter()
            .filter_map(|clients| of_best_peer(outcome, clients))
            .collect();
        add("append.worst.of_best_peer", least(worst), "ratio", Goal::MoreThan(1.0));
    }
    add(
        "append.c1.p50_of_bare",
        p50_of_bare(outcome),
        "ratio",
        Goal::AtMost(1.3),
    );
    add(
        "append.c1000.rss_mb",
        peak_memory_mb(outcome),
        "MB",
        Goal::AtMost(200.0),
    );
    if let Some(loads) = outcome.loads.as_ref().filter(|loads| loads.events >= LOAD_EVENTS) {
        let p50 = median(loads.rounds.iter().map(|round| round.latency.p50_ms));
        add("load.p50_ms", p50, "ms", Goal::AtMost(3.0));
    }
    if let Some(growth) = outcome
        .growth
        .as_ref()
        .filter(|growth| growth.grown_events >= GROWN_EVENTS)
    {
        let rates = |rates: &[f64]| rates.iter().copied().enumerate().collect::<Vec<_>>();
        let kept = median_ratio(&rates(&growth.grown_rates), &rates(&growth.young_rates));
        add("append.growth_5m", kept, "ratio", Goal::AtLeast(0.9));
    }
    figures
}

/// Our rate at a number of clients, as a part of a contender's in the same cell.
fn of_rate(outcome: &Outcome, clients: usize, theirs: Contender) -> Option<f64> {
    let ours = Contender::of(System::Anamnesis, clients);
    median_ratio(&outcome.rates(clients, ours), &outcome.rates(clients, theirs))
}

/// Our rate as a multiple of the best peer's: the least of the multiples. Only if all peers took part.
fn of_best_peer(outcome: &Outcome, clients: usize) -> Option<f64> {
    let ratios: Option<Vec<f64>> = PEERS
        .into_iter()
        .map(|peer| of_rate(outcome, clients, Contender::of(peer, clients)))
        .collect();
    least(ratios?)
}

fn p50_of_bare(outcome: &Outcome) -> Option<f64> {
    let p50 = |contender| -> Vec<(usize, f64)> {
        let rows = outcome.rows_of(1, Distribution::Uniform, contender);
        rows.map(|row| (row.round, row.measured.latency.p50_ms)).collect()
    };
    median_ratio(&p50(Contender::of(System::Anamnesis, 1)), &p50(Contender::bare(1, 1)))
}

/// The most that the process with our clients has held in any round.
fn peak_memory_mb(outcome: &Outcome) -> Option<f64> {
    let rows = outcome.rows_of(CROWD, Distribution::Uniform, Contender::of(System::Anamnesis, CROWD));
    rows.filter_map(|row| row.measured.peak_memory_mb)
        .max_by(f64::total_cmp)
}

fn least(values: Vec<f64>) -> Option<f64> {
    values.into_iter().min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use bench_driver::{Measured, Percentiles};

    use super::*;
    use crate::append::outcome::{Growth, Row, SingleLoads};

    fn row(round: usize, clients: usize, contender: Contender, rate: f64) -> Row {
        let latency = Percentiles {
            p50_ms: 1_000.0 / rate,
            ..Percentiles::default()
        };
        let measured = Measured {
            latency,
            peak_memory_mb: Some(rate / 100.0),
            ..Measured::default()
        };
        Row {
            round,
            clients,
            distribution: Distribution::Uniform,
            contender,
            events_per_second: rate,
            measured,
        }
    }

    fn cell(clients: usize, ours: f64, others: &[(Contender, f64)]) -> Vec<Row> {
        let of_round = |round: usize| {
            // Every round runs on a machine of another speed.
            let speed = round as f64;
            let ours = row(round, clients, Contender::of(System::Anamnesis, clients), ours * speed);
            let others = others
                .iter()
                .map(move |(other, rate)| row(round, clients, *other, rate * speed));
            std::iter::once(ours).chain(others)
        };
        (1..=3).flat_map(of_round).collect()
    }

    fn peers(clients: usize, rates: [f64; 3]) -> Vec<(Contender, f64)> {
        PEERS
            .map(|peer| Contender::of(peer, clients))
            .into_iter()
            .zip(rates)
            .collect()
    }

    fn values(figures: &[Figure]) -> Vec<(&str, f64, bool)> {
        figures
            .iter()
            .map(|figure| (figure.name, figure.value, figure.ok))
            .collect()
    }

    #[test]
    fn the_best_of_each_kind_is_what_we_are_held_against() {
        let [singles, one, two] = window(256);
        let mut at_256 = peers(256, [400.0, 100.0, 900.0]);
        at_256.extend([(singles, 500.0), (one, 2_000.0), (two, 1_000.0)]);
        let mut at_1 = peers(1, [50.0, 120.0, 10.0]);
        at_1.push((Contender::bare(1, 1), 200.0));
        let rows = [cell(256, 1_800.0, &at_256), cell(1, 100.0, &at_1)].concat();
        let outcome = Outcome {
            rows,
            ..Outcome::default()
        };
        assert_eq!(
            values(&of(&outcome, true)),
            [
                ("append.c256.of_same_window", 0.9, true),
                ("append.c256.of_best_peer", 2.0, true),
                ("append.worst.of_best_peer", 0.833, false),
                ("append.c1.p50_of_bare", 2.0, false),
            ]
        );
    }

    #[test]
    fn what_was_not_measured_is_left_out() {
        assert_eq!(of(&Outcome::default(), true), []);
        let [singles, ..] = window(64);
        let mut at_64 = peers(64, [1.0, 2.0, 3.0]);
        at_64.truncate(2);
        at_64.push((singles, 10.0));
        let outcome = Outcome {
            rows: cell(64, 20.0, &at_64),
            loads: Some(SingleLoads {
                events: LOAD_EVENTS - 1,
                rounds: vec![Measured::default()],
            }),
            ..Outcome::default()
        };
        assert_eq!(
            of(&outcome, true),
            [],
            "one peer, two windows and some events are missing"
        );
    }

    #[test]
    fn a_crowd_is_held_against_the_limit_and_its_memory_at_its_worst() {
        let outcome = Outcome {
            rows: cell(CROWD, 7_000.0, &[(LIMIT, 10_000.0)]),
            growth: Some(Growth {
                young_events: 1,
                grown_events: GROWN_EVENTS,
                young_rates: vec![100.0, 50.0, 80.0],
                grown_rates: vec![95.0, 40.0, 80.0],
                server_bytes_per_event: None,
            }),
            ..Outcome::default()
        };
        assert_eq!(
            values(&of(&outcome, false)),
            [
                ("append.c1000.of_limit", 0.7, true),
                ("append.c1000.rss_mb", 210.0, false),
                ("append.growth_5m", 0.95, true),
            ]
        );
    }
}
