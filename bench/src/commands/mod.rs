//! The command benchmark: a mixed workload over HTTP, against the program as its users run it, and against the limit of
//! JetStream; and three load scenarios.

mod figures;
mod outcome;
mod plan;
mod rounds;
mod scenarios;
mod tables;

use std::path::Path;

pub use plan::Plan;
use platform::Shutdown;

use crate::{Machine, Programs, Progress, Report, Scratch, bare, servers::Servers};

/// What every part of a run needs.
struct Run<'a> {
    plan: &'a Plan,
    programs: &'a Programs,
    scratch: &'a Scratch,
    progress: &'a Progress,
    shutdown: &'a Shutdown,
}

impl Run<'_> {
    fn say(&self, line: &str) {
        (self.progress)(line);
    }
}

/// Runs the benchmark on servers of its own, which keep their data below `folder` and are gone when it returns.
///
/// # Errors
/// A server or the program under test cannot be started, the clinic cannot be made, or the process was told to stop.
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
    let version = Servers::during(&scratch, None, Some(progress), shutdown, async |servers| {
        bare::server_version(&servers.place(bench_driver::System::Bare)?.url).await
    });
    let machine = Machine::describe(scratch.path(), version.await?)?;
    run.say(&machine.to_string());
    let outcome = rounds::run(&run).await?;
    let (figures, tables) = (figures::of(&outcome, plan), tables::of(&outcome));
    Ok(Report::new(machine, figures, &outcome, tables, outcome.notes())?)
}
