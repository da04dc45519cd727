//! The measurements as tables: medians over the rounds.

use bench_driver::Worked;

use super::outcome::{Outcome, Rebuilding, Visible};
use crate::{Table, statistics::median, table::shown};

pub(super) fn of(outcome: &Outcome) -> Vec<Table> {
    let mut tables = vec![seen(outcome), told(outcome)];
    if !outcome.rebuilds.is_empty() {
        tables.push(rebuilds(outcome));
    }
    tables
}

fn seen(outcome: &Outcome) -> Table {
    let columns = ["", "per second", "p50 ms", "p95 ms", "p99 ms", "failures"];
    let mut table = Table::new(
        "Commands of the open loop, and the time from their acknowledgement to the response that shows them",
        columns,
    );
    type Of = fn(&Visible) -> &Worked;
    for (name, of) in [("commands", (|row| &row.commands) as Of), ("seen", |row| &row.seen)] {
        let rounds: Vec<&Worked> = outcome.visible.iter().map(of).collect();
        table.row(line(name, &rounds, None));
        let kinds = rounds.first().map_or(0, |worked| worked.kinds.len());
        for kind in 0..kinds {
            let name = format!("  {}", rounds[0].kinds[kind].kind);
            table.row(line(&name, &rounds, Some(kind)));
        }
    }
    table
}

fn told(outcome: &Outcome) -> Table {
    let columns = ["projection", "events", "p50 ms", "p99 ms"];
    let mut table = Table::new(
        "From receiving a command to committing the rows, by the histogram of the service",
        columns,
    );
    for first in outcome.visible.first().into_iter().flat_map(|row| &row.server) {
        let all = outcome.visible.iter().flat_map(|row| &row.server);
        let rounds: Vec<_> = all.filter(|told| told.projection == first.projection).collect();
        table.row([
            first.projection.clone(),
            shown(0, median(rounds.iter().map(|told| told.events))),
            shown(2, median(rounds.iter().map(|told| told.p50_ms))),
            shown(2, median(rounds.iter().map(|told| told.p99_ms))),
        ]);
    }
    table
}

fn rebuilds(outcome: &Outcome) -> Table {
    let columns = ["", "per second", "p50 ms", "p95 ms", "p99 ms", "failures"];
    let took = outcome.rebuilds.iter().flat_map(|row| &row.rebuilding.rebuild_seconds);
    let took: Vec<f64> = took.copied().collect();
    let heading = format!(
        "Queries and commands without and with rebuilds; {} rebuilds from {} events, {} s each",
        took.len(),
        shown(0, median(outcome.rebuilds.iter().map(|row| row.events as f64))),
        shown(1, median(took)),
    );
    let mut table = Table::new(&heading, columns);
    type Of = fn(&Rebuilding) -> &Worked;
    let loads: [(&str, Of); 4] = [
        ("queries, quiet", |row| &row.quiet.queries),
        ("queries, rebuilding", |row| &row.rebuilding.queries),
        ("commands, quiet", |row| &row.quiet.commands),
        ("commands, rebuilding", |row| &row.rebuilding.commands),
    ];
    for (name, of) in loads {
        let rounds: Vec<&Worked> = outcome.rebuilds.iter().map(of).collect();
        table.row(line(name, &rounds, None));
    }
    table
}

/// The values of all kinds, or of one kind.
fn line(name: &str, rounds: &[&Worked], kind: Option<usize>) -> [String; 6] {
    let of = |worked: &&Worked| match kind {
        None => worked.all.clone(),
        Some(kind) => worked.kinds.get(kind).cloned().unwrap_or_default(),
    };
    let rates = rounds.iter().map(|worked| of(worked).done as f64 / worked.seconds);
    let latency = |value: fn(&bench_driver::Percentiles) -> f64| {
        shown(2, median(rounds.iter().map(|worked| value(&of(worked).latency))))
    };
    [
        name.to_owned(),
        shown(0, median(rates)),
        latency(|latency| latency.p50_ms),
        latency(|latency| latency.p95_ms),
        latency(|latency| latency.p99_ms),
        rounds.iter().map(|worked| of(worked).failures).sum::<u64>().to_string(),
    ]
}
