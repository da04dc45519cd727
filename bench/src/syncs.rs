//! Counts the fsyncs of a server with strace, if available. Tracing slows the server down, so it uses separate passes
//! whose times are ignored.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// A running strace.
#[derive(Debug)]
pub(crate) struct Tracer {
    strace: Child,
    summary: PathBuf,
}

impl Tracer {
    /// Starts to count the fsyncs of a process, its threads and future children. Returns `None` if strace is not
    /// available, or the system does not allow it.
    pub(crate) async fn attach(pid: u32, folder: &Path) -> anyhow::Result<Option<Self>> {
        let summary = folder.join("syncs");
        let started = Command::new("strace")
            .args(["-f", "-c", "-e", "trace=fsync,fdatasync", "-o"])
            .arg(&summary)
            .args(["-p", &pid.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut strace = match started {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            started => started.context("cannot start strace")?,
        };
        let said = strace.stderr.take().context("strace's error output")?;
        let mut lines = BufReader::new(said).lines();
        let first = timeout(PATIENCE, lines.next_line())
            .await
            .context("strace did not print anything in time")??;
        // It prints a line for every new thread, which nobody may read.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let attached = first.is_some_and(|line| line.ends_with("attached") || line.contains(" attached with "));
        Ok(attached.then_some(Self { strace, summary }))
    }

    /// Ends the count.
    pub(crate) async fn detach(mut self) -> anyhow::Result<u64> {
        let pid = self.strace.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        kill_process(pid.context("strace exited by itself")?, Signal::INT)?;
        timeout(PATIENCE, self.strace.wait())
            .await
            .context("strace did not exit in time")??;
        Ok(calls(&tokio::fs::read_to_string(&self.summary).await?))
    }
}

/// Sums the calls in a summary of strace.
fn calls(summary: &str) -> u64 {
    let of_line = |line: &str| -> Option<u64> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        matches!(fields.last(), Some(&"fsync" | &"fdatasync"))
            .then(|| fields.get(3)?.parse().ok())
            .flatten()
    };
    summary.lines().filter_map(of_line).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_added_up_with_and_without_errors() {
        let summary = "\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 90.00    0.012000          12      1000         3 fsync
 10.00    0.001000           5       200           fdatasync
------ ----------- ----------- --------- --------- ----------------
100.00    0.013000          10      1200         3 total
";
        assert_eq!(calls(summary), 1_200);
        assert_eq!(calls(""), 0);
    }
}
