//! What was measured, as tables for people: medians over the rounds.

use bench_driver::{OfKind, Worked};

use super::outcome::{Outcome, Row};
use crate::{Table, statistics::median, table::shown};

pub(super) fn of(outcome: &Outcome) -> Vec<Table> {
    vec![cells(outcome), scenarios(outcome)]
}

fn cells(outcome: &Outcome) -> Table {
    let columns = [
        "clients",
        "command",
        "commands/s",
        "events/s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "failures",
    ];
    let mut table = Table::new("Commands over HTTP; half of the peak is an open loop", columns);
    let limit = median(outcome.limits.iter().map(|limit| limit.events_per_second));
    table.row([
        "-".to_owned(),
        crate::append::LIMIT.name(),
        "-".to_owned(),
        shown(0, limit),
    ]);
    let firsts = outcome.rows.iter().chain(&outcome.half_peak);
    for first in firsts.filter(|row| row.round == 1) {
        let all = outcome.rows.iter().chain(&outcome.half_peak);
        let rows: Vec<&Row> = all.filter(|row| row.clients == first.clients).collect();
        let clients = first
            .clients
            .map_or("half peak".to_owned(), |clients| clients.to_string());
        for (index, kind) in [&first.worked.all].into_iter().chain(&first.worked.kinds).enumerate() {
            let of_kind = |row: &&Row| -> OfKind {
                match index {
                    0 => row.worked.all.clone(),
                    index => row.worked.kinds.get(index - 1).cloned().unwrap_or_default(),
                }
            };
            let value = |of: &dyn Fn(&Row, OfKind) -> f64| median(rows.iter().map(|row| of(row, of_kind(row))));
            let events = value(&|row, _| row.events_per_second).filter(|_| index == 0);
            table.row([
                clients.clone(),
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
    table
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
