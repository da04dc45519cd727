//! The rebuild benchmark: the read models of a clinic built anew from its streams, against reading these streams and
//! against copying the rows.

mod batch;
mod figures;
mod outcome;
mod part;
mod people;
mod phases;
mod plan;
mod practice;
mod reference;
mod rounds;
mod seed;
mod tables;

use std::path::Path;

pub use part::{Part, PartMeasured, run_part};
pub use plan::Plan;
use platform::Shutdown;

use crate::{Machine, Programs, Progress, Report, Scratch, bare, servers::Servers};

/// The tables that are built anew, each named as its projection.
const TABLES: [&str; 2] = ["appointment", "cached_patient"];

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
/// A server cannot be started, what was built is not what follows from the events, or the process was told to stop.
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
    let (figures, tables) = (figures::of(&outcome), tables::of(&outcome));
    Ok(Report::new(machine, figures, &outcome, tables, Vec::new())?)
}
