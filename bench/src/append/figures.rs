//! The figures of the append benchmark. Figures without measurements are left out.

use bench_driver::{Distribution, System};

use super::{
    outcome::Outcome,
    plan::{BATCHES, BATCHES_AT, CROWDS, Contender},
};
use crate::{
    report::{Figure, Goal},
    statistics::{median, median_ratio},
};

/// The sizes that a figure of loads and a figure of growth require.
const LOAD_EVENTS: u64 = 1_000_000;
const GROWN_EVENTS: u64 = 5_000_000;

const PEERS: [System; 3] = [System::Jetstream, System::Umadb, System::PostgresEs];
/// The number of clients for the figure of memory.
const MEMORY_AT: usize = 1_000;

/// The figures of a number of clients: against the best peer, and against packed messages.
const OF_BEST_PEER: [(usize, &str); 5] = [
    (1, "append.c1.of_best_peer"),
    (8, "append.c8.of_best_peer"),
    (64, "append.c64.of_best_peer"),
    (256, "append.c256.of_best_peer"),
    (1_000, "append.c1000.of_best_peer"),
];
const OF_LIMIT: [&str; 3] = ["append.c64.of_limit", "append.c256.of_limit", "append.c1000.of_limit"];

pub(super) fn of(outcome: &Outcome, with_peers: bool) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |name, value: Option<f64>, unit, goal| {
        figures.extend(value.map(|value| Figure::new(name, value, unit, goal)));
    };
    if with_peers {
        for (clients, name) in OF_BEST_PEER {
            add(name, of_best_peer(outcome, clients), "ratio", Goal::MoreThan(1.5));
        }
    }
    let of_batches = of_rate(outcome, BATCHES_AT, BATCHES);
    add("append.c256.of_batch_limit", of_batches, "ratio", Goal::AtLeast(2.0));
    for (clients, name) in CROWDS.into_iter().zip(OF_LIMIT) {
        let of_limit = of_rate(outcome, clients, Contender::packed(clients));
        add(name, of_limit, "ratio", Goal::AtLeast(0.5));
    }
    let p50 = p50_of_bare(outcome);
    add("append.c1.p50_of_bare", p50, "ratio", Goal::AtMost(1.3));
    let memory = peak_memory_mb(outcome);
    add("append.c1000.rss_mb", memory, "MB", Goal::AtMost(200.0));
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
        add("append.growth_5m", kept, "ratio", Goal::AtLeast(0.95));
        let bytes = growth.server_bytes_per_event;
        add("append.server_bytes_per_event", bytes, "bytes", Goal::AtMost(20.0));
        add("start.cold_s", growth.cold_start_seconds, "s", Goal::AtMost(60.0));
        add("start.warm_s", growth.warm_start_seconds, "s", Goal::AtMost(1.0));
    }
    figures
}

/// Our rate as a fraction of a contender's in the same cell.
fn of_rate(outcome: &Outcome, clients: usize, theirs: Contender) -> Option<f64> {
    let ours = Contender::of(System::Anamnesis, clients);
    median_ratio(&outcome.rates(clients, ours), &outcome.rates(clients, theirs))
}

/// Our rate as a multiple of the best peer's: the smallest multiple. Only if all peers ran.
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

/// The peak memory of the process with our clients over all rounds.
fn peak_memory_mb(outcome: &Outcome) -> Option<f64> {
    let rows = outcome.rows_of(
        MEMORY_AT,
        Distribution::Uniform,
        Contender::of(System::Anamnesis, MEMORY_AT),
    );
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
            // The speed of the machine differs in every round.
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
        let mut at_256 = peers(256, [400.0, 100.0, 900.0]);
        at_256.extend([(Contender::packed(256), 2_000.0), (BATCHES, 1_000.0)]);
        let mut at_1 = peers(1, [50.0, 80.0, 10.0]);
        at_1.push((Contender::bare(1, 1), 200.0));
        let rows = [cell(256, 1_800.0, &at_256), cell(1, 100.0, &at_1)].concat();
        let outcome = Outcome {
            rows,
            ..Outcome::default()
        };
        assert_eq!(
            values(&of(&outcome, true)),
            [
                ("append.c1.of_best_peer", 1.25, false),
                ("append.c256.of_best_peer", 2.0, true),
                ("append.c256.of_batch_limit", 1.8, false),
                ("append.c256.of_limit", 0.9, true),
                ("append.c1.p50_of_bare", 2.0, false),
            ]
        );
    }

    #[test]
    fn what_was_not_measured_is_left_out() {
        assert_eq!(of(&Outcome::default(), true), []);
        let mut at_64 = peers(64, [1.0, 2.0, 3.0]);
        at_64.truncate(2);
        let outcome = Outcome {
            rows: cell(64, 20.0, &at_64),
            loads: Some(SingleLoads {
                events: LOAD_EVENTS - 1,
                rounds: vec![Measured::default()],
            }),
            growth: Some(Growth {
                grown_events: GROWN_EVENTS - 1,
                ..Growth::default()
            }),
            ..Outcome::default()
        };
        assert_eq!(
            of(&outcome, true),
            [],
            "one peer, the limit and some events are missing"
        );
    }

    #[test]
    fn a_crowd_is_held_against_the_limit_and_its_memory_at_its_worst() {
        let outcome = Outcome {
            rows: cell(1_000, 7_000.0, &[(Contender::packed(1_000), 10_000.0)]),
            growth: Some(Growth {
                young_events: 1,
                grown_events: GROWN_EVENTS,
                young_rates: vec![100.0, 50.0, 80.0],
                grown_rates: vec![95.0, 40.0, 80.0],
                server_bytes_per_event: Some(21.0),
                cold_start_seconds: Some(59.0),
                warm_start_seconds: Some(1.5),
                ..Growth::default()
            }),
            ..Outcome::default()
        };
        assert_eq!(
            values(&of(&outcome, false)),
            [
                ("append.c1000.of_limit", 0.7, true),
                ("append.c1000.rss_mb", 210.0, false),
                ("append.growth_5m", 0.95, true),
                ("append.server_bytes_per_event", 21.0, false),
                ("start.cold_s", 59.0, true),
                ("start.warm_s", 1.5, false),
            ]
        );
    }
}
