//! The measurements as tables: medians over the rounds.

use bench_driver::{OfKind, Worked};

use super::outcome::{Outcome, Row};
use crate::{Table, statistics::median, table::shown};

pub(super) fn of(outcome: &Outcome) -> Vec<Table> {
    vec![cells(outcome), scenarios(outcome)]
}

fn cells(outcome: &Outcome) -> Table {
    let columns = [
        "load",
        "service",
        "command",
        "commands/s",
        "events/s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "failures",
    ];
    let mut table = Table::new(
        "Commands over HTTP; open loops at half of a peak, closed loops otherwise",
        columns,
    );
    let clients = |row: &Row| row.clients.unwrap_or_default();
    add_all(&mut table, &outcome.rows, |row| format!("{} clients", clients(row)));
    add_all(&mut table, &outcome.crud_half_peak, |_| {
        "half of crud's peak".to_owned()
    });
    add_all(&mut table, &outcome.half_peak, |_| "half of its own peak".to_owned());
    add_all(&mut table, &outcome.processes, |row| match row.processes {
        1 => format!("{} clients, one process", clients(row)),
        processes => format!("{} clients, {processes} processes", clients(row)),
    });
    table
}

/// Adds the rows that differ only in their round, grouped under their load.
fn add_all(table: &mut Table, rows: &[Row], load: impl Fn(&Row) -> String) {
    let under = |row: &Row| (row.clients, row.processes, row.service);
    let mut loads: Vec<_> = rows.iter().map(under).collect();
    loads.sort_unstable();
    loads.dedup();
    for same in loads {
        let rows: Vec<&Row> = rows.iter().filter(|row| under(row) == same).collect();
        if let Some(first) = rows.first() {
            add(table, &load(first), first, &rows);
        }
    }
}

/// Adds the rows of one service under one load: all commands together, and each kind.
fn add(table: &mut Table, load: &str, first: &Row, rows: &[&Row]) {
    for (index, kind) in [&first.worked.all].into_iter().chain(&first.worked.kinds).enumerate() {
        let of_kind = |row: &&Row| -> OfKind {
            match index {
                0 => row.worked.all.clone(),
                index => row.worked.kinds.get(index - 1).cloned().unwrap_or_default(),
            }
        };
        let value = |of: &dyn Fn(&Row, OfKind) -> f64| median(rows.iter().map(|row| of(row, of_kind(row))));
        let events = median(rows.iter().filter_map(|row| row.events_per_second)).filter(|_| index == 0);
        table.row([
            load.to_owned(),
            first.service.name().to_owned(),
            kind.kind.clone(),
            shown(0, value(&|row, kind| kind.done as f64 / row.worked.seconds)),
            shown(0, events),
            shown(2, value(&|_, kind| kind.latency.p50_ms)),
            shown(2, value(&|_, kind| kind.latency.p95_ms)),
            shown(2, value(&|_, kind| kind.latency.p99_ms)),
            rows.iter().map(|row| of_kind(row).failures).sum::<u64>().to_string(),
        ]);
    }
}

fn scenarios(outcome: &Outcome) -> Table {
    let columns = ["scenario", "requests/s", "p50 ms", "p95 ms", "p99 ms", "failures"];
    let mut table = Table::new("Load scenarios", columns);
    let Some(first) = outcome.scenarios.first() else {
        return table;
    };
    for (index, (name, _)) in first.named().into_iter().enumerate() {
        let rounds: Vec<&Worked> = outcome
            .scenarios
            .iter()
            .map(|scenarios| scenarios.named()[index].1)
            .collect();
        let value = |of: fn(&Worked) -> f64| median(rounds.iter().map(|worked| of(worked)));
        table.row([
            name.to_owned(),
            shown(0, value(Worked::rate)),
            shown(2, value(|worked| worked.all.latency.p50_ms)),
            shown(2, value(|worked| worked.all.latency.p95_ms)),
            shown(2, value(|worked| worked.all.latency.p99_ms)),
            rounds.iter().map(|worked| worked.all.failures).sum::<u64>().to_string(),
        ]);
    }
    table
}
