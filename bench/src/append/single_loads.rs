//! Measures the load of one aggregate from a large log.

use bench_driver::{Distribution, LIFE_EVENTS, System};

use super::{Need, Run, loads::write_histories, outcome::SingleLoads, plan::Contender};

const LABEL: &str = "history";

pub(super) async fn run(run: &Run<'_>) -> anyhow::Result<SingleLoads> {
    let aggregates = usize::try_from(run.plan.load_events.div_ceil(LIFE_EVENTS))?.max(1);
    let events = aggregates as u64 * LIFE_EVENTS;
    run.with_servers(Need::Nats, async |servers| {
        let place = servers.place(System::Load)?;
        let cell = run.plan.cell(
            Contender::of(System::Load, 1),
            Distribution::Uniform,
            LABEL.to_owned(),
            place,
        );
        let ids = bench_driver::Aggregates::new(LABEL, aggregates, Distribution::Uniform).first_ids();
        let told = run.tenths("writing the events for the loads", events);
        write_histories(&cell.url, &ids, run.plan.event_bytes, told).await?;
        let cell = bench_driver::Cell {
            aggregates,
            seeded: false,
            ..cell
        };
        let mut rounds = Vec::with_capacity(run.plan.rounds);
        for round in 1..=run.plan.rounds {
            let measured = run.programs.run(&cell).await?;
            let (p50, p99) = (measured.latency.p50_ms, measured.latency.p99_ms);
            run.say(&format!(
                "round {round}, loads from {events} events: p50 {p50} ms, p99 {p99} ms"
            ));
            rounds.push(measured);
        }
        Ok(SingleLoads { events, rounds })
    })
    .await
}
