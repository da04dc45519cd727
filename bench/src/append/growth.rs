//! Measures whether appends slow down as a stream grows: the same cell on a young and on a grown stream, in turn. And
//! how long a store takes to start on the grown one.

use std::{path::Path, time::Instant};

use bench_driver::{Distribution, System, resident_memory_mb};
use event_store::{EventStore, IndexStorage};

use super::{
    Need, Run,
    outcome::Growth,
    plan::Contender,
    store::{ACCOUNTS, fill as fill_accounts, options},
};
use crate::servers::{Place, Servers};

const CLIENTS: usize = 256;
/// The number of events of a young stream.
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
    let index = run.scratch.fresh();
    std::fs::create_dir_all(&index)?;
    let (grown_commits, cold_start) = start(&grown, &index).await?;
    let (_, warm_start) = start(&grown, &index).await?;
    run.say(&format!(
        "start on {grown_commits} commits of {grown_events} events: {cold_start:.2} s without the index file, \
         {warm_start:.2} s with it"
    ));
    let (mut young_rates, mut grown_rates) = (Vec::new(), Vec::new());
    for round in 1..=run.plan.rounds {
        young_rates.push(rate(run, &young, round).await?);
        grown_rates.push(rate(run, &grown, round).await?);
        run.say(&format!(
            "round {round}, {CLIENTS} clients: {:.0} events/s at {young_events} events, {:.0} at {grown_events}",
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
        grown_commits,
        cold_start_seconds: Some(cold_start),
        warm_start_seconds: Some(warm_start),
    })
}

/// Starts a store with its index in a folder. Returns the number of commits in the stream, and the seconds until the
/// store has folded them.
async fn start(place: &Place, index: &Path) -> anyhow::Result<(u64, f64)> {
    let options = event_store::Options {
        index: Some(IndexStorage::Folder(index.to_owned())),
        ..options(&place.url)?
    };
    let started = Instant::now();
    let store = EventStore::connect(options, &[&ACCOUNTS]).await?;
    let mut commits = 0;
    store.catch_up(&ACCOUNTS, |_, end| commits = end).await?;
    let seconds = started.elapsed().as_secs_f64();
    store.close().await;
    Ok((commits, seconds))
}

async fn fill(run: &Run<'_>, place: &Place, events: u64) -> anyhow::Result<()> {
    let told = run.tenths("filling a stream", events);
    let count = usize::try_from(events)?;
    let (plan, told) = (run.plan, |so_far| told(so_far as u64));
    fill_accounts(&place.url, count, plan.growth_commit_events, plan.event_bytes, told).await
}

async fn rate(run: &Run<'_>, place: &Place, round: usize) -> anyhow::Result<f64> {
    let contender = Contender::of(System::Anamnesis, CLIENTS);
    let label = format!("round{round}");
    let cell = run.plan.cell(contender, Distribution::Uniform, label, place.clone());
    rustix::fs::sync();
    Ok(run.programs.run(&cell).await?.rate())
}
