//! The measurements as tables: medians over the rounds.

use bench_driver::Measured;

use super::outcome::{Growth, Outcome, Row, SingleLoads, median_of};
use crate::{Table, statistics::median};

pub(super) fn of(outcome: &Outcome) -> Vec<Table> {
    let loads = outcome.loads.as_ref().map(loads);
    let growth = outcome.growth.as_ref().map(growth);
    [cells(outcome)].into_iter().chain(loads).chain(growth).collect()
}

fn cells(outcome: &Outcome) -> Table {
    let columns = [
        "clients",
        "aggregates",
        "system",
        "events/s",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "conflicts/event",
        "events/group",
        "fsyncs/event",
        "client us/event",
        "server us/event",
        "client MB",
    ];
    let mut table = Table::new("Appends; processor time in microseconds per event", columns);
    // The first round contains every contender once. Later rounds only change the order.
    for first in outcome.rows.iter().filter(|row| row.round == 1) {
        let rows: Vec<&Row> = outcome
            .rows_of(first.clients, first.distribution, first.contender)
            .collect();
        let shown =
            |decimals: usize, value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.decimals$}"));
        let value = |decimals, value: &dyn Fn(&Measured) -> Option<f64>| shown(decimals, median_of(&rows, value));
        let per_event = |count: f64, measured: &Measured| (measured.events > 0).then(|| count / measured.events as f64);
        let micros = |seconds: Option<f64>, measured: &Measured| per_event(seconds? * 1e6, measured);
        table.row([
            first.clients.to_string(),
            first.distribution.name().to_owned(),
            first.contender.name(),
            value(0, &|measured| Some(measured.rate())),
            value(2, &|measured| Some(measured.latency.p50_ms)),
            value(2, &|measured| Some(measured.latency.p99_ms)),
            value(2, &|measured| Some(measured.latency.p999_ms)),
            value(3, &|measured| per_event(measured.conflicts as f64, measured)),
            value(0, &|measured| measured.events_per_group),
            shown(2, syncs_per_event(outcome, first)),
            value(0, &|measured| micros(measured.client_cpu_seconds, measured)),
            value(0, &|measured| micros(measured.server_cpu_seconds, measured)),
            value(0, &|measured| measured.peak_memory_mb),
        ]);
    }
    table
}

/// The fsyncs under uniform load.
fn syncs_per_event(outcome: &Outcome, row: &Row) -> Option<f64> {
    let syncs = outcome.syncs.iter().find(|syncs| {
        syncs.clients == row.clients
            && syncs.contender == row.contender
            && row.distribution == bench_driver::Distribution::Uniform
    })?;
    (syncs.events > 0).then(|| syncs.syncs as f64 / syncs.events as f64)
}

fn loads(loads: &SingleLoads) -> Table {
    let heading = format!(
        "Loads of one aggregate of {} events, from {} events",
        bench_driver::LIFE_EVENTS,
        loads.events
    );
    let mut table = Table::new(&heading, ["", "p50 ms", "p99 ms", "p99.9 ms"]);
    let of = |value: fn(&Measured) -> f64| {
        median(loads.rounds.iter().map(value)).map_or("-".to_owned(), |value| format!("{value:.2}"))
    };
    table.row([
        "one client".to_owned(),
        of(|measured| measured.latency.p50_ms),
        of(|measured| measured.latency.p99_ms),
        of(|measured| measured.latency.p999_ms),
    ]);
    table
}

fn growth(growth: &Growth) -> Table {
    let columns = [
        "events in the stream",
        "events/s",
        "server bytes/event",
        "s to start without index file",
        "s to start with index file",
    ];
    let mut table = Table::new("Growth", columns);
    let shown = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.0}"));
    let seconds = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
    let Growth {
        young_events,
        grown_events,
        young_rates,
        grown_rates,
        server_bytes_per_event,
        grown_commits,
        cold_start_seconds,
        warm_start_seconds,
    } = growth;
    let rate = |rates: &[f64]| shown(median(rates.iter().copied()));
    let none = || "-".to_owned();
    table.row([young_events.to_string(), rate(young_rates), none(), none(), none()]);
    table.row([
        format!("{grown_events} in {grown_commits} commits"),
        rate(grown_rates),
        shown(*server_bytes_per_event),
        seconds(*cold_start_seconds),
        seconds(*warm_start_seconds),
    ]);
    table
}
