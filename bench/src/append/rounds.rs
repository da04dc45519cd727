//! The rounds. Each contender runs once per round, one after the other, so that a disturbance of the machine affects
//! all.

use bench_driver::{Distribution, Measured};

use super::{
    Need, Run,
    outcome::{Row, Syncs},
    plan::{Contender, contenders},
};
use crate::{servers::Servers, syncs::Tracer};

/// The time of a cell in which fsyncs are counted.
const SYNC_PASS_SECONDS: f64 = 2.0;

/// Runs all rounds. Each number of clients starts on new servers, so that no leftovers affect it.
pub(super) async fn run(run: &Run<'_>) -> anyhow::Result<Vec<Row>> {
    let plan = run.plan;
    let mut rows = Vec::new();
    for round in 1..=plan.rounds {
        for clients in &plan.clients {
            let of_servers = run.with_servers(Need::Everybody, async |servers| {
                let mut rows = Vec::new();
                for distribution in &plan.distributions {
                    rows.extend(side_by_side(run, servers, round, *clients, *distribution).await?);
                }
                Ok(rows)
            });
            rows.extend(of_servers.await?);
        }
    }
    Ok(rows)
}

/// Runs the contenders of one cell one after the other. Each round starts with another one.
async fn side_by_side(
    run: &Run<'_>,
    servers: &Servers,
    round: usize,
    clients: usize,
    distribution: Distribution,
) -> anyhow::Result<Vec<Row>> {
    let mut contenders = contenders(clients, distribution, run.programs.peers.is_some());
    let first = (round - 1) % contenders.len();
    contenders.rotate_left(first);
    let mut rows = Vec::with_capacity(contenders.len());
    for contender in contenders {
        let label = label(clients, distribution, contender);
        let cell = run
            .plan
            .cell(contender, distribution, label, servers.place(contender.system)?);
        // The next contender must not wait for writes of the previous one.
        rustix::fs::sync();
        let measured = run.programs.run(&cell).await?;
        let rounds = run.plan.rounds;
        let heading = format!("round {round}/{rounds}, {clients} clients, {}", distribution.name());
        run.say(&format!("{heading}: {}: {}", contender.name(), summary(&measured)));
        rows.push(Row {
            round,
            clients,
            distribution,
            contender,
            events_per_second: measured.rate(),
            measured,
        });
    }
    Ok(rows)
}

fn label(clients: usize, distribution: Distribution, contender: Contender) -> String {
    let Contender { in_flight, batch, .. } = contender;
    format!("c{clients}-{}-{in_flight}x{batch}", distribution.name())
}

fn summary(measured: &Measured) -> String {
    let Measured {
        conflicts,
        failures,
        latency,
        ..
    } = measured;
    let failures = if *failures > 0 {
        format!(", {failures} FAILED")
    } else {
        String::new()
    };
    format!(
        "{:.0} events/s, p50 {} ms, p99 {} ms, {conflicts} conflicts{failures}",
        measured.rate(),
        latency.p50_ms,
        latency.p99_ms
    )
}

/// Counts the fsyncs of every contender under uniform load, in separate short cells. Returns `None` if strace is not
/// available.
pub(super) async fn count_syncs(run: &Run<'_>) -> anyhow::Result<Vec<Syncs>> {
    let mut counted = Vec::new();
    for clients in &run.plan.clients {
        let of_servers = run.with_servers(Need::Everybody, async |servers| {
            syncs_of_cell(run, servers, *clients).await
        });
        match of_servers.await? {
            Some(syncs) => counted.extend(syncs),
            None => break,
        }
    }
    Ok(counted)
}

async fn syncs_of_cell(run: &Run<'_>, servers: &Servers, clients: usize) -> anyhow::Result<Option<Vec<Syncs>>> {
    let mut counted = Vec::new();
    for contender in contenders(clients, Distribution::Uniform, run.programs.peers.is_some()) {
        let place = servers.place(contender.system)?;
        let Some(pid) = place.pid else { return Ok(None) };
        let label = label(clients, Distribution::Uniform, contender);
        let mut cell = run.plan.cell(contender, Distribution::Uniform, label, place);
        // Every event is counted, because every event is stored: one by one.
        cell.seeded = false;
        cell.seconds = cell.seconds.min(SYNC_PASS_SECONDS);
        let Some(tracer) = Tracer::attach(pid, servers.folder()).await? else {
            return Ok(None);
        };
        let measured = run.programs.run(&cell).await?;
        let syncs = Syncs {
            clients,
            contender,
            events: measured.events_in_all,
            syncs: tracer.detach().await?,
        };
        let Syncs {
            events, syncs: count, ..
        } = syncs;
        run.say(&format!(
            "fsyncs, {clients} clients: {}: {count} for {events} events",
            contender.name()
        ));
        counted.push(syncs);
    }
    Ok(Some(counted))
}
