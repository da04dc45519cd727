//! Directories for the data of throw-away servers, removed even if the test process is killed.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use tokio::sync::OnceCell;

use super::must;
use super::nodes::NODE_NAMES;
use crate::{leftovers, nats, postgres};

const PREFIX: &str = "anamnesis-test-";

/// Waits for the end of its standard input: the test process is then done with the directory or dead. Then waits,
/// within bounds, for the servers to end, and removes the directory.
const REMOVE_AFTER_USE: &str = r#"
cat >/dev/null
for pid_file in "$1/data/postgres/postmaster.pid" "$1/data/nats.pid" "$1"/data/*/nats.pid; do
    pid=$(head -n 1 "$pid_file" 2>/dev/null)
    polls=0
    while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && [ "$polls" -lt 300 ]; do
        sleep 0.1
        polls=$((polls + 1))
    done
done
rm -rf -- "$1"
"#;

/// A directory that is removed some time after this value or the process is gone.
#[derive(Debug)]
pub(super) struct Scratch {
    directory: PathBuf,
    _remover: ChildStdin,
}

impl Scratch {
    pub(super) async fn new() -> Self {
        static JANITOR: OnceCell<()> = OnceCell::const_new();
        JANITOR.get_or_init(remove_abandoned).await;
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let directory = must(
            "create a temporary directory",
            tempfile::Builder::new().prefix(&prefix).tempdir(),
        )
        .keep();
        let mut remover = must("start sh", start_remover(&directory));
        let Some(stdin) = remover.stdin.take() else {
            panic!("sh has no standard input")
        };
        // Reaps the remover, if this process outlives it.
        std::thread::spawn(move || remover.wait());
        Self {
            directory,
            _remover: stdin,
        }
    }

    pub(super) fn data_dir(&self) -> PathBuf {
        self.directory.join("data")
    }
}

fn start_remover(directory: &Path) -> std::io::Result<std::process::Child> {
    Command::new("sh")
        .args(["-c", REMOVE_AFTER_USE, "sh"])
        .arg(directory)
        // An interrupt from the terminal must not stop it.
        .process_group(0)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// Removes the directories of test processes that died together with their removers, and stops their servers.
async fn remove_abandoned() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        if entry.file_name().to_str().and_then(owner).is_some_and(is_dead) {
            remove_one(&entry.path()).await;
        }
    }
}

async fn remove_one(directory: &Path) {
    let Ok(data_dir) = directory.join("data").canonicalize() else {
        let _ = std::fs::remove_dir_all(directory);
        return;
    };
    let alone = [nats::trace(&data_dir), postgres::trace(&data_dir.join("postgres"))];
    let nodes = NODE_NAMES.map(|name| nats::trace(&data_dir.join(name)));
    for trace in alone.into_iter().chain(nodes) {
        if let Err(error) = leftovers::stop(&trace).await {
            tracing::warn!(%error, "cannot clean up after an earlier test process");
            return;
        }
    }
    // A directory of another user stays.
    let _ = std::fs::remove_dir_all(directory);
}

/// The process that created a directory with this name.
fn owner(name: &str) -> Option<rustix::process::Pid> {
    let (pid, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
    rustix::process::Pid::from_raw(pid.parse().ok().filter(|pid: &i32| *pid > 0)?)
}

fn is_dead(pid: rustix::process::Pid) -> bool {
    rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH)
}
