//! The rounds: each measures the peak, the open loop at half of it, and the queries without and with rebuilds.

use std::sync::Arc;

use bench_driver::{work_for, work_through};

use super::{
    Run, load,
    metrics::Histograms,
    outcome::{Outcome, Rebuilding, Visible},
    plan::Plan,
    sampled,
};
use crate::clinic::{Clinic, http::Http, mix::Mix, seed, stack::Stack};

/// The number of clients that fill the log, and the number of commands between two counts.
const FILLING: (usize, usize) = (64, 2_000);

/// Runs all rounds. Each starts with new servers and a new clinic.
pub(super) async fn run(run: &Run<'_>) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    for round in 1..=run.plan.rounds {
        let folder = run.scratch.fresh();
        Stack::during(&run.programs.own.0, folder, None, run.shutdown, async |stack| {
            let clinic = Arc::new(seed::clinic(Http::new(stack.url()), run.plan.patients).await?);
            outcome.visible.push(visible(run, round, &clinic).await?);
            if run.plan.rebuild_seconds > 0.0 {
                outcome.rebuilds.push(rebuilding(run, round, stack, &clinic).await?);
            }
            Ok(())
        })
        .await?;
    }
    Ok(outcome)
}

async fn visible(run: &Run<'_>, round: usize, clinic: &Arc<Clinic>) -> anyhow::Result<Visible> {
    let (heading, plan) = (heading(run, round), run.plan);
    let (rate, peak) = match plan.rate {
        Some(rate) => (rate, None),
        None => {
            let peak = peak(run, &heading, clinic).await?;
            (peak / 2.0, Some(peak))
        }
    };
    settle(clinic).await?;
    let warm_up = Plan::warm_up_seconds(plan.seconds);
    let before = histograms(clinic).await?;
    let sent = sampled::send(clinic, rate, plan.sample, warm_up, plan.seconds).await;
    let (commands, seen) = sent.map_err(anyhow::Error::msg)?;
    let server = histograms(clinic).await?.since(&before);
    run.say(&format!("{heading}, commands: {commands}"));
    run.say(&format!("{heading}, seen: {seen}"));
    Ok(Visible {
        round,
        peak,
        commands,
        seen,
        server,
    })
}

/// The peak rate of closed loops.
async fn peak(run: &Run<'_>, heading: &str, clinic: &Arc<Clinic>) -> anyhow::Result<f64> {
    let mix = Arc::new(Mix::of(clinic));
    let (warm_up, seconds) = (Plan::warm_up_seconds(run.plan.seconds), run.plan.seconds);
    let mut peak: f64 = 0.0;
    for clients in &run.plan.clients {
        settle(clinic).await?;
        let worked = work_for(&mix, *clients, warm_up, seconds).await;
        let worked = worked.map_err(anyhow::Error::msg)?;
        run.say(&format!("{heading}, {clients} clients: {worked}"));
        peak = peak.max(worked.rate());
    }
    Ok(peak)
}

async fn rebuilding(run: &Run<'_>, round: usize, stack: &Stack, clinic: &Arc<Clinic>) -> anyhow::Result<Rebuilding> {
    let heading = heading(run, round);
    let mix = Arc::new(Mix::of(clinic));
    let (clients, commands) = FILLING;
    while stack.events().await? < run.plan.events {
        let worked = work_through(&mix, clients, commands).await;
        let worked = worked.map_err(anyhow::Error::msg)?;
        anyhow::ensure!(worked.done_in_all > 0, "cannot fill the log: {:?}", worked.failure);
    }
    settle(clinic).await?;
    let quiet = load::quiet(clinic, run.plan).await?;
    run.say(&format!("{heading}, queries: {}", quiet.queries));
    settle(clinic).await?;
    let events = stack.events().await?;
    let rebuilding = load::rebuilding(stack, clinic, run.plan).await?;
    run.say(&format!(
        "{heading}, queries during {} rebuilds: {}",
        rebuilding.rebuild_seconds.len(),
        rebuilding.queries
    ));
    Ok(Rebuilding {
        round,
        events,
        quiet,
        rebuilding,
    })
}

/// Lets the read models and the disk settle.
async fn settle(clinic: &Clinic) -> anyhow::Result<()> {
    clinic.settle().await?;
    rustix::fs::sync();
    Ok(())
}

async fn histograms(clinic: &Clinic) -> anyhow::Result<Histograms> {
    let page = clinic.http.page("/metrics").await;
    Ok(Histograms::read(&page.map_err(anyhow::Error::msg)?))
}

fn heading(run: &Run<'_>, round: usize) -> String {
    format!("round {round}/{}", run.plan.rounds)
}
