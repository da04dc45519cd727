//! The rounds: the limit, the scenarios, every number of clients and the open loop, once in each.

use std::sync::Arc;

use bench_driver::{Cell, Distribution, System, work_at, work_for};

use super::{
    Run,
    outcome::{Limit, Outcome, Row},
    scenarios,
};
use crate::{
    append::LIMIT,
    clinic::{http::Http, mix::Mix, seed, stack::Stack},
    servers::Servers,
};

/// The size of a bare event's body, which is about what the clinic's are.
const EVENT_BYTES: usize = 256;
/// How many commands of the open loop are in flight at most. The services take more.
const MOST_IN_FLIGHT: usize = 256;

/// Runs all rounds. Each begins with fresh servers and a fresh clinic.
pub(super) async fn run(run: &Run<'_>) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    for round in 1..=run.plan.rounds {
        outcome.limits.push(limit(run, round).await?);
        let folder = run.scratch.fresh();
        Stack::during(&run.programs.own.0, folder, run.shutdown, async |stack| {
            one(run, round, stack, &mut outcome).await
        })
        .await?;
    }
    Ok(outcome)
}

/// What JetStream takes, counted in events, beside the commands of the same round.
async fn limit(run: &Run<'_>, round: usize) -> anyhow::Result<Limit> {
    Servers::during(run.scratch, None, None, run.shutdown, async |servers| {
        let place = servers.place(System::Bare)?;
        let cell = Cell {
            system: System::Bare,
            url: place.url,
            server_pid: place.pid,
            label: format!("r{round}"),
            clients: LIMIT.in_flight,
            batch: LIMIT.batch,
            distribution: Distribution::Uniform,
            aggregates: 1,
            seeded: false,
            event_bytes: EVENT_BYTES,
            warm_up_seconds: run.plan.warm_up_seconds(),
            seconds: run.plan.seconds,
        };
        rustix::fs::sync();
        let measured = run.programs.run(&cell).await?;
        let events_per_second = measured.rate();
        run.say(&format!(
            "{}: {}: {events_per_second:.0} events/s",
            heading(run, round),
            LIMIT.name()
        ));
        Ok(Limit {
            round,
            events_per_second,
            measured,
        })
    })
    .await
}

async fn one(run: &Run<'_>, round: usize, stack: &Stack, outcome: &mut Outcome) -> anyhow::Result<()> {
    let heading = heading(run, round);
    let clinic = Arc::new(seed::clinic(Http::new(stack.url()), run.plan.patients).await?);
    clinic.settle().await?;
    let scenarios = scenarios::run(&clinic, run.plan).await?;
    for (name, worked) in scenarios.named() {
        run.say(&format!("{heading}: scenario {name}: {worked}"));
    }
    outcome.scenarios.push(scenarios);
    let mix = Arc::new(Mix(clinic.clone()));
    let (warm_up, seconds) = (run.plan.warm_up_seconds(), run.plan.seconds);
    let mut peak: f64 = 0.0;
    for clients in &run.plan.clients {
        clinic.settle().await?;
        rustix::fs::sync();
        let before = stack.events().await?;
        let worked = work_for(&mix, *clients, warm_up, seconds)
            .await
            .map_err(anyhow::Error::msg)?;
        let row = Row::new(round, Some(*clients), worked, stack.events().await? - before);
        run.say(&format!("{heading}, {clients} clients: {}", row.worked));
        peak = peak.max(row.commands_per_second);
        outcome.rows.push(row);
    }
    clinic.settle().await?;
    rustix::fs::sync();
    let before = stack.events().await?;
    let worked = work_at(&mix, peak / 2.0, MOST_IN_FLIGHT, warm_up, seconds)
        .await
        .map_err(anyhow::Error::msg)?;
    let row = Row::new(round, None, worked, stack.events().await? - before);
    run.say(&format!("{heading}, half of the peak: {}", row.worked));
    outcome.half_peak.push(row);
    Ok(())
}

fn heading(run: &Run<'_>, round: usize) -> String {
    format!("round {round}/{}", run.plan.rounds)
}
