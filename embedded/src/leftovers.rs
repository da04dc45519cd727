//! Stops servers of an earlier run whose owner was killed. It never signals a process whose command line does not
//! contain our data directory.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::time::{Instant, sleep};

use crate::error::Error;
use crate::files;

/// Identifies a server of an earlier run.
#[derive(Debug)]
pub(crate) struct Trace {
    /// `nats-server` or `postgres`.
    pub(crate) server: &'static str,
    /// The file that holds the server's process id in its first line.
    pub(crate) pid_file: PathBuf,
    /// The path in our data directory that the server's command line contains.
    pub(crate) argument: PathBuf,
}

const POLL: Duration = Duration::from_millis(20);

/// Stops any server of an earlier run and waits for its end. The server is first asked to stop, and finally killed.
pub(crate) async fn stop(trace: &Trace) -> Result<(), Error> {
    let escalation = [
        (Signal::INT, Duration::from_secs(20)),
        (Signal::KILL, Duration::from_secs(5)),
    ];
    for (signal, patience) in escalation {
        let Some(pid) = running(trace) else {
            return forget(trace);
        };
        tracing::info!(
            pid = pid.as_raw_nonzero(),
            server = trace.server,
            "stopping a server of an earlier run"
        );
        // The server may just be ending, so a failed signal means nothing.
        let _ = rustix::process::kill_process(pid, signal);
        let deadline = Instant::now() + patience;
        while running(trace).is_some() && Instant::now() < deadline {
            sleep(POLL).await;
        }
    }
    match running(trace) {
        Some(pid) => Err(Error::Leftover {
            server: trace.server,
            pid: pid.as_raw_nonzero().get(),
        }),
        None => forget(trace),
    }
}

/// Removes a stale process id file if an unrelated process now has the id: Postgres would otherwise believe that it
/// already runs. In all other cases the file stays, because Postgres uses its other lines.
fn forget(trace: &Trace) -> Result<(), Error> {
    match read_pid(&trace.pid_file) {
        Some(pid) if rustix::process::test_kill_process(pid).is_ok() => files::remove_if_present(&trace.pid_file)
            .map_err(Error::io(format!("remove the stale {}", trace.pid_file.display()))),
        _ => Ok(()),
    }
}

/// The server's process, if it runs and is verifiably ours.
pub(crate) fn running(trace: &Trace) -> Option<Pid> {
    read_pid(&trace.pid_file).filter(|pid| names(*pid, &trace.argument))
}

fn read_pid(pid_file: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(pid_file).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok().filter(|pid: &i32| *pid > 0)?)
}

/// Whether the process's command line contains this argument. A process that has ended has no command line.
#[cfg(target_os = "linux")]
fn names(pid: Pid, argument: &Path) -> bool {
    use std::os::unix::ffi::OsStrExt;
    std::fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).is_ok_and(|command_line| {
        command_line
            .split(|byte| *byte == 0)
            .any(|word| word == argument.as_os_str().as_bytes())
    })
}

/// Whether the process's command line contains this argument.
#[cfg(not(target_os = "linux"))]
fn names(pid: Pid, argument: &Path) -> bool {
    std::process::Command::new("ps")
        .args(["-ww", "-o", "command=", "-p", &pid.as_raw_nonzero().to_string()])
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&*argument.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unrelated_process_is_not_signalled_and_its_pid_file_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let pid_file = directory.path().join("server.pid");
        let mut unrelated = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        std::fs::write(&pid_file, format!("{}\n", unrelated.id())).unwrap();
        let trace = Trace {
            server: "postgres",
            pid_file: pid_file.clone(),
            argument: directory.path().to_owned(),
        };
        stop(&trace).await.unwrap();
        assert!(
            unrelated.try_wait().unwrap().is_none(),
            "the unrelated process was ended"
        );
        assert!(!pid_file.exists());
        unrelated.kill().unwrap();
        unrelated.wait().unwrap();
    }
}
