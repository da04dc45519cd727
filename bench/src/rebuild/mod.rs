//! The rebuild benchmark: rebuilding the read models of a clinic, compared with reading the streams, copying the rows,
//! and peers that build the same tables from the same events.

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

/// The rebuilt tables. Each has the name of its projection.
const TABLES: [&str; 2] = ["appointment", "cached_patient"];

type Run<'a> = crate::run::Run<'a, Plan>;

/// Runs the benchmark on private servers. Their data is below `folder` and is removed before it returns.
///
/// # Errors
/// A server cannot be started, the result of a rebuild is wrong, or the process was told to stop.
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
