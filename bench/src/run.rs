//! A run of a benchmark: what every part of it needs. What is measured is not known here.

use std::path::Path;

use bench_driver::System;
use platform::Shutdown;

use crate::{Machine, Programs, Progress, Scratch, bare, servers::Servers};

/// What every part of a run needs, beside the plan of its benchmark.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a, Plan> {
    pub(crate) plan: &'a Plan,
    pub(crate) programs: &'a Programs,
    pub(crate) scratch: &'a Scratch,
    pub(crate) progress: &'a Progress,
    pub(crate) shutdown: &'a Shutdown,
}

impl<Plan> Run<'_, Plan> {
    pub(crate) fn say(&self, line: &str) {
        (self.progress)(line);
    }

    /// Starts all servers, those of the peers included, for the first time, which shows whether they start at all, and tells
    /// what the run takes place on.
    pub(crate) async fn machine(&self, peers: Option<&Path>) -> anyhow::Result<Machine> {
        let version = Servers::during(
            self.scratch,
            peers,
            Some(self.progress),
            self.shutdown,
            async |servers| bare::server_version(&servers.place(System::Bare)?.url).await,
        );
        let machine = Machine::describe(self.scratch.path(), version.await?)?;
        self.say(&machine.to_string());
        Ok(machine)
    }
}
