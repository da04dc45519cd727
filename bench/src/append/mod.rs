//! The append benchmark: load, decide, commit at an expected version, against the limits of JetStream and against
//! peers.

mod contestant;
mod figures;
mod growth;
mod loads;
mod outcome;
mod plan;
mod rounds;
mod single_loads;
mod store;
mod tables;

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

pub(crate) use contestant::Contestant;
pub(crate) use loads::Loads;
use outcome::Outcome;
pub use plan::Plan;
use platform::Shutdown;
pub(crate) use store::options as store_options;

use crate::{Programs, Progress, Report, Scratch, servers::Servers};

type Run<'a> = crate::run::Run<'a, Plan>;

/// The servers that a part of a run needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// The servers of all contenders.
    Everybody,
    /// A nats-server.
    Nats,
}

impl Run<'_> {
    /// Runs some work on new servers. They are removed afterwards, even if the process is told to stop.
    async fn with_servers<T>(
        &self,
        need: Need,
        work: impl AsyncFnOnce(&Servers) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let peers = self.programs.peers.as_deref().filter(|_| need != Need::Nats);
        Servers::during(self.scratch, peers, None, self.shutdown, work).await
    }

    /// Returns a callback that prints progress at each tenth.
    fn tenths(&self, what: &'static str, of: u64) -> impl Fn(u64) {
        let told = AtomicU64::new(0);
        move |so_far| {
            let tenth = so_far * 10 / of.max(1);
            if told.fetch_max(tenth, Ordering::Relaxed) < tenth {
                self.say(&format!("{what}: {so_far} of {of}"));
            }
        }
    }
}

/// Runs the benchmark on private servers. Their data is below `folder` and is removed before it returns.
///
/// # Errors
/// A server cannot be started, a system cannot be measured, or the process was told to stop.
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
    let machine = run.machine(programs.peers.as_deref()).await?;
    let mut outcome = Outcome {
        rows: rounds::run(&run).await?,
        ..Outcome::default()
    };
    if plan.count_syncs {
        outcome.syncs = rounds::count_syncs(&run).await?;
    }
    if plan.load_events > 0 {
        outcome.loads = Some(single_loads::run(&run).await?);
    }
    if plan.growth_events > 0 {
        outcome.growth = Some(growth::run(&run).await?);
    }
    let with_peers = programs.peers.is_some();
    let figures = figures::of(&outcome, with_peers);
    let notes = outcome.notes(plan, with_peers);
    Ok(Report::new(machine, figures, &outcome, tables::of(&outcome), notes)?)
}
