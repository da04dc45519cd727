//! Queries and commands in open loops: alone, or while another process rebuilds the read models.

use std::{process::Stdio, sync::Arc, time::Duration};

use anyhow::Context as _;
use bench_driver::{Window, Worked, work_at};
use tokio::time::{Instant, timeout};

use super::{outcome::Beside, plan::Plan, queries::Queries};
use crate::clinic::{Clinic, mix::Mix, stack::Stack};

/// The most requests of an open loop in flight. The services accept more.
pub(super) const MOST_IN_FLIGHT: usize = 256;
/// The timeout of a rebuild.
const PATIENCE: Duration = Duration::from_secs(600);
/// The maximum length of the printed error of a rebuild.
const MOST_TOLD: usize = 2_000;

/// Queries and commands only.
pub(super) async fn quiet(clinic: &Arc<Clinic>, plan: &Plan) -> anyhow::Result<Beside> {
    let (commands, queries) = both(clinic, plan).await?;
    Ok(Beside {
        commands,
        queries,
        rebuild_seconds: Vec::new(),
    })
}

/// The same while all read models are rebuilt repeatedly. The last rebuild completes.
pub(super) async fn rebuilding(stack: &Stack, clinic: &Arc<Clinic>, plan: &Plan) -> anyhow::Result<Beside> {
    let seconds = plan.rebuild_seconds;
    let window = Window::after(Plan::warm_up_seconds(seconds), seconds);
    let rebuilding = async {
        let mut took = Vec::new();
        while Instant::now() < window.end {
            took.push(rebuild(stack).await?);
        }
        Ok(took)
    };
    let ((commands, queries), rebuild_seconds) = tokio::try_join!(both(clinic, plan), rebuilding)?;
    Ok(Beside {
        commands,
        queries,
        rebuild_seconds,
    })
}

async fn both(clinic: &Arc<Clinic>, plan: &Plan) -> anyhow::Result<(Worked, Worked)> {
    let (mix, queries) = (Arc::new(Mix::of(clinic)), Arc::new(Queries::of(clinic)));
    let seconds = plan.rebuild_seconds;
    let warm_up = Plan::warm_up_seconds(seconds);
    tokio::try_join!(
        work_at(&mix, plan.rebuild_rate, MOST_IN_FLIGHT, warm_up, seconds),
        work_at(&queries, plan.query_rate, MOST_IN_FLIGHT, warm_up, seconds),
    )
    .map_err(anyhow::Error::msg)
}

/// Rebuilds all read models in a separate process. Returns the seconds it took.
async fn rebuild(stack: &Stack) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let mut command = stack.command();
    command.args(["rebuild", "--all"]).stdout(Stdio::null());
    let output = timeout(PATIENCE, command.output())
        .await
        .context("a rebuild did not complete in time")??;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr[output.stderr.len().saturating_sub(MOST_TOLD)..]);
        anyhow::bail!("a rebuild failed: {}", told.trim());
    }
    Ok(begun.elapsed().as_secs_f64())
}
