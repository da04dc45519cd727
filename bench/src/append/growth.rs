//! Whether appends slow down as a stream grows: the same cell on a young stream and on a grown one, in turn.

use bench_driver::{Distribution, System, resident_memory_mb};

use super::{Need, Run, outcome::Growth, plan::Contender, store::fill as fill_accounts};
use crate::servers::{Place, Servers};

const CLIENTS: usize = 256;
/// How many events a young stream holds.
const YOUNG_EVENTS: u64 = 100_000;

pub(super) async fn run(run: &Run<'_>) -> anyhow::Result<Growth> {
    run.with_servers(Need::Nats, async |young| {
        run.with_servers(Need::Nats, async |grown| compare(run, young, grown).await)
            .await
    })
    .await
}

async fn compare(run: &Run<'_>, young: &Servers, grown: &Servers) -> anyhow::Result<Growth> {
    let (young, grown) = (young.place(System::Anamnesis)?, grown.place(System::Anamnesis)?);
    let (young_events, grown_events) = (YOUNG_EVENTS.min(run.plan.growth_events), run.plan.growth_events);
    fill(run, &young, young_events).await?;
    let memory_mb = |place: &Place| place.pid.and_then(resident_memory_mb);
    let before_mb = memory_mb(&grown);
    fill(run, &grown, grown_events).await?;
    let after_mb = memory_mb(&grown);
    let (mut young_rates, mut grown_rates) = (Vec::new(), Vec::new());
    for round in 1..=run.plan.rounds {
        young_rates.push(rate(run, &young, round).await?);
        grown_rates.push(rate(run, &grown, round).await?);
        run.say(&format!(
            "round {round}, {CLIENTS} clients: {:.0} events/s on {young_events} events, {:.0} on {grown_events}",
            young_rates[round - 1],
            grown_rates[round - 1]
        ));
    }
    Ok(Growth {
        young_events,
        grown_events,
        young_rates,
        grown_rates,
        server_bytes_per_event: after_mb
            .zip(before_mb)
            .map(|(after, before)| ((after - before) * 1e6 / grown_events as f64).round()),
    })
}

async fn fill(run: &Run<'_>, place: &Place, events: u64) -> anyhow::Result<()> {
    let told = run.tenths("filling a stream", events);
    let count = usize::try_from(events)?;
    fill_accounts(&place.url, "old", count, run.plan.event_bytes, |so_far| {
        told(so_far as u64)
    })
    .await
}

async fn rate(run: &Run<'_>, place: &Place, round: usize) -> anyhow::Result<f64> {
    let contender = Contender::of(System::Anamnesis, CLIENTS);
    let label = format!("round{round}");
    let cell = run.plan.cell(contender, Distribution::Uniform, label, place.clone());
    rustix::fs::sync();
    Ok(run.programs.run(&cell).await?.rate())
}
