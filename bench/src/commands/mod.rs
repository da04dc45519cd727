//! The command benchmark: a mixed workload over HTTP against the whole program, compared with a service written
//! without event sourcing; and three load scenarios.

mod crud;
mod figures;
mod outcome;
mod plan;
mod rounds;
mod scenarios;
mod tables;

use std::path::Path;

pub use plan::Plan;
use platform::Shutdown;

use crate::{Programs, Progress, Report, Scratch};

type Run<'a> = crate::run::Run<'a, Plan>;

/// Runs the benchmark on private servers. Their data is below `folder` and is removed before it returns.
///
/// # Errors
/// A server or the program under test cannot be started, the clinic cannot be created, or the process was told to stop.
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
    let (figures, tables) = (figures::of(&outcome, plan), tables::of(&outcome));
    let notes = outcome.notes().into_iter().chain(crud::note(programs)).collect();
    Ok(Report::new(machine, figures, &outcome, tables, notes)?)
}
