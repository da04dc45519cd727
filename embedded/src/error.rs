//! Errors, worded so that the operator knows what to do next. Messages never contain a password.

use std::path::PathBuf;

/// Why the servers could not be started, kept running or attached to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No usable binary of a server was found, and none could be fetched.
    #[error("no usable {server} was found.\nLooked at:\n{}\nDo one of:\n{}", bullets(.looked), bullets(.remedies))]
    NotFound {
        /// `nats-server` or `postgres`.
        server: &'static str,
        /// Every place that was checked, with the fault found there.
        looked: Vec<String>,
        /// What to install, with commands.
        remedies: Vec<String>,
    },
    /// Another process runs servers on the same data directory.
    #[error(
        "data directory {} is in use by process {}; stop that process first, or name another data directory",
        .data_dir.display(),
        .pid.map_or_else(|| "(unknown)".to_owned(), |pid| pid.to_string())
    )]
    InUse {
        /// The data directory.
        data_dir: PathBuf,
        /// The process that owns it.
        pid: Option<i32>,
    },
    /// A file operation or the start of a process failed.
    #[error("cannot {action}: {source}")]
    Io {
        /// The attempted action, with the path.
        action: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file that this crate wrote earlier no longer has its format.
    #[error("{} is damaged ({source}); restore it, or remove the data directory to begin with empty servers", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The fault in the file.
        source: serde_json::Error,
    },
    /// `initdb` failed.
    #[error("initdb failed ({status}); its last output:\n{log}")]
    InitDb {
        /// The exit status.
        status: String,
        /// The last lines of its output.
        log: String,
    },
    /// A server was started but did not become ready.
    #[error("{server} did not become ready: {reason}; its last log lines:\n{log}")]
    NotReady {
        /// `nats-server` or `postgres`.
        server: &'static str,
        /// The reason.
        reason: String,
        /// The last lines of its log.
        log: String,
    },
    /// A server died too often and is no longer restarted.
    #[error(
        "{server} died {deaths} times within {window_seconds} s and is not restarted again; its last log lines:\n{log}"
    )]
    GivenUp {
        /// `nats-server` or `postgres`.
        server: &'static str,
        /// How often it died within the window.
        deaths: usize,
        /// The length of the window.
        window_seconds: u64,
        /// The last lines of its log.
        log: String,
    },
    /// A server of an earlier run still runs on this data directory and does not stop.
    #[error(
        "{server} of an earlier run (process {pid}) is still running on this data directory and does not stop; stop it manually"
    )]
    Leftover {
        /// `nats-server` or `postgres`.
        server: &'static str,
        /// Its process.
        pid: i32,
    },
}

impl Error {
    /// Adds the attempted action to an I/O error.
    pub(crate) fn io(action: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }
}

fn bullets(lines: &[String]) -> String {
    lines
        .iter()
        .map(|line| format!("  - {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
