//! The visibility benchmark: the time from the acknowledgement of a command until queries show it, and the effect of a
//! rebuild on queries. It measures from outside, over HTTP.

mod figures;
mod load;
mod metrics;
mod outcome;
mod plan;
mod queries;
mod rounds;
mod sampled;
mod tables;

use std::path::Path;

pub use plan::Plan;
use platform::Shutdown;

use crate::{Programs, Progress, Report, Scratch};

type Run<'a> = crate::run::Run<'a, Plan>;

/// Runs the benchmark on private servers. Their data is below `folder` and is removed before it returns.
///
/// # Errors
/// A server or the program under test cannot be started, the clinic cannot be created, a rebuild fails, or the process
/// was told to stop.
pub async fn run(
    plan: &Plan,
    programs: &Programs,
    folder: &Path,
    progress: &Progress,
    shutdown: &Shutdown,
) -> anyhow::Result<Report> {
    let scratch = Scratch::below(folder)?;
    let run = Run {
        plan,
        programs,
        scratch: &scratch,
        progress,
        shutdown,
    };
    let machine = run.machine(None).await?;
    let outcome = rounds::run(&run).await?;
    let (figures, tables) = (figures::of(&outcome), tables::of(&outcome));
    Ok(Report::new(machine, figures, &outcome, tables, outcome.notes())?)
}
