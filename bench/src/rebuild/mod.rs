//! The rebuild benchmark: the read models of a clinic built anew from its streams, against reading these streams, against
//! copying the rows, and against peers that build the same tables from the same events.

mod batch;
mod export;
mod figures;
mod outcome;
mod part;
mod peers;
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

use crate::{Programs, Progress, Report, Scratch};

/// The tables that are built anew, each named as its projection.
const TABLES: [&str; 2] = ["appointment", "cached_patient"];

type Run<'a> = crate::run::Run<'a, Plan>;

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
    let machine = run.machine(None).await?;
    let outcome = rounds::run(&run).await?;
    let (figures, tables) = (figures::of(&outcome), tables::of(&outcome));
    Ok(Report::new(machine, figures, &outcome, tables, peers::notes(programs))?)
}
