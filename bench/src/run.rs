//! The context of a run, which all benchmarks share.

use std::path::Path;

use bench_driver::System;
use platform::Shutdown;

use crate::{Machine, Programs, Progress, Scratch, bare, servers::Servers};

/// The context of a run.
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

    /// Starts all servers once, including those of the peers, to see whether they start, and describes the machine.
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
